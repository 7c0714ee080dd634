"""The demo scenes, computed once for all tests: they must not be changed."""

from functools import lru_cache

import numpy as np

from lunar_oxide_plugin.core.demo.scene import SCENES
from lunar_oxide_plugin.core.demo.surface import Surface
from lunar_oxide_plugin.core.spectra.bands import ARCHIVE_BANDS


@lru_cache(None)
def surface_of(name):
    """The surface of a scene."""
    return Surface(SCENES[name])


@lru_cache(None)
def dn_of(name):
    """Its DN [9, 2048, 2048]."""
    dn = np.stack([surface_of(name).dn(band) for band in range(len(ARCHIVE_BANDS))])
    dn.flags.writeable = False
    return dn
