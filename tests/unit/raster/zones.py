"""Statistics of one polygon, for tests of a single one."""


def summary(statistics, wkb, wkt):
    """Area of a polygon and its summary of each band."""
    zone = statistics.zone(wkb, wkt)
    (found,) = statistics.summarise([zone], lambda done: None)
    return zone.area, found.bands
