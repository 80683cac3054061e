"""Streams of activations against all activations that the rules allow, enumerated."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.optimiser.model.checks import BoolArray, FloatArray
from gateway.optimiser.prefix.prefixes import (
    STRETCHES,
    Prefix,
    PriceList,
    Stream,
    greatest,
    other_ends,
    worst_end,
)
from gateway.optimiser.prefix.tails import Apart, Tail

ROWS = 3


def listed(draw: np.random.Generator, count: int, *, equal_prices: bool) -> PriceList:
    price = draw.integers(1, 4, count) * 10.0 if equal_prices else draw.uniform(10, 90, count)
    return PriceList.of(np.arange(count), price)


def taken(group: np.ndarray, end: int, ways: BoolArray) -> list[BoolArray]:
    """What one activation may take of the bids that offer it: all before group `end`, any of those in it."""
    whole, last = (group < end) & ways, np.flatnonzero((group == end) & ways)
    found = []
    for some in product((False, True), repeat=last.size):
        one = whole.copy()
        one[last] = some
        found.append(one)
    return found


def now(stream: Prefix) -> list[BoolArray]:
    """Whatever scheduled and direct activation can take together."""
    group = stream.listed.group
    ends = range(int(group.max()) + 1)
    by_way = [
        [one for end in ends for one in taken(group, end, ways)] for ways in (stream.scheduled, stream.direct)
    ]
    found = []
    for first, second in product(*by_way):
        one = first | second
        if all(one[places].sum() <= 1 for places in stream.exclusive):
            found.append(one)
    return found


def still(stream: Tail) -> list[BoolArray]:
    """What direct activation took, less what scheduled activation had taken of it."""
    group, every = stream.listed.group, np.ones(stream.columns.size, np.bool_)
    ends = range(int(group.max()) + 1)
    direct = [one for end in ends for one in taken(group, end, every)]
    scheduled = [every & False, *(one for end in ends for one in taken(group, end, stream.scheduled))]
    return [one & ~other for one, other in product(direct, scheduled)]


def brought(activations: list[BoolArray], change: FloatArray) -> FloatArray:
    """(R,) the most, 0 by none at all."""
    return np.maximum(np.max([one @ change for one in activations], axis=0), 0.0)


def holds(stream: Stream, change: FloatArray, activations: list[BoolArray]) -> None:
    """The most is the most of all activations, and the worst is one of them, or leaves bids of it out."""
    ends = stream.ends(change.copy())
    most = brought(activations, change)
    assert greatest(ends) == pytest.approx(most)
    assert stream.most(change) == pytest.approx(most)
    worst = stream.counted(change, worst_end(ends))
    assert (worst * change).sum(axis=0) == pytest.approx(most)
    above = 0.4 * most - 0.1
    rows, end = other_ends(ends, above)
    other = stream.counted(change[:, rows], end)
    assert ((other * change[:, rows]).sum(axis=0) > above[rows] - 1e-12).all()
    for one in np.concatenate([worst, other], axis=1).T:
        assert not one.any() or any((one <= each).all() for each in activations)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_of_a_list_of_one_kind(seed: int, equal_prices: bool) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 7))
    one = listed(draw, count, equal_prices=equal_prices)
    same = np.ones(count, np.bool_)
    stream = Prefix(one, same, same, True)
    holds(stream, draw.normal(size=(count, ROWS)), now(stream))


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_of_a_list_of_mixed_kinds(seed: int, equal_prices: bool) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 6))
    kind = draw.integers(0, 3, count)
    one = listed(draw, count, equal_prices=equal_prices)
    alike = bool((kind == kind[0]).all())
    stream = Prefix(one, kind != 1, kind != 0, alike)
    holds(stream, draw.normal(size=(count, ROWS)), now(stream))


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_of_exclusive_bids_which_never_relieve(seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(3, 7))
    same = np.ones(count, np.bool_)
    places = np.sort(draw.permutation(count)[:3])
    change = draw.normal(size=(count, ROWS))
    change[places] = np.maximum(change[places], 0.0)
    every = []
    for end, chosen in product(range(count), (-1, *places.tolist())):
        one = np.arange(count) <= end
        one[places] = (places == chosen) & one[places]
        every.append(one)
    holds(Prefix(listed(draw, count, equal_prices=False), same, same, True, (places,)), change, every)


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_of_what_is_still_delivered(seed: int, equal_prices: bool) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 6))
    stream = Tail(listed(draw, count, equal_prices=equal_prices), draw.random(count) < 0.6)
    holds(stream, draw.normal(size=(count, ROWS)), still(stream))


def test_of_sets_at_most_one_of_each_brings_something() -> None:
    stream = Apart.of([[0, 2], [1]])
    change = np.array([[1.0, -1.0], [2.0, -3.0], [4.0, -2.0]])  # set by set, as `columns`
    activations = [np.array(one) for one in ((1, 0, 1), (0, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
    holds(stream, change, [one.astype(bool) for one in activations])


def test_one_activation_elsewhere_per_stretch_of_a_long_list() -> None:
    """Every stretch ends higher than it began: each has an end of its own, the last is the worst one's."""
    count, same = 10 * STRETCHES, np.ones(10 * STRETCHES, np.bool_)
    stream = Prefix(PriceList.of(np.arange(count), np.arange(count) * 1.0), same, same, True)
    change = np.ones((count, 1))
    rows, end = other_ends(stream.ends(change.copy()), np.zeros(1))
    counts = stream.counted(change[:, rows], end)
    assert sorted(counts.sum(axis=0).tolist()) == [10 * n for n in range(1, STRETCHES)]
    assert rows.tolist() == [0] * (STRETCHES - 1)
