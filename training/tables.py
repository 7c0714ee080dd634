"""The project's own tables: sites, Apollo 12 pixels, and the figures of the paper.

Sources, licences and caveats of every file are in ``training/data/README.md``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.sites.site_samples import MEAN_COLUMNS, SAMPLED
from lunar_oxide_plugin.core.tables import unquoted_formula

DATA = Path(__file__).parent / "data"

#: Reflectance columns, in the order of a model's input.
BAND_COLUMNS = MEAN_COLUMNS

#: Reflectance below which MI MAP calls a pixel a shadow.
SHADOW = 0.01

#: Smallest and largest plausible sum of the five oxides of a lunar soil in wt%.
#: The rest is SiO2 (about 40-48 wt%) and a few wt% of minor oxides.
OXIDE_SUM_RANGE = (45.0, 62.0)


@dataclass(frozen=True)
class SiteTable:
    """Sites with reflectance and chemistry.

    Attributes
    ----------
    sites, missions : tuple of str
        Name of each site and the mission that sampled it.
    reflectance : ndarray of float64, shape (n, 8)
        Fraction, in the order of a model's input.
    oxides : ndarray of float64, shape (n, 5)
        wt%, in the project's oxide order.
    own : str
        Name of the file of a user's own table, "" for the project's tables.
    synthetic : bool
        Whether some spectra are no measurement, as the table itself says.
    """

    sites: tuple[str, ...]
    missions: tuple[str, ...]
    reflectance: NDArray[np.float64]
    oxides: NDArray[np.float64]
    own: str = ""
    synthetic: bool = False

    def rows(self, chosen: Sequence[int]) -> SiteTable:
        """Some of the sites, by row number."""
        return replace(
            self,
            sites=tuple(self.sites[row] for row in chosen),
            missions=tuple(self.missions[row] for row in chosen),
            reflectance=self.reflectance[list(chosen)],
            oxides=self.oxides[list(chosen)],
        )

    def and_(self, more: SiteTable) -> SiteTable:
        """These sites, then those of another table."""
        return replace(
            self,
            sites=self.sites + more.sites,
            missions=self.missions + more.missions,
            reflectance=np.concatenate([self.reflectance, more.reflectance]),
            oxides=np.concatenate([self.oxides, more.oxides]),
        )


class _Row(NamedTuple):
    """Cells of a table, and its line in the file for messages."""

    line: int
    cells: dict[str, str]


class ClementineTable(NamedTuple):
    """Sites with Clementine UVVIS reflectance.

    Attributes
    ----------
    sites : tuple of str
    reflectance : ndarray of float64, shape (n, 3)
        Fraction at 415, 750 and 950 nm.
    oxides : ndarray of float64, shape (n, 2)
        FeO and TiO2 in wt%.
    """

    sites: tuple[str, ...]
    reflectance: NDArray[np.float64]
    oxides: NDArray[np.float64]


@dataclass(frozen=True)
class PublishedScore:
    """R2 and RMSE (wt%) of one oxide as printed in a publication."""

    study: str
    method: str
    oxide: str
    r2: float
    rmse: float


def load_sites(path: Path = DATA / "sites.csv") -> SiteTable:
    """Read and check a site table.

    Parameters
    ----------
    path : Path
        CSV with the columns site, mission, eight reflectances, five oxides, as
        the algorithm ``lunaroxide:samplesites`` writes it. Rows whose column
        status (if there is one) says that they were not sampled are skipped.
        The default holds the 38 sites of the paper's Table 1 with MI reflectance.

    Returns
    -------
    SiteTable

    Raises
    ------
    ValueError
        A column is missing or a value is not a number, not finite or not
        plausible, or a site or a spectrum occurs twice. The message names the
        file, the row and the column.
    """
    rows = _read(path, ("site", "mission", *BAND_COLUMNS, *OXIDES))
    rows = [row for row in rows if row.cells.get("status") in (SAMPLED, "", None)]
    if not rows:
        raise ValueError(f"{path.name}: no row was sampled")
    for row in rows:
        for column in ("site", "mission"):
            if not row.cells[column]:
                raise ValueError(f"{_where(path, row, column)} is empty")
    reflectance = _numbers(path, rows, BAND_COLUMNS)
    oxides = _numbers(path, rows, OXIDES)
    _refuse_duplicates(path, rows, [row.cells["site"] for row in rows], "site")
    _refuse_duplicates(path, rows, [tuple(r) for r in reflectance.tolist()], "spectrum")
    _check_reflectance(path, rows, reflectance)
    _check_oxides(path, rows, oxides)
    return SiteTable(
        tuple(row.cells["site"] for row in rows),
        tuple(row.cells["mission"] for row in rows),
        reflectance,
        oxides,
        synthetic=any(row.cells.get("synthetic") for row in rows),
    )


def load_own_sites(path: Path) -> SiteTable:
    """Read a user's own site table, which keeps its file's name."""
    return replace(load_sites(path), own=path.name)


def load_extended_sites() -> SiteTable:
    """Read the "extended set": 10 stations kept apart from the paper's sites.

    Their soil-to-station mapping is less certain. Some methods learn from them beside the
    paper's sites (`methods.Method.extended`); no score is ever counted at them.
    """
    return load_sites(DATA / "extended_sites.csv")


def load_apollo12_pixels() -> NDArray[np.float64]:
    """Reflectance of the eight pixels around Apollo 12, shape (8, 8).

    Their mean is the spectrum of the site Apollo12LM.
    """
    path = DATA / "apollo12_pixels.csv"
    rows = _read(path, ("pixel", *BAND_COLUMNS))
    reflectance = _numbers(path, rows, BAND_COLUMNS)
    _check_reflectance(path, rows, reflectance)
    return reflectance


def load_clementine_sites() -> ClementineTable:
    """Read the 47 sites of Wilcox et al. (2005), which no model learns from."""
    path = DATA / "clementine_sites.csv"
    rows = _read(path, ("site", "r415", "r750", "r950", "FeO", "TiO2"))
    return ClementineTable(
        tuple(row.cells["site"] for row in rows),
        _numbers(path, rows, ("r415", "r750", "r950")),
        _numbers(path, rows, ("FeO", "TiO2")),
    )


def load_missing_sites() -> dict[str, NDArray[np.float64]]:
    """Five oxides (wt%) of the Table 1 sites without MI reflectance, by site."""
    return _oxides_by_site(DATA / "missing_sites.csv")


def load_other_tio2() -> dict[str, float]:
    """TiO2 (wt%) by another source, at the sites where it is 0.5 wt% or more from the paper's."""
    path = DATA / "tio2_other_source.csv"
    rows = _read(path, ("site", "TiO2", "source"))
    values = _numbers(path, rows, ("TiO2",))[:, 0]
    return {row.cells["site"]: value for row, value in zip(rows, values.tolist())}


