"""The machines registered for tenants, and how each proves who it is."""

import base64
import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import jwt
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.domain.tenant import Tenant
from gateway.security.permissions import Caller, Scope, scopes_of

ASSERTION_ALGORITHMS: Final = ("ES256", "EdDSA")
# RFC 7914 parameters for interactive use: 16 MiB, some 50 ms.
_COST, _BLOCK, _PARALLEL, _LENGTH = 2**14, 8, 1, 32
# Each check takes 16 MiB: a flood of token requests must not take all memory.
_CHECKS: Final = threading.BoundedSemaphore(2)


def new_secret() -> str:
    """A random secret of 256 bits, as URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """What is kept of a secret: `scrypt$salt$key`, both base64 (RFC 7914)."""
    salt = secrets.token_bytes(16)
    key = _scrypt(salt).derive(secret.encode())
    return "$".join(["scrypt", base64.b64encode(salt).decode(), base64.b64encode(key).decode()])


def _scrypt(salt: bytes) -> Scrypt:
    return Scrypt(salt=salt, length=_LENGTH, n=_COST, r=_BLOCK, p=_PARALLEL)


def _parts(hashed: str) -> tuple[bytes, bytes]:
    scheme, salt, key = hashed.split("$")
    if scheme != "scrypt":
        raise ValueError(f"unknown scheme {scheme!r}")
    return base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)


def secret_matches(secret: str, hashed: str) -> bool:
    """Whether `hashed` came from `secret`; takes the same time either way."""
    salt, key = _parts(hashed)
    with _CHECKS:
        try:
            _scrypt(salt).verify(secret.encode(), key)
        except InvalidKey:
            return False
    return True


def read_public_keys(data: bytes) -> tuple[jwt.PyJWK, ...]:
    """The keys of a client from a JWK set (RFC 7517): public halves for one of `ASSERTION_ALGORITHMS`.

    Raises:
        ValueError: no JWK set, or a key of another kind, without a kid, or with its private half.
    """
    try:
        jwks = json.loads(data)["keys"]
        keys = tuple(jwt.PyJWK(jwk) for jwk in jwks)
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        # The cause may quote the file; it could hold a private key by mistake.
        raise ValueError(f"not a JWK set of public keys ({type(error).__name__})") from None
    for jwk, key in zip(jwks, keys, strict=True):
        if "d" in jwk:
            raise ValueError("the JWK set holds a private key; register public keys only")
        if key.key_id is None:
            raise ValueError("every key needs a kid")
        if key.algorithm_name not in ASSERTION_ALGORITHMS:
            raise ValueError(f"key {key.key_id!r} is not for one of {', '.join(ASSERTION_ALGORITHMS)}")
    if len({key.key_id for key in keys}) != len(keys):
        raise ValueError("two keys have the same kid")
    return keys


@dataclass(frozen=True)
class Client:
    """One machine of one tenant.

    Attributes:
        secret_hash: for client_secret authentication (the weaker way), see `hash_secret`.
        public_keys: for private_key_jwt (the preferred way), see `read_public_keys`.
        scopes: what its tokens may carry; by default all that its tenant's role can use.
    """

    client_id: str
    tenant: Tenant
    secret_hash: str | None = field(default=None, repr=False)
    public_keys: tuple[jwt.PyJWK, ...] = field(default=(), repr=False)
    scopes: frozenset[Scope] | None = None

    def __post_init__(self) -> None:
        if self.secret_hash is None and not self.public_keys:
            raise ValueError(f"client {self.client_id} has neither a secret nor a public key")
        if self.secret_hash is not None:
            try:
                _parts(self.secret_hash)
            except ValueError:
                # Never show the text itself: somebody may have put the secret there.
                raise ValueError(
                    f"the secret hash of client {self.client_id} is not scrypt$salt$key"
                ) from None

    @property
    def may_have(self) -> frozenset[Scope]:
        """The scopes its tokens may carry."""
        useful = scopes_of(self.tenant.role)
        return useful if self.scopes is None else useful & self.scopes

    def caller(self, scopes: frozenset[Scope]) -> Caller:
        """This machine with a token of these scopes."""
        return Caller(self.client_id, self.tenant.tenant_id, self.tenant.role, scopes & self.may_have)


class UnknownClientError(LookupError):
    """No such client is registered."""


class Clients:
    """All registered clients by their id."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients = {client.client_id: client for client in clients}

    def get(self, client_id: str) -> Client:
        """The client of this id.

        Raises:
            UnknownClientError: there is none.
        """
        try:
            return self._clients[client_id]
        except KeyError:
            raise UnknownClientError("no such client") from None
