"""Words that were renamed do not come back."""

import pytest

from tests.conventions.retired_words import NAMES, RETIRED, Retired, Sense, everything, has, occurrences


@pytest.mark.parametrize(
    ("word", "sense", "text", "found"),
    [
        ("turn", Sense.MODULE, "turn", True),
        ("turn", Sense.MODULE, "test_turn", True),
        ("turn", Sense.MODULE, "turn_around", False),
        ("turn", Sense.ATTRIBUTE, "_turn", True),
        ("turn", Sense.ATTRIBUTE, "returned", False),
        ("door", Sense.FUNCTION, "open_door", True),
        ("door", Sense.EVENT, "the door is closed", True),
        ("door", Sense.TEXT, "indoor", False),
        ("glimpse", Sense.CLASS, "HeaderGlimpse", True),
        ("of_one_tenant", Sense.CLASS, "OfOneTenantChannel", True),
        ("turn", Sense.CLASS, "Turning", False),
        ("Process", Sense.CLASS, "_Process", True),
        ("Process", Sense.CLASS, "PoolProcess", False),
    ],
)
def test_a_word_is_found_in_names_and_lines(word: str, sense: Sense, text: str, found: bool) -> None:
    assert has(Retired(word, "", NAMES), sense, text) is found


def test_names_of_every_sense_are_read() -> None:
    assert {sense for sense, *_ in everything()} == set(Sense)


def test_no_retired_word_is_used() -> None:
    found = [f"{one.path}:{one.line}: {one.text.strip()}" for some in occurrences().values() for one in some]
    assert found == []


def test_every_exception_is_needed() -> None:
    texts = [(sense, f"{path}:{text}", text) for sense, path, _, text in everything()]
    for each in RETIRED:
        for place, why in each.allowed:
            used = (has(each, sense, text) for sense, at, text in texts if at.startswith(place))
            assert any(used), f"{place}: {why}"
