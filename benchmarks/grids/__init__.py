"""Grids: how fast they are read and reduced, and whether what a model allows holds in AC."""
