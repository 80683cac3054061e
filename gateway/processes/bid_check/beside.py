"""Where many platforms take part, another process does a part of the work beside the one that has the run."""

MANY_PLATFORMS = 64
"""From so many on, where there is such a process."""


class HelperGoneError(Exception):
    """The process that was to help has ended; what it did last is not known."""
