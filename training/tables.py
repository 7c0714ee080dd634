"""The project's own tables: sites, Apollo 12 pixels, and the figures of the paper.

Sources, licences and caveats of every file are in ``training/data/README.md``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.sites.site_samples import MEAN_COLUMNS, SAMPLED
from lunar_oxide_plugin.core.tables import unquoted_formula

FloatArray = NDArray[np.float64]

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
    """Sites, the missions that sampled them, their reflectance and chemistry.

    Reflectance (n, 8) is a fraction, in the order of a model's input; oxides (n, 5) are wt%, in the
    project's order. A user's own table has the name of its file, and is synthetic if it says that
    some spectra are not measurements.
    """

    sites: tuple[str, ...]
    missions: tuple[str, ...]
    reflectance: FloatArray
    oxides: FloatArray
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

    def without_missions(self, missions: Collection[str]) -> SiteTable:
        """The sites of other missions."""
        return self.rows([row for row, name in enumerate(self.missions) if name not in missions])

    def and_(self, more: SiteTable) -> SiteTable:
        """These sites, then those of another table."""
        return replace(
            self,
            sites=self.sites + more.sites,
            missions=self.missions + more.missions,
            reflectance=np.concatenate([self.reflectance, more.reflectance]),
            oxides=np.concatenate([self.oxides, more.oxides]),
        )


class ClementineTable(NamedTuple):
    """Sites with Clementine UVVIS reflectance.

    Reflectance (n, 3) is a fraction at 415, 750 and 950 nm, oxides (n, 2) are FeO and TiO2 in wt%.
    """

    sites: tuple[str, ...]
    reflectance: FloatArray
    oxides: FloatArray


class _Csv:
    """Rows of a CSV file with their lines for messages; every check raises ValueError."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.name = path.name
        # Spreadsheets put a byte order mark before the first column's name.
        try:
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                found = reader.fieldnames or ()
                self.rows = [(reader.line_num, _stripped(cells)) for cells in reader]
        except UnicodeDecodeError:
            raise ValueError(f"{path.name} is not UTF-8 text; save it as CSV (UTF-8)") from None
        if missing := ", ".join(name for name in columns if name not in found):
            raise ValueError(f"{path.name}: missing columns {missing}; it has {', '.join(found)}")

    def where(self, row: int, column: str) -> str:
        """The place of a cell, rows counted as in a spreadsheet."""
        line, cells = self.rows[row]
        name = cells.get("site")
        return f"{self.name}, row {line}{f' ({name})' if name else ''}, column {column}"

    def texts(self, column: str) -> tuple[str, ...]:
        """The cells of a column, none of which may be empty."""
        texts = tuple(cells[column] for _, cells in self.rows)
        if not all(texts):
            row = [bool(text) for text in texts].index(False)
            raise ValueError(f"{self.where(row, column)} is empty")
        return texts

    def numbers(self, *columns: str) -> FloatArray:
        """The finite numbers of some columns, shape (n, columns)."""
        numbers = np.empty((len(self.rows), len(columns)))
        for row, (_, cells) in enumerate(self.rows):
            for column, name in enumerate(columns):
                text = cells[name]
                try:
                    numbers[row, column] = float(text)
                except (TypeError, ValueError):
                    place = self.where(row, name)
                    raise ValueError(f"{place} is not a number: '{text or ''}'") from None
                if not np.isfinite(numbers[row, column]):
                    raise ValueError(f"{self.where(row, name)} is not finite: '{text}'")
        if numbers.size == 0:
            raise ValueError(f"{self.name}: empty")
        return numbers

    def check_reflectance(self, values: FloatArray) -> None:
        """Refuse implausible reflectances (n, 8)."""
        for row, column in np.argwhere(~((values > 0) & (values < 1))):
            value = values[row, column]
            hint = ""
            if value >= 1:
                hint = f"; this looks like {'MI DN: times 2e-5' if value > 100 else 'percent'}"
            raise ValueError(
                f"{self.where(row, BAND_COLUMNS[column])} is {value:g}, but reflectance is a "
                f"fraction between 0 and 1{hint}"
            )
        r750 = values[:, BAND_COLUMNS.index("r750")]
        for row in np.flatnonzero(r750 < SHADOW):
            raise ValueError(
                f"{self.where(int(row), 'r750')} is {r750[row]:g}; below {SHADOW:g} MI sees "
                "shadow, not soil. Was a scale applied twice?"
            )

    def check_oxides(self, values: FloatArray) -> None:
        """Refuse implausible oxides in wt% (n, 5)."""
        for row, column in np.argwhere(values < 0):
            raise ValueError(f"{self.where(row, OXIDES[column])} is negative")
        low, high = OXIDE_SUM_RANGE
        for row, total in enumerate(values.sum(axis=1)):
            if not low <= total <= high:
                fraction = low / 100 <= total <= high / 100
                hint = "; these look like fractions: times 100" if fraction else ""
                raise ValueError(
                    f"{self.where(row, ' + '.join(OXIDES))}: five oxides must sum to "
                    f"{low:g}-{high:g} wt%, not {total:g}{hint}"
                )

    def require_unique(self, keys: Sequence[Hashable], kind: str) -> None:
        """Refuse a key that occurs in two rows."""
        first: dict[Hashable, int] = {}
        for row, key in enumerate(keys):
            line = self.rows[first.setdefault(key, row)][0]
            if first[key] != row:
                raise ValueError(
                    f"{self.where(row, kind)}: the same {kind} is already in row {line}; it must "
                    "not occur twice, keep one"
                )


