"""Trading analysis."""
