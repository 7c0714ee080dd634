"""Positions on the Moon: coordinate systems, grids, areas, polygons."""
