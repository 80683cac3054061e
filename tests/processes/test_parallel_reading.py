"""Stores of a gate read by two processes: the same bids as by one."""

import pickle
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from gateway.domain.gate import Gate
from gateway.ports import StoreUnavailableError
from gateway.processes.bid_check.helper_process import HelperGoneError
from gateway.processes.bid_check.problem import parallel_reading
from gateway.processes.bid_check.problem.collected_bids import (
    CollectedBids,
    OfPlatform,
    read_offers,
    read_stores,
)
from gateway.processes.bid_check.problem.parallel_reading import read_in_parallel
from gateway.records.market import gates
from tests.processes.world import World, bid, document


def what(collected: CollectedBids) -> tuple[Any, ...]:
    return (
        [(collected.name(number), one.document, one.terms) for number, one in enumerate(collected.bids)],
        collected.quantity_mw.tolist(),
        collected.cost.tolist(),
        [pickle.dumps(shares) for shares in collected.shares],
        collected.without_bids,
    )


def gate_of(world: World) -> Gate:
    with world.stores.shared.reading() as shared:
        found = gates.find(shared, "g1")
    assert found is not None
    return found.gate


@pytest.mark.parametrize("dies", [False, True])
def test_another_process_reads_the_same(ready: World, monkeypatch: pytest.MonkeyPatch, *, dies: bool) -> None:
    monkeypatch.setattr(parallel_reading, "MANY_PLATFORMS", 2)
    ready.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    ready.submit("west", document("west", [bid("dear", "s1", 10, 50), bid("dearest", "free", 10, 90)]))
    gate = gate_of(ready)
    here = partial(read_stores, ready.stores)
    asked: list[str] = []

    def helper(gate: Gate, platforms: Sequence[str]) -> Mapping[str, OfPlatform]:
        asked.extend(platforms)
        if dies:
            raise HelperGoneError
        read: Mapping[str, OfPlatform] = pickle.loads(pickle.dumps(here(gate, platforms)))  # noqa: S301
        return read

    by_both = read_offers(ready.stores, gate, partial(read_in_parallel, here, helper))
    assert asked == ["west"]
    assert len(by_both) == 3
    assert what(by_both) == what(read_offers(ready.stores, gate))


def test_a_store_that_cannot_be_read_there_is_no_empty_one(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_reading, "MANY_PLATFORMS", 2)
    gate = gate_of(ready)

    def helper(*_: object) -> Mapping[str, OfPlatform]:
        raise StoreUnavailableError("no space")

    with pytest.raises(StoreUnavailableError, match="no space"):
        read_offers(ready.stores, gate, partial(read_in_parallel, partial(read_stores, ready.stores), helper))
