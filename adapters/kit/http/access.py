"""Authentication and authorisation: the bearer token of a request, and the permissions of its holder."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Request, Response, Security
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import OAuth2
from fastapi.security.utils import get_authorization_scheme_param
from starlette.requests import HTTPConnection

from adapters.kit.http.problems import ProblemError, ProblemResponse, ProblemType
from gateway.domain import json_text
from gateway.domain.tenant import Tenant
from gateway.security.permissions import (
    PERMISSIONS,
    Caller,
    ForbiddenError,
    Operation,
    Scope,
    authorise,
)
from gateway.security.tokens import AccessTokens, InvalidTokenError

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105  (a path)


@dataclass(frozen=True)
class Access:
    """Dependencies to authenticate a caller, in `app.state.access`."""

    tokens: AccessTokens = field(repr=False)
    tenants: Mapping[str, Tenant]


class _Bearer(OAuth2):
    """The scheme as OpenAPI describes it; returns the token of a request, if there is one."""

    def __init__(self) -> None:
        scopes = {scope.value: _means(scope) for scope in Scope}
        super().__init__(
            flows={"clientCredentials": {"tokenUrl": TOKEN_PATH.lstrip("/"), "scopes": scopes}},
            scheme_name="token",
            description="An access token of the built-in issuer, sent as `Authorization: Bearer …`.",
            auto_error=False,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        return bearer_token(request)


def bearer_token(request: HTTPConnection) -> str | None:
    """The token that a request brings."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    return token if scheme.lower() == "bearer" else None


def know(request: HTTPConnection) -> None:
    """Note that the sender of this request has proved who it is."""
    request.state.is_known = True


def is_known(request: HTTPConnection) -> bool:
    """Whether the sender of this request has proved who it is, or could: it may have missed its route."""
    if getattr(request.state, "is_known", False):
        return True
    token = bearer_token(request)
    if not token:
        return False
    access: Access = request.app.state.access
    try:
        access.tokens.caller(token)
    except InvalidTokenError:
        return False
    return True


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


def _unauthenticated(detail: str, challenge: str) -> ProblemResponse:
    return ProblemResponse(ProblemType.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": challenge})


@dataclass(frozen=True, slots=True)
class Granted:
    """A caller that is permitted its request, and its tenant."""

    caller: Caller
    tenant: Tenant


def permit(*operations: Operation) -> Any:
    """The dependency of a route: lets callers pass who may do one of `operations`, returns a `Granted`.

    A route has several operations only where roles do the same thing with different effects.
    """
    scope = PERMISSIONS[operations[0]].scope

    # In no thread, so that what is bound to the log stays bound for the rest of the request.
    async def permitted(
        request: Request, _token: Annotated[str | None, Security(_bearer, scopes=[scope.value])]
    ) -> Granted:
        granted: Granted = request.state.granted
        return granted

    permitted.operations = operations  # type: ignore[attr-defined]  # read by `operations_of`
    return Depends(permitted)


def operations_of(route: APIRoute) -> tuple[Operation, ...]:
    """Operations of which a caller must be allowed one to use a route; empty for public routes."""
    return tuple(_operations(route.dependant))


def _operations(dependant: Dependant) -> list[Operation]:
    own = list(getattr(dependant.call, "operations", ()))
    return own + [operation for inner in dependant.dependencies for operation in _operations(inner)]


def _query_names(dependant: Dependant) -> frozenset[str]:
    """The query parameters that a route accepts."""
    own = (field.alias for field in dependant.query_params)
    return frozenset(own).union(*(_query_names(inner) for inner in dependant.dependencies))


def _refuse_others(request: Request, accepted: frozenset[str]) -> None:
    """A parameter that is ignored would silently answer another query than was sent."""
    if not request.scope["query_string"]:
        return
    others = sorted(set(request.query_params) - accepted)
    if others:
        detail = f"is not accepted; {', '.join(sorted(accepted))} are" if accepted else "is not accepted"
        errors = [ProblemError(pointer=f"query/{name}", detail=detail) for name in others]
        raise ProblemResponse(ProblemType.INVALID, f"query/{others[0]}: {detail}", errors=errors)


class PermittedRoute(APIRoute):
    """A route that identifies the caller before it looks at anything else of the request, and then refuses
    query parameters that it does not accept.

    FastAPI reads and parses a body before any dependency: a stranger could have us parse what it likes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the permission of the route."""
        handle = super().get_route_handler()
        operations, accepted = operations_of(self), _query_names(self.dependant)
        if not operations:
            return handle

        async def handle_permitted(request: Request) -> Response:
            request.state.granted = _granted(request, operations)
            _refuse_others(request, accepted)
            return await handle(_StrictRequest(request.scope, request.receive))

        return handle_permitted


class DirectRoute(PermittedRoute):
    """A permitted route whose endpoint gets its caller, request and optional header fields of one text, and
    returns the response itself: the work of FastAPI around it is a third of the processor time of a request.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, behind the permission of the route."""
        operations, accepted = operations_of(self), _query_names(self.dependant)
        fields = self.dependant.header_params

        async def handle_permitted(request: Request) -> Response:
            granted = _granted(request, operations)
            _refuse_others(request, accepted)
            values = {}
            for one in fields:
                if (value := request.headers.get(one.alias)) is not None:
                    values[one.name], errors = one.validate(value, loc=("header", one.alias))
                    if errors:
                        raise RequestValidationError(errors)
            response: Response = await self.endpoint(granted, request, **values)
            return response

        return handle_permitted


class _StrictRequest(Request):
    """A request whose JSON is read as documents are: a member given twice is a fault."""

    async def json(self) -> Any:
        """The content of the body."""
        body = await self.body()
        try:
            return json_text.decode(body)
        except json_text.JsonTextError as error:
            errors = [ProblemError(pointer=each.pointer, detail=each.message) for each in error.faults]
            raise ProblemResponse(ProblemType.INVALID, str(error), errors=errors) from None


def _granted(request: Request, operations: Sequence[Operation]) -> Granted:
    access: Access = request.app.state.access
    caller = _caller(access, bearer_token(request))
    know(request)
    possible = [operation for operation in operations if operation in caller.may]
    if not possible:
        raise ForbiddenError(f"the role {' and '.join(caller.roles)} may not {' or '.join(operations)}")
    authorise(caller, possible[-1])
    return Granted(caller, access.tenants[caller.tenant])
