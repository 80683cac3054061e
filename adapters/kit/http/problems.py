"""Errors as problem details (RFC 9457): one kind of answer for everything that goes wrong.

A problem is a transport or interface error. A document that is refused for its content gets an
Acknowledgement instead, never a problem.
"""

import traceback
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Final

import structlog
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from adapters.kit.http.validation_messages import fault_text
from gateway.ports import BusyError, ConflictError, StoreUnavailableError
from gateway.security.permissions import ForbiddenError, MissingScopeError

MEDIA_TYPE: Final = "application/problem+json"
_STORE_RETRY_AFTER_S: Final = 5
_PREFIX: Final = "urn:flexgate:problem:"

_log = structlog.get_logger(__name__)


class ProblemType(Enum):
    """Every kind of problem: its stable name, the status it comes with, and its title."""

    BAD_REQUEST = ("bad-request", 400, "The request cannot be understood")
    UNAUTHENTICATED = ("unauthenticated", 401, "A valid access token is needed")
    FORBIDDEN = ("forbidden", 403, "This caller may not do this")
    NOT_FOUND = ("not-found", 404, "There is no such thing")
    NOT_READY = ("not-ready", 404, "It is not there yet")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This cannot be done here")
    TIMEOUT = ("timeout", 408, "The request came too slowly")
    CONFLICT = ("conflict", 409, "This does not fit what is already there")
    STALE = ("stale", 412, "It has changed since you saw it")
    TOO_LARGE = ("too-large", 413, "The body is larger than taken")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "Content of this type is not taken")
    RANGE_NOT_SATISFIABLE = ("range-not-satisfiable", 416, "There are no such bytes")
    INVALID = ("invalid", 422, "The content is not valid")
    KEY_REUSED = ("idempotency-key-reused", 422, "The idempotency key belongs to other content")
    TOO_MANY = ("too-many", 429, "This peer asks for too much at once")
    HEADER_TOO_LARGE = ("header-too-large", 431, "The header fields are larger than taken")
    INTERNAL = ("internal", 500, "The gateway failed")
    NOT_IMPLEMENTED = ("not-implemented", 501, "The gateway does nothing of this kind")
    BUSY = ("busy", 503, "The gateway cannot take this now")
    VERSION_NOT_SUPPORTED = ("version-not-supported", 505, "The gateway does not speak this version of HTTP")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.uri = _PREFIX + slug
        self.status = status
        self.title = title


class ProblemError(BaseModel):
    """One fault and its place."""

    pointer: str | None = Field(
        default=None,
        description="Where: a JSON pointer into the body, or a parameter.",
        examples=["/up_mw/3"],
    )
    detail: str = Field(description="What is wrong there.", examples=["is -1; a demand is 0 MW or more"])


class ProblemDetails(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="Stable name of the kind of problem.", examples=[_PREFIX + "invalid"])
    title: str = Field(examples=["The content is not valid"])
    status: int = Field(examples=[422])
    detail: str = Field(description="What happened this time and what would help.")
    instance: str = Field(
        description="Reference of this request; the same as in X-Request-Id and in the gateway's log.",
        examples=["urn:uuid:7d0f2f0e-6c0c-4d6b-9f43-7d9a3d0b9c11"],
    )
    errors: list[ProblemError] = Field(default=[], description="All faults, where there may be several.")


