"""Benchmarks, each measured beside its yardstick in the same run: `python -m tests.workshop.bench`."""
