"""What a script says of damaged files, in a process of its own: a crash would end it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def verdicts(script: str, paths: Sequence[Path]) -> list[str]:
    """Run a script that prints "verdict: WORD" for each file; the words."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Some builds of onnxruntime also print what they dislike.
    said = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("verdict:")]
    assert len(said) == len(paths)
    return said
