"""GDAL: opening MI sources, blocks with a valid mask, the Moon's georeferencing, writing."""
