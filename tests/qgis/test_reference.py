"""The reference says what the algorithms are, and the button Help leads to it."""

import re

import pytest
from qgis.core import Qgis, QgsApplication

from scripts.generate.reference import FOLDER, pages

from .test_provider import CONTRACT


def test_every_algorithm_has_a_page(provider):
    assert set(pages()) == {f"{name}.md" for name in CONTRACT} | {"README.md"}


@pytest.mark.skipif(
    Qgis.QGIS_VERSION_INT >= 34000, reason="the pages are written by the oldest QGIS supported"
)
def test_pages_are_up_to_date(provider):
    """After a change of an algorithm: make reference."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages()


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_help_leads_to_the_page(provider, name):
    algorithm = QgsApplication.processingRegistry().algorithmById(f"lunaroxide:{name}")
    found = re.fullmatch(r"https://.*/docs/reference/(\w+\.md)", algorithm.helpUrl())
    text = (FOLDER / found[1]).read_text(encoding="utf-8")
    assert text.startswith(f"# {algorithm.displayName()}\n\n`{algorithm.id()}`")
    parameters = {parameter.strip("?") for parameter in CONTRACT[name][0].split()}
    assert set(re.findall(r"^\| `([\w:]+)` \| \*\*", text, re.MULTILINE)) == parameters
