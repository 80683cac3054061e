"""A second process that does part of the work of a run where many platforms participate."""

MANY_PLATFORMS = 64
"""Number of platforms from which on it is used."""


class HelperGoneError(Exception):
    """The helper process has ended; the result of its last order is unknown."""
