"""Routes: the most specific that matches, and no doubt about which that is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.route import TRAITS, Route, Routes, Traits


def route(name: str, **wanted: str) -> Route:
    return Route(name, "south", **wanted)  # type: ignore[arg-type]


values = st.sampled_from(["a", "b"])
traits = st.builds(Traits, values, values, values, values | st.none())
wishes = st.dictionaries(st.sampled_from(TRAITS), values)
routes = st.lists(wishes, min_size=1, max_size=6).map(
    lambda all_wanted: Routes(tuple(route(f"r{n}", **each) for n, each in enumerate(all_wanted)))
)


@given(routes, traits)
def test_the_choice_is_the_most_specific_that_matches(all_of: Routes, document: Traits) -> None:
    chosen = all_of.of(document)
    matching = [each for each in all_of.routes if each.matches(document)]
    assert (chosen is None) == (not matching)
    if chosen is not None:
        assert chosen in matching
        assert len(chosen.wanted) == max(len(each.wanted) for each in matching)


@given(routes, traits)
def test_without_ambiguities_every_document_has_one_way(all_of: Routes, document: Traits) -> None:
    if not list(all_of.ambiguities()):
        found = all_of.candidates(document)
        assert len([each for each in found if len(each.wanted) == len(found[0].wanted)]) <= 1


@pytest.mark.parametrize(
    ("one", "other", "doubtful"),
    [
        ({"sender": "a"}, {"receiver": "b"}, True),
        ({"sender": "a"}, {"sender": "b"}, False),
        ({"sender": "a"}, {"sender": "a"}, True),
        ({"sender": "a"}, {"sender": "a", "kind": "ReserveBid"}, False),
        ({"sender": "a", "kind": "ReserveBid"}, {"kind": "Activation", "receiver": "b"}, False),
        ({}, {}, True),
    ],
)
def test_doubt(one: dict[str, str], other: dict[str, str], doubtful: bool) -> None:
    assert bool(list(Routes((route("1", **one), route("2", **other))).ambiguities())) is doubtful


def test_a_third_route_ends_the_doubt() -> None:
    one, other = route("1", sender="a"), route("2", receiver="b")
    third = route("3", sender="a", receiver="b")
    assert list(Routes((one, other, third)).ambiguities()) == []
    assert Routes((one, other, third)).of(Traits("a", "b", "ReserveBid", None)) is third


def test_a_document_without_process_takes_no_way_that_asks_for_one() -> None:
    assert Routes((route("1", process="A47"),)).of(Traits("a", "b", "Activation", None)) is None
