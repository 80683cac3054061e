"""Stored bids: what the bid check and its answers need, and no more.

A row is one bid of one gate. Points stay as they came; numbers lie in arrays, one field per column.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
)

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import DocumentRef
from gateway.ports import UnitOfWork
from gateway.records.engine.arrays import FLOATS, SECONDS, Array
from gateway.records.engine.column_types import Moment, json_text, only
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import MOST_LISTED, PreparedInsert, PreparedListSelect, PreparedSelect
from gateway.records.engine.store import tenant_tables
from gateway.records.engine.unit_of_work import sql

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]

bids = Table(
    "bids",
    tenant_tables,
    Column("gate_id", String, primary_key=True),
    Column("bid_id", String, primary_key=True),
    Column("document_id", String(32), nullable=False),
    Column("document_mrid", String, nullable=False, index=True),
    Column("document_revision", Integer, nullable=False),
    Column("document_created_at", Moment, nullable=False),
    Column("delivery_end", Moment, nullable=False),
    Column("sender", String, nullable=False),
    Column("direction", Integer, nullable=False),
    Column("divisible", Boolean, nullable=False),
    Column("start_s", SECONDS, nullable=False),
    Column("end_s", SECONDS, nullable=False),
    Column("quantity_mw", FLOATS, nullable=False),
    Column("minimum_mw", FLOATS, nullable=False),
    Column("energy_price", FLOATS, nullable=False),
    Column("capacity_price", FLOATS),
    Column("terms", JSON, nullable=False),
    Column("links", JSON, nullable=False),
    Column("unit_shares", JSON, nullable=False),
    Column("shares_stated", Boolean, nullable=False),
    Column("link_group", String),
    Column("technical_link", String),
)
Index("bids_by_group", bids.c.gate_id, bids.c.link_group, **only(bids.c.link_group.is_not(None)))
Index("bids_by_chain", bids.c.technical_link, **only(bids.c.technical_link.is_not(None)))

POLICY = field_policies(
    bids,
    days_after("delivery_end", "bids"),
    gate_id="the gate it was made for",
    bid_id="names the bid in every answer",
    document_id="the document that brought it",
    document_mrid="answers refer to it; a newer revision replaces its bids",
    document_revision="answers refer to it; a newer revision replaces its bids",
    document_created_at="the newer of two documents with the same bid counts",
    delivery_end="of its gate; start of the retention period: no bid goes before it was decided",
    sender="only the sender of a bid may replace it",
    direction="enters the optimisation",
    divisible="enters the optimisation",
    start_s="market time units it is for",
    end_s="market time units it is for",
    quantity_mw="enters the optimisation",
    minimum_mw="enters the optimisation",
    energy_price="enters the optimisation",
    capacity_price="merit orders repeat it",
    terms="links, product and contract enter the optimisation; codes the answer documents must repeat",
    links="conditional links enter the optimisation",
    unit_shares="technical units behind the bid: where it acts in the grids",
    shares_stated="whether the shares were stated, or equal ones are used, which a note of the run states",
    link_group="finds the other bids of its group, whichever documents they came in",
    technical_link="finds the other bids of its chain, whichever documents and gates they came in",
)

_ARRAYS = tuple(
    (column.name, np.dtype(column.type.number)) for column in bids.c if isinstance(column.type, Array)
)
_ALIKE = ("gate_id", "document_id", "document_mrid", "sender")
"""Texts that, like terms, many bids have in common: in a large market each is held once."""
_TEXTS = ("terms", "links", "unit_shares")
_ROWS = PreparedInsert(bids, bound=[*_TEXTS, *(name for name, _ in _ARRAYS)])
_IN_GATES = bids.c.gate_id.in_(bindparam("gate_ids", expanding=True))
_NAMED = bids.c.bid_id.in_(bindparam("bid_ids", expanding=True))
_OF_GATE = bids.c.gate_id == bindparam("gate_id")
_ORIGIN = (
    bids.c.gate_id,
    bids.c.bid_id,
    bids.c.sender,
    bids.c.document_mrid,
    bids.c.document_revision,
    bids.c.document_created_at,
    bids.c.link_group,
)
_OLDER = (
    bids.c.sender == bindparam("from_sender"),
    bids.c.document_mrid == bindparam("mrid"),
    bids.c.document_revision < bindparam("before_revision"),
)
_ORIGINS = PreparedListSelect(lambda bid_ids: select(*_ORIGIN).where(_OF_GATE, bids.c.bid_id.in_(bid_ids)))
_OLDER_ORIGINS = PreparedSelect(select(*_ORIGIN).where(_OF_GATE, *_OLDER))
_ALL_OF_GATE = PreparedSelect(select(bids).where(_OF_GATE).order_by(bids.c.bid_id))
_GROUPED = PreparedListSelect(lambda names: select(bids).where(_OF_GATE, bids.c.link_group.in_(names)))
_CHAINED = PreparedListSelect(lambda names: select(bids).where(bids.c.technical_link.in_(names)))
_DELETE_NAMED = delete(bids).where(_IN_GATES, _NAMED)
_DELETE_OLDER = delete(bids).where(_IN_GATES, *_OLDER)

STORED_TERMS = (
    BidTerm.EXCLUSIVE_GROUP,
    BidTerm.MULTIPART_GROUP,
    BidTerm.INCLUSIVE_GROUP,
    BidTerm.TECHNICAL_LINK,
    BidTerm.BLOCK,
    BidTerm.PRODUCT,
    BidTerm.AGREEMENT_TYPE,
    BidTerm.AGREEMENT,
    BidTerm.BUSINESS_TYPE,
    BidTerm.AUCTION,
    BidTerm.ACQUIRING_AREA,
    BidTerm.ACQUIRING_AREA_SCHEME,
    BidTerm.CONNECTING_AREA,
    BidTerm.CONNECTING_AREA_SCHEME,
    BidTerm.RESOURCE,
    BidTerm.RESOURCE_SCHEME,
    BidTerm.PROVIDER,
    BidTerm.PROVIDER_SCHEME,
    BidTerm.CURRENCY,
    BidTerm.QUANTITY_UNIT,
    BidTerm.ENERGY_PRICE_UNIT,
    BidTerm.CAPACITY_PRICE_UNIT,
    BidTerm.STATUS,
)
"""Terms that are stored of a bid: links, product and contract, and what the answer documents repeat."""

_STORED = frozenset(STORED_TERMS)

GROUPS = (BidTerm.EXCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP, BidTerm.INCLUSIVE_GROUP)
"""Terms that name a group; a bid is in one of them at most."""


@dataclass(slots=True, eq=False)
class CollectedBid:
    """One bid of one gate. Not frozen: bids are many, and creating a frozen one needs 10 µs instead of 1 µs.

    Attributes:
        document_id: the envelope that brought it; `document` names it as its sender does.
        sender: code of the party that sent it.
        start_s, end_s, quantity_mw, minimum_mw, energy_price: one number per point, as in `domain.bids.Bids`.
        capacity_price: the same; None where no point has one.
        unit_shares: part of the bid each technical unit delivers; they sum to 1.
        shares_stated: False where no document states them, and they are equal by default.
        links: conditional links, each the bid or inclusive group it looks at and its status code.
    """

    gate_id: str
    bid_id: str
    document_id: str
    document: DocumentRef
    document_created_at: datetime
    delivery_end: datetime
    sender: str
    direction: Direction
    divisible: bool
    start_s: Seconds
    end_s: Seconds
    quantity_mw: Floats
    minimum_mw: Floats
    energy_price: Floats
    unit_shares: Mapping[str, float]
    terms: Mapping[BidTerm, str] = field(default_factory=dict)
    links: tuple[tuple[str, str | None], ...] = ()
    shares_stated: bool = True
    capacity_price: Floats | None = None

    @property
    def group(self) -> str | None:
        """Name of its exclusive, multipart or inclusive group."""
        values = self.terms.get
        return values(GROUPS[0]) or values(GROUPS[1]) or values(GROUPS[2]) or None


@dataclass(frozen=True, slots=True)
class BidOrigin:
    """Origin and group of a stored bid: enough to decide whether another may replace it."""

    gate_id: str
    bid_id: str
    sender: str
    document: DocumentRef
    document_created_at: datetime
    group: str | None


_COLUMNS = tuple(column.name for column in bids.c)
_STORED_NAMES = tuple(
    one.name
    for one in fields(CollectedBid)
    if one.name in _COLUMNS and one.name not in {"direction", "terms", "links"}
)


def put(uow: UnitOfWork, collected: Sequence[CollectedBid], earlier: Sequence[BidOrigin] = ()) -> None:
    """Store bids, each in place of the one of the same id in the same gate, if `earlier` names it."""
    names = {(bid.gate_id, bid.bid_id) for bid in collected} if earlier else ()
    replaced: dict[str, list[str]] = {}
    for origin in earlier:
        if (origin.gate_id, origin.bid_id) in names:
            replaced.setdefault(origin.gate_id, []).append(origin.bid_id)
    for gate_id, bid_ids in replaced.items():
        for first in range(0, len(bid_ids), MOST_LISTED):
            some = {"gate_ids": [gate_id], "bid_ids": bid_ids[first : first + MOST_LISTED]}
            sql(uow).execute(_DELETE_NAMED, some)
    for first in range(0, len(collected), MOST_LISTED):
        _ROWS.put(uow, [_row(bid) for bid in collected[first : first + MOST_LISTED]])


def origins(uow: UnitOfWork, gate_ids: Iterable[str], bid_ids: Sequence[str]) -> Sequence[BidOrigin]:
    """Origins of those bids that are known in one of the gates."""
    return [_origin(row) for gate_id in gate_ids for row in _ORIGINS.rows(uow, bid_ids, gate_id=gate_id)]


def older_origins(
    uow: UnitOfWork, gate_ids: Iterable[str], sender: str, mrid: str, before_revision: int
) -> Sequence[BidOrigin]:
    """Origins of the bids that `withdraw_document` would delete."""
    names = {"from_sender": sender, "mrid": mrid, "before_revision": before_revision}
    return [_origin(row) for gate in gate_ids for row in _OLDER_ORIGINS.rows(uow, gate_id=gate, **names)]


def withdraw_document(
    uow: UnitOfWork, gate_ids: Iterable[str], sender: str, mrid: str, before_revision: int
) -> None:
    """Delete the bids of older revisions of a document in these gates."""
    names = {"from_sender": sender, "mrid": mrid, "before_revision": before_revision}
    sql(uow).execute(_DELETE_OLDER, {"gate_ids": tuple(gate_ids)} | names)


def of_gate(uow: UnitOfWork, gate_id: str) -> Sequence[CollectedBid]:
    """All bids of one gate in this store, by id."""
    return [bid_of(row) for row in _ALL_OF_GATE.rows(uow, gate_id=gate_id)]


def count_of_gate(uow: UnitOfWork, gate_id: str) -> int:
    """How many bids of one gate this store has."""
    return sql(uow).scalar(select(func.count()).where(bids.c.gate_id == gate_id)) or 0


def zones(uow: UnitOfWork, gate_id: str) -> set[str]:
    """Bidding zones in which this store has bids of a gate; empty text: none stated."""
    zone: ColumnElement[str | None] = bids.c.terms[BidTerm.CONNECTING_AREA].as_string()
    return {each or "" for each in sql(uow).scalars(select(zone).where(bids.c.gate_id == gate_id).distinct())}


def linked(
    uow: UnitOfWork, groups: Mapping[str, Collection[str]], chains: Collection[str]
) -> Sequence[CollectedBid]:
    """Bids in the groups named of each gate, and bids of whatever gate in these technical chains."""
    rows = _CHAINED.rows(uow, tuple(chains))
    for gate_id, names in groups.items():
        rows += _GROUPED.rows(uow, tuple(names), gate_id=gate_id)
    return list({(bid.gate_id, bid.bid_id): bid for bid in (bid_of(row) for row in rows)}.values())


def named(
    uow: UnitOfWork,
    gate_ids: Iterable[str],
    bid_ids: Iterable[str],
    *,
    groups: Iterable[str] = (),
    chains: Iterable[str] = (),
) -> Sequence[CollectedBid]:
    """Bids of these gates that have one of these ids, or are in groups or technical chains of these names."""
    some = (bids.c.bid_id, bid_ids), (bids.c.link_group, groups), (bids.c.technical_link, chains)
    named_so = or_(*(column.in_([*names]) for column, names in some))
    statement = select(bids).where(bids.c.gate_id.in_([*gate_ids]), named_so).order_by(*bids.primary_key)
    return [bid_of(row) for row in sql(uow).execute(statement)]


def _origin(row: Sequence[Any]) -> BidOrigin:
    gate_id, bid_id, sender, mrid, revision, created_at, group = row
    return BidOrigin(gate_id, bid_id, sender, DocumentRef(mrid, revision), created_at, group)


def _row(bid: CollectedBid) -> list[Any]:
    """The stored values of a bid, in the order of the columns."""
    return [
        bid.gate_id,
        bid.bid_id,
        bid.document_id,
        bid.document.mrid,
        bid.document.revision,
        bid.document_created_at,
        bid.delivery_end,
        bid.sender,
        int(bid.direction),
        bid.divisible,
        *[_bytes(getattr(bid, name), number) for name, number in _ARRAYS],
        json_text(
            bid.terms
            if bid.terms.keys() <= _STORED
            else {term: bid.terms[term] for term in bid.terms.keys() & _STORED}
        ),
        json_text(bid.links) if bid.links else "[]",
        json_text(bid.unit_shares),
        bid.shares_stated,
        bid.group,
        bid.terms.get(BidTerm.TECHNICAL_LINK),
    ]


def _bytes(column: NDArray[Any] | None, number: np.dtype[Any]) -> bytes | None:
    return None if column is None else (column if column.dtype == number else column.astype(number)).tobytes()


def bid_of(row: Sequence[Any]) -> CollectedBid:
    """A bid from its columns, in their order."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in _ALIKE:
        values[name] = intern(values[name])
    return CollectedBid(
        document=DocumentRef(values["document_mrid"], values["document_revision"]),
        direction=Direction(values["direction"]),
        terms={BidTerm(term): intern(text) for term, text in values["terms"].items()},
        links=tuple((target, status) for target, status in values["links"]),
        **{name: values[name] for name in _STORED_NAMES},
    )
