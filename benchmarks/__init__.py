"""Promises, measured: each is a ratio taken side by side in one run, never a time alone."""
