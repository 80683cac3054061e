"""The balancing list is used in every way it may be used; one that is not safe in one of them is found."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from contract_tests.emulators.answers import ListedPoint
from contract_tests.emulators.platform import Answers
from gateway.demo.area import DemoGrid
from gateway.demo.next_morning import PlayedMorning, next_morning, recount
from gateway.demo.recount import books_of
from gateway.demo.scenario import Scenario


def with_quantities(played: PlayedMorning, mw: Mapping[str, float]) -> PlayedMorning:
    """The published list with these quantities, and none of all other bids."""
    points = [replace(point, available_mw=mw.get(point.bid_id, 0.0)) for point in played.answers.merit_order]
    return replace(played, answers=Answers((), tuple(points)))


def test_it_is_for_the_same_hours_a_day_later(day: Scenario, morning: PlayedMorning) -> None:
    hours = morning.scenario.units
    assert len(hours) == 8
    first = day.units.index_of(hours.period.start - (day.units.period.end - day.units.period.start))
    today, then = books_of(day), books_of(morning.scenario)
    row_of = {bid: row for row, bid in enumerate(today.bid_id)}
    for row, bid in enumerate(then.bid_id):
        offered = today.offered_mw[row_of[bid.removesuffix("-NEXT")]]
        assert then.offered_mw[row].tolist() == offered[first : first + 8].tolist()


def test_its_models_have_the_base_flows_of_those_hours(grids: tuple[DemoGrid, ...], day: Scenario) -> None:
    flows = np.arange(96.0)[:, None] * [0.01, 0.02, 0.03]
    models = [
        replace(
            grid.model,
            operating_points=tuple(
                replace(point, base_flow_mw=flows) for point in grid.model.operating_points
            ),
        )
        for grid in grids
    ]
    morning, cut = next_morning(day, models)
    for model in cut:
        assert model.validity == morning.units.period
        assert (model.base_flows_on(morning.units) == flows[48:56]).all()


def test_a_tenth_of_every_bid_breaks_nothing(morning: PlayedMorning) -> None:
    count = recount(morning)
    assert (count.violations, count.out_of_order) == (0, 0)
    assert count.listed_mwh == pytest.approx(0.1 * count.offered_mwh)
    assert count.listed_pct < 100 < count.offered_pct


def test_all_that_is_offered_breaks_limits(morning: PlayedMorning) -> None:
    whole = tuple(replace(p, available_mw=p.activated_mw) for p in _whole(morning))
    count = recount(replace(morning, answers=Answers((), whole)))
    assert count.violations > 0
    assert count.limited_bids == 0
    assert count.listed_pct == pytest.approx(count.offered_pct)


def test_relief_further_down_the_list_does_not_count(morning: PlayedMorning) -> None:
    """40 MW up overload lines, though the other list has as much down: it need not be used."""
    books = books_of(morning.scenario)
    ups = [bid for bid, sign in zip(books.bid_id, books.sign, strict=True) if sign > 0]
    big = replace(
        morning.scenario,
        bids={
            tenant: [replace(bid, quantity_mw=0 * bid.quantity_mw + 40.0) for bid in bids]
            for tenant, bids in morning.scenario.bids.items()
        },
    )
    one = with_quantities(replace(morning, scenario=big), {ups[0]: 40.0})
    alone = recount(one).violations
    downs = {bid: 40.0 for bid, sign in zip(books.bid_id, books.sign, strict=True) if sign < 0}
    assert alone > 0
    assert (
        recount(with_quantities(replace(morning, scenario=big), downs | {ups[0]: 40.0})).violations >= alone
    )


def test_a_list_out_of_price_order_is_found(morning: PlayedMorning) -> None:
    backwards = Answers((), morning.answers.merit_order[::-1])
    assert recount(replace(morning, answers=backwards)).out_of_order > 0


def test_a_list_with_more_than_was_offered_is_refused(morning: PlayedMorning) -> None:
    with pytest.raises(ValueError, match="than was offered"):
        recount(with_quantities(morning, {morning.answers.merit_order[0].bid_id: 1e3}))


def _whole(morning: PlayedMorning) -> list[ListedPoint]:
    """The list with every bid whole; `activated_mw` carries what was offered."""
    books = books_of(morning.scenario)
    row_of = {bid: row for row, bid in enumerate(books.bid_id)}
    units = morning.scenario.units
    return [
        replace(
            point, activated_mw=float(books.offered_mw[row_of[point.bid_id], units.index_of(point.start)])
        )
        for point in morning.answers.merit_order
    ]
