"""Numbers of things as text: `1 unit`, `3 units`."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with what it counts; `many` where that is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
