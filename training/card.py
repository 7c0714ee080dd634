"""The metadata of a model file."""

from __future__ import annotations

import json

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES, SUM_LIMIT
from lunar_oxide_plugin.core.spectra.bands import MODEL_BANDS

from .domain import FLOOR
from .methods import METHODS
from .protocols import MISSION, PROTOCOLS
from .record import Record
from .spread import WIDENED
from .tables import FloatArray, SiteTable, load_extended_sites

REFLECTANCE_CITATION = (
    "Sites: Zhang L. et al. (2023), Icarus 397, 115505 (chemistry); Yang C. et al. (2023), Nature "
    "Communications, doi 10.1038/s41467-023-43358-0 (reflectance)"
)

SYNTHETIC_NOTE = (
    "SYNTHETIC: the table says that some of its spectra are not measurements. No number here says "
    "anything about the Moon."
)

#: What no model trained on these sites can know.
UNDETERMINED = (
    "MgO, and with it Mg#, is not determined at places that were never sampled, and CaO not within "
    "the highlands: their contrasts there are smaller than the models' errors."
)

LIMITS = (
    f"Negative oxides become 0; where the five sum to more than {SUM_LIMIT:g} wt%, all are scaled "
    "to that sum."
)


def metadata(record: Record, table: SiteTable) -> dict[str, str]:
    """The ``metadata_props`` of a model with a record and its training sites.

    ``metrics``, ``training_range`` and ``error_correlation`` are JSON.
    """
    configuration = record["configuration"]
    brightness = configuration["brightness_error"]
    repeats = len(record["protocols"][MISSION]["fold"])
    method = METHODS[record["method"]]
    besides = len(record["learnt_besides"])
    extended = (
        f" It also learnt from {besides} more Apollo 14 and 15 stations (the extended set: soils "
        "of the Lunar Sample Compendium and Morris et al. 1983, mapped to stations with less "
        "certainty), at which nothing was scored."
        if besides
        else ""
    )
    learnt = table.and_(load_extended_sites()) if besides else table
    values = {
        "id": record["model"],
        "title": method.title,
        "description": method.description,
        "band_centres_nm": " ".join(str(band.nominal) for band in MODEL_BANDS),
        "oxides": " ".join(OXIDES),
        "training_set": (
            f"{len(table.sites)} Apollo, Luna and Chang'E-5 sites: chemistry from Table 1 of Zhang "
            "et al. (2023), reflectance of single Kaguya MI pixels published with Yang et al. "
            "(2023) (Apollo12LM: mean of eight). Apollo17S4 and CE-3 have no reflectance."
            + extended
        ),
        "citation": f"{method.citation}. {REFLECTANCE_CITATION}",
        "protocol": (
            "fit_on_all: judged at its training sites; grouped_k_fold: "
            f"{configuration['folds']}-fold, shuffled, {configuration['repeats']} repeats; "
            "leave_one_mission_out: all sites of one mission held out, "
            f"{repeats} repeat(s); seed {configuration['seed']}. R2 = 1 - SSE/SST and "
            "RMSE in wt%, predictions pooled. No setting is chosen by held-out errors."
        ),
        "metrics": json.dumps(_metrics(record)),
        "training_range": json.dumps(_training_range(learnt)),
        "error_correlation": json.dumps(record["error_correlation"]),
        "tables_sha256": record["tables_sha256"],
        "uncertainty": (
            "1 sigma in wt%: grows with the distance from the training spectra (posterior standard "
            "deviation of a Gaussian process), scaled so that 1 and 1.96 sigma contain about 68 "
            f"and 95 % of the grouped k-fold errors, times {WIDENED:g} for places never sampled; "
            f"in quadrature with the change of the oxide by {100 * brightness:g} % of brightness; "
            f"held-out coverage: {_coverage(record)}."
        ),
        "domain": (
            "Area of applicability (Meyer and Pebesma 2021): Mahalanobis distance of ln "
            f"reflectance (clipped at {FLOOR:g}) from the sites, with their covariance plus "
            "that of pixels of the same ground, divided by the distance that 95 % of new sites "
            "would not exceed (leave-one-out): at most 1 inside."
        ),
        "brightness_error": f"{brightness:g}",
        "limits": LIMITS,
        "not_determined": UNDETERMINED,
        "licence": (
            "GPL-3.0-or-later; training reflectance MIT, Copyright 2023 Haishi Zhao, Chen Yang"
        ),
    }
    return values | _own(record, table) if table.own else values


def sigma_scale(record: Record) -> FloatArray:
    """Scale (5,) of the uncertainty, from the k-fold errors."""
    return np.array(record["sigma_scale"], dtype=np.float64)


def _own(record: Record, table: SiteTable) -> dict[str, str]:
    """Metadata that name the user's table in place of the project's sites."""
    sites, method = len(table.sites), METHODS[record["method"]]
    prefix, note = ("SYNTHETIC ", f" {SYNTHETIC_NOTE}") if table.synthetic else ("", "")
    name = method.title.replace(" (default)", "")
    return {
        "title": f"{prefix}{name}, trained on {table.own} ({sites} sites)",
        "description": f"{method.description} Trained on a user's table.{note}",
        "training_set": (
            f"{table.own}: {sites} sites of {len(set(table.missions))} missions "
            f"({', '.join(dict.fromkeys(table.missions))}).{note}"
        ),
        "citation": method.citation,
        "not_determined": "",
        "licence": "The licence of the user's table; made with GPL-3.0-or-later software",
    }


def _coverage(record: Record) -> str:
    return "; ".join(
        f"{protocol} "
        + ", ".join(
            f"{oxide} {100 * found['68']:.0f}/{100 * found['95']:.0f} %"
            for oxide, found in oxides.items()
        )
        for protocol, oxides in record["coverage"].items()
    )


def _metrics(record: Record) -> dict[str, dict[str, dict[str, float]]]:
    return {
        protocol: {
            oxide: {name: found[name] for name in ("r2", "rmse")}
            for oxide, found in record["protocols"][protocol]["metrics"].items()
        }
        for protocol in PROTOCOLS
    }


def _training_range(table: SiteTable) -> dict[str, list[float]]:
    names = [*OXIDES, *(str(band.nominal) for band in MODEL_BANDS)]
    values = np.concatenate([table.oxides, table.reflectance], axis=1)
    return {
        name: [float(column.min()), float(column.max())] for name, column in zip(names, values.T)
    }
