"""PlannedResourceSchedule documents: aggregated bids are split as their units plan to deliver."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.gate import UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, ReasonCode
from gateway.domain.resource import ResourceMap
from gateway.domain.schedule import PlannedSeries, ResourceSchedule, UnavailableSeries
from gateway.domain.series import SeriesPeriod
from gateway.records.market import schedules as kept
from tests.placing import path_of
from tests.processes.test_resource_mappings import composition, mapping
from tests.processes.test_resource_mappings import reported as mapped
from tests.processes.world import (
    AREA,
    CLOSES,
    DAY,
    GATEWAY,
    OPENS,
    RESOURCES,
    TENANTS,
    World,
    bid,
    document,
    gate,
)

PLANS = DocumentKind.PLANNED_RESOURCE_SCHEDULE

OPERATOR = TENANTS["operator"]


def series(
    unit: str | None,
    *mw: float,
    mrid: str | None = None,
    minutes: int = 15,
    start: datetime = DAY,
    positions: Sequence[int] | None = None,
    length: int | None = None,
    **changes: object,
) -> PlannedSeries:
    """Quantities from the start of the delivery on."""
    period = SeriesPeriod(
        Interval(start, start + timedelta(minutes=minutes * (length or len(mw)))),
        f"PT{minutes}M",
        np.array(positions or range(1, len(mw) + 1), np.int32),
        np.array(mw, float),
    )
    one = PlannedSeries(
        mrid=mrid or f"s-{unit}",
        business_type="A01",
        product="8716867000016",
        connecting_area=CodedId(AREA),
        provider=CodedId("TEST-EAST"),
        periods=(period,),
        resource=None if unit is None else CodedId(unit),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def schedule(
    *planned: PlannedSeries,
    mrid: str = "plan-1",
    revision: int = 1,
    created_at: datetime = OPENS,
    sender: str = "east",
    unavailable: tuple[UnavailableSeries, ...] = (),
    period: Interval | None = None,
) -> ResourceSchedule:
    party = Role(TENANTS[sender].parties[0], "A46")
    kind = DocumentKind.PLANNED_RESOURCE_SCHEDULE
    header = DocumentHeader(kind, "6.3", mrid, revision, "A26", "A28", party, GATEWAY, created_at)
    whole = period or Interval(DAY, DAY + timedelta(days=1))
    return ResourceSchedule(header, whole, CodedId(AREA), None, planned, unavailable)


def reported(world: World, sent: ResourceSchedule, tenant: str = "east") -> Sequence[Finding]:
    with world.stores.of(tenant).writing() as uow:
        return world.record_schedules.apply(uow, TENANTS[tenant], sent, "d1", world.clock.now())


def plans(world: World, gate_id: str = "g1") -> Mapping[tuple[str, int], list[float]]:
    with world.stores.of("east").reading() as uow:
        found = kept.of_gates(uow, [gate_id])
    return {(one.unit, one.direction): one.quantity_mw.tolist() for one in found}


def available(world: World, *bids: str, up: float = 12.0) -> list[list[float]]:
    """MW per market time unit of east's bids; west offers plenty where nothing limits it, but dearly."""
    assert world.submit("west", document("west", [bid("free", "free", 50, 500)])) == []
    world.demand("g1", up=up)
    rows = world.availability(world.close_and_run(), TENANTS["east"])["east"]
    return [row.available_mw.tolist() for row in rows if not bids or row.bid_id in bids]


@pytest.mark.feature(id="A3")
def test_shares_follow_the_schedule_in_every_market_time_unit(ready: World) -> None:
    """North carries 4 MW. First u1 delivers 3/4 of the bid there, so 16/3 MW fit; then 1/2, so 8 MW."""
    assert ready.submit("east", document("east", [bid("x", "pool", 12, 20)])) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    ((first, second),) = available(ready)
    assert (first, second) == (pytest.approx(16 / 3, abs=1e-5), pytest.approx(8))
    (record,) = ready.results.runs("g1", OPERATOR)
    assert record.figures is not None
    assert (record.figures.bids, record.figures.notes) == (2, ())
    rows = list(ready.results.explanations(record.run_id, TENANTS["north"]))
    assert [(row.bid_id, row.mtu, row.element_id) for row in rows] == [
        ("x", 0, "north-line"),
        ("x", 1, "north-line"),
    ]
    assert [row.cut_mw for row in rows] == pytest.approx([12 - 16 / 3, 4], abs=1e-5)


