"""What the origin of the titanium angle, which no site determines, changes in the default."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lunar_oxide_plugin.core.oxides.oxides import OXIDES
from lunar_oxide_plugin.core.spectra.empirical import OTAKE_PUBLISHED

from .. import protocols
from ..evaluate import Configuration, all_splits, learnt_from
from ..methods.angles import fit_power_law
from ..methods.gaussian_process import ANGLE_REACH
from ..metrics import r2
from ..record import rounded
from ..tables import SiteTable

#: Shifts of the origin in R750 and in R415/R750.
SHIFTS = ((0.0, 0.0), (-0.03, 0.0), (0.03, 0.0), (0.0, -0.03), (0.0, 0.03))


def angle_origins(table: SiteTable, configuration: Configuration) -> list[dict[str, Any]]:
    """R2 of TiO2 by the power law alone, with the origin of its angle shifted.

    One repeat of the k-fold. The constants are fitted anew to every origin, as in the default.
    """
    tio2, found = OXIDES.index("TiO2"), []
    splits = all_splits(table, replace(configuration, repeats=1), random=False)
    for shift in SHIFTS:
        x, y = np.add(OTAKE_PUBLISHED.ti_origin, shift).tolist()
        row: dict[str, Any] = {"shift": list(shift)}
        for protocol in (protocols.K_FOLD, protocols.MISSION):
            predicted = np.full(len(table.sites), np.nan)
            for split in splits:
                if split.protocol == protocol:
                    train, test = learnt_from(table, split, True), list(split.test)
                    law = fit_power_law(train, (x, y))
                    values = law.tio2(table.reflectance[test]) if law else np.nan
                    limit = ANGLE_REACH * train.oxides[:, tio2].max()
                    predicted[test] = np.minimum(values, limit)
            row[protocol] = rounded(r2(table.oxides[:, tio2], predicted))
        found.append(row)
    return found
