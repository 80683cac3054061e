"""Access tokens: short-lived, signed by our own key, checked against the registered clients (RFC 9068)."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import jwt

from gateway.ports import Clock
from gateway.security.clients import Client, Clients, UnknownClientError
from gateway.security.keys import SigningKey
from gateway.security.permissions import Caller, Scope

_ALGORITHMS: Final = ["EdDSA"]
_MOST_PROVED: Final = 4096
"""Tokens whose signature need not be proved again; forged ones are never among them."""

_LEEWAY: Final = timedelta(seconds=5)
LONGEST_LIFETIME: Final = timedelta(minutes=15)


class InvalidTokenError(Exception):
    """No token that we gave out and that is still good."""


class AccessTokens:
    """Issues and checks access tokens of one issuer.

    The token names the client only; which tenant and role that is, and whether it is still welcome, is looked
    up at every call.
    """

    def __init__(
        self,
        issuer: str,
        key: SigningKey,
        clients: Clients,
        clock: Clock,
        lifetime: timedelta = LONGEST_LIFETIME,
    ) -> None:
        if not timedelta(0) < lifetime <= LONGEST_LIFETIME:
            raise ValueError(f"tokens live up to {LONGEST_LIFETIME}, not {lifetime}")
        self._issuer = issuer
        self._key = key
        self._public = key.private.public_key()
        self._clients = clients
        self._clock = clock
        self._proved = lru_cache(_MOST_PROVED)(self._claims)
        self.lifetime = lifetime

    def issue(self, client: Client, scopes: frozenset[Scope]) -> str:
        """A new token for `client`."""
        now = self._clock.now()
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": client.client_id,
            "client_id": client.client_id,
            "iat": now,
            "exp": now + self.lifetime,
            "jti": uuid.uuid4().hex,
            "scope": " ".join(sorted(scopes)),
        }
        header = {"typ": "at+jwt", "kid": self._key.key_id}
        return jwt.encode(claims, self._key.private, algorithm=_ALGORITHMS[0], headers=header)

    def caller(self, token: str) -> Caller:
        """Who holds this token.

        Raises:
            InvalidTokenError: not ours, forged, expired, not yet valid, or of a client no longer registered.
        """
        claims = self._proved(token)
        self._check_times(claims["iat"], claims["exp"])
        try:
            client = self._clients.get(claims["client_id"])
        except UnknownClientError as error:
            raise InvalidTokenError("the client is no longer registered") from error
        known = frozenset(Scope)
        return client.caller(frozenset(Scope(text) for text in claims["scope"].split() if text in known))

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Claims of a token, once its signature is verified; they do not change with time."""
        try:
            decoded = jwt.decode_complete(
                token,
                self._public,
                algorithms=_ALGORITHMS,
                audience=self._issuer,
                issuer=self._issuer,
                # Times are checked below against our own clock.
                options={
                    "require": ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError("the token is not one of ours") from error
        if decoded["header"].get("typ", "").lower() not in ("at+jwt", "application/at+jwt"):
            raise InvalidTokenError("the token is not an access token")
        claims: Mapping[str, Any] = decoded["payload"]
        return claims

    def _check_times(self, issued: float, expires: float) -> None:
        now: datetime = self._clock.now()
        if now.timestamp() >= expires:
            raise InvalidTokenError("the token has expired")
        if now.timestamp() < issued - _LEEWAY.total_seconds():
            raise InvalidTokenError("the token is from the future")
