"""ResourceMapping documents: which units a market resource has, from when to when, and who may say so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.composition import Composition, NamedResource, ResourceCompositions
from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, ReasonCode
from gateway.domain.resource import ResourceMap
from gateway.records.market import bids as kept
from gateway.records.market import compositions
from tests.placing import path_of
from tests.processes.world import (
    DAY,
    GATEWAY,
    OPENS,
    RESOURCES,
    TENANTS,
    World,
    bid,
    connected,
    document,
    gate,
    model,
    renamed,
)

MAPPING = DocumentKind.RESOURCE_MAPPING


def composition(resource: str, *units: str, mrid: str = "s1", **changes: object) -> Composition:
    """Units behind a resource from 1 March on."""
    behind = tuple(NamedResource(CodedId(unit)) for unit in units)
    one = Composition(mrid, NamedResource(CodedId(resource)), behind, "2026-03-01")
    return replace(one, **changes)  # type: ignore[arg-type]


def mapping(
    *series: Composition,
    tenant: str = "tso",
    mrid: str = "map-1",
    revision: int = 1,
    created_at: datetime = OPENS,
) -> ResourceCompositions:
    sender = Role(TENANTS[tenant].parties[0], "A04")
    kind = DocumentKind.RESOURCE_MAPPING
    header = DocumentHeader(kind, "1.1", mrid, revision, "A95", None, sender, GATEWAY, created_at)
    return ResourceCompositions(header, series)


def reported(world: World, sent: ResourceCompositions, tenant: str = "tso") -> Sequence[Finding]:
    """What is found wrong; no grid has a model here, and remarks on that have a test of their own."""
    return [one for one in all_reported(world, sent, tenant) if one.code is not ReasonCode.COMPLEMENTARY]


def all_reported(world: World, sent: ResourceCompositions, tenant: str = "tso") -> Sequence[Finding]:
    with world.stores.of(tenant).writing() as uow:
        return world.map_resources.apply(uow, TENANTS[tenant], sent, "d1", world.clock.now())


def test_a_unit_at_a_point_that_no_model_has_is_remarked_on_and_taken(world: World) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", renamed(model("north", 4.0), "n1", "n7"))
    world.put("south", model("south", 4.0))
    behind_no_point, fine, gone = (
        composition("mix", "u1", "u2", "s1"),
        composition("pair", "s1", mrid="s2"),
        composition("old", "u1", mrid="s3", cancelled=True),
    )
    remarks = all_reported(world, mapping(behind_no_point, fine, gone))
    assert [(one.code, one.series, one.message) for one in remarks] == [
        (
            ReasonCode.COMPLEMENTARY,
            "s1",
            "u1, u2: the model of grid 'north' has no connection point 'n1'; bids behind it are withheld",
        )
    ]
    assert shares(world) is not None, "a remark refuses nothing"
    seen = world.resources.remarks_on_grid(TENANTS["north"], "north")
    assert {"u1", "u2"} <= {unit for unit, _ in seen}


def shares(world: World, resource: str = "mix") -> Mapping[str, float] | None:
    found = world.resources.assigned([resource]).units_of(resource, gate().delivery)
    return None if found is None else found.shares


@pytest.mark.feature(id="A2")
def test_a_mapped_resource_is_carried_as_its_units_are(ready: World) -> None:
    """Of 12 MW a third loads north's line of 4 MW for each of two units: 8 MW, so half of the bid fits."""
    ready.resources.replace(
        TENANTS["tso"],
        ResourceMap(connected(a=(("north", "n1"),), b=(("north", "n1"),), c=(("south", "n1"),))),
    )
    assert reported(ready, mapping(composition("mix", "a", "b", "c"))) == []
    assert ready.submit("east", document("east", [bid("x", "mix", 12, 20)])) == []
    assert ready.submit("west", document("west", [bid("y", "c", 12, 50)])) == []
    ready.demand("g1", up=12)
    run_id = ready.close_and_run()
    (row,) = ready.availability(run_id, TENANTS["east"])["east"]
    assert row.available_mw.tolist() == pytest.approx([6, 6])
    run = ready.results.run(run_id, TENANTS["operator"])
    assert run.figures is not None
    assert "units behind 1 bid share equally, because no document states their shares" in run.figures.notes


