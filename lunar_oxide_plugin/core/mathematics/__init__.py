"""Statistics and geometry: numpy arrays in, numbers out; nothing of the Moon's products."""
