"""Remake the tutorial: run its commands in real QGIS, write its numbers, take its pictures.

usage: python -m scripts.docs.tutorial

The commands are those in docs/tutorial.md, in their order. What stands between the markers
`<!-- NAME -->` and `<!-- end NAME -->` there is written from their results. Sentences that rest on
these results are checked by `check`. Pictures: docs/images/tutorial_*.png.
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from lunar_oxide_plugin.core.results.units import TABLE_ORDER
from scripts import ROOT

PAGE = ROOT / "docs" / "tutorial.md"
IMAGES = ROOT / "docs" / "images"
WORK = ROOT / "build" / "tutorial"

#: Before a block of commands: it is to fail, or is not to be run.
REFUSED, NOT_RUN = "<!-- to be refused -->", "<!-- not run -->"
_BLOCK = re.compile(r"(?:(<!-- [a-z ]+ -->)\n)?```sh\n(.*?)```", re.DOTALL)
_COLOURS = 256
_NEARLY_WHITE = 248
#: With these in steps, the triangles of their legends would be mosaics.
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


def run_all(page: str, profile: Path) -> dict[str, str]:
    """Run the page's commands; what each printed, by its first output file."""
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        raise SystemExit("There is no qgis_process here.")
    printed = {}
    for mark, words in commands(page):
        if mark == NOT_RUN:
            continue
        print("  " + " ".join(words[:3]), flush=True)
        done = subprocess.run(
            [program, *words[1:]],
            env={**environment(profile), "QT_QPA_PLATFORM": "offscreen"},
            cwd=WORK,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if (done.returncode != 0) != (mark == REFUSED):
            raise SystemExit(f"{done.stdout}\nThis ended with {done.returncode}: {words}")
        outputs = [
            w.partition("=")[2] for w in words if re.match(r"--(OUTPUT|TABLE|.*:Oxides)=", w)
        ]
        if outputs:
            printed[outputs[0]] = done.stdout
    return printed


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a table in the working folder."""
    with (WORK / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(header: list[str], body: list[list[str]]) -> str:
    """Table in Markdown."""
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def published(scene: str) -> dict[str, dict[str, float]]:
    """Unit means of the paper's Tables 5 and 6, by unit and oxide."""
    path = ROOT / "training" / "data" / "paper_units.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return {
            row["unit"]: {oxide: float(row[oxide]) for oxide in TABLE_ORDER}
            for row in csv.DictReader(file)
            if row["scene"] == scene
        }


def unit_table(file: str, scene: str) -> str:
    """Means of units with their uncertainty, the paper's in brackets."""
    paper = published(scene)
    body = []
    for row in rows(file):
        cells = [
            f"{float(row[oxide]):.2f} ± {float(row[f'{oxide}_mean_uncertainty']):.1f} "
            f"({paper[row['unit']][oxide]:.2f})"
            for oxide in TABLE_ORDER
        ]
        mg_number = (
            f"{float(row['Mg# of means']):.2f} ± {float(row['Mg# of means uncertainty']):.2f}"
        )
        body.append([row["unit"], *cells, mg_number, f"{100 * float(row['outside_domain']):.0f} %"])
    return table(["unit", *TABLE_ORDER, "Mg# of means", "outside domain"], body)


def farthest(file: str, scene: str) -> str:
    """How far the means lie from the paper's, in words."""
    paper = published(scene)
    found = [
        (float(row[o]) - paper[row["unit"]][o], float(row[f"{o}_mean_uncertainty"]), row["unit"], o)
        for row in rows(file)
        for o in TABLE_ORDER
    ]
    inside = sum(abs(difference) <= sigma for difference, sigma, _, _ in found)
    difference, sigma, unit, oxide = max(found, key=lambda one: abs(one[0]))
    return (
        f"{inside} of {len(found)} means lie within their 1 sigma of the paper's. The largest "
        f"difference is {difference:+.2f} wt% ({oxide} of {unit}; its 1 sigma is {sigma:.1f})."
    )


SHOWN_OXIDES = ("Al2O3", "FeO", "TiO2")


def separations() -> dict[tuple[str, str], dict[str, tuple[float, float]]]:
    """Cohen's d and the difference in uncertainties, by pair of units and band."""
    found: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    for row in rows("mairan_separation.csv"):
        pair = found.setdefault((row["first"], row["second"]), {})
        pair[row["band"]] = (float(row["effect_size"]), float(row["in_uncertainties"]))
    return found


def separation_table() -> str:
    """Separation of the four domes."""
    others = {"mare", "highlands"}
    body = [
        [f"{pair[0]} - {pair[1]}", *(f"{b[o][0]:.1f} ({b[o][1]:.1f})" for o in SHOWN_OXIDES)]
        for pair, b in separations().items()
        if not others & set(pair)
    ]
    return table(["units", *SHOWN_OXIDES], body)


