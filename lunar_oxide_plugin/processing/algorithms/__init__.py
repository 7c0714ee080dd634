"""The algorithms, one a file."""

from .check_installation import CheckInstallation
from .demo_scene import DemoScene
from .import_mi_map import ImportMiMap
from .mg_number import MgNumber
from .oxide_rgb import OxideRgb
from .predict_oxides import PredictOxides
from .zonal_oxides import ZonalOxides

#: Every algorithm of the provider.
ALGORITHMS = (
    ImportMiMap,
    PredictOxides,
    MgNumber,
    OxideRgb,
    ZonalOxides,
    DemoScene,
    CheckInstallation,
)
