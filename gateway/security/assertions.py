"""Signed assertions by which a client proves who it is without ever sending a secret (RFC 7523)."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import jwt

from gateway.ports import Clock
from gateway.security.clients import Client

LONGEST_LIFETIME: Final = timedelta(minutes=5)
_LEEWAY: Final = timedelta(seconds=30)
"""Clocks of peers are a little off; the replay guard covers the whole of it."""
_LONGEST_ID: Final = 128


UNKNOWN_KEY: Final = "kid names none of the client's keys"


class InvalidAssertionError(Exception):
    """The assertion proves nothing."""


class ReplayGuard(Protocol):
    """Remembers which assertions were used, over restarts."""

    def first_use(self, client_id: str, assertion_id: str, good_until: datetime) -> bool:
        """Note the use of an assertion; False if it was used before."""
        ...


def claimed_client(assertion: str) -> str:
    """Whom the assertion claims to be from, unchecked: only to find the keys it is then checked with.

    Raises:
        InvalidAssertionError: not a JWT, or it names nobody.
    """
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise InvalidAssertionError("the assertion is not a JWT") from error
    subject = claims.get("sub")
    if not isinstance(subject, str):
        raise InvalidAssertionError("the assertion names no client in sub")
    return subject


def check_assertion(
    assertion: str, client: Client, audiences: Collection[str], clock: Clock, guard: ReplayGuard
) -> None:
    """Return if `client` signed this assertion for us, now, and never used it before.

    Raises:
        InvalidAssertionError: otherwise; the text says what its sender can mend.
    """
    claims = _claims(assertion, client, audiences)
    now = clock.now()
    expires = _moment(claims["exp"])
    if expires <= now - _LEEWAY:
        raise InvalidAssertionError("the assertion has expired")
    if expires > now + LONGEST_LIFETIME + _LEEWAY:
        raise InvalidAssertionError(f"the assertion lives longer than {LONGEST_LIFETIME}")
    for claim in ("nbf", "iat"):
        if claim in claims and _moment(claims[claim]) > now + _LEEWAY:
            raise InvalidAssertionError(f"the assertion is from the future ({claim})")
    assertion_id = claims["jti"]
    if not isinstance(assertion_id, str) or not 0 < len(assertion_id) <= _LONGEST_ID:
        raise InvalidAssertionError(f"jti is a text of 1 to {_LONGEST_ID} characters")
    if not guard.first_use(client.client_id, assertion_id, expires + _LEEWAY):
        raise InvalidAssertionError("the assertion was used before")


def _claims(assertion: str, client: Client, audiences: Collection[str]) -> dict[str, Any]:
    try:
        key_id = jwt.get_unverified_header(assertion).get("kid")
        keys = [key for key in client.public_keys if key.key_id == key_id]
        if not keys:
            raise InvalidAssertionError(UNKNOWN_KEY)
        claims: dict[str, Any] = jwt.decode(
            assertion,
            keys[0].key,
            algorithms=[keys[0].algorithm_name],
            audience=list(audiences),
            issuer=client.client_id,
            subject=client.client_id,
            # Times are checked by the caller against our own clock.
            options={
                "require": ["iss", "sub", "aud", "exp", "jti"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as error:
        raise InvalidAssertionError(f"the assertion does not hold: {error}") from error
    return claims


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidAssertionError("a time in the assertion is no number of seconds since 1970") from None
