"""Every route, error and bound, put together as one application."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import Lifespan

import adapters.kit.http.problems as http_problems
from adapters.kit.http.access import TOKEN_PATH
from adapters.kit.http.authentication_throttle import AuthenticationThrottle, Failures
from adapters.kit.http.middleware import BodyLimit, HeadAsGet, RequestLog
from adapters.kit.http.problems import ProblemType, documented
from gateway.web import (
    backlogs,
    channels,
    dead_letters,
    faults,
    gates,
    grids,
    held_bids,
    resources,
    routes,
    runs,
    service,
    tokens,
)
from gateway.web.contract import contract_of

DESCRIPTION: Final = """\
Connects market platforms, system operators and flexibility providers: takes each one's documents in
its own schema version, checks them, works out which bids the grid can carry, and answers each one in its own
version.

Errors of the interface are problem details (RFC 9457); faults of a document's content are answered by an
Acknowledgement document with standard reason codes. Neither is ever used for the other.

Times are UTC, power is in MW, prices per MWh. Ids and cursors are opaque.
"""

SMALL_BODY: Final = 2 * 2**20
FORM_BODY: Final = 64 * 2**10
SOAP_PATH: Final = "/soap/"
SOAP_BODY_AROUND: Final = 64 * 2**10
_LARGE_BODIES: Final = ("/v1/documents", "/v1/grids/", "/v1/resources")

ROUTERS: Final = (
    gates.router,
    held_bids.router,
    runs.router,
    grids.router,
    resources.router,
    tokens.router,
    backlogs.router,
    channels.router,
    dead_letters.router,
    routes.router,
    service.router,
)


def create_app(
    adapter_routers: Sequence[APIRouter],
    *,
    body_bytes: int,
    lifespan: Lifespan[FastAPI] | None = None,
    failures: Failures | None = None,
) -> FastAPI:
    """The application. Its stores (`state.web`, `state.access`, those of adapters) are put in by the caller.

    Args:
        adapter_routers: routes that HTTP adapters bring.
        body_bytes: largest body of a document, grid model or assignment.
        failures: how fast strangers are answered, where not by default.
    """
    app = FastAPI(
        title="Flexgate",
        version="1",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        responses=documented(ProblemType.INTERNAL),
    )
    routers = (*adapter_routers, *ROUTERS)
    for router in routers:
        app.include_router(router)
    http_problems.install(app)
    faults.install(app)

    def limit_of(path: str) -> int:
        if path == TOKEN_PATH:
            return FORM_BODY
        if path.startswith(SOAP_PATH):
            return body_bytes * 4 // 3 + SOAP_BODY_AROUND  # base64 makes four bytes of three
        return body_bytes if path.startswith(_LARGE_BODIES) else min(SMALL_BODY, body_bytes)

    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, limit_of=limit_of, answering_themselves=(SOAP_PATH,))
    app.add_middleware(AuthenticationThrottle, failures=failures)
    app.add_middleware(RequestLog)
    app.openapi = lambda: contract_of(app, routers)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app
