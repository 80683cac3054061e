"""Who receives what of gates that are amended or cancelled: each what it may see, once, before the result."""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.gate import GateState
from gateway.processes.errors import StaleGateError
from gateway.processes.gate_notices import NoticeSender
from gateway.processes.gates import Gates
from gateway.records.messages import gate_notices, outbox
from tests.processes.world import CLOSES, TENANTS, World, gate

PARTIES = ("east", "west", "north", "south", "tso", "tso2")
OPERATOR = TENANTS["operator"]
Notice = tuple[str, int, dict[str, Any]]


def messages(world: World, name: str) -> list[tuple[str, Any]]:
    """Kind and content of what lies in an outbox, in its order; of documents no content."""
    with world.stores.of(name).reading() as uow:
        found = outbox.after(uow, 0, 1000)
        data = outbox.payloads_of(uow, [one.id for one in found])
    return [
        (one.kind, json.loads(data[one.id]) if one.content_type == "application/json" else None)
        for one in found
    ]


def heard(world: World) -> Mapping[str, list[Notice]]:
    """The notices about gates of every tenant that received any."""
    NoticeSender(world.stores, world.clock).send()
    reported = {
        name: [(one["event"], one["version"], one["changed"]) for kind, one in messages(world, name) if one]
        for name in TENANTS
    }
    return {name: notices for name, notices in reported.items() if notices}


def to_all(notice: Notice) -> Mapping[str, list[Notice]]:
    return {name: [notice] for name in PARTIES}


def test_new_terms_are_sent_to_every_party_and_no_other_tenant(world: World) -> None:
    world.gates.create(gate())
    assert heard(world) == {}
    world.gates.amend(gate(window=timedelta(minutes=2), budget=timedelta(seconds=10)))
    changed = {"window": "PT120S", "budget": "PT10S"}
    assert heard(world) == to_all(("amended", 2, changed))
    (_, notice) = messages(world, "east")[0]
    assert {name: notice[name] for name in ("gate_id", "market", "process", "at", "delivery")} == {
        "gate_id": "g1",
        "market": "mFRR",
        "process": "A47",
        "at": f"{world.clock.moment:%Y-%m-%dT%H:%M:%SZ}",
        "delivery": {"start": "2026-03-01T23:00:00Z", "end": "2026-03-01T23:30:00Z"},
    }


def test_unchanged_terms_are_not_sent(world: World) -> None:
    world.gates.create(gate())
    assert world.gates.amend(gate()).version == 1
    assert heard(world) == {}


def test_participants_that_join_or_leave_are_shown_only_to_those_who_may_know(world: World) -> None:
    world.gates.create(gate(system_operators=("tso", "tso2")))
    world.gates.amend(
        gate(platforms=("east", "west", "late"), grid_operators=("north",), system_operators=("tso",))
    )
    everything = {
        "platforms": ["east", "west", "late"],
        "grid_operators": ["north"],
        "system_operators": ["tso"],
    }
    assert heard(world) == {
        "late": [("amended", 2, {"platforms": ["late"]})],
        "south": [("left", 2, {})],
        "tso": [("amended", 2, everything)],
        "tso2": [("left", 2, {})],
    }


def test_a_cancellation_is_reported_once(world: World) -> None:
    world.gates.create(gate())
    world.gates.cancel("g1")
    world.gates.cancel("g1")
    assert heard(world) == to_all(("cancelled", 2, {}))
    assert heard(world) == to_all(("cancelled", 2, {}))


def test_no_notice_goes_over_a_network_of_market_documents_only(world: World) -> None:
    gates = Gates(world.stores, TENANTS, world.clock, deaf=["west", "north"])
    gates.create(gate())
    gates.cancel("g1")
    assert set(heard(world)) == {"east", "south", "tso", "tso2"}


def test_notices_precede_the_result_also_when_they_were_not_sent_yet(ready: World) -> None:
    ready.gates.amend(gate(budget=timedelta(seconds=10)))
    ready.gates.amend(gate(budget=timedelta(seconds=11)))
    ready.close_and_run()
    reported = messages(ready, "east")
    assert [kind for kind, _ in reported] == ["GateNotice", "GateNotice", "MeritOrderList"]
    assert [one["version"] for _, one in reported if one] == [2, 3]
    assert len(heard(ready)["east"]) == 2
    assert messages(ready, "east") == reported


def test_who_cannot_be_notified_now_is_notified_later_and_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends when a notice is in the outbox, and before that is noted."""
    world.gates.create(gate())
    world.gates.amend(gate(budget=timedelta(seconds=10)))

    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gate_notices, "remove", ends)
        with pytest.raises(KeyboardInterrupt):
            heard(world)
    assert heard(world) == to_all(("amended", 2, {"budget": "PT10S"}))
    with world.stores.shared.reading() as shared:
        assert gate_notices.pending(shared) == []


def test_of_changes_of_one_version_one_wins(world: World) -> None:
    world.gates.create(gate())
    outcomes: list[int] = []
    together = threading.Barrier(8)

    def amend(number: int) -> None:
        together.wait()
        for version in range(1, 6):
            changed = gate(publish_by=CLOSES + timedelta(minutes=20, seconds=8 * version + number))
            with suppress(StaleGateError):
                outcomes.append(world.gates.amend(changed, expected_versions=[version]).version)
            together.wait()

    threads = [threading.Thread(target=amend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [2, 3, 4, 5, 6]
    assert [version for _, version, _ in heard(world)["east"]] == [2, 3, 4, 5, 6]


def test_versions_rise_with_terms_and_state_and_guard_both(world: World) -> None:
    world.gates.create(gate())
    world.gates.close("g1", TENANTS["east"])
    with pytest.raises(StaleGateError, match="it is open, in version 1"):
        world.gates.cancel("g1", expected_versions=[2])
    assert world.gates.close("g1", OPERATOR, expected_versions=[1]).version == 2
    again = world.gates.close("g1", OPERATOR, expected_versions=[1])
    assert again.version == 2, "what is closed is not closed again"
    world.bid_check.run("g1")
    published = world.gates.find("g1", OPERATOR)
    assert (published.state, published.version) == (GateState.PUBLISHED, 4)
    with pytest.raises(StaleGateError, match="published, in version 4"):
        world.gates.run_again("g1", expected_versions=[3])
    world.gates.run_again("g1", expected_versions=[4])
    assert world.gates.find("g1", OPERATOR).version == 5