def test_registered_shares_win_and_are_not_called_equal(ready: World) -> None:
    assert reported(ready, mapping(composition("pool", "u1", "s1"))) == []
    assert ready.submit("east", document("east", [bid("x", "pool", 12, 20)])) == []
    with ready.stores.of("east").reading() as uow:
        (one,) = kept.of_gate(uow, "g1")
    assert (one.unit_shares, one.shares_stated) == ({"u1": 0.25, "s1": 0.75}, True)


@pytest.mark.parametrize(
    ("series", "code", "text"),
    [
        (composition("mix", "u1", "nobody"), ReasonCode.RESOURCE_INVALID, "unit nobody is not assigned"),
        (composition("mix", "u1", "pool"), ReasonCode.RESOURCE_INVALID, "unit pool is not assigned"),
        (composition("mix", "theirs"), ReasonCode.RESOURCE_INVALID, "unit theirs is not assigned"),
        (composition("u1", "u2"), ReasonCode.RESOURCE_INVALID, "u1 is itself a technical unit"),
        (composition("theirs", "u1"), ReasonCode.RESOURCE_INVALID, "another system operator"),
        (composition("pool", "u1", "u2"), ReasonCode.RESOURCE_INVALID, "registered for other units"),
        (
            composition("mix", "u1", end_date="2026-02-28"),
            ReasonCode.TIME_INTERVAL_INCORRECT,
            "ends at or before",
        ),
        (
            composition("mix", "u1", start_date="2026-03-01Z"),
            ReasonCode.TIME_INTERVAL_INCORRECT,
            "2026-03-01Z",
        ),
    ],
)
def test_a_faulty_series_is_named(ready: World, series: Composition, code: ReasonCode, text: str) -> None:
    ready.resources.replace(TENANTS["tso2"], ResourceMap(connected(theirs=(("south", "n1"),))))
    good = composition("good", "u1", mrid="good")
    (finding,) = reported(ready, mapping(series, good))
    assert (finding.series, finding.code) == ("s1", code)
    assert text in finding.message
    assert shares(ready, "good") == {"u1": 1.0}
    assert shares(ready) is None


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"start_date": "2026-03-02"}, True),
        ({"start_date": "2026-03-02", "start_time": "00:15:00"}, False),
        ({"start_date": "2026-03-01", "start_time": "23:00:00Z"}, True),
        ({"start_date": "2026-03-02", "start_time": "00:00:00Z"}, False),
        ({"end_date": "2026-03-01"}, False),
        ({"end_date": "2026-03-02"}, True),
        ({"end_date": "2026-03-02", "end_time": "00:15:00"}, False),
        ({"end_date": "2026-03-02", "end_time": "00:30:00"}, True),
    ],
)
def test_it_holds_for_gates_that_deliver_wholly_within(
    ready: World, changes: Mapping[str, Any], holds: bool
) -> None:
    """The gate delivers the first half hour of 2 March on the clock of Brussels."""
    assert datetime(2026, 3, 1, 23, tzinfo=UTC) == DAY
    assert reported(ready, mapping(composition("mix", "u1", "s1", **changes))) == []
    findings = ready.submit("east", document("east", [bid("x", "mix", 5, 20)]))
    assert [finding.code for finding in findings] == ([] if holds else [ReasonCode.RESOURCE_INVALID])
    assert (shares(ready) == {"u1": 0.5, "s1": 0.5}) is holds


