"""Where market data comes in: one file per venue, one socket loop, replay and simulation."""