def test_the_failure_of_a_bid_counts_once_over_all_its_time(ready: World) -> None:
    """North carries 4 MW. `x` brings 6 MW, `y` takes 3 and then 2 MW away; without it 2 MW are too much."""
    relief = bid("y", "pool", 4, 20, direction=Direction.DOWN)
    assert ready.submit("east", document("east", [bid("x", "u1", 6, 20), relief])) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    ready.demand("g1", up=6, down=4)
    (failing,) = ready.results.failing_bids(ready.close_and_run(), OPERATOR)
    assert (failing.platform, failing.bid_id, failing.units) == ("east", "y", 2)
    assert failing.overload_mw == pytest.approx(2)


def test_a_safe_merit_order_follows_it_too(ready: World) -> None:
    ready.gates.create(gate("safe", process="A51", use=UseOfLists.PREFIX))
    assert ready.submit("east", document("east", [bid("x", "pool", 12, 20)], process="A51")) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    run_id = ready.close_and_run("safe")
    (row,) = ready.availability(run_id, TENANTS["east"])["east"]
    assert row.available_mw.tolist() == pytest.approx([16 / 3, 8], abs=1e-5)


def test_without_a_schedule_registered_shares_hold(ready: World) -> None:
    """A quarter of 12 MW is less than 4 MW. One unit alone tells no shares, and zeros none."""
    assert ready.submit("east", document("east", [bid("x", "pool", 12, 20)])) == []
    assert (
        reported(ready, schedule(series("u1", 3, 0), series("s1", 0, start=DAY + timedelta(minutes=15))))
        == []
    )
    assert available(ready) == [[12, 12]]
    (record,) = ready.results.runs("g1", OPERATOR)
    assert record.figures is not None
    assert any("schedules name some units behind 1 bid only" in note for note in record.figures.notes)


def test_a_schedule_of_one_direction_wins_over_one_of_both(ready: World) -> None:
    both = series("u1", 1, 1, mrid="both"), series("s1", 1, 1)
    up = series("u1", 3, mrid="up", direction=Direction.UP)
    down = series("u1", 9, 9, mrid="down", direction=Direction.DOWN)
    assert ready.submit("east", document("east", [bid("x", "pool", 12, 20)])) == []
    assert reported(ready, schedule(*both, up, down)) == []
    assert available(ready) == [pytest.approx([16 / 3, 8], abs=1e-5)]


def test_equal_shares_are_not_noted_where_a_schedule_tells_them(ready: World) -> None:
    assert mapped(ready, mapping(composition("mix", "u1", "s1"))) == []
    assert ready.submit("east", document("east", [bid("x", "mix", 12, 20)])) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    assert available(ready) == [pytest.approx([16 / 3, 8], abs=1e-5)]
    (record,) = ready.results.runs("g1", OPERATOR)
    assert record.figures is not None
    assert record.figures.notes == ()


def test_hours_and_steps_are_cut_to_the_gate(world: World) -> None:
    """Quarter-hour gates within an hour; a step lasts until the next one."""
    later = Interval(DAY + timedelta(minutes=30), DAY + timedelta(minutes=60))
    world.gates.create(gate())
    world.gates.create(gate("g2", delivery=later))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    assert reported(world, schedule(series("u1", 3, minutes=60))) == []
    assert (plans(world), plans(world, "g2")) == ({("u1", 0): [3]}, {("u1", 0): [3]})
    steps = series("u1", 1, 2, positions=[1, 2], length=4, curve="A03")
    assert reported(world, schedule(steps, revision=2)) == []
    assert (plans(world), plans(world, "g2")) == ({("u1", 0): [1, 2]}, {("u1", 0): [2]})
    blocks = series("u1", 1, 2, positions=[1, 4], length=4)
    assert reported(world, schedule(blocks, revision=3)) == []
    assert (plans(world), plans(world, "g2")) == ({("u1", 0): [1]}, {("u1", 0): [2]})


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        (series("nobody", 1), ReasonCode.RESOURCE_INVALID, "unit nobody is not assigned"),
        (series("pool", 1), ReasonCode.RESOURCE_INVALID, "pool consists of several units"),
        (series(None, 1), ReasonCode.RESOURCE_INVALID, "names no resource"),
        (series("u2", 1, minutes=5), ReasonCode.RESOLUTION_INCONSISTENT, "PT15M"),
        (
            series("u2", 1, start=DAY + timedelta(hours=9)),
            ReasonCode.TIME_INTERVAL_INCORRECT,
            "delivery of your gates",
        ),
        (series("u1", 1, mrid="again"), ReasonCode.SERIES_ID_CONFLICT, "planned twice"),
    ],
)
def test_a_faulty_series_is_named(ready: World, wrong: PlannedSeries, code: ReasonCode, text: str) -> None:
    good = series("s1", 1, 1), series("u1", 1, 1)
    findings = reported(ready, schedule(*good, wrong))
    assert (findings[-1].series, {finding.code for finding in findings}) == (wrong.mrid, {code})
    assert text in findings[-1].message
    assert plans(ready)["s1", 0] == [1, 1]
    assert not {("u2", 0), ("nobody", 0), ("pool", 0)} & plans(ready).keys()


