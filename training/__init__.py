"""Training of the bundled oxide models: tables, network, evaluation, export, report.

Needs only the training environment (JAX, scikit-learn, ONNX); never QGIS or GDAL.
"""
