"""Prepare a release: check, pack, write its notes, tag it. Nothing leaves the computer.

usage: python -m scripts.release.release [--dry-run]      (in .venv-train: bandit, detect-secrets)

The version is that of metadata.txt; CHANGELOG.md needs a section for it with a date.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from scripts import ROOT

from .package import pack, problems


class NotReadyError(Exception):
    """Why this cannot be released, and what to do."""


def version_of(root: Path) -> str:
    """The version in metadata.txt."""
    metadata = ConfigParser(interpolation=None)
    metadata.read(root / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def notes_of(root: Path, version: str) -> str:
    """The section of a version in the changelog, without its heading.

    Raises
    ------
    NotReadyError
        When there is none, or it has no date or no text.
    """
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(version)}\] - (.+?)\n"
    found = re.search(heading + r"(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None or not found[2].strip():
        raise NotReadyError(f"CHANGELOG.md has no text for version {version}. Add a section.")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", found[1].strip()):
        raise NotReadyError(
            f"In CHANGELOG.md version {version} is '{found[1]}'. Give the date of the release."
        )
    return found[2].strip() + "\n"


def scanned(path: Path) -> Iterator[str]:
    """Findings of the security scan of plugins.qgis.org in a zip: bandit and detect-secrets."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        bandit = _scan(folder, "bandit", "-q", "-r", "-f", "json", ".")
        for one in bandit["results"]:
            place = f"{one['filename']}:{one['line_number']}"
            yield f"{place}: bandit {one['test_id']}: {one['issue_text']}"
        yield from (f"{one['filename']}: bandit: {one['reason']}" for one in bandit["errors"])
        secrets = _scan(folder, "detect_secrets", "scan", "--all-files", ".")
        for name, found in secrets["results"].items():
            yield from (
                f"{name}:{one['line_number']}: detect-secrets: {one['type']}" for one in found
            )


def _scan(folder: str, *words: str) -> dict[str, dict]:
    # bandit ends with 1 when it finds something
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"{words[0]} failed: {done.stderr}")
    return json.loads(done.stdout)


def release(root: Path = ROOT, dry_run: bool = False) -> str:
    """Do all of it; what is left to do by hand.

    Raises
    ------
    NotReadyError
    """
    version = version_of(root)
    notes = notes_of(root, version)
    if _git(root, "status", "--porcelain"):
        raise NotReadyError("There are uncommitted changes. Commit or undo them.")
    if _git(root, "tag", "--list", f"v{version}"):
        raise NotReadyError(f"The tag v{version} exists. Set the next version in metadata.txt.")
    packed = pack(root / "dist" / f"lunar_oxide_plugin-{version}.zip")
    objections = [*problems(packed), *scanned(packed)]
    if objections:
        raise NotReadyError("\n".join(objections))
    written = packed.with_suffix(".md")
    written.write_text(notes, encoding="utf-8")
    if not dry_run:
        message = f"Version {version}\n\n{notes}"
        _git(root, "tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--message", message)
    return (
        f"Written: {packed.relative_to(root)} and {written.relative_to(root)}; "
        + ("nothing is tagged.\n" if dry_run else f"v{version} is tagged.\n")
        + f"Now: git push origin v{version}; upload the zip at plugins.qgis.org with the notes; "
        "then set the next version in metadata.txt and begin its section in CHANGELOG.md."
    )


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        print(release(dry_run="--dry-run" in sys.argv))
    except NotReadyError as error:
        sys.exit(f"Not ready: {error}")
