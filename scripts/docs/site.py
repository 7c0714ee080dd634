"""Gather the pages of the documentation for mkdocs into build/site-source, each in its place.

usage: python -m scripts.docs.site      (then: mkdocs build --strict)
"""

from __future__ import annotations

import shutil

from scripts import ROOT

TARGET = ROOT / "build" / "site-source"

#: Pages, pictures, and what pages link to.
_GATHERED = (
    "*.md",
    "LICENSE",
    "NOTICE",
    "docs/**/*.md",
    "docs/images/*",
    "training/**/*.md",
    "training/reports/**/*.png",
    "training/reports/**/*.svg",
    "training/reports/**/*.json",
    "training/data/*.csv",
)

#: Wide tables scroll by themselves; their text is not torn into single words.
_CSS = """
.md-grid { max-width: 76rem; }
.md-typeset table:not([class]) th { min-width: 3rem; }
.md-typeset table:not([class]) td code { white-space: nowrap; }
.md-typeset table:not([class]) td:nth-child(2):not(:last-child) { min-width: 9rem; }
.md-typeset img { max-width: min(100%, 62rem); }
"""


def gather() -> int:
    """Copy all of it; how many files."""
    shutil.rmtree(TARGET, ignore_errors=True)
    found = sorted({path for pattern in _GATHERED for path in ROOT.glob(pattern)})
    for path in found:
        copy = TARGET / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (TARGET / "site.css").write_text(_CSS, encoding="utf-8")
    return len(found)


if __name__ == "__main__":
    print(f"{gather()} files in {TARGET.relative_to(ROOT)}")