def modes_table() -> str:
    """Modes of the histograms."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows("histograms.csv"):
        scene = row["raster"].partition("_")[0]
        modes = found.setdefault((scene, row["quantity"]), [])
        if row["mode"]:
            modes.append(f"{float(row['mode']):.2f}")
    quantities = list(dict.fromkeys(quantity for _, quantity in found))
    body = [
        [f"{scene} (SYNTHETIC)", *(", ".join(found[scene, quantity]) for quantity in quantities)]
        for scene in dict.fromkeys(scene for scene, _ in found)
    ]
    return table(["raster", *quantities], body)


def terrain_table() -> str:
    """Classes of terrain."""
    body = [
        [
            row["class"],
            row["pixels"],
            f"{float(row['area_percent']):.2f}",
            f"{float(row['FeO_mean']):.2f}",
            f"{float(row['TiO2_mean']):.2f}",
        ]
        for row in rows("sosigenes_terrain.csv")
    ]
    return table(["class", "pixels", "% of the area", "FeO, wt%", "TiO2, wt%"], body)


def models_table() -> str:
    """How two models' maps agree."""
    body = [
        [
            row["oxide"],
            f"{float(row['mean_input']):.2f}",
            f"{float(row['mean_reference']):.2f}",
            f"{float(row['bias']):+.2f}",
            f"{float(row['rmse']):.2f}",
            f"{float(row['r2']):.3f}",
        ]
        for row in rows("sosigenes_models.csv")
        if row["class"] == "all"
    ]
    header = ["oxide", "mean, default model", "mean, 1D-CNN", "bias", "RMSE", "R2"]
    return table(header, body)


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
    """The page's sentences about these results; change them where one does not hold any more."""
    pairs = separations()
    alike = pairs["Mairan T", "South"]
    apart = pairs["Northeast", "South"]
    terrain = {row["class"]: row for row in rows("sosigenes_terrain.csv")}
    models = {r["oxide"]: r for r in rows("sosigenes_models.csv") if r["class"] == "all"}
    sigma = {row["unit"]: row for row in rows("sosigenes_units.csv")}["mare"]
    units = {row["unit"]: row for row in rows("sosigenes_units.csv")}
    statements = {
        "Mairan T and South cannot be told apart": all(abs(v[1]) < 1 for v in alike.values()),
        "Northeast and South differ in FeO in both senses": apart["FeO"][0] > 2
        and apart["FeO"][1] > 2,
        "Northeast and South: TiO2 is not settled": abs(apart["TiO2"][0]) > 2
        and abs(apart["TiO2"][1]) < 2,
        "nearly all of Sosigenes is mare": float(terrain["highlands"]["area_percent"]) < 0.01,
        "high-Ti mare prevails": float(terrain["high-Ti mare"]["area_percent"]) > 50,
        "a class within the uncertainty of TiO2 from its limit of 6 wt%": abs(
            float(sigma["TiO2"]) - 6
        )
        < float(sigma["TiO2_mean_uncertainty"]),
        "FeO of Mairan has two modes": sum(
            bool(row["mode"])
            for row in rows("histograms.csv")
            if row["quantity"] == "FeO" and row["raster"].startswith("mairan")
        )
        == 2,
        "R2 of Al2O3 is near zero": float(models["Al2O3"]["r2"]) < 0.05,
        "no R2 above one half": max(float(row["r2"]) for row in models.values()) < 0.5,
        "biases of the models lie within the uncertainty": all(
            abs(float(models[o]["bias"])) < float(sigma[f"{o}_mean_uncertainty"])
            for o in TABLE_ORDER
        ),
        "Blocky has the largest part outside the domain": max(
            units, key=lambda u: float(units[u]["outside_domain"])
        )
        == "Blocky",
        "Hummocky has the most TiO2 and the least Al2O3": max(
            units, key=lambda u: float(units[u]["TiO2"])
        )
        == min(units, key=lambda u: float(units[u]["Al2O3"]))
        == "Hummocky",
    }
    wrong = [statement for statement, holds in statements.items() if not holds]
    if wrong:
        raise SystemExit("docs/tutorial.md says what does not hold any more: " + "; ".join(wrong))


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


def palette(picture: Image.Image) -> Image.Image:
    """The best few colours of a picture, for its legends as well as for its maps.

    Colours count with the root of their number: by their number a noisy map would take all.
    """
    coarse = np.asarray(picture).reshape(-1, 3) // 4 * (255 / 63)
    colours, number = np.unique(coarse, axis=0, return_counts=True)
    sample = np.repeat(colours, np.ceil(np.sqrt(number)).astype(int), axis=0)
    few = Image.fromarray(sample[np.newaxis].astype(np.uint8)).quantize(
        _COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2
    )
    entries = np.array(few.getpalette()).reshape(-1, 3)
    entries[(entries > _NEARLY_WHITE).all(axis=1)] = 255  # as paper is
    few.putpalette(entries.ravel().tolist())
    return few


def keep_pictures(folder: Path, start: str) -> None:
    """Put pictures into docs/images with few colours, which keeps them small."""
    for old in IMAGES.glob(f"{start}_*.png"):
        old.unlink()
    total = 0
    for path in sorted(folder.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        dither = Image.Dither.FLOYDSTEINBERG if path.stem in _DITHERED else Image.Dither.NONE
        few = picture.quantize(palette=palette(picture), dither=dither)
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
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder)
        profile.chmod(0o700)
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
    sys.exit(main())
