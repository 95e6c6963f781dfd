"""Sweeps: one strategy with many parameters over the same history, and how far to trust the best of them."""
