"""The sampling sites that models are trained on and checked against."""
