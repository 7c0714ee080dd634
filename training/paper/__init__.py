"""The results of Zhang et al. (2023), reproduced and reported."""
