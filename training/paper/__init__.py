"""What Zhang et al. (2023) published, made again and reported."""
