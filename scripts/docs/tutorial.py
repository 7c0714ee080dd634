"""Run the commands of docs/tutorial.md in QGIS, and update its numbers and pictures.

usage: python -m scripts.docs.tutorial

The text between the markers `<!-- NAME -->` and `<!-- end NAME -->` is generated from the results.
`check` tests the sentences that depend on them. Pictures: docs/images/tutorial_*.png.
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from lunar_oxide_plugin.core.results.units import TABLE_ORDER
from scripts import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
IMAGES = ROOT / "docs" / "images"
WORK = ROOT / "build" / "tutorial"

Row = dict[str, str]

#: Before a block of commands that has to fail, or is not run.
REFUSED, NOT_RUN = "<!-- to be refused -->", "<!-- not run -->"
_BLOCK = re.compile(r"(?:(<!-- [a-z ]+ -->)\n)?```sh\n(.*?)```", re.DOTALL)
_COLOURS = 256
#: Without dithering, the triangles of their legends would show steps.
_DITHERED = ("rgb", "sheet")
_FEWEST_COLOURS = 8


def commands(page: str) -> list[tuple[str, list[str]]]:
    """Commands of the page with what stands before their blocks."""
    found = []
    for mark, block in _BLOCK.findall(page):
        lines = block.replace("\\\n", " ").splitlines()
        found += [(mark, shlex.split(line)) for line in lines if line.strip()]
    return found


def environment(profile: Path) -> dict[str, str]:
    """Environment of a QGIS with a profile of its own."""
    return {
        "PATH": f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(profile),
        "XDG_RUNTIME_DIR": str(profile),
        "QGIS_PLUGINPATH": str(ROOT),
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }


def process(profile: Path, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run qgis_process."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process") or "qgis_process"
    return subprocess.run(
        [program, *words],
        env={**environment(profile), "QT_QPA_PLATFORM": "offscreen"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def new_profile(folder: Path) -> Iterator[Path]:
    """A temporary QGIS profile; `folder` is emptied for what is made with it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as profile:
        Path(profile).chmod(0o700)
        yield Path(profile)


def run_all(page: str, profile: Path) -> dict[str, str]:
    """Run the page's commands; what each printed, by its first output file."""
    printed = {}
    for mark, words in commands(page):
        if mark == NOT_RUN:
            continue
        print("  " + " ".join(words[:3]), flush=True)
        done = process(profile, words[1:], WORK)
        if (done.returncode != 0) != (mark == REFUSED):
            raise SystemExit(f"{done.stdout}\nThis ended with {done.returncode}: {words}")
        output = re.search(r" --(?:OUTPUT|TABLE|\S*:Oxides)=(\S+)", " ".join(words))
        if output:
            printed[output[1]] = done.stdout
    return printed


