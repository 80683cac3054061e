"""Publication to many platforms by few transactions of the shared store: each waits for the disk once."""

from collections.abc import Callable, Iterable, Sequence

from gateway.domain.gate import Gate
from gateway.ports import StoreUnavailableError
from gateway.records.engine.stores import Stores

AT_ONCE = 100
"""Platforms published to by one transaction."""

LARGEST_BYTES = 2**16
"""A larger publication goes into its platform's own store at once: it would be written twice, and waiting for
the disk is little of what that takes."""


def publish_together(
    stores: Stores,
    run_id: str,
    names: Iterable[str],
    inserts_for: Callable[[str], bytes | None],
    publish_alone: Callable[[Sequence[str]], Sequence[str]],
) -> Sequence[str]:
    """Publish a run to platforms; return those to whom it cannot be published now.

    Args:
        names: are read one by one; another process may take some of them meanwhile.
        inserts_for: what is to be inserted into a platform's store (see `Stores.publish_all`); None: that is
            more than inserts.
        publish_alone: publishes to the others, by a transaction of each one's own store.
    """
    others: list[str] = []
    left: list[str] = []
    together: dict[str, bytes] = {}

    def publish() -> None:
        try:
            stores.publish_all(run_id, together)
        except StoreUnavailableError:  # the store logs why
            left.extend(together)
        together.clear()

    for name in names:
        inserts = inserts_for(name)
        if inserts is None or len(inserts) > LARGEST_BYTES:
            others.append(name)
        else:
            together[name] = inserts
        if len(together) == AT_ONCE:
            publish()
    if together:
        publish()
    return [*left, *(publish_alone(others) if others else ())]


def name_receivers(stores: Stores, gate: Gate) -> None:
    """Notify listeners of each platform's store into which a result is to be moved, once the gate is
    published: so moving does not delay that."""
    for name in stores.present(gate.platforms):
        if stores.of(name).is_behind:
            stores.wrote(name)