def test_newer_versions_replace_and_cancel(ready: World) -> None:
    later = OPENS + timedelta(hours=1)
    reported(ready, mapping(composition("mix", "u1", "s1"), composition("other", "u2", mrid="s2")))
    assert reported(ready, mapping(composition("mix", "u1", "u2"), mrid="map-2", created_at=later)) == []
    assert shares(ready) == {"u1": 0.5, "u2": 0.5}
    (stale,) = reported(ready, mapping(composition("mix", "u1"), mrid="map-3"))
    assert stale.code is ReasonCode.SERIES_VERSION_CONFLICT
    assert reported(ready, mapping(composition("more", "u2", mrid="s2"), revision=2)) == []
    assert shares(ready, "other") is None
    assert shares(ready, "more") == {"u2": 1.0}
    gone = mapping(composition("mix", "u1", cancelled=True), mrid="map-4", created_at=later)
    assert reported(ready, gone) == []
    assert shares(ready) is None


def test_one_resource_has_one_composition_at_a_time(ready: World) -> None:
    until = composition("mix", "u1", end_date="2026-03-02")
    again = composition("mix", "u2", mrid="s2", start_date="2026-03-02")
    (finding,) = reported(ready, mapping(until, again))
    assert (finding.series, finding.code) == ("s2", ReasonCode.TIME_INTERVAL_INCORRECT)
    after = composition("mix", "u2", mrid="s2", start_date="2026-03-03")
    assert reported(ready, mapping(until, after, revision=2)) == []
    assert reported(ready, mapping(until, replace(until, mrid="s3"), until, revision=3))[0].series == "s1"


def test_only_a_system_operator_maps_and_each_its_own(ready: World) -> None:
    for name in ("east", "north"):
        (finding,) = reported(ready, mapping(composition("mix", "u1"), tenant=name), name)
        assert (finding.code, finding.series) == (ReasonCode.SENDER_INVALID, None)
    reported(ready, mapping(composition("mix", "u1")))
    ready.resources.replace(TENANTS["tso2"], ResourceMap(connected(theirs=(("south", "n1"),))))
    (finding,) = reported(ready, mapping(composition("mix", "theirs"), tenant="tso2"), "tso2")
    assert "another system operator" in finding.message


def test_units_that_are_no_longer_connected_belong_to_no_resource(ready: World) -> None:
    reported(ready, mapping(composition("mix", "u1", "both")))
    ready.resources.replace(TENANTS["tso"], ResourceMap({"u1": RESOURCES.connections["u1"]}))
    (finding,) = ready.submit("east", document("east", [bid("x", "mix", 5, 20)]))
    assert finding.code is ReasonCode.RESOURCE_INVALID


def test_what_ended_is_kept_whole(ready: World) -> None:
    reported(ready, mapping(composition("mix", "u1", "s1", end_date="2026-03-02")))
    with ready.stores.of("tso").reading() as uow:
        (one,) = compositions.of_resources(uow, ["mix"])
    assert one == compositions.StoredComposition(
        "TEST-TSO",
        "s1",
        "mix",
        ("s1", "u1"),
        "map-1",
        OPENS,
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 2, 23, tzinfo=UTC),
    )


def test_an_eic_under_another_coding_scheme_is_no_unit_of_ours(world: World) -> None:
    unit = "11WTEST-UNIT-1-U"
    world.resources.replace(TENANTS["tso"], ResourceMap({unit: RESOURCES.connections["u1"]}, {}))
    for scheme, codes in (("A01", []), ("NDE", [ReasonCode.RESOURCE_INVALID])):
        behind = (NamedResource(CodedId(unit, scheme)),)
        found = reported(world, mapping(composition("mix", mrid=scheme, resources=behind), mrid=scheme))
        assert [one.code for one in found] == codes
    market = NamedResource(CodedId("11WTEST-POOL-1-X", "NDE"))
    (finding,) = reported(
        world, mapping(composition("", unit, mrid="pool", market_resource=market), mrid="pool")
    )
    assert (finding.code, path_of(finding, MAPPING)) == (
        ReasonCode.RESOURCE_INVALID,
        "market_RegisteredResource.mRID",
    )
