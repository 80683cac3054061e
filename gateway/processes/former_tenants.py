"""Organisations that are configured no longer: open gates that name them, and what still waits for them."""

from collections.abc import Mapping

import structlog

from gateway.ports import StoreUnavailableError
from gateway.records.engine.store import OtherVersionError, Room, Store
from gateway.records.market import gates
from gateway.records.messages import backlogs

log = structlog.get_logger(__name__)


def left_in_gates(store: Store) -> Mapping[str, list[str]]:
    """Ids of the open gates that name each participant that is no tenant any more."""
    found: dict[str, list[str]] = {}
    with store.house.reading() as house:
        open_gates = gates.open_ones(house)
    for status in open_gates:
        gate = status.gate
        named = dict.fromkeys((*gate.platforms, *gate.system_operators, *gate.grid_operators))
        present = set(store.present(named))
        for name in named:
            if name not in present:
                found.setdefault(name, []).append(gate.gate_id)
    return found


def warn_of_former_tenants(store: Store) -> None:
    """Say of each organisation that is configured no longer what names it still, and how many messages lie
    there that it has not got."""
    named = left_in_gates(store)
    rooms = {room.name: room for room in store.former()}
    for name in sorted(named.keys() | rooms.keys()):
        waiting = 0 if name not in rooms else _waiting(rooms[name])
        log.warning(
            "tenant is configured no longer", tenant=name, open_gates=named.get(name, []), waiting=waiting
        )


def _waiting(room: Room) -> int | None:
    """None where its database cannot be read: that keeps nobody else from starting."""
    try:
        with room.reading() as connection:
            return backlogs.backlog(connection).waiting
    except (StoreUnavailableError, OtherVersionError):
        return None
