"""Faults of descriptions and schemas: each with its file, and the key or line in it."""

from collections.abc import Sequence


class FormatsRefused(ValueError):  # noqa: N818  (what happened, not what kind of class it is)
    """Descriptions that cannot be taken into use; `faults` name file, place and reason of each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))
