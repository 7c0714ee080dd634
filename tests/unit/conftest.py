"""Unit tests: neither QGIS nor a network, and the same examples in every run.

Others, and more, by --hypothesis-profile search.
"""

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=60, database=None)
settings.register_profile("search", deadline=None, max_examples=600, database=None)
settings.load_profile("unit")
