"""A self-contained page: text, tables and figures, without scripts and without a network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ..core.tables import cell

#: Also fit for print: black on white, no table row or figure torn between two sheets.
_CSS = (
    "body{font:15px/1.45 sans-serif;margin:2em auto;max-width:62em;padding:0 1em;color:#222}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;margin:1em 0;font-size:.87em}"
    "th,td{padding:.25em .55em;text-align:right;border-bottom:1px solid #ddd}"
    "td{white-space:nowrap}td:last-child:not(:first-child){white-space:normal}"
    "th:first-child,td:first-child,tr>:nth-child(2):last-child{text-align:left}"
    "thead th{border-bottom:2px solid #444}"
    "caption{text-align:left;font-style:italic}dt{font-weight:bold}"
    "dd{margin:0 0 .5em 1em;overflow-wrap:anywhere}figure{margin:1.5em 0}"
    "figure img{width:100%;max-width:56em;height:auto}figcaption{font-style:italic}"
    ".warning{border-left:4px solid #b2182b;padding-left:.8em}"
    "@media print{body{max-width:none;margin:0;font-size:10pt}"
    "tr,figure{break-inside:avoid}h2,caption,thead,dt{break-after:avoid}"
    ".wide{overflow:visible}th,td{padding:.15em .4em}}"
)


#: What numbers in tables are, in their captions.
UNITS = "Oxides in wt%, Mg# as a molar fraction; weighted by area on the sphere."


class Page:
    """An HTML page that is written from top to bottom."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts = [f"<h1>{escape(title)}</h1>"]

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._parts.append(f"<h2>{escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        """Write plain text."""
        self._parts.append(f"<p>{escape(text)}</p>")

    def warning(self, text: str) -> None:
        """Write what a reader must not overlook."""
        self._parts.append(f'<p class="warning">{escape(text)}</p>')

    def table(
        self,
        header: Sequence[str],
        rows: Iterable[Iterable[object]],
        decimals: int | Sequence[int] = 2,
        caption: str = "",
    ) -> None:
        """Write a table of numbers, texts and `Estimate`; NaN and None leave a cell empty.

        `decimals` are those of all columns or of each; the caption stands above the table.
        """
        digits = [decimals] * len(header) if isinstance(decimals, int) else decimals
        above = f"<caption>{escape(caption)}</caption>" if caption else ""
        head = "".join(f"<th>{escape(name)}</th>" for name in header)
        body = "".join(
            "<tr>"
            + "".join(f"<td>{escape(cell(*item))}</td>" for item in zip(row, digits))
            + "</tr>"
            for row in rows
        )
        self._parts.append(
            f'<div class="wide"><table>{above}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def figure(self, svg: str | None, caption: str) -> None:
        """Write a figure of `figures.drawn`, or that matplotlib is missing when it is None."""
        if svg is None:
            self.warning(
                "A figure is missing here because the Python of this QGIS has no matplotlib "
                "(install the package python3-matplotlib or matplotlib). The tables hold its "
                f"numbers. It would show: {caption}"
            )
            return
        data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
        self._parts.append(
            f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{escape(caption)}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

    def provenance(self, items: Mapping[str, str]) -> None:
        """Write where the numbers come from: algorithm, version, parameters, model."""
        self.heading("How this was made")
        pairs = "".join(
            f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in items.items()
        )
        self._parts.append(f"<dl>{pairs}</dl>")

    def html(self) -> str:
        """The whole page."""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>{escape(self._title)}</title><style>{_CSS}</style></head><body>"
            f"{''.join(self._parts)}</body></html>\n"
        )