def load_paper_predictions() -> dict[str, NDArray[np.float64]]:
    """Five oxides (wt%) the paper's own network predicts (its Table 3), by site."""
    return _oxides_by_site(DATA / "paper_table3.csv")


def load_published_scores() -> list[PublishedScore]:
    """Scores printed in the paper's Table 4, and those it quotes from others."""
    path = DATA / "paper_table4.csv"
    rows = _read(path, ("study", "method", "oxide", "r2", "rmse"))
    numbers = _numbers(path, rows, ("r2", "rmse"))
    return [
        PublishedScore(row.cells["study"], row.cells["method"], row.cells["oxide"], r2, rmse)
        for row, (r2, rmse) in zip(rows, numbers.tolist())
    ]


def tables_sha256(table: SiteTable | None = None) -> str:
    """SHA-256 of the content a model is made from.

    Covers the names and numbers of the sites (by default the project's 38), the
    extended set and the Apollo 12 pixels as parsed, so line endings and the
    spelling of a number do not matter.
    """
    table = table or load_sites()
    content = [
        BAND_COLUMNS,
        OXIDES,
        table.sites,
        table.missions,
        table.reflectance.tolist(),
        table.oxides.tolist(),
        load_apollo12_pixels().tolist(),
    ]
    if not table.own:
        extended = load_extended_sites()
        content += [extended.sites, extended.reflectance.tolist(), extended.oxides.tolist()]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _oxides_by_site(path: Path) -> dict[str, NDArray[np.float64]]:
    rows = _read(path, ("site", *OXIDES))
    oxides = _numbers(path, rows, OXIDES)
    sites = [row.cells["site"] for row in rows]
    _refuse_duplicates(path, rows, sites, "site")
    _check_oxides(path, rows, oxides)
    return dict(zip(sites, oxides))


