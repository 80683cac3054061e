"""Bids as they are kept."""

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import select, type_coerce
from sqlalchemy.types import NullType

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import DocumentRef
from gateway.records.engine.stores import Stores
from gateway.records.market import bids
from gateway.records.market.bids import CollectedBid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def collected(bid_id: str, mw: float = 5.0, *, mrid: str = "doc", revision: int = 1) -> CollectedBid:
    return CollectedBid(
        gate_id="g1",
        bid_id=bid_id,
        document_id="envelope",
        document=DocumentRef(mrid, revision),
        document_created_at=NOON,
        delivery_end=NOON,
        sender="sender",
        direction=Direction.DOWN,
        divisible=False,
        start_s=np.array([0, 900]),
        end_s=np.array([900, 1800]),
        quantity_mw=np.array([mw, 0.1]),
        minimum_mw=np.array([np.nan, 0.0]),
        energy_price=np.array([-20.5, np.nan]),
        unit_shares={"u1": 0.3, "u2": 0.7},
        terms={BidTerm.AUCTION: "auction", BidTerm.PRIORITY: "1"},
        links=(("earlier", "A55"), ("group", None)),
    )


def test_a_bid_comes_back_without_what_is_not_kept(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        bids.put(uow, [collected("a")])
        (back,) = bids.of_gate(uow, "g1")
    sent = collected("a")
    for name in ("start_s", "end_s", "quantity_mw", "minimum_mw", "energy_price"):
        np.testing.assert_array_equal(getattr(back, name), getattr(sent, name))
    for name in ("document", "delivery_end", "sender", "direction", "divisible", "unit_shares", "links"):
        assert getattr(back, name) == getattr(sent, name)
    assert back.terms == {BidTerm.AUCTION: "auction"}


def test_thousands_of_bids_are_replaced_in_one_go(stores: Stores) -> None:
    names = [f"b{number:04}" for number in range(1200)]
    with stores.of("north").writing() as uow:
        bids.put(uow, [collected(name, 1.0) for name in names])
        earlier = bids.origins(uow, ["g1"], names)
        bids.put(uow, [collected(name, 2.0) for name in names[:1100]], earlier)
        found = bids.of_gate(uow, "g1")
        origins = bids.origins(uow, ["g1", "other"], names)
    assert [one.bid_id for one in found] == names
    assert sum(one.quantity_mw[0] for one in found) == 1100 * 2 + 100
    assert len(origins) == 1200


def test_only_older_revisions_of_the_same_document_are_withdrawn(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        bids.put(uow, [collected("old"), collected("new", revision=3), collected("other", mrid="doc-2")])
        bids.withdraw_document(uow, ["g2"], "sender", "doc", 3)
        bids.withdraw_document(uow, ["g1"], "somebody", "doc", 3)
        assert len(bids.of_gate(uow, "g1")) == 3
        bids.withdraw_document(uow, ["g1"], "sender", "doc", 3)
        assert [one.bid_id for one in bids.of_gate(uow, "g1")] == ["new", "other"]


def test_rows_are_written_as_the_table_itself_would_write_them(stores: Stores) -> None:
    sent = [collected("a"), collected("b", 7.5, mrid="doc-2", revision=4)]
    with stores.of("north").writing() as uow:
        bids.put(uow, sent)
        columns = (type_coerce(column, NullType()) for column in bids.bids.c)  # as the driver returns them
        as_stored = select(*columns).order_by(bids.bids.c.bid_id)
        kept = uow.execute(as_stored).all()
        whole = uow.execute(bids.bids.select().order_by(bids.bids.c.bid_id)).mappings().all()
        uow.execute(bids.bids.delete())
        uow.execute(bids.bids.insert(), [dict(row) for row in whole])
        assert uow.execute(as_stored).all() == kept
