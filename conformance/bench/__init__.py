"""Figures, measured beside their yardstick in the same run: `python -m conformance.bench`."""
