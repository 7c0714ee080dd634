"""A differential fuzzer: random scenes through the real algorithms, against an independent oracle.

Each scene is a small raster in a random storage form and lunar CRS, with random polygons; its
numbers are computed a second time by numpy, shapely, exactextract and onnxruntime, from closed
forms, without a line of the plugin. All scenes are synthetic. A seed makes a scene again:
`python -m tests.fuzz --first SEED --scenes 1`.
"""
