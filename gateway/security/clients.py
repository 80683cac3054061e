"""The machines registered for tenants, and how each proves who it is."""

import base64
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.domain.tenant import Tenant
from gateway.security.permissions import (
    Caller,
    Operation,
    Scope,
    operations_of_roles,
    scopes_of,
)

RSA_ALGORITHMS: Final = ("RS256", "PS256")
ASSERTION_ALGORITHMS: Final = ("ES256", "EdDSA", *RSA_ALGORITHMS)
SMALLEST_RSA_BITS: Final = 2048
# RFC 7914 parameters for interactive use: 16 MiB, some 50 ms.
_COST, _BLOCK, _PARALLEL, _LENGTH = 2**14, 8, 1, 32


def new_secret() -> str:
    """A random secret of 256 bits, as URL-safe text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Stored hash of a secret: `scrypt$salt$key`, both base64 (RFC 7914)."""
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
    """Whether `hashed` came from `secret`; in the same time in both cases."""
    salt, key = _parts(hashed)
    try:
        _scrypt(salt).verify(secret.encode(), key)
    except InvalidKey:
        return False
    return True


@dataclass(frozen=True)
class ClientKey:
    """A public key of a client.

    Attributes:
        key_id: None only where it is the client's only key.
        algorithms: by which the client may sign with it (RFC 7518); an RSA key has two unless it names one.
    """

    key_id: str | None
    public: Any = field(repr=False)
    algorithms: tuple[str, ...]


def read_public_keys(data: bytes) -> tuple[ClientKey, ...]:
    """The keys of a client from a JWK set (RFC 7517): public halves for some of `ASSERTION_ALGORITHMS`.

    Raises:
        ValueError: no JWK set, a key of another kind, too small or with its private half, or several keys of
            which one has no kid or two have the same.
    """
    try:
        jwks = json.loads(data)["keys"]
        keys = tuple(_client_key(jwk) for jwk in jwks)
    except _UnusableKeyError as error:
        raise ValueError(str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        # The cause may quote the file; it could hold a private key by mistake.
        raise ValueError(f"not a JWK set of public keys ({type(error).__name__})") from None
    names = [key.key_id for key in keys]
    if len(keys) > 1 and None in names:
        raise ValueError("every one of several keys needs a kid")
    if len(set(names)) != len(names):
        raise ValueError("two keys have the same kid")
    return keys


class _UnusableKeyError(Exception):
    """A key that is one, but not of those that are taken."""


def _client_key(jwk: dict[str, Any]) -> ClientKey:
    if "d" in jwk:
        raise _UnusableKeyError("the JWK set holds a private key; register public keys only")
    key = jwt.PyJWK(jwk)
    algorithms: tuple[str, ...] = (key.algorithm_name,)
    if isinstance(key.key, RSAPublicKey):
        if key.key.key_size < SMALLEST_RSA_BITS:
            raise _UnusableKeyError(f"an RSA key has {SMALLEST_RSA_BITS} bits or more")
        if "alg" not in jwk:
            algorithms = RSA_ALGORITHMS
    if not set(algorithms) <= set(ASSERTION_ALGORITHMS):
        raise _UnusableKeyError(f"key {key.key_id!r} is not for one of {', '.join(ASSERTION_ALGORITHMS)}")
    return ClientKey(key.key_id, key.key, algorithms)


@dataclass(frozen=True)
class Client:
    """One machine of one tenant.

    Attributes:
        secret_hash: for client_secret authentication (the weaker method), see `hash_secret`.
        former_secret_hash: of the secret before, which counts as well until `former_until`.
        public_keys: for private_key_jwt (the preferred method), see `read_public_keys`.
        scopes: what its tokens may carry; by default all that its tenant's roles can use.
    """

    client_id: str
    tenant: Tenant
    secret_hash: str | None = field(default=None, repr=False)
    public_keys: tuple[ClientKey, ...] = field(default=(), repr=False)
    scopes: frozenset[Scope] | None = None
    former_secret_hash: str | None = field(default=None, repr=False)
    former_until: datetime | None = None
    _may: frozenset[Operation] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_may", operations_of_roles(self.tenant.roles))
        if self.secret_hash is None and not self.public_keys:
            raise ValueError(f"client {self.client_id} has neither a secret nor a public key")
        if (self.former_secret_hash is None) != (self.former_until is None):
            raise ValueError(f"client {self.client_id} has only one of former_secret_hash and former_until")
        if self.former_until is not None and self.former_until.tzinfo is None:
            raise ValueError(f"former_until of client {self.client_id} has no time zone")
        for hashed in (self.secret_hash, self.former_secret_hash):
            if hashed is None:
                continue
            try:
                _parts(hashed)
            except ValueError:
                # Never show the text itself: it may be a misplaced secret.
                raise ValueError(
                    f"the secret hash of client {self.client_id} is not scrypt$salt$key"
                ) from None

    def secret_hashes(self, now: datetime) -> tuple[str, ...]:
        """Hashes of the secrets that count now."""
        former = self.former_until is not None and now < self.former_until
        hashes = (self.secret_hash, self.former_secret_hash if former else None)
        return tuple(hashed for hashed in hashes if hashed is not None)

    @property
    def may_have(self) -> frozenset[Scope]:
        """The scopes its tokens may carry."""
        useful = scopes_of(self.tenant)
        return useful if self.scopes is None else useful & self.scopes

    def caller(self, scopes: frozenset[Scope]) -> Caller:
        """This machine with a token of these scopes."""
        return Caller(
            self.client_id, self.tenant.tenant_id, self.tenant.role_names, self._may, scopes & self.may_have
        )


def _change(before: Client | None, after: Client | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "removed"
    secrets = [(one.secret_hash, one.former_secret_hash, one.former_until) for one in (before, after)]
    parts = {
        "public keys": before.public_keys != after.public_keys,
        "secret": secrets[0] != secrets[1],
        "rights": (before.tenant, before.scopes) != (after.tenant, after.scopes),
    }
    return ", ".join(what for what, changed in parts.items() if changed)


class UnknownClientError(LookupError):
    """No such client is registered."""


class Clients:
    """All registered clients by their id. Any number of threads may use it."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients = {client.client_id: client for client in clients}

    def replace(self, others: "Clients", tenants: Collection[str]) -> Mapping[str, str]:
        """Replace the clients by those of `others`, without those of tenants that are not among `tenants`;
        return a text for each that is new, gone or changed."""
        before = self._clients
        after = {
            name: one
            for name, one in others._clients.items()  # noqa: SLF001  (of the same class)
            if one.tenant.tenant_id in tenants
        }
        self._clients = after
        return {
            name: _change(before.get(name), after.get(name))
            for name in sorted(before | after)
            if before.get(name) != after.get(name)
        }

    def get(self, client_id: str) -> Client:
        """The client of this id.

        Raises:
            UnknownClientError: there is none.
        """
        try:
            return self._clients[client_id]
        except KeyError:
            raise UnknownClientError("no such client") from None
