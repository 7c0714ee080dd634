"""Pack the plugin as dist/lunar_oxide_plugin.zip, and check it as plugins.qgis.org does.

usage: python3 -m scripts.release.package      (any Python 3.9 or newer, nothing to install)

Why not qgis-plugin-ci (tried: 2.10)? It packs the output of `git archive` with the time of the
commit and rewrites metadata.txt, so that the same files give different zips; it does not check
them, and installs PyQt5 and 280 MB. qgis-plugin-analyzer (1.18) reads the sources and not the zip;
1,240 of its 1,344 findings were plain strings reported as untranslated.
"""

from __future__ import annotations

import re
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from configparser import Error as MetadataError
from pathlib import Path, PurePosixPath

from scripts import PLUGIN, ROOT

TARGET = ROOT / "dist" / "lunar_oxide_plugin.zip"

#: Bytes of a zip at most.
_LARGEST = 25_000_000

_VERSION, _URL = r"\d+\.\d+(\.\d+)?", r"https?://[\w.-]+\.[a-z]+(/\S*)?"
#: What metadata.txt must have, and what may be left out.
_REQUIRED = {
    **dict.fromkeys(("name", "description", "about", "author"), r".+"),
    "version": r"\d+\.\d+\.\d+",
    "qgisMinimumVersion": _VERSION,
    "email": r"[^@\s]+@[^@\s]+\.[a-z]+",
    **dict.fromkeys(("tracker", "repository"), _URL),
}
_OPTIONAL = {"qgisMaximumVersion": _VERSION, "homepage": _URL}

#: What a reviewer can read, pictures, and the models, which `about` explains.
_ENDINGS = {
    *(".py", ".txt", ".md", ".csv", ".svg", ".png", ".qml", ".qpt", ".model3", ".vrt", ".json"),
    *(".html", ".css", ".ts", ".qm", ".onnx", ""),
}


def _parts(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(entry.filename).parts


def _is_link_or_program(entry: zipfile.ZipInfo) -> bool:
    mode = entry.external_attr >> 16
    return stat.S_ISLNK(mode) or bool(mode & 0o111 and not entry.is_dir())


_REFUSED: dict[str, Callable[[zipfile.ZipInfo], bool]] = {
    "would be outside the plugin's folder": lambda entry: (
        bool({"/", ".."} & {*_parts(entry)}) or "\\" in entry.filename
    ),
    "is hidden, or made by Python or the system": lambda entry: any(
        part.startswith(".") or part in ("__pycache__", "__MACOSX") for part in _parts(entry)
    ),
    "is a link or can be executed": _is_link_or_program,
    "has a type that reviewers cannot read": lambda entry: (
        not entry.is_dir() and PurePosixPath(entry.filename).suffix.lower() not in _ENDINGS
    ),
}


def pack(target: Path = TARGET) -> Path:
    """Write the zip, the same bytes from the same files; metadata.txt is copied from the top."""
    original, copy = ROOT / "metadata.txt", PLUGIN / "metadata.txt"
    if not copy.is_file() or copy.read_bytes() != original.read_bytes():
        shutil.copyfile(original, copy)
    files = {
        path.relative_to(ROOT).as_posix(): path
        for path in PLUGIN.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    files.update({f"{PLUGIN.name}/{name}": ROOT / name for name in ("LICENSE", "NOTICE")})
    target.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(files.items()):
            # Neither the time nor the permissions of this machine.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target


def problems(path: Path) -> Iterator[str]:
    """Why plugins.qgis.org would refuse a zip, or what its reviewers would ask (rules of 2026)."""
    if path.stat().st_size > _LARGEST:
        yield f"it has {path.stat().st_size / 1e6:.1f} MB; 25 at most"
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries if not entry.is_dir()]
        for entry in entries:
            yield from (
                f"{entry.filename} {why}" for why, is_so in _REFUSED.items() if is_so(entry)
            )
        folders = {PurePosixPath(name).parts[0] for name in names}
        if len(folders) != 1:
            yield f"it contains {sorted(folders)}; one folder is allowed"
            return
        (folder,) = folders
        if not folder.isidentifier():
            yield f"its folder {folder} is not a valid name of a Python package"
        for wanted in ("__init__.py", "metadata.txt", "LICENSE"):
            if f"{folder}/{wanted}" not in names:
                yield f"{wanted} is missing"
                return
        if b"def classFactory(" not in archive.read(f"{folder}/__init__.py"):
            yield "__init__.py has no classFactory"
        text = archive.read(f"{folder}/metadata.txt").decode("utf-8")
    yield from _of_metadata(text, {name.removeprefix(f"{folder}/") for name in names})


def _of_metadata(text: str, names: set[str]) -> Iterator[str]:
    metadata = ConfigParser(interpolation=None)
    metadata.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        metadata.read_string(text)
        general = dict(metadata["general"])
    except (MetadataError, KeyError) as error:
        yield f"metadata.txt cannot be read: {error}"
        return
    for key, pattern in {**_REQUIRED, **_OPTIONAL}.items():
        value = general.get(key, "").strip()
        if not value and key in _REQUIRED:
            yield f"metadata.txt has no {key}"
        elif value and not re.fullmatch(pattern, value, re.DOTALL):
            yield f"{key} in metadata.txt is {value}"
    if "supportsQt6" in general:
        yield "supportsQt6 in metadata.txt is obsolete; qgisMaximumVersion replaces it"
    if general.get("icon") and general["icon"] not in names:
        yield f"the icon {general['icon']} is missing"
    if any(name.endswith(".onnx") for name in names) and ".onnx" not in general.get("about", ""):
        yield "about in metadata.txt does not explain the .onnx files"


if __name__ == "__main__":
    found = list(problems(pack()))
    size = f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.1f} MB"
    print("\n".join([size, *(found or ["no problems found"])]))
    sys.exit(bool(found))
