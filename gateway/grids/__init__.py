"""Reduced grid models: build, check, exchange format."""
