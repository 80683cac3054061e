"""The contract: what FastAPI knows of the routes, with problems and roles in their place."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from adapters.kit.http.access import operations_of
from adapters.kit.http.problems import MEDIA_TYPE, ProblemDetails, ProblemType
from gateway.domain.role import TenantRole
from gateway.security.permissions import PERMISSIONS

_PROBLEM = {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
OF_ALL: Final = (
    ProblemType.BAD_REQUEST,
    ProblemType.TIMEOUT,
    ProblemType.TOO_LARGE,
    ProblemType.TOO_MANY,
    ProblemType.HEADER_TOO_LARGE,
    ProblemType.INTERNAL,
    ProblemType.BUSY,
)
"""Problems that any request may get."""

RETRIED: Final = ("429", "503")
_RETRY_AFTER: Final = {
    "description": "Seconds until it is worth while to come again.",
    "schema": {"type": "integer"},
}
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")


def contract_of(app: FastAPI, routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    if app.openapi_schema is None:
        contract = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            license_info=app.license_info,
            routes=app.routes,
            servers=[{"url": "/", "description": "The gateway that serves this contract."}],
        )
        _state_problems(contract)
        _state_what_all_may_answer(contract)
        _state_roles(routes_of(routers), contract)
        app.openapi_schema = contract
    return app.openapi_schema


def routes_of(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    """Every route of these routers."""
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _state_problems(contract: dict[str, Any]) -> None:
    """FastAPI files every model under JSON and adds an error form of its own that we never send."""
    for path in contract["paths"].values():
        for operation in path.values():
            operation["responses"] = dict(sorted(operation["responses"].items()))
            for status, response in operation["responses"].items():
                schema = response.get("content", {}).get("application/json", {}).get("schema", {})
                if schema == _PROBLEM:
                    response["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}
                elif schema.get("$ref", "").endswith("/HTTPValidationError"):
                    operation["responses"][status] = {
                        "description": "The content is not valid",
                        "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
                    }
    for name in _FASTAPI_ERRORS:
        contract["components"]["schemas"].pop(name, None)


def _state_what_all_may_answer(contract: dict[str, Any]) -> None:
    """Problems by server, middleware and store for any operation, and operations without a token."""
    for path in contract["paths"].values():
        for operation in path.values():
            operation.setdefault("security", [])
            for kind in OF_ALL:
                _state(operation, kind)
            for status, response in operation["responses"].items():
                if status in RETRIED:
                    response.setdefault("headers", {})["Retry-After"] = _RETRY_AFTER


def _state(operation: dict[str, Any], kind: ProblemType) -> None:
    """Document that an operation may answer with this problem, if its status has no description yet."""
    responses = operation["responses"]
    problem = {"description": kind.title, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
    responses.setdefault(str(kind.status), problem)
    operation["responses"] = dict(sorted(responses.items()))


def _state_roles(routes: Iterable[APIRoute], contract: dict[str, Any]) -> None:
    for route in routes:
        wanted = operations_of(route)
        if not wanted:
            continue
        allowed = {role for operation in wanted for role in PERMISSIONS[operation].roles}
        roles = [role.value for role in TenantRole if role in allowed]
        for method in route.methods or ():
            operation = contract["paths"][route.path_format][method.lower()]
            operation["description"] = f"{operation['description']}\n\nRoles: {', '.join(roles)}."
            # Query parameters that a route does not accept are refused, also by one that accepts none.
            _state(operation, ProblemType.INVALID)
