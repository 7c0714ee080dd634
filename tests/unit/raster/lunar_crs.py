"""CRSs for tests, as WKT."""

from osgeo import osr

R = 1737400.0


def wkt(definition):
    reference = osr.SpatialReference()
    assert reference.SetFromUserInput(definition) == 0
    return reference.ExportToWkt(["FORMAT=WKT2_2019"])


def projected(parameters, units="m"):
    return wkt(f"+proj={parameters} +R={R} +units={units} +no_defs")
