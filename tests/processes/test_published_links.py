"""Published samples of Nordic system operators, one per kind of link: each is decided as its link says."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from esmp import validate
from gateway.domain.document import ReserveBids
from gateway.domain.resource import ConnectionPoint, ResourceMap
from mappings import read
from tests.processes.world import TENANTS, World, gate, model
from tests.shared import STANDARDS

SAMPLES = STANDARDS / "esmp" / "samples" / "phasenexa__nexa-mfrr-nordic-eam"
TOLERANCES = ("nbm-inclusive-after-divisible",)
QUARTER = timedelta(minutes=15)

pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not on this machine"),
    pytest.mark.feature(id="A12"),
]


def canonical(name: str) -> ReserveBids:
    data = (SAMPLES / name).read_bytes()
    report = validate(data, tolerances=TOLERANCES)
    assert report.valid, report.findings
    assert report.identity is not None
    document = read(data if report.root is None else report.root, report.identity).document
    assert isinstance(document, ReserveBids)
    return document


def taken(world: World, name: str, *, up: float = 0.0, down: float = 0.0) -> dict[str, float]:
    """MW accepted of each bid, in the unit in which it is; grids carry all of them."""
    document = canonical(name)
    delivery, shift = document.period, gate().delivery.start - document.period.start
    units = (delivery.end - delivery.start) // QUARTER
    usual = gate(units=units)
    times = {
        when: getattr(usual, when) - shift for when in ("opens_at", "closes_at", "grids_due_at", "publish_by")
    }
    world.clock.moment = times["closes_at"] - timedelta(hours=1)
    world.gates.create(replace(usual, delivery=delivery, platforms=("east",), **times))
    points = {unit: (ConnectionPoint("north", "n1"),) for unit in ("NOKG90901", "ZZZ")}
    world.resources.replace(TENANTS["tso"], ResourceMap(points, {}))
    world.put("north", replace(model("north", 1_000.0, units=units), validity=delivery))
    at = np.unique((document.bids.point_start_s - int(delivery.start.timestamp())) // 900)
    demand = np.zeros(units)
    demand[at] = 1.0
    world.demands.state("g1", TENANTS["tso"], (up * demand).tolist(), (down * demand).tolist())
    assert world.submit("east", document) == []
    world.clock.moment = times["closes_at"]
    world.gates.close("g1", TENANTS["operator"])
    reported = world.bid_check.run("g1")
    assert reported.undecided == ()
    assert reported.verification.violations == 0
    rows = world.availability(reported.run_id, TENANTS["operator"])["east"]
    return {
        row.bid_id[:4]: round(float(row.accepted_mw.sum()), 6) for row in rows if row.accepted_mw is not None
    }


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        (100, {"524a": 45, "75d4": 44, "fb80": 11, "cb67": 0}),
        (50, {"524a": 45, "75d4": 0, "fb80": 0, "cb67": 0}),
    ],
)
def test_parts_are_taken_from_the_best_one_on(world: World, down: float, expected: dict[str, float]) -> None:
    """Of 50 MW the second part, 44 MW or nothing, does not fit, so the third is out of reach, too."""
    name = "sn/bid_complex/SN_Complex_Multipart_ReserveBid_MarketDocument.xml"
    assert taken(world, name, down=down) == expected


def test_of_an_exclusive_group_one_bid_is_taken(world: World) -> None:
    name = "svk/bid_complex/SVK_Complex_Exclusive_ReserveBid_MarketDocument.xml"
    assert taken(world, name, down=60) == {"2d8f": 0, "1da5": 0, "d137": 0, "5250": 45}


@pytest.mark.parametrize("country", ["sn", "svk"])
@pytest.mark.parametrize(("demand", "share"), [(159, 1), (158, 0)])
def test_an_inclusive_group_is_taken_whole_or_not_at_all(
    world: World, country: str, demand: float, share: int
) -> None:
    name = f"{country}/bid_complex/{country.upper()}_Complex_Inclusive_ReserveBid_MarketDocument.xml"
    asked = {"up": demand} if country == "sn" else {"down": demand}
    assert sorted(taken(world, name, **asked).values()) == [27 * share, 43 * share, 44 * share, 45 * share]


def test_technically_linked_neighbours_are_all_taken_by_schedule(world: World) -> None:
    """Only direct activation blocks the next quarter hour, and acceptances are scheduled."""
    name = "sn/bid_simple_techlinked/SN_Simple_Techlinked_ReserveBid_MarketDocument.xml"
    assert taken(world, name, up=14) == {"2768": 14, "afa2": 13, "8460": 14, "d499": 13}


def test_a_conditional_bid_is_taken_only_after_what_it_waits_for(world: World) -> None:
    """The second waits for the first to be activated; the third also for the first not to be."""
    name = "svk/bid_simple_conditionally_linked/SVK_Simple_ConditionallyLinked_ReserveBid_MarketDocument.xml"
    assert taken(world, name, up=30) == {"985f": 30, "613f": 30, "76cc": 0}
