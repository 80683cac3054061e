"""Checks that the parties of a document have roles of reserve markets, and that their sender may send for
them.

The roles that a market requires vary (A46, A39 or A45 send bids in one country alone), so any role that may
offer reserves or collect them is accepted. Bids of a weather analyser are an error, and refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.bid import BidTerm
from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.party import EIC_SCHEME, CodedId, Role, fault_of_form
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.role import TenantRole
from gateway.domain.schedule import PlannedSeries, ResourceSchedule, UnavailableSeries
from gateway.domain.tenant import Tenant

COLLECTING: Final = frozenset({"A04", "A11", "A14", "A18", "A34", "A35", "A36", "A48", "A49", "A50", "A51"})
"""Operators of systems, markets, areas, grids and capacity mechanisms, allocators, and keepers of lists."""

OFFERING: Final = COLLECTING | {
    *("A01", "A02", "A06", "A08", "A12", "A13", "A20", "A21", "A27", "A28", "A29", "A39"),
    *("A45", "A46", "A47", "A52", "A56"),
}
"""Those who offer reserves or send what others offer: providers, producers, consumers, suppliers, traders,
balance responsible parties, aggregators, data providers; and operators, for others or themselves."""

_ROLES: Final = {
    Part.SENDER: Part.SENDER_ROLE,
    Part.RECEIVER: Part.RECEIVER_ROLE,
    Part.SUBJECT: Part.SUBJECT_ROLE,
}


def party_findings(
    document: CanonicalDocument | None, tenant: Tenant, platforms: frozenset[CodedId], gateway: Role
) -> Iterator[Finding]:
    """Findings on the parties of bids, schedules and activations that are for the gateway.

    An unknown subject or provider is a party whose offers the tenant sends, as platforms do; another platform
    must send its own.
    """
    if not isinstance(document, ReserveBids | ResourceSchedule | Activation):
        return
    if document.header.sender.party not in tenant.parties:
        return  # it is refused for that, whatever else is wrong
    header, subject = document.header, document.subject
    # An activation may come as it went to a provider, who then is its receiver.
    receivers = OFFERING if isinstance(document, Activation) else COLLECTING
    for role, accepted, own, code, part in (
        (header.sender.role, OFFERING, tenant.party_role, ReasonCode.SENDER_INVALID, Part.SENDER),
        (header.receiver.role, receivers, gateway.role, ReasonCode.RECEIVER_INCORRECT, Part.RECEIVER),
        (None if subject is None else subject.role, OFFERING, None, ReasonCode.SENDER_INVALID, Part.SUBJECT),
    ):
        if role not in (None, own) and role not in accepted:
            message = f"role {role} of the {part} has no part in this kind of document"
            yield Finding(Stage.PROCESS, code, message, place=Place(_ROLES[part]))
    if subject is not None and (fault := _fault_of(subject.party, tenant, platforms)):
        yield Finding(Stage.PROCESS, *fault, place=Place(Part.SUBJECT))
    if isinstance(document, ReserveBids):
        yield from _foreign_providers(document, tenant, platforms)
        return
    series: Sequence[ActivatedSeries | PlannedSeries | UnavailableSeries] = (
        document.series if isinstance(document, Activation) else (*document.planned, *document.unavailable)
    )
    for one in series:
        if fault := _fault_of_provider(one.provider, tenant, platforms, subject):
            yield Finding(Stage.PROCESS, *fault, series=one.mrid, place=Place(BidTerm.PROVIDER))


def platforms_of(tenants: Mapping[str, Tenant]) -> frozenset[CodedId]:
    """The codes of all platforms."""
    known = (one for one in tenants.values() if one.is_a(TenantRole.PLATFORM))
    return frozenset(party for one in known for party in one.parties)


def other_scheme(party: CodedId, registered: Iterable[CodedId]) -> str | None:
    """Message that a code is registered under another coding scheme than the stated one; None: it is not."""
    for known in sorted(registered):
        if known.code == party.code and known.scheme != party.scheme:
            coded = f"{party} (coding scheme {party.scheme})"
            return f"{coded} is registered under coding scheme {known.scheme}"
    return None


def _fault_of(party: CodedId, tenant: Tenant, platforms: frozenset[CodedId]) -> tuple[ReasonCode, str] | None:
    """Why the tenant may not send for a party; None: it may."""
    if party in tenant.parties:
        return None
    if message := other_scheme(party, (*tenant.parties, *platforms)):
        return ReasonCode.SENDER_INVALID, message
    if party in platforms:
        message = f"{party} sends its own documents; no other sender may send for it"
        return ReasonCode.SENDER_WITHOUT_CONTRACT, message
    return None


def _fault_of_provider(
    provider: CodedId, tenant: Tenant, platforms: frozenset[CodedId], subject: Role | None
) -> tuple[ReasonCode, str] | None:
    """Why the tenant may not send offers of a provider; None: it may.

    Most are known to their market alone, so at least the code must be one of its coding scheme.
    """
    fault = _fault_of(provider, tenant, platforms) or _unlike(provider, subject)
    if fault is not None or provider in tenant.parties or not provider.code.strip():
        return fault  # `blank_findings` reports a blank
    message = fault_of_form(provider)
    return None if message is None else (ReasonCode.SENDER_INVALID, f"provider {message}")


def _unlike(provider: CodedId, subject: Role | None) -> tuple[ReasonCode, str] | None:
    """That a provider is the subject but for the scheme of its code: one of them is a slip."""
    if subject is None or provider.code != subject.party.code or provider.scheme == subject.party.scheme:
        return None
    message = f"provider {provider.named}, subject under coding scheme {subject.party.scheme}"
    return ReasonCode.SENDER_INVALID, message


def _foreign_providers(
    document: ReserveBids, tenant: Tenant, platforms: frozenset[CodedId]
) -> Iterator[Finding]:
    bids = document.bids
    codes = bids.terms.get(BidTerm.PROVIDER, ())
    schemes = bids.terms.get(BidTerm.PROVIDER_SCHEME, (None,) * len(codes))
    coded = {
        (code, scheme): CodedId(code, scheme or EIC_SCHEME)
        for code, scheme in set(zip(codes, schemes, strict=True))
        if code is not None
    }
    wrong = {
        pair: fault
        for pair, party in coded.items()
        if (fault := _fault_of_provider(party, tenant, platforms, document.subject))
    }
    for bid, pair in enumerate(zip(codes, schemes, strict=True)) if wrong else ():
        if pair in wrong:
            series, place = bids.bid_id[bid], Place(BidTerm.PROVIDER)
            yield Finding(Stage.PROCESS, *wrong[pair], series=series, place=place)
