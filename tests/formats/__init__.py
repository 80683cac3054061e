"""Formats by description."""
