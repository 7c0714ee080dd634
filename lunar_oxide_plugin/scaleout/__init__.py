"""Mosaics too large for one machine: cut into windows that many processes predict.

`python -m lunar_oxide_plugin.scaleout --help`; QGIS is not needed. See docs/scaleout.md.
"""
