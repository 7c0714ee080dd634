"""Prepare a release: check, pack, write its notes, tag it. Nothing leaves the computer.

usage: python -m scripts.release.release [--dry-run]      (in .venv-train)

The version is that of metadata.txt; CHANGELOG.md needs a section for it with a date.
"""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from . import validate
from .package import ROOT, pack

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


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
    found = re.search(
        rf"^## \[{re.escape(version)}\] - (.+?)\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[2].strip():
        raise NotReadyError(f"CHANGELOG.md says nothing of version {version}. Add a section.")
    if not _DATE.fullmatch(found[1].strip()):
        raise NotReadyError(
            f"In CHANGELOG.md version {version} is '{found[1]}'. Give the day of the release."
        )
    return found[2].strip() + "\n"


def require_ready(root: Path, version: str) -> None:
    """Refuse a tree with changes, and a version that is out already.

    Raises
    ------
    NotReadyError
    """
    if _git(root, "status", "--porcelain"):
        raise NotReadyError("There are changes that are not committed. Commit or undo them.")
    if _git(root, "tag", "--list", f"v{version}"):
        raise NotReadyError(f"There is a tag v{version}. Set the next version in metadata.txt.")


def release(root: Path = ROOT, dry_run: bool = False) -> str:
    """Do all of it; what is left to do by hand.

    Raises
    ------
    NotReadyError
    """
    version = version_of(root)
    notes = notes_of(root, version)
    require_ready(root, version)
    packed = pack(root / "dist" / f"lunar_oxide_plugin-{version}.zip")
    objections = [*validate.problems(packed), *validate.scanned(packed)]
    if objections:
        raise NotReadyError("\n".join(objections))
    written = packed.with_suffix(".md")
    written.write_text(notes, encoding="utf-8")
    if not dry_run:
        message = f"Version {version}\n\n{notes}"
        _git(root, "tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--message", message)
    return (
        f"{packed.relative_to(root)} and {written.relative_to(root)} are written"
        + (", nothing is tagged.\n" if dry_run else f", and v{version} is tagged.\n")
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
