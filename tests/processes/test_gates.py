"""Gates: participants, closing, demand."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from gateway.domain.bounds import NumberBounds
from gateway.domain.gate import DemandRule, GateState, ListObjective, StaleModel, UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.role import TenantRole, held
from gateway.processes.errors import (
    DemandInvalidError,
    GateClashError,
    GateClosedError,
    GateExistsError,
    GateInvalidError,
    GateNameError,
    GateTermsError,
    NoDemandError,
    NotOfTheGateError,
    UnknownGateError,
)
from tests.processes.world import CLOSES, DAY, OPENS, TENANTS, World, gate


def test_a_gate_comes_back_as_it_was_made(world: World) -> None:
    made = gate(
        minimum_bid_mw=0.5,
        max_model_age=timedelta(days=2),
        stale_model=StaleModel.SET_ASIDE,
        platforms=("west", "east"),
        use=UseOfLists.PREFIX,
        demand_rule=DemandRule.MEET_DEMAND,
        objective=ListObjective.PRICE_ORDER,
        one_buyer=True,
        netting_platform=True,
        netting_share=0.25,
    )
    world.gates.create(made)
    status = world.gates.find("g1", TENANTS["operator"])
    assert status.gate == made
    assert (status.state, status.closed_at, status.missing) == (GateState.OPEN, None, ("west", "east"))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_netting_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="not within 0 and 1"):
        gate(netting_share=share)


def test_only_participants_see_a_gate(world: World) -> None:
    world.gates.create(gate(platforms=("east",), grid_operators=("north",)))
    for name in ("east", "north", "tso", "operator"):
        assert [status.gate.gate_id for status in world.gates.listed(TENANTS[name], None, 10)] == ["g1"]
    for name in ("west", "south"):
        assert world.gates.listed(TENANTS[name], None, 10) == []
        with pytest.raises(UnknownGateError):
            world.gates.find("g1", TENANTS[name])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"platforms": ("nobody",)}, "'nobody' is not a platform"),
        ({"system_operators": ("north",)}, "'north' is not a TSO"),
        ({"platforms": ("north",)}, "'north' is not a platform"),
        ({"grid_operators": ("east",)}, "'east' is not a grid operator"),
        ({"platforms": ("east", "east")}, "named twice"),
        ({"gate_id": "a/b"}, "gate id"),
        ({"gate_id": "g" * 36}, "gate id"),
        ({"delivery": Interval(DAY, DAY + timedelta(minutes=15 * 10_001))}, "at most 10000"),
    ],
)
def test_a_gate_that_cannot_work_is_refused(world: World, changes: dict[str, object], text: str) -> None:
    with pytest.raises(GateInvalidError, match=text):
        world.gates.create(gate(**changes))  # type: ignore[arg-type]


def test_a_name_is_used_once_and_a_bid_has_one_gate(world: World) -> None:
    world.gates.create(gate())
    with pytest.raises(GateExistsError):
        world.gates.create(gate())
    with pytest.raises(GateClashError, match="already collects bids of west"):
        world.gates.create(gate("g2", platforms=("west", "late")))
    world.gates.create(gate("g2", process="A51"))
    world.gates.create(gate("g3", platforms=("late",)))


def test_conflicts_name_no_gate_to_who_may_not_see_it(world: World) -> None:
    """`away` operates another market, and `auditor` audits all."""
    world.gates.create(gate("secret", platforms=("east", "west")))
    seen, away = TENANTS["auditor"], TENANTS["away"]
    with pytest.raises(GateExistsError, match="'secret' exists already"):
        world.gates.create(gate("secret"), seen)
    with pytest.raises(GateNameError) as name:
        world.gates.create(gate("secret", process="A51", platforms=("late",)), away)
    assert str(name.value) == "the name 'secret' cannot be used for a gate; choose another"
    with pytest.raises(GateClashError, match="gate 'secret' already collects bids of west"):
        world.gates.create(gate("g2", platforms=("west", "late")), seen)
    with pytest.raises(GateClashError) as clash:
        world.gates.create(gate("g2", platforms=("west", "late")), away)
    assert str(clash.value) == (
        "bids of west for process A47 and this delivery, or a part of it, are already collected"
    )
    world.gates.create(gate("g2", platforms=("late",)))
    with pytest.raises(GateClashError) as joined:
        world.gates.amend(gate("g2", platforms=("late", "east")), caller=away)
    assert "secret" not in str(joined.value)


def test_a_gate_closes_with_its_last_platform(world: World) -> None:
    world.gates.create(gate())
    first = world.gates.close("g1", TENANTS["east"])
    assert (first.state, first.missing) == (GateState.OPEN, ("west",))
    world.clock.moment += timedelta(minutes=1)
    assert world.gates.close("g1", TENANTS["east"]).closed_by == first.closed_by
    last = world.gates.close("g1", TENANTS["west"])
    assert (last.state, last.closed_at, last.missing) == (GateState.CLOSED, world.clock.moment, ())


def test_a_platform_cannot_close_before_the_gate_opens(world: World) -> None:
    world.gates.create(gate())
    world.clock.moment = OPENS - timedelta(seconds=1)
    with pytest.raises(GateClosedError, match="opens at"):
        world.gates.close("g1", TENANTS["east"])


def test_a_platform_cannot_close_a_gate_that_names_it_for_its_grid_alone(world: World) -> None:
    world.gates.create(gate())
    both = replace(TENANTS["north"], roles=held(TenantRole.DSO, TenantRole.PLATFORM))
    with pytest.raises(NotOfTheGateError, match="does not name you among its platforms"):
        world.gates.close("g1", both)
    assert world.gates.find("g1", TENANTS["operator"]).missing == ("east", "west")


def test_the_operator_closes_at_once_and_who_was_missing_stays_known(world: World) -> None:
    world.gates.create(gate())
    world.gates.close("g1", TENANTS["west"])
    status = world.gates.close("g1", TENANTS["operator"])
    assert (status.state, status.missing) == (GateState.CLOSED, ("east",))


def test_demand_is_stated_until_the_gate_closes(world: World) -> None:
    world.gates.create(gate())
    tso = TENANTS["tso"]
    assert not world.demands.stated("g1", tso)
    world.demands.state("g1", tso, [1, 2], [0, 0.5])
    stated = world.demands.state("g1", tso, [3, 4], [0, 0.5])
    ((by, kept),) = world.demands.stated("g1", tso)
    assert by == "tso"
    assert (kept.up_mw.tolist(), kept.down_mw.tolist()) == ([3, 4], [0, 0.5])
    assert kept.stated_at == stated.stated_at
    world.demands.withdraw("g1", tso)
    for zone in ("10Y-NORTH", "10Y-EAST"):
        world.demands.state("g1", tso, [5, 6], [0, 0], zone=zone, product="A01")
    assert [(one.zone, one.product) for _, one in world.demands.stated("g1", tso)] == [
        ("10Y-EAST", "A01"),
        ("10Y-NORTH", "A01"),
    ]
    assert not world.demands.stated("g1", TENANTS["tso2"])
    assert [(by, one.zone) for by, one in world.demands.stated("g1", TENANTS["operator"])] == [
        ("tso", "10Y-EAST"),
        ("tso", "10Y-NORTH"),
    ]
    world.gates.close("g1", TENANTS["operator"])
    with pytest.raises(GateClosedError, match=f"closed at {world.clock.moment:%Y-%m-%dT%H:%M:%SZ}"):
        world.demands.state("g1", tso, [1, 2], [0, 0])
    with pytest.raises(GateClosedError):
        world.demands.withdraw("g1", tso)


def test_a_demand_is_taken_back_list_by_list(world: World) -> None:
    world.gates.create(gate())
    tso = TENANTS["tso"]
    for zone in ("10Y-EAST", "10Y-NORTH"):
        world.demands.state("g1", tso, [1, 2], [0, 0], zone=zone)
    with pytest.raises(NoDemandError, match="10YNOSUCH"):
        world.demands.withdraw("g1", tso, zone="10YNOSUCH")
    world.demands.withdraw("g1", tso, zone="10Y-NORTH")
    assert [one.zone for _, one in world.demands.stated("g1", tso)] == ["10Y-EAST"]


@pytest.mark.parametrize(
    ("up", "text"),
    [
        ([1], "up_mw has 1 value; the gate has 2"),
        ([1, -1], "up_mw/1 is -1"),
        ([float("nan"), 1], "up_mw/0 is nan"),
        ([[1, 2]], "up_mw has 2 values"),
        (["much", 1], "not a list of numbers"),
        (["10", 1], "not a list of numbers"),
        ([True, 1], "not a list of numbers"),
        ([1e300, 1], "up_mw/0 is 1e\\+300; a demand is from 0 to 100,000 MW"),
        ([1, float("inf")], "up_mw/1 is inf"),
        ([1, None], "up_mw/1 is nan"),
    ],
)
def test_a_demand_that_is_none_is_refused(world: World, up: list[float], text: str) -> None:
    world.gates.create(gate())
    with pytest.raises(DemandInvalidError, match=text):
        world.demands.state("g1", TENANTS["tso"], up, [0, 0])


def test_a_demand_keeps_the_bound_agreed_with_its_tso(world: World) -> None:
    world.gates.create(gate())
    bounded = replace(TENANTS["tso"], bounds=NumberBounds(power_mw=500.0))
    with pytest.raises(DemandInvalidError, match="up_mw/1 is 501; a demand is from 0 to 500 MW"):
        world.demands.state("g1", bounded, [500, 501], [0, 0])
    world.demands.state("g1", bounded, [500, 500], [0, 0])


def test_a_gate_is_due_when_its_window_ends(world: World) -> None:
    world.gates.create(gate())
    world.gates.close("g1", TENANTS["east"])
    world.clock.moment = CLOSES + timedelta(minutes=5) - timedelta(seconds=1)
    assert world.keeper.due() == []
    world.clock.moment += timedelta(seconds=1)
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]
    status = world.gates.find("g1", TENANTS["operator"])
    assert (status.state, status.missing) == (GateState.CLOSED, ("west",))


@pytest.mark.feature(id="A27")
@pytest.mark.feature(id="E2")
def test_a_tso_that_is_not_named_sees_nothing_and_states_nothing(world: World) -> None:
    world.gates.create(gate(system_operators=("tso",)))
    assert world.gates.listed(TENANTS["tso2"], None, 10) == []
    for ask in (world.gates.find, world.gates.close, world.demands.stated):
        with pytest.raises(UnknownGateError):
            ask("g1", TENANTS["tso2"])
    with pytest.raises(UnknownGateError):
        world.demands.state("g1", TENANTS["tso2"], [1, 1], [0, 0])


def test_a_tso_named_for_its_grid_states_no_demand(world: World) -> None:
    world.gates.create(gate(system_operators=("tso",), grid_operators=("north", "tso2")))
    assert world.gates.find("g1", TENANTS["tso2"]).gate.gate_id == "g1"
    with pytest.raises(NotOfTheGateError, match="'g1' does not name you"):
        world.demands.state("g1", TENANTS["tso2"], [1, 1], [0, 0])


@pytest.mark.feature(id="A23")
def test_an_open_gate_takes_new_terms_and_keeps_what_was_stated(world: World) -> None:
    world.gates.create(gate())
    world.gates.close("g1", TENANTS["east"])
    world.demand("g1", up=1)
    later = CLOSES + timedelta(minutes=1)
    new = gate(
        platforms=("late", "east", "west"),
        system_operators=("tso",),
        closes_at=later,
        publish_by=later + timedelta(minutes=10),
        use=UseOfLists.EXACT,
        demand_rule=DemandRule.MEET_DEMAND,
    )
    amended = world.gates.amend(new)
    assert amended == world.gates.find("g1", TENANTS["late"])
    assert (amended.gate, amended.amended_at) == (new, world.clock.moment)
    assert (set(amended.closed_by), amended.missing) == ({"east"}, ("late", "west"))
    assert world.demands.stated("g1", TENANTS["tso"])
    assert world.gates.amend(new) == amended
    with pytest.raises(UnknownGateError):
        world.gates.find("g1", TENANTS["tso2"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"process": "A51"}, "stay: process"),
        ({"delivery": Interval(DAY, DAY + timedelta(minutes=45))}, "stay: delivery"),
        ({"mtu": timedelta(minutes=30), "currency": "NOK"}, "stay: mtu, currency"),
        ({"minimum_bid_mw": 1.0}, "stay: minimum_bid_mw"),
        ({"platforms": ("east",)}, "west cannot leave"),
    ],
)
def test_terms_that_bids_were_taken_on_stay(world: World, changes: dict[str, object], text: str) -> None:
    world.gates.create(gate())
    with pytest.raises(GateTermsError, match=text):
        world.gates.amend(gate(**changes))  # type: ignore[arg-type]
    assert world.gates.find("g1", TENANTS["operator"]).amended_at is None


def test_a_gate_is_amended_only_while_open_and_only_without_a_clash(world: World) -> None:
    with pytest.raises(UnknownGateError):
        world.gates.amend(gate())
    world.gates.create(gate())
    world.gates.create(gate("g2", platforms=("late",)))
    with pytest.raises(GateClashError, match="gate 'g2' already collects bids of late"):
        world.gates.amend(gate(platforms=("east", "west", "late")))
    world.gates.close("g1", TENANTS["operator"])
    with pytest.raises(GateClosedError, match="is closed"):
        world.gates.amend(gate(budget=timedelta(seconds=10)))


@pytest.mark.feature(id="A23")
def test_a_cancelled_gate_takes_nothing_and_leaves_its_delivery_free(world: World) -> None:
    world.gates.create(gate())
    cancelled = world.gates.cancel("g1")
    assert (cancelled.state, cancelled.cancelled_at) == (GateState.CANCELLED, world.clock.moment)
    assert cancelled.missing == ()
    world.clock.moment += timedelta(minutes=1)
    assert world.gates.cancel("g1") == cancelled
    with pytest.raises(GateClosedError, match="cancelled"):
        world.gates.close("g1", TENANTS["east"])
    with pytest.raises(GateClosedError, match="cancelled"):
        world.demand("g1", up=1)
    with pytest.raises(GateClosedError, match="cancelled"):
        world.gates.amend(gate())
    world.clock.moment = CLOSES + timedelta(hours=1)
    assert world.keeper.due() == []
    with pytest.raises(ValueError, match="not closed"):
        world.bid_check.run("g1")
    world.clock.moment = CLOSES - timedelta(hours=1)
    world.gates.create(gate("g2"))


def test_a_gate_that_would_be_over_at_once_is_refused(world: World) -> None:
    """It would be published without a bid, and no other gate could have its delivery."""
    world.gates.create(gate())
    over = replace(gate(), closes_at=world.clock.moment - timedelta(minutes=10), window=timedelta(0))
    with pytest.raises(GateInvalidError, match="it would be over since") as amended:
        world.gates.amend(over)
    assert amended.value.place == "/closes_at"
    with pytest.raises(GateInvalidError, match="it would be over since"):
        world.gates.create(replace(over, gate_id="g2", platforms=("west",)))
    assert world.gates.find("g1", TENANTS["operator"]).state is GateState.OPEN


def test_an_unknown_process_or_product_is_refused(world: World) -> None:
    with pytest.raises(GateInvalidError, match="process 'A4711'"):
        world.gates.create(gate(process="A4711"))
    world.gates.create(gate())
    for product, text in (("X99", "'X99' is not in the code list"), ("A06", "is in the lists of A01")):
        with pytest.raises(DemandInvalidError, match=text):
            world.demands.state("g1", TENANTS["tso"], [1, 1], [0, 0], product=product)


def test_a_gate_of_several_zones_or_products_asks_which_one_is_meant(world: World) -> None:
    world.gates.create(gate(zones=("10YTEST-AREA---F", "10YTEST-OTHER--B"), products=("A01", "A06", "Z01")))
    state = partial(world.demands.state, "g1", TENANTS["tso"], [1, 1], [0, 0])
    with pytest.raises(DemandInvalidError, match="zones 10YTEST-AREA---F, 10YTEST-OTHER--B: name") as zone:
        state(product="A01")
    with pytest.raises(DemandInvalidError, match="products A01, Z01: name the one it is for") as product:
        state(zone="10YTEST-AREA---F")
    assert (zone.value.place, product.value.place) == ("/zone", "/product")
    assert state(zone="10YTEST-AREA---F", product="A01").zone == "10YTEST-AREA---F"


def test_a_gate_of_one_zone_and_one_product_needs_no_name(world: World) -> None:
    world.gates.create(gate(zones=("10YTEST-AREA---F",), products=("A01", "A07")))
    stated = world.demands.state("g1", TENANTS["tso"], [1, 1], [0, 0])
    assert (stated.zone, stated.product) == ("10YTEST-AREA---F", "A01")
    world.demands.state("g1", TENANTS["tso"], [2, 2], [0, 0], zone="10YTEST-AREA---F")
    ((_, one),) = world.demands.stated("g1", TENANTS["tso"])
    assert one.up_mw.tolist() == [2, 2]
    world.demands.withdraw("g1", TENANTS["tso"])
    assert world.demands.stated("g1", TENANTS["tso"]) == []
