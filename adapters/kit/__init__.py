"""Shared parts of all protocols."""