def load_sites(path: Path = DATA / "sites.csv") -> SiteTable:
    """Read and check a site table; the default has the paper's 38 sites with MI reflectance.

    A CSV with the columns site, mission, eight reflectances and five oxides, as the algorithm
    ``lunaroxide:samplesites`` writes it. Rows that were not sampled, by the optional column
    status, are skipped. Raises ValueError, naming file, row and column, if a column is missing, a
    value is not a number, not finite or not plausible, or a site or a spectrum occurs twice.
    """
    table = _Csv(path, ("site", "mission", *BAND_COLUMNS, *OXIDES))
    table.rows = [row for row in table.rows if row[1].get("status") in (SAMPLED, "", None)]
    if not table.rows:
        raise ValueError(f"{path.name}: no row was sampled")
    sites, missions = table.texts("site"), table.texts("mission")
    reflectance, oxides = table.numbers(*BAND_COLUMNS), table.numbers(*OXIDES)
    table.require_unique(sites, "site")
    table.require_unique([tuple(spectrum) for spectrum in reflectance.tolist()], "spectrum")
    table.check_reflectance(reflectance)
    table.check_oxides(oxides)
    synthetic = any(cells.get("synthetic") for _, cells in table.rows)
    return SiteTable(sites, missions, reflectance, oxides, synthetic=synthetic)


def load_own_sites(path: Path) -> SiteTable:
    """Read a user's own site table, which keeps its file's name."""
    return replace(load_sites(path), own=path.name)


def load_extended_sites() -> SiteTable:
    """Read the "extended set": 10 stations kept apart from the paper's sites.

    Their soil-to-station mapping is less certain. Some methods learn from them in addition to the
    paper's sites (`methods.Method.extended`); they are never scored.
    """
    return load_sites(DATA / "extended_sites.csv")


def load_apollo12_pixels() -> FloatArray:
    """Reflectance (8, 8) of the eight pixels around Apollo 12; their mean is site Apollo12LM."""
    table = _Csv(DATA / "apollo12_pixels.csv", ("pixel", *BAND_COLUMNS))
    reflectance = table.numbers(*BAND_COLUMNS)
    table.check_reflectance(reflectance)
    return reflectance


def load_clementine_sites() -> ClementineTable:
    """Read the 47 sites of Wilcox et al. (2005), which no model learns from."""
    table = _Csv(DATA / "clementine_sites.csv", ("site", "r415", "r750", "r950", "FeO", "TiO2"))
    reflectance, oxides = table.numbers("r415", "r750", "r950"), table.numbers("FeO", "TiO2")
    return ClementineTable(table.texts("site"), reflectance, oxides)


def load_missing_sites() -> dict[str, FloatArray]:
    """Five oxides (wt%) of the Table 1 sites without MI reflectance, by site."""
    return _oxides_by_site(DATA / "missing_sites.csv")


def load_other_tio2() -> dict[str, float]:
    """TiO2 (wt%) by another source, at the sites where it is 0.5 wt% or more from the paper's."""
    table = _Csv(DATA / "tio2_other_source.csv", ("site", "TiO2", "source"))
    return dict(zip(table.texts("site"), table.numbers("TiO2")[:, 0].tolist()))


def load_paper_predictions() -> dict[str, FloatArray]:
    """Five oxides (wt%) the paper's own network predicts (its Table 3), by site."""
    return _oxides_by_site(DATA / "paper_table3.csv")


def load_published_scores() -> dict[str, dict[str, dict[str, float]]]:
    """R2 and RMSE (wt%) printed in the paper's Table 4, by study (it quotes two) and oxide."""
    table = _Csv(DATA / "paper_table4.csv", ("study", "method", "oxide", "r2", "rmse"))
    found: dict[str, dict[str, dict[str, float]]] = {}
    columns = table.texts("study"), table.texts("oxide"), table.numbers("r2", "rmse").tolist()
    for study, oxide, (r2, rmse) in zip(*columns):
        found.setdefault(study, {})[oxide] = {"r2": r2, "rmse": rmse}
    return found


def load_earlier_default() -> dict[str, dict[str, list[float]]]:
    """Scores (five oxides) of the default's first design, by protocol and name of the score."""
    names = ("r2", "rmse", "balanced_rmse")
    table = _Csv(DATA / "earlier_default.csv", ("protocol", "oxide", *names))
    found: dict[str, dict[str, list[float]]] = {}
    for protocol, scores in zip(table.texts("protocol"), table.numbers(*names).tolist()):
        for name, value in zip(names, scores):
            found.setdefault(protocol, {}).setdefault(name, []).append(value)
    return found


def tables_sha256(table: SiteTable | None = None) -> str:
    """SHA-256 of the content a model is made from.

    Covers the names and numbers of the sites (by default the project's 38), the extended set and
    the Apollo 12 pixels as parsed: line endings and the spelling of a number do not matter.
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


def _oxides_by_site(path: Path) -> dict[str, FloatArray]:
    table = _Csv(path, ("site", *OXIDES))
    sites, oxides = table.texts("site"), table.numbers(*OXIDES)
    table.require_unique(sites, "site")
    table.check_oxides(oxides)
    return dict(zip(sites, oxides))


def _stripped(cells: dict[str, str]) -> dict[str, str]:
    """Cells without surrounding blanks and the quote of our tables: "'=A " is =A."""
    return {
        name: unquoted_formula(text.strip()) if isinstance(text, str) else text
        for name, text in cells.items()
    }
