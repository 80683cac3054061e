"""List the grants of a configuration, check them, and explain who may send what to whom."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, print_json
from gateway.cli.routes import ConfigFile, settings_of
from gateway.cli.screen import fail, out, print_table

if TYPE_CHECKING:
    from gateway.domain.grant import Grant
    from gateway.domain.route import Route
    from gateway.domain.tenant import Tenant
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Grants: who may send which kind of document to whom.")


@app.command("list")
def listed(config: ConfigFile, as_json: AsJson = False) -> None:
    """List all grants, the defaults first."""
    grants = settings_of(config).grants.all
    if as_json:
        print_json({"grants": [_view(grant) for grant in grants]})
        return
    table = Table("grant", "from", "to", "kind", "process", "markets", "by", "seen by")
    for grant in grants:
        view = _view(grant)
        processes, markets = (", ".join(view[term]) or "any" for term in ("process", "markets"))
        viewers = ", ".join(view["seen_by"])
        table.add_row(
            view["name"],
            view["from"],
            view["to"],
            view["kind"] or "any",
            processes,
            markets,
            view["by"] or "any",
            viewers,
        )
    print_table(table)


@app.command()
def check(config: ConfigFile, as_json: AsJson = False) -> None:
    """Check a configuration, and name grants that are of no use yet.

    Unknown roles, tenants and kinds, senders that may not submit documents, receivers that get none, and what
    another grant allows already are faults. A role that no tenant has, and a receiver that no route leads to,
    are remarks.
    """
    from gateway.domain.role import TenantRole

    settings = settings_of(config)
    remarks = [
        f"grants.{grant.name}: {remark}"
        for grant in settings.grants.configured
        for remark in _remarks(grant, settings)
    ]
    held = {name for tenant in settings.tenants.values() for name in tenant.role_names}
    remarks += [
        f"roles.{name}: no tenant has it yet" for name in settings.roles if name not in {*held, *TenantRole}
    ]
    if not any(tenant.is_a(TenantRole.OPERATOR) for tenant in settings.tenants.values()):
        remarks.append("tenants: none is an operator, so that nobody can create a gate")
    number = len(settings.grants.configured)
    if as_json:
        print_json({"grants": number, "remarks": remarks})
        return
    for remark in remarks:
        out.print(remark, markup=False)
    out.print(f"{number} grants besides the defaults, no fault", markup=False)


@app.command()
def explain(
    sender: Annotated[str, typer.Argument(metavar="FROM", help="The tenant that sends.")],
    receiver: Annotated[str, typer.Argument(metavar="TO", help="The tenant that receives, or 'gateway'.")],
    kind: Annotated[str, typer.Argument(help="The family of the document, as Activation.")],
    config: ConfigFile,
    process: Annotated[str | None, typer.Option(help="The process type of the document, as A47.")] = None,
    market: Annotated[str | None, typer.Option(help="Only by routes of this market.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a tenant may send a kind of document to another one or to the gateway, and why not.

    Ends with 1 if it may not.
    """
    _print(_explained(settings_of(config), sender, receiver, kind, process, market), as_json)


