"""The comparison of methods that chose the default model, and its report."""
