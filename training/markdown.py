"""Pieces of Markdown that the generated reports share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table, all columns aligned left."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def pair(score: Mapping[str, float]) -> str:
    """R2 / RMSE."""
    return f"{score['r2']:.3f} / {score['rmse']:.3f}"


def join(words: Sequence[str]) -> str:
    """List words as a sentence does; "none" for no words."""
    *first, last = words or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