def rows(name: str) -> list[Row]:
    """Rows of a table in the working folder."""
    with (WORK / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(header: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    """Table in Markdown."""
    lines = [list(header), *map(list, body)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def formatted(row: Row, columns: Iterable[str]) -> list[str]:
    """Cells by column and format, as `FeO_mean .2f`; a column alone is text."""
    split = (column.rpartition(" ") for column in columns)
    return [_cell(row[name], form) if name else row[form] for name, _, form in split]


def _cell(text: str, form: str) -> str:
    """A number; a class without pixels has none."""
    return format(float(text), form) if text else "-"


def published(scene: str) -> dict[str, Row]:
    """Unit means of the paper's Tables 5 and 6 by unit."""
    path = ROOT / "training" / "data" / "paper_units.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return {row["unit"]: row for row in csv.DictReader(file) if row["scene"] == scene}


def unit_table(file: str, scene: str) -> str:
    """Means of units with their uncertainty, the paper's in brackets."""
    paper = published(scene)
    body = []
    for row in rows(file):
        mg_number = formatted(row, ("Mg# of means .2f", "Mg# of means uncertainty .2f"))
        means = (
            "{} ± {} ({:.2f})".format(
                *formatted(row, (f"{oxide} .2f", f"{oxide}_mean_uncertainty .1f")),
                float(paper[row["unit"]][oxide]),
            )
            for oxide in TABLE_ORDER
        )
        outside = f"{100 * float(row['outside_domain']):.0f} %"
        body.append([row["unit"], *means, " ± ".join(mg_number), outside])
    return table(["unit", *TABLE_ORDER, "Mg# of means", "outside domain"], body)


def farthest(file: str, scene: str) -> str:
    """How far the means are from the paper's, as a sentence."""
    paper = published(scene)
    found = [
        (
            float(row[oxide]) - float(paper[row["unit"]][oxide]),
            float(row[f"{oxide}_mean_uncertainty"]),
            f"{oxide} of {row['unit']}",
        )
        for row in rows(file)
        for oxide in TABLE_ORDER
    ]
    inside = sum(abs(difference) <= sigma for difference, sigma, _ in found)
    difference, sigma, name = max(found, key=lambda one: abs(one[0]))
    return (
        f"{inside} of {len(found)} means are within their 1 sigma of the paper's. The largest "
        f"difference is {difference:+.2f} wt% ({name}; its 1 sigma is {sigma:.1f})."
    )


def separations() -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """Cohen's d and the difference in uncertainties, by pair of units and band."""
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    for row in rows("mairan_separation.csv"):
        pair = found.setdefault((row["first"], row["second"]), {})
        pair[row["band"]] = (float(row["effect_size"]), float(row["in_uncertainties"]))
    return found


def separation_table() -> str:
    """Separation of the four domes."""
    oxides = ("Al2O3", "FeO", "TiO2")
    body = [
        [" - ".join(pair), *("{:.1f} ({:.1f})".format(*bands[oxide]) for oxide in oxides)]
        for pair, bands in separations().items()
        if not {"mare", "highlands"} & {*pair}
    ]
    return table(["units", *oxides], body)


def modes_table() -> str:
    """Modes of the histograms."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows("histograms.csv"):
        scene = found.setdefault(f"{row['raster'].partition('_')[0]} (SYNTHETIC)", {})
        modes = scene.setdefault(row["quantity"], [])
        modes += formatted(row, ("mode .2f",)) if row["mode"] else []
    body = ([scene, *map(", ".join, modes.values())] for scene, modes in found.items())
    return table(["raster", *next(iter(found.values()))], body)


def terrain_table() -> str:
    """Classes of terrain."""
    columns = ("class", "pixels", "area_percent .2f", "FeO_mean .2f", "TiO2_mean .2f")
    body = (formatted(row, columns) for row in rows("sosigenes_terrain.csv"))
    return table(["class", "pixels", "% of the area", "FeO, wt%", "TiO2, wt%"], body)


def models() -> dict[str, Row]:
    """The comparison of two models, by oxide."""
    return {row["oxide"]: row for row in rows("sosigenes_models.csv") if row["class"] == "all"}


def models_table() -> str:
    """How two models' maps agree."""
    columns = ("oxide", "mean_input .2f", "mean_reference .2f", "bias +.2f", "rmse .2f", "r2 .3f")
    header = ["oxide", "mean, default model", "mean, 1D-CNN", "bias", "RMSE", "R2"]
    return table(header, (formatted(row, columns) for row in models().values()))


def said(text: str, *patterns: str) -> str:
    """Lines that an algorithm printed, as a block."""
    lines = [
        line.replace("\t", " ")
        for pattern in patterns
        for line in text.splitlines()
        if re.search(pattern, line)
    ]
    if len(lines) < len(patterns):
        raise SystemExit(f"Not said any more: {patterns}")
    return "\n".join(["```", *lines, "```"])


def check() -> None:
    """Check the page's sentences about these results; where one no longer holds, change it."""
    alike, apart = (separations()[name, "South"] for name in ("Mairan T", "Northeast"))
    percent = {row["class"]: float(row["area_percent"]) for row in rows("sosigenes_terrain.csv")}
    units = {row["unit"]: row for row in rows("sosigenes_units.csv")}
    compared = models()
    outside, tio2 = (
        {unit: float(row[name]) for unit, row in units.items()}
        for name in ("outside_domain", "TiO2")
    )
    feo_modes = modes_table().splitlines()[2].split(" | ")[3]
    statements = {
        "Mairan T and South cannot be distinguished": all(abs(v[1]) < 1 for v in alike.values()),
        "FeO of Northeast and South is unsettled": abs(apart["FeO"][0]) > 2 > abs(apart["FeO"][1]),
        "TiO2 of Northeast and South is unsettled": abs(apart["TiO2"][0])
        > 2
        > abs(apart["TiO2"][1]),
        "nearly all of Sosigenes is mare": percent["highlands"] < 0.01,
        "high-Ti mare prevails": percent["high-Ti mare"] > 50,
        "the limit of 6 wt% is within the uncertainty of TiO2": abs(tio2["mare"] - 6)
        < float(units["mare"]["TiO2_mean_uncertainty"]),
        "FeO of Mairan has two modes": feo_modes.count(",") == 1,
        "R2 of TiO2 is near zero": float(compared["TiO2"]["r2"]) < 0.1,
        "no R2 above 0.6": max(float(row["r2"]) for row in compared.values()) < 0.6,
        "biases of the models are within the uncertainty": all(
            abs(float(compared[oxide]["bias"])) < float(units["mare"][f"{oxide}_mean_uncertainty"])
            for oxide in TABLE_ORDER
        ),
        "nearly nothing of Sosigenes is outside the domain": max(outside.values()) < 0.01,
        "Hummocky has the most TiO2": max(tio2, key=tio2.get) == "Hummocky",
    }
    wrong = [statement for statement, holds in statements.items() if not holds]
    if wrong:
        raise SystemExit("No longer true in docs/tutorial.md: " + "; ".join(wrong))


def written(page: str, texts: dict[str, str]) -> str:
    """The page with the texts between their markers."""
    for name, text in texts.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)"
        page, count = re.subn(
            pattern, lambda m, t=text: f"{m[1]}\n{t}\n\n{m[2]}", page, flags=re.DOTALL
        )
        if count != 1:
            raise SystemExit(f"{PAGE.name} has {count} places for {name}.")
    return page


def take_pictures(script: str, profile: Path, folder: Path) -> None:
    """Let QGIS run a script that takes pictures, on a display of its own."""
    done = subprocess.run(
        [
            *("xvfb-run", "-a", "-s", "-screen 0 1600x1200x24"),
            *("qgis", "--nologo", "--noversioncheck", "--code"),
            str(ROOT / "scripts" / "docs" / script),
        ],
        env=environment(profile),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nThe pictures could not be taken.")


def keep_pictures(folder: Path, start: str) -> None:
    """Put pictures into docs/images with few colours, which keeps them small."""
    for old in IMAGES.glob(f"{start}_*.png"):
        old.unlink()
    total = 0
    for path in sorted(folder.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        dither = Image.Dither.FLOYDSTEINBERG if path.stem in _DITHERED else Image.Dither.NONE
        # By the colours that occur, not by their number: noisy maps would leave none for legends.
        palette = picture.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE)
        few = picture.quantize(palette=palette, dither=dither)
        if len(few.getcolors()) < _FEWEST_COLOURS:
            raise SystemExit(f"{path.name} is empty.")
        target = IMAGES / f"{start}_{path.name}"
        few.save(target, optimize=True)
        total += target.stat().st_size
        print(f"  {target.name}: {picture.width} x {picture.height}, {target.stat().st_size} bytes")
    print(f"  {total} bytes in all")


def main() -> None:
    """Remake everything."""
    page = PAGE.read_text(encoding="utf-8")
    with new_profile(WORK) as profile:
        printed = run_all(page, profile)
        check()
        texts = {
            "mairan log": said(printed["mairan_oxides.tif"], r"pixels are valid and", "^WARNING"),
            "mairan table": unit_table("mairan_units.csv", "Mairan"),
            "mairan differences": farthest("mairan_units.csv", "Mairan"),
            "mairan separation": separation_table(),
            "sosigenes table": unit_table("sosigenes_units.csv", "Sosigenes"),
            "sosigenes differences": farthest("sosigenes_units.csv", "Sosigenes"),
            "modes": modes_table(),
            "terrain": terrain_table(),
            "refusal": said(printed["moon.csv"], "^ERROR"),
            "models": models_table(),
        }
        PAGE.write_text(written(page, texts), encoding="utf-8")
        take_pictures("tutorial_screens.py", profile, WORK)
    keep_pictures(WORK / "screens", "tutorial")


if __name__ == "__main__":
    main()
