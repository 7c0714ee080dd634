"""Collect the texts of toolbox, dialogs and menu, and compile their translations.

usage: QT_QPA_PLATFORM=offscreen python -m scripts.generate.translations

Adds new texts to lunar_oxide_plugin/i18n/*.ts as unfinished, removes those that are no longer
shown, and compiles each file with Qt's lrelease into the .qm that QGIS reads. Not with pylupdate,
which reads sources: the texts of algorithms come from declarations, which only QGIS can list.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from qgis.core import QgsProcessingAlgorithm, QgsProcessingParameterEnum

from lunar_oxide_plugin.translation import CONTEXT
from scripts import PLUGIN
from scripts.generate import qgis_provider

I18N = PLUGIN / "i18n"

#: Debian's, of qttools5-dev-tools.
LRELEASE = shutil.which("lrelease", path="/usr/lib/qt5/bin:/usr/lib/qt6/bin:/usr/bin")


def of_algorithms(algorithms: Iterable[QgsProcessingAlgorithm]) -> Iterator[str]:
    """All their texts; no translation may be installed."""
    for algorithm in algorithms:
        yield from (algorithm.displayName(), algorithm.group(), algorithm.shortDescription())
        yield getattr(algorithm, "DETAILS", "")
        for definition in algorithm.parameterDefinitions():
            yield from (definition.description(), definition.help())
            if isinstance(definition, QgsProcessingParameterEnum):
                yield from definition.options()
        for output in algorithm.outputDefinitions():
            yield output.description()


def of_the_menu() -> Iterator[str]:
    """Arguments of `tr` in the menu, which only QGIS's window can build."""
    for node in ast.walk(ast.parse((PLUGIN / "menu.py").read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
            yield ast.literal_eval(node.args[0])


def shown(algorithms: Iterable[QgsProcessingAlgorithm]) -> list[str]:
    """All texts, each once, in order of appearance."""
    return list(dict.fromkeys(filter(None, (*of_algorithms(algorithms), *of_the_menu()))))


def read(path: Path) -> dict[str, str]:
    """Texts and their translations; "" where there is none yet."""
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for message in ElementTree.parse(path).iter("message")
    }


def write(path: Path, language: str, texts: dict[str, str]) -> None:
    """Write them in the format of Qt's translation tools."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for text, translated in texts.items():
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = text
        translation = ElementTree.SubElement(message, "translation")
        translation.text = translated
        if not translated:
            translation.set("type", "unfinished")
    ElementTree.indent(root)
    content = ElementTree.tostring(root, "unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{content}\n', "utf-8")


def main() -> None:
    """Bring all translations up to date."""
    if LRELEASE is None:
        raise SystemExit("Qt's lrelease is missing: apt-get install qttools5-dev-tools")
    with qgis_provider() as provider:
        texts = shown(provider.algorithms())
    for path in sorted(I18N.glob("lunar_oxide_*.ts")):
        known = read(path)
        language = path.stem.removeprefix("lunar_oxide_")
        write(path, language, {text: known.get(text, "") for text in texts})
        missing = sum(not known.get(text) for text in texts)
        print(f"{path.name}: {len(texts)} texts, {missing} without a translation")
        compiled = str(path.with_suffix(".qm"))
        subprocess.run([LRELEASE, "-silent", str(path), "-qm", compiled], check=True)


if __name__ == "__main__":
    main()
