"""Refuse stilted phrases in code and documentation: vocabulary.txt says which, and what is better.

usage: python -m scripts.check.vocabulary
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from scripts import ROOT

LIST = Path(__file__).with_suffix(".txt")
SUFFIXES = (".py", ".md", ".ts", ".model3", ".sh", ".txt", ".qpt")


def phrases() -> dict[re.Pattern[str], str]:
    """Patterns, and what to write instead; a phrase may run over the end of a line."""
    lines = [line for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#")]
    pairs = (line.split(" => ") for line in lines if line)
    return {re.compile(find.replace(" ", r"\s+"), re.I): better for find, better in pairs}


def found(text: str) -> list[tuple[int, str, str]]:
    """Line, phrase and what to write instead."""
    return [
        (text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), better)
        for pattern, better in phrases().items()
        for match in pattern.finditer(text)
    ]


def main() -> int:
    """Look through all files of the repository but tests, which quote; how many have findings."""
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in names.stdout.split() if not name.startswith("tests/")]
    bad = 0
    for path in paths:
        if path.suffix in SUFFIXES and path != LIST and path.is_file():
            for line, phrase, better in found(path.read_text("utf-8")):
                print(f"{path.relative_to(ROOT)}:{line}: '{phrase}': write {better}")
                bad += 1
    return bad


if __name__ == "__main__":
    raise SystemExit(bool(main()))