def _read(path: Path, columns: tuple[str, ...]) -> list[_Row]:
    # Spreadsheets put a byte order mark before the first column's name.
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            found = reader.fieldnames or ()
            missing = [name for name in columns if name not in found]
            if missing:
                raise ValueError(
                    f"{path.name}: missing columns {', '.join(missing)}; it has {', '.join(found)}"
                )
            return [_Row(reader.line_num, _stripped(cells)) for cells in reader]
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text; save it as CSV (UTF-8)") from None


def _stripped(cells: dict[str, str]) -> dict[str, str]:
    """Cells without the blanks around them and the quote of our tables.

    "Apollo17 " is Apollo17, "'=A" is =A.
    """
    return {
        name: unquoted_formula(text.strip()) if isinstance(text, str) else text
        for name, text in cells.items()
    }


def _numbers(path: Path, rows: Sequence[_Row], columns: tuple[str, ...]) -> NDArray[np.float64]:
    numbers = np.empty((len(rows), len(columns)))
    for index, row in enumerate(rows):
        for column, name in enumerate(columns):
            text = row.cells[name]
            try:
                numbers[index, column] = float(text)
            except (TypeError, ValueError):
                raise ValueError(
                    f"{_where(path, row, name)} is not a number: '{text or ''}'"
                ) from None
            if not np.isfinite(numbers[index, column]):
                raise ValueError(f"{_where(path, row, name)} is not finite: '{text}'")
    if numbers.size == 0:
        raise ValueError(f"{path.name}: empty")
    return numbers


def _check_reflectance(path: Path, rows: Sequence[_Row], reflectance: NDArray[np.float64]) -> None:
    for index, column in np.argwhere(~((reflectance > 0) & (reflectance < 1))):
        value = reflectance[index, column]
        hint = ""
        if value >= 1:
            hint = f"; this looks like {'MI DN: times 2e-5' if value > 100 else 'percent'}"
        raise ValueError(
            f"{_where(path, rows[index], BAND_COLUMNS[column])} is {value:g}, but reflectance is "
            f"a fraction between 0 and 1{hint}"
        )
    for index in np.flatnonzero(reflectance[:, BAND_COLUMNS.index("r750")] < SHADOW):
        value = reflectance[index, BAND_COLUMNS.index("r750")]
        raise ValueError(
            f"{_where(path, rows[int(index)], 'r750')} is {value:g}; below {SHADOW:g} MI sees "
            "shadow, not soil. Was a scale applied twice?"
        )


def _check_oxides(path: Path, rows: Sequence[_Row], oxides: NDArray[np.float64]) -> None:
    for index, column in np.argwhere(oxides < 0):
        raise ValueError(f"{_where(path, rows[index], OXIDES[column])} is negative")
    low, high = OXIDE_SUM_RANGE
    for row, total in zip(rows, oxides.sum(axis=1)):
        if not low <= total <= high:
            fraction = low / 100 <= total <= high / 100
            hint = "; these look like fractions: times 100" if fraction else ""
            raise ValueError(
                f"{_where(path, row, ' + '.join(OXIDES))}: five oxides must sum to "
                f"{low:g}-{high:g} wt%, not {total:g}{hint}"
            )


def _refuse_duplicates(
    path: Path, rows: Sequence[_Row], keys: Sequence[Hashable], kind: str
) -> None:
    first: dict[Hashable, _Row] = {}
    for row, key in zip(rows, keys):
        if key in first:
            raise ValueError(
                f"{_where(path, row, kind)}: the same {kind} stands in row {first[key].line} "
                "already; it may not occur twice, keep one"
            )
        first[key] = row


def _where(path: Path, row: _Row, column: str) -> str:
    """Say where a cell stands, rows counted as a spreadsheet does."""
    name = row.cells.get("site")
    return f"{path.name}, row {row.line}{f' ({name})' if name else ''}, column {column}"
