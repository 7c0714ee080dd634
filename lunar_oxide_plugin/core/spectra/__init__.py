"""MI bands, from stored values to reflectance spectra, and the published empirical equations."""
