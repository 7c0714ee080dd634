"""Unit tests: neither QGIS nor a network, and the same examples in every run."""

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=60, database=None)
settings.load_profile("unit")
