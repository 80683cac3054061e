"""Numbers of things, as they are said."""

import pytest

from gateway.domain.counted import counted


@pytest.mark.parametrize(
    ("number", "words", "stated"),
    [
        (1, ("unit",), "1 unit"),
        (0, ("unit",), "0 units"),
        (1234, ("unit",), "1,234 units"),
        (1, ("family", "families"), "1 family"),
        (2, ("family", "families"), "2 families"),
    ],
)
def test_one_is_one_and_all_others_are_many(number: int, words: tuple[str, ...], stated: str) -> None:
    assert counted(number, *words) == stated