@app.command("may")
def may_do(
    tenant: Annotated[str, typer.Argument(help="The tenant that would do it.")],
    operation: Annotated[str, typer.Argument(help="The operation, as create-gate.")],
    config: ConfigFile,
    market: Annotated[str | None, typer.Option(help="With the gates of this market.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the roles of a tenant permit an operation, and why not.

    Which gates and whose messages it may do it with is another question: those that name it, its own, or all
    where it oversees others. Ends with 1 if it may not.
    """
    _print(_permitted(settings_of(config), tenant, operation, market), as_json)


def _print(explanation: dict[str, Any], as_json: bool) -> None:
    """Print an explanation; end with 1 if it says no."""
    if as_json:
        print_json(explanation)
    else:
        table = Table(show_header=False)
        for name, value in explanation.items():
            table.add_row(name, _text(value))
        print_table(table)
    if not explanation["allowed"]:
        raise typer.Exit(1)


def _view(grant: "Grant") -> dict[str, Any]:
    return {
        "name": grant.name,
        "from": str(grant.sender),
        "to": str(grant.receiver),
        "kind": grant.kind,
        "process": sorted(grant.processes),
        "markets": sorted(grant.markets),
        "by": grant.pattern,
        "seen_by": sorted(map(str, grant.seen_by)),
    }


def _remarks(grant: "Grant", settings: "Settings") -> Iterator[str]:
    """Why a grant that is in order is of no use yet."""
    from gateway.domain.grant import GATEWAY

    senders = [one for one in settings.tenants.values() if grant.sender.stands_for(one)]
    receivers = [one for one in settings.tenants.values() if grant.receiver.stands_for(one)]
    for party, found in ((grant.sender, senders), (grant.receiver, receivers)):
        if not found and party != GATEWAY:
            yield f"no tenant is {party.name} yet"
    pairs = [(one, other) for one in senders for other in receivers if one != other]
    processes: list[str | None] = [*grant.processes] or [None]
    if pairs and not any(
        _routes(settings, *pair, grant.kind, process) for pair in pairs for process in processes
    ):
        yield "no route leads from its sender to its receiver yet"
    for market in sorted(grant.markets - {route.market for route in settings.routes.routes}):
        yield f"no route belongs to market {market}"


def _routes(
    settings: "Settings", sender: "Tenant", receiver: "Tenant", kind: str | None, process: str | None
) -> "list[Route]":
    """Routes that may lead a document from one tenant to another; None: of any kind, or any process type."""
    codes = {party.code for party in sender.parties}
    return [
        route
        for route in settings.routes.routes
        if route.to == receiver.tenant_id
        and (route.sender is None or route.sender in codes)
        and (kind is None or route.kind in (None, kind))
        and (process is None or route.process in (None, process))
    ]


def _explained(
    settings: "Settings",
    sender_name: str,
    receiver_name: str,
    kind: str,
    process: str | None,
    market: str | None,
) -> dict[str, Any]:
    from gateway.domain.document import DocumentKind
    from gateway.domain.grant import GATEWAY_NAME

    _require_known(kind, settings)
    sender = _tenant(settings, sender_name)
    receiver = None if receiver_name == GATEWAY_NAME else _tenant(settings, receiver_name)
    is_answer = kind == DocumentKind.ACKNOWLEDGEMENT
    ways: dict[str, str | None] = {"": market}  # by no route
    if receiver is not None and not is_answer:
        leading = _routes(settings, sender, receiver, kind, process)
        ways = {route.name: route.market for route in leading if market in (None, route.market)}
    question = kind, sender, receiver, process
    missing = {name: settings.grants.missing(*question, of) for name, of in ways.items()}
    allowed = [name for name, one in missing.items() if one is None]
    why = [] if allowed else list(dict.fromkeys(one.value for one in missing.values() if one is not None))
    if not ways:
        in_market = f" in market {market}" if market else ""
        why = [f"no route leads there{in_market}, so that the document is refused with A53"]
    grant = settings.grants.of(*question, ways[allowed[0]]) if allowed else None
    if receiver is not None and not ways:
        grant = _grant_in_some_market(settings, kind, sender, receiver, process, market)
        lacking = settings.grants.missing(*question, market) if grant is None else None
        why = [*([] if lacking is None else [lacking.value]), *why]
    return {
        "from": _who(sender),
        "to": "the gateway" if receiver is None else _who(receiver),
        "kind": kind,
        "process": process,
        "market": market,
        "allowed": not why,
        "only": "answers to what it got" if is_answer and not why else None,
        "grant": None if grant is None else grant.name,
        "routes": [name for name in allowed if name],
        "not by routes": [f"{name}: {one}" for name, one in missing.items() if name and one is not None],
        "seen by": [] if grant is None else sorted(map(str, grant.seen_by)),
        "why not": why,
        "grants of the sender": [one.name for one in settings.grants.all if one.sender.stands_for(sender)],
    }


def _grant_in_some_market(
    settings: "Settings",
    kind: str,
    sender: "Tenant",
    receiver: "Tenant",
    process: str | None,
    market: str | None,
) -> "Grant | None":
    """A grant for a document by a route of a market, if one led there; None: of any or of none."""
    named = {one for grant in settings.grants.all for one in grant.markets}
    named |= {one for role in settings.roles.values() for one in role.markets or ()}
    markets = [None, *sorted(named)] if market is None else [market]
    found = (settings.grants.of(kind, sender, receiver, process, one) for one in markets)
    return next((grant for grant in found if grant is not None), None)


def _permitted(settings: "Settings", name: str, key: str, market: str | None) -> dict[str, Any]:
    from gateway.security.permissions import PERMISSIONS, Operation, operations_of_roles

    tenant = _tenant(settings, name)
    known = {operation.key: operation for operation in Operation}
    if key not in known:
        fail(f"no operation {key!r}; there are {', '.join(known)}")
    operation = known[key]
    why: list[str] = []
    if operation.key in tenant.withheld:
        why.append(f"withheld by {', '.join(one.name for one in tenant.roles if key in one.without)}")
    elif operation not in operations_of_roles(tenant.roles):
        why.append(
            "its role counts in some markets, and this belongs to none"
            if tenant.is_a(*PERMISSIONS[operation].roles)
            else f"of the roles {', '.join(sorted(PERMISSIONS[operation].roles))} only"
        )
    elif market is not None and not tenant.is_in(market, *PERMISSIONS[operation].roles):
        why.append(f"no role of it counts in market {market}")
    return {
        "tenant": _who(tenant),
        "operation": str(operation),
        "market": market,
        "markets": sorted({name for one in tenant.roles for name in one.markets or ()}) or "any",
        "allowed": not why,
        "scope": PERMISSIONS[operation].scope.value,
        "why not": why,
    }


def _require_known(kind: str, settings: "Settings") -> None:
    """Fail for a misspelt kind: a grant for any kind would seem to allow it."""
    families = sorted(settings.formats.versions())
    if kind not in families:
        fail(f"no document {kind!r}; there are {', '.join(families)}")


def _tenant(settings: "Settings", name: str) -> "Tenant":
    found = settings.tenants.get(name)
    if found is None:
        fail(f"there is no tenant {name!r}; there are {', '.join(settings.tenants)}")
    return found


def _who(tenant: "Tenant") -> str:
    return f"{tenant.tenant_id} ({', '.join(tenant.role_names)})"


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return "\n".join(value)
        case _:
            return "" if value is None else str(value)
