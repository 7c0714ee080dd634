"""The archive's MI products: labels, raw images, names of tiles."""
