"""Signed assertions by which a client proves who it is without ever sending a secret (RFC 7523)."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import jwt
from jwt.exceptions import InvalidSubjectError

from gateway.ports import Clock
from gateway.security.clients import Client, ClientKey

LONGEST_LIFETIME: Final = timedelta(hours=1)
"""Default lifetime of assertions by client libraries; each is valid once, however long it lives."""

_LEEWAY: Final = timedelta(seconds=30)
"""Clocks of peers are a little off; the replay guard covers all of it."""
_LONGEST_ID: Final = 128


UNPROVEN: Final = "no registered key of this client verifies the assertion"
"""Also for unknown clients, so that existing ones are not revealed."""


class InvalidAssertionError(Exception):
    """The assertion proves nothing."""


class AssertionReplayGuard(Protocol):
    """Remembers which assertions were used, over restarts."""

    def first_use(self, client_id: str, assertion_id: str, good_until: datetime) -> bool:
        """Note the use of an assertion; False if it was used before."""
        ...


def claimed_client(assertion: str) -> str:
    """Whom the assertion claims to be from, unchecked: only to find the keys it is then checked with.

    Raises:
        InvalidAssertionError: not a JWT, or it names no client.
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
    assertion: str, client: Client, audiences: Collection[str], clock: Clock, guard: AssertionReplayGuard
) -> None:
    """Return if `client` signed this assertion for us, now, and never used it before.

    Raises:
        InvalidAssertionError: otherwise; the text states what its sender can fix.
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
        header = jwt.get_unverified_header(assertion)
        key = _key(client, header.get("kid"), header.get("alg"))
        claims: dict[str, Any] = jwt.decode(
            assertion,
            key.public,
            algorithms=list(key.algorithms),
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
    except jwt.InvalidSignatureError:
        raise InvalidAssertionError(UNPROVEN) from None
    except jwt.InvalidAudienceError as error:
        raise InvalidAssertionError(f"set aud to {' or '.join(audiences)}") from error
    except (jwt.InvalidIssuerError, InvalidSubjectError) as error:
        raise InvalidAssertionError("set iss and sub to the client_id") from error
    except jwt.MissingRequiredClaimError as error:
        raise InvalidAssertionError(f"the assertion has no {error.claim}") from error
    except jwt.PyJWTError as error:
        raise InvalidAssertionError(f"the assertion does not hold: {error}") from error
    return claims


def _key(client: Client, key_id: Any, algorithm: Any) -> ClientKey:
    """The key an assertion names; without a name the only one there is, or the only one for its algorithm."""
    keys = client.public_keys
    if len(keys) > 1:
        keys = tuple(
            key for key in keys if key_id == key.key_id or (key_id is None and algorithm in key.algorithms)
        )
        if len(keys) > 1:
            raise InvalidAssertionError(f"the client has {len(keys)} keys for {algorithm}; name one by kid")
    if not keys or (None not in (key_id, keys[0].key_id) and key_id != keys[0].key_id):
        raise InvalidAssertionError(UNPROVEN)
    if algorithm not in keys[0].algorithms:
        wanted = " or ".join(keys[0].algorithms)
        raise InvalidAssertionError(f"sign by {wanted}, which the registered key is for")
    return keys[0]


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidAssertionError("a time in the assertion is no number of seconds since 1970") from None
