"""Who is calling: the bearer token of a request, and what its holder may do here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import OAuth2
from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import HTTPConnection

from adapters.http.problems import Problem, ProblemType
from gateway.domain.tenant import Tenant
from gateway.security.permissions import PERMISSIONS, Caller, Operation, Scope, authorise
from gateway.security.tokens import AccessTokens, InvalidTokenError

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  (a path)


@dataclass(frozen=True)
class Access:
    """What is needed to know a caller; the app carries it as `app.state.access`."""

    tokens: AccessTokens = field(repr=False)
    tenants: Mapping[str, Tenant]


class _Bearer(OAuth2):
    """The scheme as OpenAPI describes it; gives the token of a request, if there is one."""

    def __init__(self) -> None:
        scopes = {scope.value: _means(scope) for scope in Scope}
        super().__init__(
            flows={"clientCredentials": {"tokenUrl": TOKEN_PATH.lstrip("/"), "scopes": scopes}},
            scheme_name="token",
            description="An access token of the built-in issuer, sent as `Authorization: Bearer …`.",
            auto_error=False,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
        return token if scheme.lower() == "bearer" else None


def _means(scope: Scope) -> str:
    return "; ".join(operation for operation, entry in PERMISSIONS.items() if entry.scope is scope)


_bearer = _Bearer()


def _caller(access: Access, token: str | None) -> Caller:
    if not token:
        raise _unauthenticated("send an access token as `Authorization: Bearer …`", "Bearer")
    try:
        caller = access.tokens.caller(token)
    except InvalidTokenError as error:
        raise _unauthenticated(str(error), 'Bearer error="invalid_token"') from error
    structlog.contextvars.bind_contextvars(tenant=caller.tenant, client=caller.client_id)
    return caller


def _unauthenticated(detail: str, challenge: str) -> Problem:
    return Problem(ProblemType.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})


@dataclass(frozen=True, slots=True)
class Granted:
    """A caller that may do what it asks for, and its tenant."""

    caller: Caller
    tenant: Tenant


def permit(*operations: Operation) -> Any:
    """The dependency of a route: lets callers pass who may do one of `operations`, gives a `Granted`.

    A route has several operations only where roles do the same thing with different effects.
    """
    first, *others = operations
    scope = PERMISSIONS[first].scope

    # In no thread, so that what is bound to the log stays bound for the rest of the request.
    async def permitted(
        request: Request, token: Annotated[str | None, Security(_bearer, scopes=[scope.value])]
    ) -> Granted:
        access: Access = request.app.state.access
        caller = _caller(access, token)
        for operation in others:
            if caller.role in PERMISSIONS[operation].roles:
                authorise(caller, operation)
                break
        else:
            authorise(caller, first)
        return Granted(caller, access.tenants[caller.tenant])

    permitted.operations = operations  # type: ignore[attr-defined]  # read where the roles are documented
    return Depends(permitted)
