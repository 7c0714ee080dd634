"""The project's own tables: sites, Apollo 12 pixels, and the figures of the paper.

Sources, licences and caveats of every file are in ``training/data/README.md``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.bands import MODEL_BANDS
from lunar_oxide_plugin.core.oxides import OXIDES

DATA = Path(__file__).parent / "data"

#: Reflectance columns, in the order of a model's input.
BAND_COLUMNS = tuple(f"r{band.nominal}" for band in MODEL_BANDS)

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
    """

    sites: tuple[str, ...]
    missions: tuple[str, ...]
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
        CSV with the columns site, mission, eight reflectances, five oxides.
        The default holds the 38 sites of the paper's Table 1 with MI reflectance.

    Returns
    -------
    SiteTable

    Raises
    ------
    ValueError
        A column is missing or a value is not a number, not finite or not
        plausible, or a site or a spectrum occurs twice.
    """
    rows = _read(path, ("site", "mission", *BAND_COLUMNS, *OXIDES))
    sites = tuple(row["site"] for row in rows)
    reflectance = _numbers(path, rows, BAND_COLUMNS)
    oxides = _numbers(path, rows, OXIDES)
    _refuse_duplicates(path, sites)
    _refuse_duplicates(path, [tuple(spectrum) for spectrum in reflectance.tolist()])
    _check_reflectance(path, reflectance)
    _check_oxides(path, oxides)
    return SiteTable(sites, tuple(row["mission"] for row in rows), reflectance, oxides)


def load_extended_sites() -> SiteTable:
    """Read the "extended set": 10 stations kept apart from the paper's sites.

    Their soil-to-station mapping is less certain. No bundled model learns from them.
    """
    return load_sites(DATA / "extended_sites.csv")


def load_apollo12_pixels() -> NDArray[np.float64]:
    """Reflectance of the eight pixels around Apollo 12, shape (8, 8).

    Their mean is the spectrum of the site Apollo12LM.
    """
    path = DATA / "apollo12_pixels.csv"
    reflectance = _numbers(path, _read(path, ("pixel", *BAND_COLUMNS)), BAND_COLUMNS)
    _check_reflectance(path, reflectance)
    return reflectance


def load_missing_sites() -> dict[str, NDArray[np.float64]]:
    """Five oxides (wt%) of the Table 1 sites without MI reflectance, by site."""
    return _oxides_by_site(DATA / "missing_sites.csv")


def load_paper_predictions() -> dict[str, NDArray[np.float64]]:
    """Five oxides (wt%) the paper's own network predicts (its Table 3), by site."""
    return _oxides_by_site(DATA / "paper_table3.csv")


def load_published_scores() -> list[PublishedScore]:
    """Scores printed in the paper's Table 4, and those it quotes from others."""
    path = DATA / "paper_table4.csv"
    rows = _read(path, ("study", "method", "oxide", "r2", "rmse"))
    numbers = _numbers(path, rows, ("r2", "rmse"))
    return [
        PublishedScore(row["study"], row["method"], row["oxide"], r2, rmse)
        for row, (r2, rmse) in zip(rows, numbers.tolist())
    ]


def tables_sha256() -> str:
    """SHA-256 of the content a bundled model is made from.

    Covers the names and numbers of the 38 sites and the Apollo 12 pixels as
    parsed, so line endings and the spelling of a number do not matter.
    """
    table = load_sites()
    content = [
        BAND_COLUMNS,
        OXIDES,
        table.sites,
        table.missions,
        table.reflectance.tolist(),
        table.oxides.tolist(),
        load_apollo12_pixels().tolist(),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _oxides_by_site(path: Path) -> dict[str, NDArray[np.float64]]:
    rows = _read(path, ("site", *OXIDES))
    oxides = _numbers(path, rows, OXIDES)
    _refuse_duplicates(path, [row["site"] for row in rows])
    _check_oxides(path, oxides)
    return {row["site"]: values for row, values in zip(rows, oxides)}


def _read(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = set(columns) - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name}: missing columns {', '.join(sorted(missing))}")
        return list(reader)


def _numbers(
    path: Path, rows: list[dict[str, str]], columns: tuple[str, ...]
) -> NDArray[np.float64]:
    try:
        numbers = np.array([[float(row[name]) for name in columns] for row in rows])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: a cell is not a number ({error})") from error
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"{path.name}: empty, or a number is not finite")
    return numbers


def _check_reflectance(path: Path, reflectance: NDArray[np.float64]) -> None:
    if not ((reflectance > 0) & (reflectance < 1)).all():
        raise ValueError(f"{path.name}: reflectance is a fraction between 0 and 1")


def _check_oxides(path: Path, oxides: NDArray[np.float64]) -> None:
    low, high = OXIDE_SUM_RANGE
    total = oxides.sum(axis=1)
    if (oxides < 0).any() or (total < low).any() or (total > high).any():
        raise ValueError(f"{path.name}: five oxides must sum to {low:g}-{high:g} wt%")


def _refuse_duplicates(path: Path, keys: list[object] | tuple[object, ...]) -> None:
    if len(set(keys)) != len(keys):
        raise ValueError(f"{path.name}: a site or spectrum occurs twice")