class ProblemResponse(HTTPException):
    """Raise to answer with a problem."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, detail, dict(headers or {}))
        self.kind = kind
        self.errors = list(errors)


def documented(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = by_status.setdefault(kind.status, {"model": ProblemDetails, "description": kind.title})
        if entry["description"] != kind.title:
            entry["description"] += f"; or: {kind.title}"
    return by_status


def details_of(problem: ProblemResponse, reference: str) -> ProblemDetails:
    """The problem document, on whatever channel; `reference` is a UUID that is in the log too."""
    return ProblemDetails(
        type=problem.kind.uri,
        title=problem.kind.title,
        status=problem.kind.status,
        detail=str(problem.detail),
        instance=f"urn:uuid:{reference}",
        errors=problem.errors,
    )


def answer(request: Request, problem: ProblemResponse) -> Response:
    """The response of a problem."""
    content = details_of(problem, request.state.request_id).model_dump_json(exclude_defaults=True)
    return Response(content, problem.kind.status, problem.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let the app answer every error with a problem."""

    @app.exception_handler(StarletteHTTPException)
    def refused(request: Request, error: StarletteHTTPException) -> Response:
        return answer(
            request, error if isinstance(error, ProblemResponse) else _from_framework(request, error)
        )

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            ProblemError(pointer=_pointer(fault["loc"]), detail=fault_text(fault)) for fault in error.errors()
        ]
        detail = "; ".join(f"{each.pointer}: {each.detail}" for each in errors[:3])
        return answer(request, ProblemResponse(ProblemType.INVALID, detail, errors=errors))

    @app.exception_handler(ForbiddenError)
    def forbidden(request: Request, error: ForbiddenError) -> Response:
        headers = {}
        if isinstance(error, MissingScopeError):
            headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{error.scope}"'
        return answer(request, ProblemResponse(ProblemType.FORBIDDEN, str(error), headers=headers))

    @app.exception_handler(ConflictError)
    def conflict(request: Request, error: ConflictError) -> Response:
        return answer(request, ProblemResponse(ProblemType.KEY_REUSED, str(error)))

    @app.exception_handler(BusyError)
    def busy(request: Request, error: BusyError) -> Response:
        headers = {"Retry-After": str(error.retry_after_s)}
        return answer(request, ProblemResponse(ProblemType.BUSY, str(error), headers=headers))

    @app.exception_handler(StoreUnavailableError)
    def unavailable(request: Request, error: StoreUnavailableError) -> Response:
        headers = {"Retry-After": str(_STORE_RETRY_AFTER_S)}
        return answer(
            request, ProblemResponse(ProblemType.BUSY, f"nothing can be stored: {error}", headers=headers)
        )

    @app.exception_handler(ClientDisconnect)
    def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=ProblemType.TIMEOUT.status)  # no client reads it; the log has it


def failure(request: Request, error: Exception) -> Response:
    """The answer to a request that failed by a fault of the gateway, which is logged."""
    # The message may quote a payload, so only the kind and the place of the fault are logged.
    frames = traceback.extract_tb(error.__traceback__)
    trace = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    _log.error("request failed", error=type(error).__name__, trace=trace)
    detail = f"please report {request.state.request_id}, the reference in `instance`"
    return answer(request, ProblemResponse(ProblemType.INTERNAL, detail))


def _from_framework(request: Request, error: StarletteHTTPException) -> ProblemResponse:
    by_status = {kind.status: kind for kind in reversed(ProblemType)}
    kind = by_status.get(error.status_code, ProblemType.BAD_REQUEST)
    if kind is ProblemType.NOT_FOUND:
        detail = f"nothing is at {request.url.path}"
    elif kind is ProblemType.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods_at(request)))
        detail = f"{request.method} cannot be done at {request.url.path}; {allowed} can"
        return ProblemResponse(kind, detail, headers={"Allow": allowed})
    else:
        detail = str(error.detail) or HTTPStatus(error.status_code).phrase
    return ProblemResponse(kind, detail, headers=error.headers)


def _methods_at(request: Request) -> set[str]:
    """Every method that some route accepts at the path; the framework names those of the first route only."""
    found: set[str] = set()
    for entry in request.app.routes:
        included = getattr(entry, "original_router", None)  # FastAPI keeps routers as they were
        for route in (entry,) if included is None else included.routes:
            if isinstance(route, Route) and route.path_regex.match(request.scope["path"]):
                found |= route.methods or set()
    return found | {"HEAD"} if "GET" in found else found


def _pointer(location: Sequence[str | int]) -> str:
    where, *parts = location
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return pointer or "/" if where == "body" else f"{where}{pointer}"
