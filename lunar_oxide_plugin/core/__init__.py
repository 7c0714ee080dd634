"""The science: bands, oxides, models and statistics. Arrays in, arrays out.

Imports numpy only; onnxruntime is imported when a model is loaded.
"""
