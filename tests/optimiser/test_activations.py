"""Lists with scheduled and direct activation are safe however they are activated, in one MTU and the next."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line


def mixed(seed: int, *, bid_count: int = 9, mtus: int = 2, grid_count: int = 2) -> Problem:
    """Random bids of all three kinds of activation in four lists."""
    problem = random_problem(seed, bid_count=bid_count, mtus=mtus, grid_count=grid_count)
    draw = np.random.default_rng(seed + 7)
    kind = draw.integers(0, 3, bid_count)
    lists = Lists.without_demand(("a up", "a down", "b up", "b down"), [1, -1, 1, -1], mtus)
    listed = 2 * draw.integers(0, 2, bid_count) + (problem.bids.direction < 0)
    price = problem.bids.price_eur_per_mwh
    if seed % 4 == 1:
        price = draw.integers(1, 4, price.shape) * 10.0  # many equal prices
    offer = replace(
        problem.bids, scheduled=kind != 1, direct=kind != 0, list_index=listed, price_eur_per_mwh=price
    )
    return replace(problem, bids=offer, lists=lists, one_buyer=seed % 3 == 0)


def linked(problem: Problem, seed: int) -> Problem:
    """Some bids exclusive, some that may not follow themselves, some indivisible or with a minimum."""
    draw = np.random.default_rng(seed + 13)
    count, offer = len(problem.bids.ids), problem.bids
    some = draw.permutation(count)
    chains = tuple(tuple((int(b), t) for t in range(problem.mtus)) for b in some[2:4])
    minimum = np.where((draw.random(count) < 0.2)[:, None], 0.5, 0.0) * offer.quantity_mw
    whole = draw.random(count) < 0.2
    exclusive = (tuple(int(b) for b in some[:2]),)
    changed = replace(offer, divisible=~whole, minimum_mw=minimum)
    return replace(problem, bids=changed, links=Links(exclusive=exclusive, technical=chains))


def take(
    order: np.ndarray, left: FloatArray, least: FloatArray, wanted: float, barred: set[int]
) -> FloatArray:
    """(B,) activated of what is `left`, in `order`, until `wanted` MW are."""
    taken = np.zeros_like(left)
    for bid in order.tolist():
        part = min(left[bid], wanted - taken.sum())
        if bid not in barred and part > 0 and part >= least[bid] - 1e-12:
            taken[bid] = part
    return taken


def delivered(problem: Problem, kept: FloatArray, seed: int) -> FloatArray:
    """(B, T) MW delivered in one random course of events, computed in the simplest way.

    Each MTU every list is activated twice: scheduled, then directly. What is activated directly delivers in
    the MTU after, too. Of exclusive bids one is activated; a bid activated directly bars its follower.
    """
    draw, offer = np.random.default_rng(seed), problem.bids
    whose = offer.direction if problem.one_buyer else offer.list_index
    result, still = np.zeros_like(kept), np.zeros(kept.shape[0])
    for mtu in range(problem.mtus):
        least = np.where(offer.divisible, offer.minimum_mw[:, mtu], kept[:, mtu])
        barred = {
            c
            for chain in problem.links.technical
            for (b, _), (c, u) in pairwise(chain)
            if u == mtu and still[b] > 0
        }
        for group in problem.links.exclusive:
            barred |= set(group) - {int(draw.choice(group))}
        now, direct = np.zeros(kept.shape[0]), np.zeros(kept.shape[0])
        for one in np.unique(whose):
            tie = draw.random(kept.shape[0])
            order = np.lexsort((tie, offer.price_eur_per_mwh[:, mtu]))
            mine = order[whose[order] == one]
            total, left = kept[mine, mtu].sum(), kept[:, mtu].copy()
            for way, sink in ((offer.scheduled, now), (offer.direct, direct)):
                wanted = total * draw.choice([0.0, draw.random(), draw.random() * 0.3, 1.0])
                taken = take(mine[way[mine]], left, least, wanted, barred)
                sink[:] += taken
                left = np.where(taken > 0, left - taken, left)
                least = np.where(taken > 0, 0.0, least)
        result[:, mtu] = now + direct + still
        still = direct
    return result


def beyond(problem: Problem, delivery: FloatArray) -> float:
    """The worst excess in MW over any limit (or base flow beyond it), by the plain formula."""
    worst = 0.0
    for one in problem.grids:
        for mtu in range(problem.mtus):
            injected = np.zeros(len(one.node_ids))
            hung = one.injections
            signed = hung.factor * problem.bids.direction[hung.bid] * delivery[hung.bid, mtu]
            np.add.at(injected, hung.node, signed)
            for point in range(len(one.point_names)):
                base = one.base_mw[point, mtu]
                flow = base + one.ptdf[point] @ injected
                over = flow - np.maximum(one.upper_mw, base), np.minimum(one.lower_mw, base) - flow
                worst = max(worst, float(np.max(over)))
    return worst


@pytest.mark.feature(id="A11")
@pytest.mark.feature(id="A29")
@pytest.mark.parametrize("seed", range(24))
def test_no_course_of_events_breaks_a_limit(seed: int) -> None:
    problem = mixed(seed, mtus=3 if seed % 5 == 0 else 2)
    if seed % 2:
        problem = linked(problem, seed)
    safe = safe_merit_order(problem, patience_s=2.0)
    assert safe.max_violation_mw < 1e-5
    courses = (delivered(problem, safe.available_mw, 1_000 * seed + n) for n in range(300))
    assert max(beyond(problem, course) for course in courses) < 1e-5


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_nothing_more_could_be_kept(seed: int) -> None:
    """Raising any single limited bid a little breaks the promise: the answer is maximal."""
    problem = mixed(seed, bid_count=6, grid_count=1)
    safe = safe_merit_order(problem)
    assert set(safe.rung) == {Rung.OPTIMAL}
    for bid, mtu in np.argwhere(safe.limited).tolist():
        raised = safe.available_mw.copy()
        raised[bid, mtu] = min(raised[bid, mtu] + 0.01, problem.bids.quantity_mw[bid, mtu])
        again = safe_merit_order(replace(problem, bids=replace(problem.bids, quantity_mw=raised)))
        assert again.available_mw.sum() < raised.sum() - 1e-5


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_another_list_never_makes_a_list_unsafe(seed: int) -> None:
    """What is kept with all lists is safe for each of them alone, and for all but one."""
    problem = replace(mixed(seed), one_buyer=False)
    kept = safe_merit_order(problem).available_mw
    for one in range(4):
        for without in (problem.bids.list_index == one, problem.bids.list_index != one):
            left = np.where(without[:, None], 0.0, kept)
            offer = replace(problem.bids, quantity_mw=left)
            fewer = replace(problem, bids=offer)
            again = safe_merit_order(fewer).available_mw
            assert again.sum() == pytest.approx(left.sum(), abs=1e-4)
            courses = (delivered(fewer, left, 1_000 * seed + number) for number in range(20))
            assert max(beyond(problem, course) for course in courses) < 1e-5


def test_direct_activation_still_delivers_in_the_next_mtu() -> None:
    """The line carries 4 MW: what is activated directly in one MTU and in the next flows together."""
    offer = bids([[10.0, 10.0]], [[20.0, 20.0]], direct=np.array([True]))
    line = grid([[[1.0]]], [[[0.0], [0.0]]], 4.0, [0])
    problem = Problem(bids=offer, grids=(line,), lists=Lists.of_directions([0.0, 0.0], [0.0, 0.0]))
    assert safe_merit_order(problem).available_mw.sum() == pytest.approx(4.0)
    scheduled = replace(problem, bids=replace(offer, direct=np.array([False])))
    assert safe_merit_order(scheduled).available_mw.sum() == pytest.approx(8.0)
    apart = replace(problem, links=Links(technical=(((0, 0), (0, 1)),)))
    assert safe_merit_order(apart).available_mw.sum() == pytest.approx(8.0), "it may not follow itself"


def test_what_must_follow_is_kept_whole_and_counted_out_of_turn() -> None:
    """The follower is activated whatever a list asks for; without it nothing of the chain stays."""
    line = grid([[[1.0]]], [[[0.0], [0.0]]], 4.0, [0, 0])
    offer = bids([[3.0, 3.0], [4.0, 4.0]], [[50.0, 50.0], [20.0, 20.0]], divisible=np.array([False, True]))
    links = Links(technical=(((0, 0), (0, 1)),), technical_rule=TechnicalRule.MUST_FOLLOW)
    lists = Lists.of_directions([0.0, 0.0], [0.0, 0.0])
    kept = safe_merit_order(Problem(bids=offer, grids=(line,), lists=lists, links=links)).available_mw
    assert kept.sum() == pytest.approx(8.0)
    assert (kept[0, 0] > 0) <= (kept[0, 1] > 0)
    relief = grid([[[1.0, -1.0]]], [[[0.0], [0.0]]], 4.0, [0, 1])
    early = Problem(bids=offer, grids=(relief,), lists=lists, links=links)
    assert safe_merit_order(early).max_violation_mw < 1e-5


def test_relief_that_direct_activation_passes_over_is_not_relied_on() -> None:
    one = grid([[[1.0, -1.0]]], [[[0.0]]], 4.0, [0, 1])
    offer = bids([10, 3], [50, 20], scheduled=np.array([True, True]), direct=np.array([True, False]))
    problem = two_bids_behind_one_line(grids=(one,), bids=offer)
    assert safe_merit_order(problem).available_mw[:, 0] == pytest.approx([4, 3])
    both = replace(problem, bids=replace(offer, direct=np.array([True, True])))
    assert safe_merit_order(both).available_mw[:, 0] == pytest.approx([7, 3])


@pytest.mark.feature(id="A33")
def test_contracted_capacity_is_kept_first() -> None:
    """One MW of the contracted bid takes two of the margin of the other."""
    one = grid([[[1.0, 2.0]]], [[[0.0]]], 4.0, [0, 1])
    offer = bids([10, 2], [20, 50], contracted=np.array([False, True]))
    problem = two_bids_behind_one_line(grids=(one,), bids=offer)
    assert safe_merit_order(problem).available_mw[:, 0] == pytest.approx([0, 2], abs=1e-5)
    free = replace(problem, bids=replace(offer, contracted=np.array([False, False])))
    assert safe_merit_order(free).available_mw[:, 0] == pytest.approx([4, 0])


def test_a_group_is_judged_against_what_it_offered() -> None:
    one = grid([[[1.0, 0.0]]], [[[0.0]]], 4.0, [0, 1])
    problem = two_bids_behind_one_line(grids=(one,))
    inclusive = safe_merit_order(replace(problem, links=Links(inclusive=((0, 1),))))
    assert inclusive.available_mw[:, 0] == pytest.approx([4, 4]), "the same share of what each offered"
    multipart = safe_merit_order(replace(problem, links=Links(multipart=((0, 1),))))
    assert multipart.available_mw[:, 0] == pytest.approx([4, 0]), "the second part needs all of the first"
    red = replace(problem.bids, cap_mw=np.array([[0.0], [10.0]]))
    withheld = safe_merit_order(replace(problem, bids=red, links=Links(inclusive=((0, 1),))))
    assert withheld.available_mw[:, 0] == pytest.approx([0, 0])


def test_a_bid_that_only_a_withheld_bid_could_make_available_is_withheld() -> None:
    line = grid([[[1.0, 0.0]]], [[[0.0], [0.0]]], 4.0, [0, 1])
    offer = bids([[10.0, 0.0], [0.0, 5.0]], [[20.0, 20.0], [50.0, 50.0]], divisible=np.array([False, True]))
    link = ConditionalLink(1, 1, (Condition(0, 0, activated=True),))
    lists = Lists.of_directions([0.0, 0.0], [0.0, 0.0])
    problem = Problem(bids=offer, grids=(line,), lists=lists, links=Links(conditional=(link,)))
    assert safe_merit_order(problem).available_mw[1, 1] == 0.0
    wide = replace(problem, grids=(replace(line, upper_mw=np.array([40.0])),))
    assert safe_merit_order(wide).available_mw[1, 1] == pytest.approx(5.0)


@pytest.mark.parametrize("seed", range(8))
def test_with_indivisible_bids_the_most_by_enumeration_is_found(seed: int) -> None:
    """Every choice of which bids stay, each as a problem of divisible bids that may be passed over."""
    problem = random_problem(seed, bid_count=7, mtus=1, grid_count=1)
    whole = np.random.default_rng(seed).random(7) < 0.6
    problem = replace(problem, bids=replace(problem.bids, divisible=~whole))
    found = safe_merit_order(problem)
    best = 0.0
    for chosen in range(2 ** int(whole.sum())):
        stays = np.ones(7, bool)
        stays[np.flatnonzero(whole)] = [bool(chosen >> n & 1) for n in range(int(whole.sum()))]
        offer = replace(problem.bids, quantity_mw=np.where(stays[:, None], problem.bids.quantity_mw, 0.0))
        kept = safe_merit_order(replace(problem, bids=offer), patience_s=0.0).available_mw
        if (kept[whole & stays] >= offer.quantity_mw[whole & stays] - 1e-6).all():
            best = max(best, float(kept.sum()))
    assert found.available_mw.sum() == pytest.approx(best, rel=1e-3, abs=1e-4)
    assert found.bound_mw.sum() >= best - 1e-6
