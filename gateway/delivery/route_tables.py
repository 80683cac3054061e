"""Routes as the configuration writes them, checked before anything starts.

[routes.bids-to-south]
receiver = "11XSOUTH-------X"
kind = "ReserveBid"
to = "south"
version = "7.2"
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.grant import Grants
from gateway.domain.party import Role
from gateway.domain.route import LossPolicy, Route, Routes, Traits
from gateway.domain.tenant import Tenant
from gateway.formats import Formats
from gateway.security.permissions import receives_documents, sends_documents


class RouteTable(BaseModel):
    """A route (see `gateway.domain.route`); a trait that is left out may be anything."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    to: str
    sender: str | None = None
    receiver: str | None = None
    kind: str | None = None
    process: str | None = None
    version: str | None = None
    loss: Annotated[LossPolicy, Field(strict=False)] = LossPolicy.REFUSE
    market: Annotated[str, Field(min_length=1)] | None = None

    def route(self, name: str) -> Route:
        """The route."""
        return Route(name, **self.model_dump())


def checked_routes(
    tables: Mapping[str, RouteTable],
    tenants: Mapping[str, Tenant],
    gateway: Role,
    formats: Formats,
    grants: Grants,
) -> tuple[Routes, list[str]]:
    """All routes, and every fault of them with its place.

    Args:
        formats: the documents that are known.
        grants: who may send what to whom; a route that none of them allows is never used.
    """
    if not tables:
        return Routes(), []
    routes = Routes(tuple(table.route(name) for name, table in tables.items()))
    known = formats.versions()
    faults = [
        f"routes.{route.name}.{fault}"
        for route in routes.routes
        for fault in (*_party_faults(route, tenants, gateway, grants), *_version_faults(route, known))
    ]
    faults += _circles(routes, tenants)
    faults += [
        f"routes.{other.name}: as specific as routes.{one.name} for the same documents; "
        f"state which of them gets a document with {_words(one.wanted | other.wanted)}"
        for one, other in routes.ambiguities()
    ]
    return routes, faults


def _party_faults(
    route: Route, tenants: Mapping[str, Tenant], gateway: Role, grants: Grants
) -> Iterator[str]:
    owner_of = {party.code: name for name, tenant in tenants.items() for party in tenant.parties}
    to = tenants.get(route.to)
    if to is None:
        yield f"to: there is no tenant {route.to!r}"
    elif not receives_documents(to):
        yield f"to: {route.to} is {' and '.join(to.role_names)} and gets no documents"
    if route.receiver == gateway.party.code:
        yield f"receiver: {route.receiver} is this gateway; what is for it is not forwarded"
    elif route.receiver in owner_of and owner_of[route.receiver] != route.to:
        yield f"receiver: {route.receiver} is a party of {owner_of[route.receiver]}, not of {route.to}"
    if route.sender is None:
        return
    owner = owner_of.get(route.sender)
    if owner is None:
        yield f"sender: {route.sender} is no party of any tenant, so nothing ever comes from it"
    elif owner == route.to:
        yield f"sender: {route.sender} is a party of {route.to}; the route leads back to its sender"
    elif not sends_documents(tenants[owner]):
        roles = " and ".join(tenants[owner].role_names)
        yield f"sender: {owner} is a {roles} and sends no documents"
    elif to is not None and not grants.can_send(tenants[owner], to, route.kind, route.process, route.market):
        yield f"sender: no grant lets {owner} send such documents to {route.to}"


def _circles(routes: Routes, tenants: Mapping[str, Tenant]) -> Iterator[str]:
    """Circles in which tenants would send a document on for ever, for a receiver that is none of them."""
    owner_of = {party.code: name for name, tenant in tenants.items() for party in tenant.parties}
    named = [{getattr(route, trait) for route in routes.routes} for trait in ("receiver", "kind", "process")]
    found: set[frozenset[str]] = set()
    for receiver, kind, process in product(*named):
        if receiver is None or receiver in owner_of:
            continue
        traits = [Traits(sender, receiver, kind or "", process) for sender in owner_of]
        steps = {owner_of[one.sender]: route for one in traits if (route := routes.of(one)) is not None}
        for start in steps:
            circle: dict[str, Route] = {}
            here = start
            while here in steps and here not in circle and steps[here].to != here:
                circle[here] = steps[here]
                here = steps[here].to
            names = frozenset(route.name for route in circle.values())
            if circle and here == start and names not in found:
                found.add(names)
                first, *others = (f"routes.{name}" for name in sorted(names))
                way = ", ".join((*circle, start))
                yield f"{first}: a circle with {' and '.join(others)}: what is for {receiver} goes {way}"


def _version_faults(route: Route, known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if route.kind is not None and route.kind not in known:
        yield f"kind: no document {route.kind!r}; there are {', '.join(sorted(known))}"
    elif route.version is not None and route.kind is None:
        yield "version: of which kind? Versions are named for one kind of document"
    elif route.version is not None and route.kind is not None:
        versions = sorted(set(known[route.kind]))
        if route.version not in versions:
            yield f"version: no {route.kind} {route.version}; there are {', '.join(versions)}"


def _words(wanted: Mapping[str, str]) -> str:
    return ", ".join(f"{trait} {value}" for trait, value in wanted.items()) or "any traits"