def test_unavailable_reserves_are_refused_not_passed_over(ready: World) -> None:
    one = series("u1", 1)
    lost = UnavailableSeries(
        "lost", "A01", one.product, one.connecting_area, one.connecting_area, one.provider, one.periods
    )
    (finding,) = reported(ready, schedule(unavailable=(lost,)))
    assert (finding.series, finding.code) == ("lost", ReasonCode.CANNOT_BE_PROCESSED)


def test_only_platforms_send_schedules(ready: World) -> None:
    (finding,) = reported(ready, schedule(series("u1", 1), sender="tso"), "tso")
    assert (finding.code, finding.series) == (ReasonCode.SENDER_INVALID, None)


def test_what_concerns_closed_gates_is_late(ready: World) -> None:
    second = Interval(DAY + timedelta(minutes=30), DAY + timedelta(minutes=60))
    ready.gates.create(gate("g2", delivery=second))
    ready.gates.close("g1", OPERATOR)
    ready.clock.moment += timedelta(seconds=1)
    findings = reported(ready, schedule(series("u1", 1, 1), series("s1", 1, 2, 3, 4)))
    assert [(finding.series, finding.code) for finding in findings] == [("s-u1", ReasonCode.GATE_NOT_OPEN)]
    assert "gate 'g1' accepts documents from" in findings[0].message
    assert (plans(ready), plans(ready, "g2")) == ({}, {("s1", 0): [3, 4]})
    ready.clock.moment = CLOSES + timedelta(hours=1)
    (finding,) = reported(ready, schedule(series("u1", 1, 1), mrid="plan-2"))
    assert (finding.code, finding.series) == (ReasonCode.GATE_NOT_OPEN, None)
    tomorrow = Interval(DAY + timedelta(days=1), DAY + timedelta(days=2))
    (finding,) = reported(ready, schedule(series("u1", 1, 1), mrid="plan-3", period=tomorrow))
    assert "no gate collects" in finding.message


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"business_type": "A53"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({"business_type": "A95"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({"acquiring_area": CodedId("10YTEST-ELSE---9")}, ReasonCode.AREA_INVALID, "acquiring_Domain.mRID"),
        ({"connecting_area": CodedId(AREA, "NNO")}, ReasonCode.AREA_INVALID, "connecting_Domain.mRID"),
        ({"acquiring_area": CodedId(AREA), "business_type": "A97"}, None, None),
    ],
)
def test_a_plan_is_held_to_what_the_gate_says(
    world: World, changes: dict[str, object], code: ReasonCode | None, path: str | None
) -> None:
    world.gates.create(gate("g1", zones=(AREA,), domains=(AREA,)))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    found = reported(world, schedule(series("u1", 1, 1, **changes)))
    assert [(one.code, path_of(one, PLANS)) for one in found] == ([] if code is None else [(code, path)])


def test_an_eic_under_another_coding_scheme_is_no_unit_of_ours(world: World) -> None:
    unit = "11WTEST-UNIT-1-U"
    world.gates.create(gate("g1"))
    world.resources.replace(TENANTS["tso"], ResourceMap({unit: RESOURCES.connections["u1"]}, {}))
    for scheme, codes in (("A01", []), ("NDE", [ReasonCode.RESOURCE_INVALID])):
        found = reported(world, schedule(series(unit, 1, 1, resource=CodedId(unit, scheme))))
        assert [each.code for each in found] == codes
        one = bid("a", unit, 4, 20)
        one = replace(one, terms={**one.terms, BidTerm.RESOURCE_SCHEME: scheme})
        sent = document("east", [one], mrid=f"bids-{scheme}")
        assert [each.code for each in world.submit("east", sent)] == codes


