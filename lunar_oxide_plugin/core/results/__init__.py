"""What is computed from finished maps: units, histograms, comparisons, terrain classes."""
