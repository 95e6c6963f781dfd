"""Backfill: history merged with what was stored live."""
