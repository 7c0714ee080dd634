"""What the model file says of itself: its metadata."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from lunar_oxide_plugin.core.bands import MODEL_BANDS
from lunar_oxide_plugin.core.oxides import OXIDES

from . import own_report
from .domain import FLOOR
from .protocols import K_FOLD, PROTOCOLS
from .record import Record
from .tables import SiteTable


def metadata(record: Record, table: SiteTable) -> dict[str, str]:
    """Metadata of a model: the bundled one, or one of a user's own table.

    Parameters
    ----------
    record : dict
        From `record.make_record`.
    table : SiteTable
        The training sites.

    Returns
    -------
    dict of str to str
        The ``metadata_props``; ``metrics`` and ``training_range`` are JSON.
    """
    configuration = record["configuration"]
    values = {
        "id": record["model"],
        "title": "1D-CNN after Zhang et al. (2023)",
        "description": (
            "Five one-dimensional convolutional networks, one per oxide, of the architecture "
            "of Zhang et al. (2023), trained again on single MI pixels at "
            f"{len(table.sites)} of the paper's 40 sites. These are not the paper's own weights."
        ),
        "band_centres_nm": " ".join(str(band.nominal) for band in MODEL_BANDS),
        "oxides": " ".join(OXIDES),
        "training_set": (
            f"{len(table.sites)} Apollo, Luna and Chang'E-5 sites: chemistry from Table 1 of Zhang "
            "et al. (2023), reflectance of single Kaguya MI pixels published with Yang et al. "
            "(2023) (Apollo12LM: mean of eight). Apollo17S4 and CE-3 have no reflectance."
        ),
        "citation": (
            "Zhang L. et al. (2023), Icarus 397, 115505; Yang C. et al. (2023), Nature "
            "Communications, doi 10.1038/s41467-023-43358-0"
        ),
        "protocol": (
            "fit_on_all: judged at its training sites; grouped_k_fold: "
            f"{configuration['folds']}-fold, shuffled; leave_one_mission_out: all sites of one "
            f"mission held out; both {configuration['repeats']} repeats, seed "
            f"{configuration['network']['seed']}. "
            "R2 = 1 - SSE/SST and RMSE in wt%, predictions pooled."
        ),
        "metrics": json.dumps(_metrics(record)),
        "training_range": json.dumps(_training_range(table)),
        "tables_sha256": record["tables_sha256"],
        "uncertainty": (
            "1 sigma in wt%: RMSE of the grouped k-fold, times the domain distance where that "
            "exceeds 1. Not calibrated per pixel; too small for geology unlike the training sites."
        ),
        "domain": (
            "Mahalanobis distance of ln reflectance (clipped at "
            f"{FLOOR:g}) from the training sites, with their covariance plus that of neighbouring "
            "pixels, divided by the distance of the farthest training site: at most 1 inside."
        ),
        "licence": (
            "GPL-3.0-or-later; training reflectance MIT, Copyright 2023 Haishi Zhao, Chen Yang"
        ),
    }
    return values | own_report.card(record, table) if table.own else values


def sigma(record: Record) -> NDArray[np.float64]:
    """Uncertainty inside the domain (wt%, shape (5,)): the pooled k-fold RMSE."""
    metrics = record["protocols"][K_FOLD]["metrics"]
    return np.array([metrics[oxide]["rmse"] for oxide in OXIDES], dtype=np.float64)


def _metrics(record: Record) -> dict[str, dict[str, dict[str, float]]]:
    return {
        protocol: {
            oxide: {name: scores[oxide][name] for name in ("r2", "rmse")} for oxide in OXIDES
        }
        for protocol in PROTOCOLS
        for scores in [record["protocols"][protocol]["metrics"]]
    }


def _training_range(table: SiteTable) -> dict[str, list[float]]:
    names = [*OXIDES, *(str(band.nominal) for band in MODEL_BANDS)]
    values = np.concatenate([table.oxides, table.reflectance], axis=1)
    return {
        name: [float(column.min()), float(column.max())] for name, column in zip(names, values.T)
    }
