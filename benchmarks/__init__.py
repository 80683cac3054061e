"""Benchmarks: each prints JSON with a ratio against its baseline in the same run."""
