"""The algorithms, one a file."""

from .check_installation import CheckInstallation
from .classify_terrain import ClassifyTerrain
from .compare_maps import CompareMaps
from .demo_scene import DemoScene
from .empirical_oxides import EmpiricalOxides
from .ground_truth_sites import GroundTruthSites
from .import_mi_map import ImportMiMap
from .mg_number import MgNumber
from .oxide_histogram import OxideHistogram
from .oxide_rgb import OxideRgb
from .predict_oxides import PredictOxides
from .sample_sites import SampleSites
from .zonal_oxides import ZonalOxides

#: Every algorithm of the provider.
ALGORITHMS = (
    ImportMiMap,
    PredictOxides,
    EmpiricalOxides,
    MgNumber,
    OxideRgb,
    ZonalOxides,
    OxideHistogram,
    ClassifyTerrain,
    CompareMaps,
    GroundTruthSites,
    SampleSites,
    DemoScene,
    CheckInstallation,
)
