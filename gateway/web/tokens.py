"""Access tokens from the built-in issuer, and the keys that verify what we sign (RFC 6749, 7517, 8414)."""

import base64
import binascii
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from adapters.kit.http.access import TOKEN_PATH, know
from adapters.kit.http.problems import ProblemType, documented
from gateway.ports import BusyError
from gateway.security.clients import ASSERTION_ALGORITHMS
from gateway.security.issuer import ASSERTION_TYPE, GRANT, OAuthError, OAuthErrorCode, TokenRequest
from gateway.security.permissions import Scope
from gateway.web.dependencies import Dependencies

KEYS_PATH: Final = "/.well-known/jwks.json"
FORM: Final = "application/x-www-form-urlencoded"
MOST_PROOFS_WAITING: Final = 64
_PARAMETERS: Final = {
    "grant_type": "Always `client_credentials`.",
    "client_id": "Not needed beside HTTP Basic or an assertion.",
    "client_secret": "The weaker proof; it may come by HTTP Basic.",
    "client_assertion_type": f"`{ASSERTION_TYPE}`",
    "client_assertion": "The preferred proof: private_key_jwt (RFC 7523), used once.",
    "scope": "Fewer scopes than the client may have, with spaces between.",
}
_MOST_PARAMETERS: Final = 32

router = APIRouter(tags=["tokens"])


class TokenResponse(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (the type's name)
    expires_in: int = Field(description="Seconds.")
    scope: str


class OAuthErrorResponse(BaseModel):
    """Why there is no token (RFC 6749, 5.2)."""

    error: OAuthErrorCode
    error_description: str


@router.post(
    TOKEN_PATH,
    operation_id="getToken",
    summary="Get an access token",
    response_model=TokenResponse,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            name: {"type": "string", "description": meaning}
                            for name, meaning in _PARAMETERS.items()
                        },
                    }
                }
            },
        }
    },
    responses={
        400: {"model": OAuthErrorResponse, "description": "The request cannot be granted."},
        401: {
            "model": OAuthErrorResponse,
            "description": "The client did not prove who it is.",
            "headers": {"WWW-Authenticate": {"description": "`Basic`", "schema": {"type": "string"}}},
        },
        **documented(ProblemType.TOO_LARGE, ProblemType.BUSY),
    },
)
async def token(request: Request, dependencies: Dependencies) -> JSONResponse:
    """For registered machines. Tokens live up to 15 minutes; ask for a new one in time.

    Errors are those of RFC 6749, 5.2.
    """
    try:
        token_request = _token_request(request, await request.body())
        if dependencies.issuer.is_quick(token_request):
            granted = await run_in_threadpool(dependencies.issuer.token, token_request)
        else:
            # Each needs 50 ms and 16 MiB: a flood of them must not exhaust threads or memory.
            if dependencies.proofs.statistics().tasks_waiting >= MOST_PROOFS_WAITING:
                raise BusyError(1)
            granted = await to_thread.run_sync(
                dependencies.issuer.token, token_request, limiter=dependencies.proofs
            )
    except OAuthError as error:
        return _refused(error)
    know(request)
    answer = TokenResponse(
        access_token=granted.access_token, expires_in=granted.expires_in_s, scope=granted.scope
    )
    return JSONResponse(answer.model_dump())


@router.get(KEYS_PATH, operation_id="getKeys", summary="Keys that verify tokens and webhook signatures")
async def keys(dependencies: Dependencies) -> dict[str, Any]:
    """A JWK set (RFC 7517). A key is named by its thumbprint, so a name never changes its meaning."""
    return dependencies.jwks


@router.get(
    "/.well-known/oauth-authorization-server",
    operation_id="getIssuerMetadata",
    summary="What the issuer can do",
)
async def metadata(dependencies: Dependencies) -> dict[str, Any]:
    """Metadata of the built-in issuer (RFC 8414)."""
    return {
        "issuer": dependencies.public_url,
        "token_endpoint": dependencies.public_url + TOKEN_PATH,
        "jwks_uri": dependencies.public_url + KEYS_PATH,
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": [
            "private_key_jwt",
            "client_secret_basic",
            "client_secret_post",
        ],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "scopes_supported": list(Scope),
    }


def _token_request(request: Request, body: bytes) -> TokenRequest:
    """The token request of a form; a parameter without a value counts as left out (RFC 6749, 3.2)."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != FORM:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, f"send a form ({FORM})")
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=_MOST_PARAMETERS, errors="strict")
    except ValueError:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "a parameter occurs twice in the form")
    grant_type = form.get("grant_type")
    if grant_type is None:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "the form has no grant_type")
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if "authorization" in request.headers:
        by_header, secret_by_header = _basic(request.headers["authorization"])
        if secret is not None:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "one proof at a time: header or form")
        if client_id not in (None, by_header):
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "client_id is another than in the header")
        client_id, secret = by_header, secret_by_header
    return TokenRequest(
        grant_type,
        client_id,
        secret,
        form.get("client_assertion_type"),
        form.get("client_assertion"),
        form.get("scope"),
    )


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of HTTP Basic authentication, each form-encoded (RFC 6749, 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "the header may prove a client by HTTP Basic only")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "Authorization is not HTTP Basic")
    return unquote_plus(client_id), unquote_plus(secret)


def _refused(error: OAuthError) -> JSONResponse:
    unproven = error.code is OAuthErrorCode.INVALID_CLIENT
    return JSONResponse(
        {"error": error.code, "error_description": str(error)},
        status_code=401 if unproven else 400,
        headers={"WWW-Authenticate": 'Basic realm="flexgate"'} if unproven else None,
    )
