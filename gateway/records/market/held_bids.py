"""Bids that are held for a gate, page by page."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.ports import UnitOfWork
from gateway.records.engine.prepared import PreparedSelect
from gateway.records.market.bids import CollectedBid, bid_of, bids

_PAGE = PreparedSelect(
    select(bids)
    .where(bids.c.gate_id == bindparam("gate_id"), bids.c.bid_id > bindparam("after"))
    .order_by(bids.c.bid_id)
    .limit(bindparam("most"))
)


def page(uow: UnitOfWork, gate_id: str, after: str, most: int) -> Sequence[CollectedBid]:
    """Up to `most` bids of a gate whose ids follow `after`, by id; cancelled ones, with 0 MW, too."""
    return [bid_of(row) for row in _PAGE.rows(uow, gate_id=gate_id, after=after, most=most)]
