"""Access tokens from the built-in issuer, and the keys that verify what we sign (RFC 6749, 7517, 8414)."""

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from adapters.http.access import TOKEN_PATH
from adapters.http.problems import ProblemType, documented
from gateway.security.clients import ASSERTION_ALGORITHMS
from gateway.security.issuer import GRANT, OAuthError, OAuthErrorCode, TokenRequest
from gateway.security.permissions import Scope
from gateway.web.rooms import Rooms

KEYS_PATH = "/.well-known/jwks.json"

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
    responses={
        400: {"model": OAuthErrorResponse, "description": "The request cannot be granted."},
        401: {"model": OAuthErrorResponse, "description": "The client did not prove who it is."},
        **documented(ProblemType.INVALID),
    },
)
def token(  # noqa: PLR0917  (called by name)
    request: Request,
    rooms: Rooms,
    grant_type: Annotated[str, Form(description="Always `client_credentials`.")],
    client_id: Annotated[str | None, Form()] = None,
    client_secret: Annotated[str | None, Form(description="The weaker proof.")] = None,
    client_assertion_type: Annotated[str | None, Form()] = None,
    client_assertion: Annotated[
        str | None, Form(description="The preferred proof: private_key_jwt (RFC 7523), used once.")
    ] = None,
    scope: Annotated[str | None, Form(description="Fewer scopes than the client may have.")] = None,
) -> JSONResponse:
    """For registered machines. Tokens live up to 15 minutes; ask for a new one in time."""
    try:
        if "authorization" in request.headers:
            client_id, client_secret = _basic(request.headers["authorization"])
        answer = rooms.issuer.token(
            TokenRequest(grant_type, client_id, client_secret, client_assertion_type, client_assertion, scope)
        )
    except OAuthError as error:
        return _refused(error)
    granted = TokenResponse(
        access_token=answer.access_token, expires_in=answer.expires_in_s, scope=answer.scope
    )
    return JSONResponse(granted.model_dump())


@router.get(KEYS_PATH, operation_id="getKeys", summary="Keys that verify tokens and webhook signatures")
def keys(rooms: Rooms) -> dict[str, Any]:
    """A JWK set (RFC 7517). A key is named by its thumbprint, so a name never changes its meaning."""
    return rooms.jwks


@router.get(
    "/.well-known/oauth-authorization-server",
    operation_id="getIssuerMetadata",
    summary="What the issuer can do",
)
def metadata(rooms: Rooms) -> dict[str, Any]:
    """Metadata of the built-in issuer (RFC 8414)."""
    return {
        "issuer": rooms.public_url,
        "token_endpoint": rooms.public_url + TOKEN_PATH,
        "jwks_uri": rooms.public_url + KEYS_PATH,
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


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of HTTP Basic authentication, each form-encoded (RFC 6749, 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
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
