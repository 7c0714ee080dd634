"""Predict mosaics that are too large for one machine, window by window in many processes.

`python -m lunar_oxide_plugin.scaleout --help`; QGIS is not needed. See docs/scaleout.md.
"""
