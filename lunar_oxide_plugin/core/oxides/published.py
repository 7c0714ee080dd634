"""Published mean oxide contents of the Moon, to draw beside one's own."""

from __future__ import annotations

from typing import NamedTuple

from .oxides import MG_NUMBER, OXIDES

#: Regions of Table 2.
GLOBAL, MARE, HIGHLANDS = "global", "mare", "highlands"


class PublishedMeans(NamedTuple):
    """Area-weighted means of a region: oxides in wt%, Mg# as a molar fraction."""

    source: str
    region: str
    values: dict[str, float]


def _means(source: str, region: str, *values: float) -> PublishedMeans:
    # zip: Mg# was published by Zhang et al. alone
    return PublishedMeans(source, region, dict(zip((*OXIDES, MG_NUMBER), values)))


ZHANG = "Zhang et al. (2023), Icarus 397, 115505, Table 2"

#: Table 2 of Zhang et al. (2023), with the values it quotes; Mg# from its text.
PUBLISHED_MEANS = (
    _means(ZHANG, GLOBAL, 23.44, 14.37, 7.42, 7.76, 1.34, 0.675),
    _means(ZHANG, MARE, 15.36, 11.36, 15.39, 9.25, 2.89, 0.527),
    _means(ZHANG, HIGHLANDS, 25.07, 14.97, 5.81, 7.46, 1.04, 0.705),
    _means(f"Wu (2012), quoted by {ZHANG}", GLOBAL, 25.32, 16.89, 6.42, 6.46, 1.54),
    _means(f"Wang et al. (2021), quoted by {ZHANG}", GLOBAL, 23.56, 14.20, 7.40, 7.67, 1.15),
)


def published(region: str) -> PublishedMeans:
    """What Zhang et al. (2023) give for a region."""
    return next(m for m in PUBLISHED_MEANS if (m.source, m.region) == (ZHANG, region))


#: FeO in wt% from which a place counts as mare: the middle between the published means of maria
#: and highlands, 15.39 and 5.81.
MARE_FEO = round((published(MARE).values["FeO"] + published(HIGHLANDS).values["FeO"]) / 2, 6)
