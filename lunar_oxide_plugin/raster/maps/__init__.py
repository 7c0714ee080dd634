"""The products: each one's loop over the blocks of its sources."""
