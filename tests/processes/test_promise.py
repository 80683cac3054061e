"""Published documents read back and used as their use says; a sample of `benchmarks.promise`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.promise import count, count_pairs
from benchmarks.promising.gates import EXACT, PREFIX, Grid, Offer, RandomGate, draw_pair
from benchmarks.promising.market import FIRST, Market
from benchmarks.promising.optimum import volume_ratio
from benchmarks.promising.reader import judge, read
from gateway.domain.result import Rung
from gateway.processes.bid_check.problem import committed
from gateway.processes.bid_check.run import run

LINE = Grid(
    "grid-0",
    np.array([[[1.0, -1.0, 0.0, 0.0, 0.0]]]),
    np.zeros((1, 3, 1)),
    np.array([-5.0]),
    np.array([5.0]),
)
"""One line of 5 MW; u0 loads it by its MW, u3 relieves it."""


def gate(use: str, *collected: Offer, **changes: object) -> RandomGate:
    known = RandomGate(1, use, False, "keep-limits", ("plat-0",), (LINE,), collected, {})
    return replace(known, **changes)  # type: ignore[arg-type]


def offer(name: str, unit: str, price: float, mw: float = 4.0, product: str = "A05") -> Offer:
    return Offer(name, "plat-0", "zone", unit, True, product, (price, price), (mw, mw))


def kept(*mw: tuple[str, float]) -> dict[tuple[str, str], NDArray[np.float64]]:
    return {("plat-0", name): np.array([value, value]) for name, value in mw}


@pytest.mark.feature(id="A22")
@pytest.mark.feature(id="A29")
@pytest.mark.parametrize("seed", [0, 400])
def test_random_gates_are_safe_as_they_are_used(tmp_path: Path, seed: int) -> None:
    found = count(tmp_path, gates=8, compared=3, first_seed=seed)
    assert found["faults"] == []
    assert (found["violations"], found["contradictions"], found["unchecked"]) == (0, 0, 0)
    assert found["optimum"]["volume_of_optimum"] >= 0.99


@pytest.mark.feature(id="A22")
@pytest.mark.feature(id="A29")
def test_gates_that_deliver_at_the_same_time_are_safe_together(tmp_path: Path) -> None:
    found = count_pairs(tmp_path, pairs=6)
    assert (found["violations"], found["contradictions"], found["faults"]) == (0, 0, [])


@pytest.mark.parametrize("seed", [0, 38])
def test_contracted_capacity_that_is_held_leaves_an_answer(tmp_path: Path, seed: int) -> None:
    """Taking other whole bids out left nothing that holds the contracted capacity found before."""
    first, second, later = draw_pair(seed)
    both = Market(tmp_path).decide_pair((first, second), later, 0, (0, 1))
    assert {one.run.rung for one in both} == {Rung.OPTIMAL}


def test_gates_that_know_nothing_of_each_other_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (committed, run):
        monkeypatch.setattr(module, "runs_of_other_gates", lambda *_: [])
    assert count_pairs(tmp_path, pairs=6)["violations"] > 0


def test_the_reader_takes_a_list_in_price_order_and_anywhere() -> None:
    """8 MW that load a line of 5, and 4 that relieve it: safe as a whole, not as a prefix with cheap load."""
    load, relief = offer("load", "u0", 10, 8.0), offer("relief", "u3", 20)
    both = kept(("load", 8.0), ("relief", 4.0))
    assert judge(gate(EXACT, load, relief, demand={("zone", True): (12.0, 12.0)}), both).violations == 0
    assert judge(
        gate(EXACT, load, relief, demand={("zone", True): (9.0, 9.0)}), both
    ).worst_mw == pytest.approx(2)
    assert judge(gate(PREFIX, load, relief), both).worst_mw == pytest.approx(3)
    dear = replace(load, price=(30.0, 30.0))
    assert judge(gate(PREFIX, dear, relief), both).violations == 0


def test_the_reader_lets_direct_activation_reach_into_the_next_unit() -> None:
    """4 MW in either unit fit a line of 5; activated directly in the first, they deliver in both."""
    assert judge(gate(PREFIX, offer("a", "u0", 10)), kept(("a", 4.0))).violations == 0
    direct = offer("a", "u0", 10, product="A07")
    assert judge(gate(PREFIX, direct), kept(("a", 4.0))).worst_mw == pytest.approx(3)


def test_the_reader_does_not_let_direct_activation_rely_on_relief_it_passes_over() -> None:
    load, relief = offer("load", "u0", 20, 8.0, product="A06"), offer("relief", "u3", 10)
    both = kept(("load", 8.0), ("relief", 4.0))
    assert judge(gate(PREFIX, load, relief), both).worst_mw == pytest.approx(11)


def test_the_reader_activates_independent_lists_apart() -> None:
    other = replace(offer("relief", "u3", 10), platform="plat-1")
    load, mw = (
        offer("load", "u0", 20, 8.0),
        {("plat-0", "load"): np.full(2, 8.0), ("plat-1", "relief"): np.full(2, 4.0)},
    )
    two = gate(PREFIX, load, other, platforms=("plat-0", "plat-1"))
    assert judge(two, mw).worst_mw == pytest.approx(3)
    assert judge(replace(two, one_buyer=True), mw).violations == 0


def test_documents_that_contradict_each_other_are_seen() -> None:
    one = gate(PREFIX, offer("a", "u0", 10))
    nothing = read(one, FIRST, {"plat-0": []})
    assert len(nothing.contradictions) == 1, "a bid in no list that no availability names"


def test_the_optimum_of_a_list_is_known_by_hand() -> None:
    """5 MW of a line: 4 + 4 MW of load may keep 5; with 4 MW of dependable relief before them, all."""
    loads = offer("a", "u0", 10), offer("b", "u0", 20)
    _, best = volume_ratio(gate(PREFIX, *loads), kept(("a", 4.0), ("b", 1.0)))
    assert best == pytest.approx(2 * 5.0)
    _, best = volume_ratio(
        gate(PREFIX, offer("r", "u3", 5), *loads), kept(("a", 4.0), ("b", 1.0), ("r", 0.0))
    )
    assert best == pytest.approx(2 * 12.0)


def test_the_optimum_counts_what_scheduling_leaves_to_direct_activation() -> None:
    """Scheduling takes the relief, which ends; what is then activated directly delivers on by itself."""
    both = [replace(one, product="A07") for one in (offer("r", "u3", 5), offer("a", "u0", 10, 6.0))]
    first = [replace(one, quantity=(one.quantity[0], 0.0)) for one in both]
    published = {("plat-0", "r"): np.array([4.0, 0.0]), ("plat-0", "a"): np.array([6.0, 0.0])}
    assert judge(gate(PREFIX, *first), published).worst_mw == pytest.approx(1.0)
    _, best = volume_ratio(gate(PREFIX, *first), published)
    assert best == pytest.approx(4.0 + 5.0)
