"""The refit of the empirical FeO and TiO2 equations, and its report."""
