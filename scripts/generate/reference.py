"""Write docs/reference from the algorithms themselves: `make reference`."""

from __future__ import annotations

from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingDestinationParameter,
    QgsProcessingModelAlgorithm,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
)

from scripts import ROOT
from scripts.generate import qgis_provider

FOLDER = ROOT / "docs" / "reference"

Flag = QgsProcessingParameterDefinition.Flag

#: What a layer of features holds.
_FEATURES = {
    QgsProcessing.SourceType.TypeVectorPolygon: "polygons",
    QgsProcessing.SourceType.TypeVectorPoint: "points",
}

_WORDS = {
    "raster": "raster",
    "multilayer": "rasters",
    "vector": "vector layer",
    "enum": "choice",
    "boolean": "yes or no",
    "number": "number",
    "string": "text",
    "field": "field",
    "band": "band",
    "file": "file or folder",
    "extent": "extent",
    "rasterDestination": "new raster",
    "vectorDestination": "new layer",
    "fileDestination": "new file",
}

_EXAMPLES = {
    "raster": "tile.lbl",
    "multilayer": "tile.lbl",
    "source": "zones.gpkg",
    "rasterDestination": "{}.tif",
    "vectorDestination": "{}.gpkg",
    "fileDestination": "{}.html",
}


def pages() -> dict[str, str]:
    """File names and contents of all pages, the index among them."""
    provider = QgsApplication.processingRegistry().providerById("lunaroxide")
    algorithms = sorted(provider.algorithms(), key=lambda one: (one.group(), one.displayName()))
    found = {f"{one.name()}.md": _page(one) for one in algorithms}
    rows = [
        f"| {one.group()} | [{one.displayName()}]({one.name()}.md) | {_text(one)[0]} |"
        for one in algorithms
    ]
    found["README.md"] = "\n".join(
        [
            "# Algorithms",
            "",
            "Generated from the algorithms by `make reference`. The button Help of a dialog "
            "opens these pages; `qgis_process help lunaroxide:NAME` prints the same.",
            "",
            "| group | algorithm | |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
    return found


def _page(algorithm: QgsProcessingAlgorithm) -> str:
    parameters = algorithm.parameterDefinitions()
    lines = [f"# {algorithm.displayName()}", "", f"`{algorithm.id()}`, group {algorithm.group()}"]
    lines += [line for paragraph in _text(algorithm) for line in ("", _escaped(paragraph))]
    lines += ["", f"![Dialog](../images/dialog_{algorithm.name()}.png)"]
    if isinstance(algorithm, QgsProcessingModelAlgorithm):
        lines += ["", f"![In the model designer](../images/dialog_designer_{algorithm.name()}.png)"]
    lines += ["", "## Parameters", "", "| name | | kind | default |", "|---|---|---|---|"]
    lines += [_row(one) for one in parameters]
    destinations = {one.name() for one in parameters if _is_destination(one)}
    numbers = [one for one in algorithm.outputDefinitions() if one.name() not in destinations]
    if numbers:
        lines += ["", "## Results besides files", "", "| name | |", "|---|---|"]
        lines += [f"| `{one.name()}` | {_escaped(one.description())} |" for one in numbers]
    given = [
        f"    --{one.name()}={_EXAMPLES[one.type()].format(one.name().split(':')[-1].lower())}"
        for one in parameters
        if one.type() in _EXAMPLES and not _is_optional(one)
    ]
    command = " \\\n".join([f"qgis_process run {algorithm.id()}", *given])
    lines += ["", "## On the command line", "", "```", command, "```", ""]
    return "\n".join(lines)


def _text(algorithm: QgsProcessingAlgorithm) -> list[str]:
    """Paragraphs of the help without those of the parameters."""
    parameters = {f"{one.description()}: {one.help()}" for one in algorithm.parameterDefinitions()}
    return [text for text in algorithm.shortHelpString().split("\n\n") if text not in parameters]


def _row(one: QgsProcessingParameterDefinition) -> str:
    words = [f"**{_escaped(one.description())}.** {_escaped(one.help())}"]
    if isinstance(one, QgsProcessingParameterEnum):
        choices = (f"{number}: {_escaped(text)}" for number, text in enumerate(one.options()))
        words.append("<br>".join(["", *choices]))
    default = one.defaultValue()
    shown = "" if default in (None, "") or _is_destination(one) else f"`{default}`"
    is_source = isinstance(one, QgsProcessingParameterFeatureSource)
    kind = _FEATURES[one.dataTypes()[0]] if is_source else _WORDS[one.type()]
    kind += ", optional" if _is_optional(one) else ""
    kind += ", advanced" if one.flags() & Flag.FlagAdvanced else ""
    return f"| `{one.name()}` | {''.join(words)} | {kind} | {shown} |"


def _is_destination(one: QgsProcessingParameterDefinition) -> bool:
    return isinstance(one, QgsProcessingDestinationParameter)


def _is_optional(one: QgsProcessingParameterDefinition) -> bool:
    return bool(one.flags() & Flag.FlagOptional)


def _escaped(text: str) -> str:
    for sign in "\\|*_<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "<br>")


def main() -> None:
    """Write all pages, and remove those of algorithms that are gone."""
    found = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in found:
            path.unlink()
    for name, text in found.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(found)} pages in {FOLDER}")


if __name__ == "__main__":
    with qgis_provider():
        main()
