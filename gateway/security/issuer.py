"""The built-in issuer for first use: access tokens for registered machines (RFC 6749, client credentials)."""

import hmac
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.ports import Clock
from gateway.security.client_assertions import (
    UNPROVEN,
    AssertionReplayGuard,
    InvalidAssertionError,
    check_assertion,
    claimed_client,
)
from gateway.security.clients import Client, Clients, UnknownClientError, hash_secret, secret_matches
from gateway.security.permissions import Scope
from gateway.security.tokens import AccessTokens

GRANT: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNKNOWN_CLIENT: Final = hash_secret("nobody")


class OAuthErrorCode(StrEnum):
    """Why there is no token (RFC 6749, 5.2)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT = "unsupported_grant_type"


class OAuthError(Exception):
    """There is no token; the text helps an honest client and reveals nothing to a stranger."""

    def __init__(self, code: OAuthErrorCode, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True)
class TokenRequest:
    """A request of a client: its id, one proof, and the scopes it wants (all, when it names none)."""

    grant_type: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    assertion_type: str | None = None
    assertion: str | None = field(default=None, repr=False)
    scope: str | None = None


@dataclass(frozen=True)
class TokenAnswer:
    """An access token and what it is good for."""

    access_token: str = field(repr=False)
    expires_in_s: int
    scope: str


class Issuer:
    """Issues access tokens to registered clients.

    Args:
        audiences: names of this issuer that an assertion may be made out to.
    """

    def __init__(
        self,
        clients: Clients,
        tokens: AccessTokens,
        audiences: Collection[str],
        guard: AssertionReplayGuard,
        clock: Clock,
    ) -> None:
        self._clients = clients
        self._tokens = tokens
        self._audiences = audiences
        self._guard = guard
        self._clock = clock
        self._salt = os.urandom(32)
        self._proved: dict[str, tuple[str, bytes]] = {}
        """Of each client the hash that its secret was last proved with, and a digest of that secret."""

    def is_quick(self, request: TokenRequest) -> bool:
        """Whether `token` answers at once: only a secret that was not verified before needs long (50 ms)."""
        if request.client_id is None or request.client_secret is None:
            return True
        try:
            hashes = self._clients.get(request.client_id).secret_hashes(self._clock.now())
        except UnknownClientError:
            return False
        return self._was_proved(request.client_id, request.client_secret, hashes)

    def _was_proved(self, client_id: str, secret: str, hashes: Sequence[str]) -> bool:
        hashed, digest = self._proved.get(client_id, ("", b""))
        return hmac.compare_digest(digest, self._digest(secret)) and hashed in hashes

    def _digest(self, secret: str) -> bytes:
        """Cached digest of a verified secret: useless without this process's salt."""
        return hmac.digest(self._salt, secret.encode(), "sha256")

    def token(self, request: TokenRequest) -> TokenAnswer:
        """A token for the sender of this request.

        Raises:
            OAuthError: see there.
        """
        if request.grant_type != GRANT:
            raise OAuthError(OAuthErrorCode.UNSUPPORTED_GRANT, f"only {GRANT} is supported")
        client = self._authenticated(request)
        scopes = _granted(client, request.scope)
        return TokenAnswer(
            self._tokens.issue(client, scopes),
            int(self._tokens.lifetime.total_seconds()),
            " ".join(sorted(scopes)),
        )

    def _authenticated(self, request: TokenRequest) -> Client:
        if request.assertion is not None and request.client_secret is not None:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, "one proof at a time: assertion or secret")
        if request.assertion is not None:
            return self._by_assertion(request, request.assertion)
        if request.client_id is None or request.client_secret is None:
            raise OAuthError(
                OAuthErrorCode.INVALID_CLIENT,
                "authenticate with client_assertion (private_key_jwt), or client_id and client_secret",
            )
        return self._by_secret(request.client_id, request.client_secret)

    def _by_secret(self, client_id: str, secret: str) -> Client:
        try:
            client = self._clients.get(client_id)
        except UnknownClientError:
            client = None
        hashes = client.secret_hashes(self._clock.now()) if client is not None else ()
        if client is not None and self._was_proved(client_id, secret, hashes):
            return client
        # An unknown client costs as much time as a known one, so that existing ones are not revealed.
        proved = [hashed for hashed in hashes or (_UNKNOWN_CLIENT,) if secret_matches(secret, hashed)]
        if not proved or client is None or not hashes:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "unknown client or wrong secret")
        self._proved[client_id] = proved[0], self._digest(secret)
        return client

    def _by_assertion(self, request: TokenRequest, assertion: str) -> Client:
        if request.assertion_type != ASSERTION_TYPE:
            raise OAuthError(OAuthErrorCode.INVALID_REQUEST, f"client_assertion_type is {ASSERTION_TYPE}")
        try:
            client = self._clients.get(claimed_client(assertion))
            check_assertion(assertion, client, self._audiences, self._clock, self._guard)
        except UnknownClientError:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, UNPROVEN) from None
        except InvalidAssertionError as error:
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, str(error)) from error
        if request.client_id not in (None, client.client_id):
            raise OAuthError(OAuthErrorCode.INVALID_CLIENT, "client_id is not the subject of the assertion")
        return client


def _granted(client: Client, wanted: str | None) -> frozenset[Scope]:
    if wanted is None or not wanted.strip():
        return client.may_have
    names = frozenset(wanted.split())
    if not names <= client.may_have:
        refused = ", ".join(sorted(names - client.may_have))
        raise OAuthError(OAuthErrorCode.INVALID_SCOPE, f"this client may not have: {refused}")
    return frozenset(Scope(name) for name in names)
