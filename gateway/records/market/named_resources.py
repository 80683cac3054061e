"""What bids say of the resources that they name: how each is named, and who provides it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.domain.bid import BidTerm
from gateway.domain.party import EIC_SCHEME, CodedId
from gateway.records.market.bids import bids


@dataclass(frozen=True, slots=True)
class NamedResource:
    """How bids name one resource, and who provides it as far as they say."""

    names: frozenset[CodedId]
    providers: frozenset[CodedId]


def named_resources(connection: Connection, gate_ids: Collection[str]) -> Mapping[str, NamedResource]:
    """The resources that bids of these gates name, by their codes."""
    resource, scheme, provider, provider_scheme = (
        bids.c.terms[term].as_string()
        for term in (
            BidTerm.RESOURCE,
            BidTerm.RESOURCE_SCHEME,
            BidTerm.PROVIDER,
            BidTerm.PROVIDER_SCHEME,
        )
    )
    statement = (
        select(resource, scheme, provider, provider_scheme)
        .where(bids.c.gate_id.in_([*gate_ids]), resource.is_not(None))
        .distinct()
    )
    found: dict[str, tuple[set[CodedId], set[CodedId]]] = {}
    for row in connection.execute(statement):
        code, of_scheme, by, by_scheme = (None if text is None else str(text) for text in row)
        names, providers = found.setdefault(code or "", (set(), set()))
        names.add(CodedId(code or "", of_scheme or EIC_SCHEME))
        if by is not None:
            providers.add(CodedId(by, by_scheme or EIC_SCHEME))
    return {
        code: NamedResource(frozenset(names), frozenset(providers))
        for code, (names, providers) in found.items()
    }
