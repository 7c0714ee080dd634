"""Check a packed plugin as plugins.qgis.org does before it accepts one.

Its rules (documentation for plugin authors, 2026): what metadata.txt must hold, what may be in the
zip, and no finding of bandit and detect-secrets in it.

usage: python -m scripts.release.validate [ZIP]      (in .venv-train, which has both)
"""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as MetadataError
from pathlib import Path, PurePosixPath

from .package import TARGET

#: Bytes of a zip at most.
_LARGEST = 25_000_000

_REQUIRED = (
    "name",
    "description",
    "about",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "tracker",
    "repository",
)
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_QGIS_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
_URL = re.compile(r"https?://[\w.-]+\.[a-z]+(/\S*)?")

#: What a reviewer can read, pictures, and the models, which `about` explains.
_ENDINGS = {
    *(".py", ".txt", ".md", ".csv", ".svg", ".png", ".qml", ".qpt", ".model3", ".vrt", ".json"),
    *(".html", ".css", ".ts", ".qm", ".onnx", ""),
}


def problems(path: Path) -> Iterator[str]:
    """Why the repository would refuse a zip, or what its reviewers would ask about.

    Parameters
    ----------
    path : Path
        The zip.
    """
    if path.stat().st_size > _LARGEST:
        yield f"it has {path.stat().st_size / 1e6:.1f} MB; 25 at most"
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for entry in archive.infolist():
            yield from _refused(entry)
        folders = {PurePosixPath(name).parts[0] for name in names}
        if len(folders) != 1:
            yield f"it holds {sorted(folders)}; one folder is allowed"
            return
        (folder,) = folders
        if not folder.isidentifier():
            yield f"its folder {folder} is no name for a Python package"
        for wanted in ("__init__.py", "metadata.txt", "LICENSE"):
            if f"{folder}/{wanted}" not in names:
                yield f"{wanted} is missing"
                return
        if b"def classFactory(" not in archive.read(f"{folder}/__init__.py"):
            yield "__init__.py has no classFactory"
        text = archive.read(f"{folder}/metadata.txt").decode("utf-8")
    yield from _of_metadata(text, {name.removeprefix(f"{folder}/") for name in names})


def _refused(entry: zipfile.ZipInfo) -> Iterator[str]:
    parts = PurePosixPath(entry.filename).parts
    if entry.filename.startswith("/") or ".." in parts or "\\" in entry.filename:
        yield f"{entry.filename} would lie outside its folder"
    if any(part.startswith(".") or part in ("__pycache__", "__MACOSX") for part in parts):
        yield f"{entry.filename} is hidden, or made by Python or the system"
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode) or (mode & 0o111 and not entry.is_dir()):
        yield f"{entry.filename} is a link or can be executed"
    if PurePosixPath(entry.filename).suffix.lower() not in _ENDINGS and not entry.is_dir():
        yield f"{entry.filename} is of a kind that nobody can review"


def _of_metadata(text: str, names: set[str]) -> Iterator[str]:
    metadata = ConfigParser(interpolation=None)
    metadata.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        metadata.read_string(text)
        general = dict(metadata["general"])
    except (MetadataError, KeyError) as error:
        yield f"metadata.txt cannot be read: {error}"
        return
    for key in _REQUIRED:
        if not general.get(key, "").strip():
            yield f"metadata.txt has no {key}"
    for key, pattern in (
        ("version", _VERSION),
        ("qgisMinimumVersion", _QGIS_VERSION),
        ("qgisMaximumVersion", _QGIS_VERSION),
        ("email", _EMAIL),
        ("tracker", _URL),
        ("repository", _URL),
        ("homepage", _URL),
    ):
        value = general.get(key, "")
        if value and not pattern.fullmatch(value):
            yield f"{key} in metadata.txt is {value}"
    if "supportsQt6" in general:
        yield "supportsQt6 in metadata.txt is no longer known; qgisMaximumVersion says it"
    if general.get("icon") and general["icon"] not in names:
        yield f"the icon {general['icon']} is missing"
    if any(name.endswith(".onnx") for name in names) and ".onnx" not in general.get("about", ""):
        yield "about in metadata.txt does not explain the .onnx files"


def scanned(path: Path) -> Iterator[str]:
    """What the security scan of the repository finds in a zip: bandit and detect-secrets."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        bandit = _tool(folder, "bandit", "-q", "-r", "-f", "json", ".")
        for one in bandit["results"]:
            place = f"{one['filename']}:{one['line_number']}"
            yield f"{place}: bandit {one['test_id']}: {one['issue_text']}"
        yield from (f"{one['filename']}: bandit: {one['reason']}" for one in bandit["errors"])
        secrets = _tool(folder, "detect_secrets", "scan", "--all-files", ".")
        for name, found in secrets["results"].items():
            for one in found:
                yield f"{name}:{one['line_number']}: detect-secrets: {one['type']}"


def _tool(folder: str, module: str, *arguments: str) -> dict[str, dict]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,  # bandit ends with 1 when it finds something
    )
    if not done.stdout:
        sys.exit(f"{module} failed: {done.stderr}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    packed = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    said = [*problems(packed), *scanned(packed)]
    print("\n".join(said) or f"{packed.name}: nothing to object to")
    sys.exit(bool(said))
