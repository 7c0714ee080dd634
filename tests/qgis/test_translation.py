"""The bundled translations: complete, compiled, and of texts alone, not of ids or results."""

import re

import pytest
from qgis.core import QgsApplication, QgsProcessingParameterEnum

from lunar_oxide_plugin.about import FOLDER
from lunar_oxide_plugin.processing.provider import LunarOxideProvider
from lunar_oxide_plugin.translation import CONTEXT, Translation
from scripts.generate.translations import I18N, read, shown

from .conftest import read as read_raster

LANGUAGES = sorted(path.stem.removeprefix("lunar_oxide_") for path in I18N.glob("*.ts"))

#: What stays as it is in every language: formulas and names of files, options and parameters.
KEPT = re.compile(r"[A-Z][A-Z_0-9]{3,}|\d+(?:\.\d+)?|Al2O3|CaO|FeO|MgO|TiO2|Mg#|\.\w{3}\b|wt%")


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture()
def translated(provider, language):
    """The provider in another language, in the place of the English one."""
    registry = QgsApplication.processingRegistry()
    translation = Translation(language)
    translation.install()
    try:
        provider.refreshAlgorithms()
        yield provider
    finally:
        translation.remove()
        provider.refreshAlgorithms()
    assert registry.algorithmById("lunaroxide:predictoxides").displayName() == "Predict oxides"


def test_there_is_one():
    assert LANGUAGES == ["ja"]


def test_complete(provider, language):
    """After a change of a text: make translations, and translate what is new."""
    texts = read(I18N / f"lunar_oxide_{language}.ts")
    assert list(texts) == shown(provider.algorithms())
    assert [text for text, other in texts.items() if not other.strip()] == []


def test_formulas_numbers_and_names_are_kept(language):
    for text, other in read(I18N / f"lunar_oxide_{language}.ts").items():
        lost = set(KEPT.findall(text)) - set(KEPT.findall(other)) - {"PDS3"}
        assert not [kept for kept in lost if kept not in other], (text, lost)


def test_compiled(language):
    translation = Translation(language)
    for text, other in read(I18N / f"lunar_oxide_{language}.ts").items():
        assert translation._translator.translate(CONTEXT, text) == other


def test_what_users_see(translated, language):
    """Texts of all algorithms and workflows; ids, groups' ids and parameters stay."""
    texts = read(I18N / f"lunar_oxide_{language}.ts")
    others = set(texts.values())
    for algorithm in translated.algorithms():
        assert algorithm.displayName() in others
        assert algorithm.group() in others
        assert algorithm.shortDescription() in others
        assert algorithm.groupId().isascii()
        assert (FOLDER / "icons" / f"{algorithm.groupId().lower()}.svg").is_file()
        made = algorithm.create()
        for definition in made.parameterDefinitions():
            assert definition.description() in others, (algorithm.name(), definition.name())
            assert definition.help() in others
            assert definition.name().isascii()
            if isinstance(definition, QgsProcessingParameterEnum):
                assert set(definition.options()) <= others
        for output in algorithm.outputDefinitions():
            assert output.description() in others


def test_the_same_results(translated, succeed, tile, tmp_path):
    output = tmp_path / "oxides.tif"
    succeed("predictoxides", {"INPUT": tile[0], "OUTPUT": output, "MODEL": 2})
    assert read_raster(output).shape == (5, 40, 60)
    assert "partial least squares" in (output.read_bytes()).decode("latin-1").lower()


def test_a_language_without_a_translation(provider):
    translation = Translation("cy_GB")
    translation.install()
    try:
        assert LunarOxideProvider().longName().startswith("Lunar Oxide Mapper")
        assert provider.algorithm("predictoxides").create().displayName() == "Predict oxides"
    finally:
        translation.remove()
