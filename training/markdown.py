"""Pieces of Markdown that the generated reports share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import TextWrapper

from .files import write_whole

#: R2 and RMSE by oxide.
Scores = Mapping[str, Mapping[str, float]]


def write_page(path: Path, sections: Iterable[str]) -> Path:
    """Write a page, its paragraphs and lists wrapped; returns its path."""
    blocks = [wrapped(block) for section in sections for block in section.split("\n\n")]
    write_whole(path, "\n\n".join(blocks) + "\n")
    return path


def wrapped(block: str, width: int = 100) -> str:
    """Wrap a paragraph or the items of a list; tables, headings and pictures stay as they are."""
    if block.startswith(("|", "#", "!")):
        return block
    indent = "  " if block.startswith("- ") else ""
    wrapper = TextWrapper(width, subsequent_indent=indent, break_on_hyphens=False)
    wrapper.break_long_words = False
    # A minus sign at the start of a line would begin a list.
    items = [" ".join(item.split()) for item in re.split(r"\n(?=- )", block.strip("\n"))]
    protected = [re.sub(r"(?<=\S) - ", "\0-\0", item) for item in items]
    return "\n".join(wrapper.fill(item) for item in protected).replace("\0", " ")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, all columns aligned left."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def score_table(oxides: Sequence[str], columns: Mapping[str, Scores]) -> str:
    """Write R2 / RMSE, an oxide per row; scores by heading."""
    rows = [[oxide, *(pair(scores[oxide]) for scores in columns.values())] for oxide in oxides]
    return table(["oxide", *columns], rows)


def pair(score: Mapping[str, float]) -> str:
    """R2 / RMSE."""
    return f"{score['r2']:.3f} / {score['rmse']:.3f}"


def cells(values: Iterable[float], form: str = ".3f") -> list[str]:
    """Numbers as cells of a row."""
    return [f"{value:{form}}" for value in values]


def with_errors(values: Iterable[float], errors: Iterable[float], form: str = ".2f") -> list[str]:
    """Numbers with their standard errors or sigmas, as cells of a row."""
    return [f"{value:{form}} ± {error:{form}}" for value, error in zip(values, errors)]


def join(words: Sequence[str]) -> str:
    """List words as a sentence does; "none" for no words."""
    *first, last = words or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def where(words: Iterable[str], true: Iterable[object]) -> str:
    """Join the words for which something is true."""
    return join([word for word, one in zip(words, true) if one])


def listing(words: Iterable[str], values: Iterable[float], form: str = ".1f") -> str:
    """Words, each with its number."""
    return ", ".join(f"{word} {value:{form}}" for word, value in zip(words, values))