def test_a_closed_gate_hides_no_other_reason(ready: World) -> None:
    ready.clock.moment = CLOSES + timedelta(hours=1)
    found = reported(ready, schedule(series("unheard", 1, 1, minutes=5), series("u1", 1, 1)))
    assert {(one.series, one.code) for one in found} == {
        (None, ReasonCode.GATE_NOT_OPEN),
        ("s-unheard", ReasonCode.RESOURCE_INVALID),
        ("s-unheard", ReasonCode.RESOLUTION_INCONSISTENT),
    }
    assert plans(ready) == {}


def test_plans_may_come_before_the_gate_opens(ready: World) -> None:
    ready.clock.moment = OPENS - timedelta(hours=1)
    assert reported(ready, schedule(series("u1", 1, 2))) == []
    assert plans(ready) == {("u1", 0): [1, 2]}
    early = ready.clock.now()
    ready.close_and_run()
    with ready.stores.of("east").writing() as uow:
        sent = schedule(series("s1", 1, 2), mrid="plan-2")
        (finding,) = ready.record_schedules.apply(uow, TENANTS["east"], sent, "d2", early)
    assert finding.code is ReasonCode.GATE_NOT_OPEN


def test_newer_schedules_replace_older_ones(ready: World) -> None:
    newer = OPENS + timedelta(hours=1)
    reported(ready, schedule(series("u1", 1, 1), series("s1", 1, 1)))
    assert reported(ready, schedule(series("u1", 2, 2), mrid="plan-2", created_at=newer)) == []
    assert plans(ready) == {("u1", 0): [2, 2], ("s1", 0): [1, 1]}
    (finding,) = reported(ready, schedule(series("u1", 3, 3), mrid="plan-3"))
    assert finding.code is ReasonCode.SERIES_VERSION_CONFLICT
    (finding,) = reported(ready, schedule(series("u1", 3), mrid="plan-4", sender="west", created_at=newer))
    assert finding.code is ReasonCode.SERIES_ID_CONFLICT
    assert reported(ready, schedule(series("u2", 1, 1), revision=2)) == []
    assert plans(ready) == {("u1", 0): [2, 2], ("u2", 0): [1, 1]}


def test_schedules_count_for_the_platform_that_sent_them(ready: World) -> None:
    assert ready.submit("west", document("west", [bid("x", "pool", 12, 20)])) == []
    assert reported(ready, schedule(series("u1", 3, 3), series("s1", 1, 1))) == []
    ready.demand("g1", up=12)
    (row,) = ready.availability(ready.close_and_run(), TENANTS["west"])["west"]
    assert row.available_mw.tolist() == [12, 12]


def test_an_inclusive_group_stays_one_in_every_market_time_unit(ready: World) -> None:
    """Both bids fit in the same share: north has margin for 16/3 MW of the one, of the other for no less."""
    group = {BidTerm.INCLUSIVE_GROUP: "both"}
    bids = [bid("x", "pool", 12, 20, terms=group), bid("y", "s1", 6, 20, terms=group)]
    assert ready.submit("east", document("east", bids)) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    x, y = available(ready, "x", "y", up=18)
    assert x == pytest.approx([16 / 3, 8], abs=1e-5)
    assert y == pytest.approx([8 / 3, 4], abs=1e-5)


def test_a_block_whose_shares_change_is_withheld_with_its_group(ready: World) -> None:
    terms = {BidTerm.BLOCK: "A01", BidTerm.INCLUSIVE_GROUP: "both"}
    bids = [
        bid("x", "pool", 12, 20, terms=terms),
        bid("y", "s1", 6, 20, terms={BidTerm.INCLUSIVE_GROUP: "both"}),
    ]
    assert ready.submit("east", document("east", bids)) == []
    assert reported(ready, schedule(series("u1", 3, 2), series("s1", 1, 2))) == []
    assert available(ready) == [[0, 0], [0, 0]]
    (record,) = ready.results.runs("g1", OPERATOR)
    assert record.figures is not None
    assert dict(record.figures.undecided).keys() == {"east/x", "east/y"}
    assert "unit shares change" in dict(record.figures.undecided)["east/x"]
