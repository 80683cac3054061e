"""Tenants: one organisation, its store, and its versions. Values, never branches on a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gateway.domain.bounds import DEFAULT_BOUNDS, NumberBounds
from gateway.domain.document import DocumentKind
from gateway.domain.party import CodedId


class TenantRole(StrEnum):
    """What an organisation is to the gateway, and so what it may do."""

    PLATFORM = "platform"
    DSO = "dso"
    TSO = "tso"
    PROVIDER = "provider"
    METER_OPERATOR = "meter-operator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organisation.

    Attributes:
        tenant_id: short name, letters, digits and `-`; names its tenant store.
        parties: codes under which it sends documents; a document of any other sender is refused.
        party_role: the ENTSO-E role it is addressed in, e.g. A46.
        codes: name of the code set its documents are checked against; None for the default.
        tolerances: names of known departures from a schema that are forgiven in its documents.
        versions: version in which it receives each kind of document.
        accepts_parts: whether good time series are taken when others of the same document are refused.
        acknowledge_within: how soon after it has a document of ours it acknowledges it; later raises an
            alarm. None: no alarm.
        bounds: how large numbers in its documents may be.
        webhook_hosts: hosts that may receive its results; pushes to any other are refused.
        passes_unchecked: whether, as a grid operator, it agreed that bids which its grids cannot limit (no
            usable model, a link or price that cannot be decided) are passed on as offered and marked as
            unchecked; otherwise they are withheld.
        merit_order_lists: whether it is sent these as documents, for they can be large; None: a platform is.
            Only platforms, and TSOs of complete gates, can be.
    """

    tenant_id: str
    role: TenantRole
    name: str
    parties: tuple[CodedId, ...] = ()
    party_role: str | None = None
    codes: str | None = None
    tolerances: tuple[str, ...] = ()
    versions: Mapping[DocumentKind, str] = field(default_factory=dict)
    accepts_parts: bool = True
    webhook_hosts: tuple[str, ...] = ()
    acknowledge_within: timedelta | None = None
    bounds: NumberBounds = DEFAULT_BOUNDS
    passes_unchecked: bool = False
    merit_order_lists: bool | None = None

    @property
    def takes_lists(self) -> bool:
        """Whether merit order lists are sent to it as documents."""
        if self.merit_order_lists is None:
            return self.role is TenantRole.PLATFORM
        return self.merit_order_lists
