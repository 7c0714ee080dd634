"""Collect what the toolbox, dialogs and menu show, and compile the translations of it.

    QT_QPA_PLATFORM=offscreen python -m scripts.generate.translations

Adds new texts to lunar_oxide_plugin/i18n/*.ts, unfinished, takes out those that are no longer
shown, and compiles each with Qt's lrelease into the .qm that QGIS reads.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from qgis.core import QgsApplication, QgsProcessingAlgorithm, QgsProcessingParameterEnum

from lunar_oxide_plugin.about import FOLDER
from lunar_oxide_plugin.processing.provider import LunarOxideProvider
from lunar_oxide_plugin.translation import CONTEXT

I18N = FOLDER / "i18n"

#: Debian's, of qttools5-dev-tools.
LRELEASE = shutil.which("lrelease", path="/usr/lib/qt5/bin:/usr/lib/qt6/bin:/usr/bin")


def of_algorithms(algorithms: Iterable[QgsProcessingAlgorithm]) -> Iterator[str]:
    """Everything they show, while no translation is installed."""
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
    """Arguments of `tr` in the menu, which needs QGIS's window to be made."""
    for node in ast.walk(ast.parse((FOLDER / "menu.py").read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
            yield ast.literal_eval(node.args[0])


def shown(algorithms: Iterable[QgsProcessingAlgorithm]) -> list[str]:
    """All texts, each once, in the order in which they come."""
    return list(
        dict.fromkeys(text for text in (*of_algorithms(algorithms), *of_the_menu()) if text)
    )


def read(path: Path) -> dict[str, str]:
    """Texts and their translations; "" where there is none yet."""
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for message in ElementTree.parse(path).iter("message")
    }


def write(path: Path, language: str, texts: dict[str, str]) -> None:
    """Write them as Qt's tools for translators have it."""
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
    application = QgsApplication([], False)
    application.initQgis()
    provider = LunarOxideProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    provider.add_workflows()
    texts = shown(provider.algorithms())
    for path in sorted(I18N.glob("lunar_oxide_*.ts")):
        known = read(path)
        write(
            path,
            path.stem.removeprefix("lunar_oxide_"),
            {text: known.get(text, "") for text in texts},
        )
        missing = sum(not known.get(text) for text in texts)
        print(f"{path.name}: {len(texts)} texts, {missing} without a translation")
        if LRELEASE is None:
            raise SystemExit("Qt's lrelease is missing: apt-get install qttools5-dev-tools")
        compiled = path.with_suffix(".qm")
        subprocess.run([LRELEASE, "-silent", str(path), "-qm", str(compiled)], check=True)
    QgsApplication.processingRegistry().removeProvider(provider)


if __name__ == "__main__":
    main()
