"""Grids whose models stay with their operators."""
