"""Organisations that are configured no longer: open gates that name them, and what still waits for them."""

from collections.abc import Mapping

import structlog

from gateway.ports import StoreUnavailableError
from gateway.records.engine.store import OtherVersionError, Store
from gateway.records.engine.stores import Stores
from gateway.records.market import gates
from gateway.records.messages import backlogs

log = structlog.get_logger(__name__)


def left_in_gates(stores: Stores) -> Mapping[str, list[str]]:
    """Ids of the open gates that name each participant that is no tenant any more."""
    found: dict[str, list[str]] = {}
    with stores.shared.reading() as shared:
        open_gates = gates.open_ones(shared)
    for status in open_gates:
        gate = status.gate
        named = dict.fromkeys((*gate.platforms, *gate.system_operators, *gate.grid_operators))
        present = set(stores.present(named))
        for name in named:
            if name not in present:
                found.setdefault(name, []).append(gate.gate_id)
    return found


def warn_of_former_tenants(stores: Stores) -> None:
    """Log each organisation that is configured no longer, with open gates that name it and the number of its
    messages that were not delivered."""
    named = left_in_gates(stores)
    former_stores = {store.name: store for store in stores.former()}
    for name in sorted(named.keys() | former_stores.keys()):
        waiting = 0 if name not in former_stores else _waiting(former_stores[name])
        log.warning(
            "tenant is configured no longer", tenant=name, open_gates=named.get(name, []), waiting=waiting
        )


def _waiting(store: Store) -> int | None:
    """None where its database cannot be read: other tenants start all the same."""
    try:
        with store.reading() as uow:
            return backlogs.backlog(uow).waiting
    except (StoreUnavailableError, OtherVersionError):
        return None
