"""Private keys on disk, readable by their owner only, and their public halves for others to verify with."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey


class SigningKeyFileError(Exception):
    """A key file that cannot be used, or that others could read."""


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key. `key_id` is its JWK thumbprint (RFC 7638), so the name follows from the key."""

    key_id: str
    private: Ed25519PrivateKey = field(repr=False)
    public_jwk: dict[str, Any] = field(repr=False)


def signing_key(file: Path) -> SigningKey:
    """The key kept in `file`; created there, readable by its owner only, when there is none.

    Raises:
        SigningKeyFileError: the file is no Ed25519 key, or its mode lets others read it.
    """
    if not file.exists():
        _create(file)
    if file.stat().st_mode & 0o077:
        raise SigningKeyFileError(f"others can read {file}; set its mode to 600")
    try:
        key = OKPKey.import_key(file.read_bytes())
        private = key.private_key
    except (ValueError, JoseError) as error:
        raise SigningKeyFileError(f"{file} holds no private key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningKeyFileError(f"{file} holds no private Ed25519 key")
    key_id = key.thumbprint()
    public = {**key.as_dict(private=False), "kid": key_id, "use": "sig", "alg": "EdDSA"}
    return SigningKey(key_id, private, public)


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = OKPKey.generate_key("Ed25519").as_pem(private=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process of ours was first; its key is as good
    with os.fdopen(handle, "wb") as out:
        out.write(pem)


def key_set(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """The public halves as a JWK set (RFC 7517)."""
    return {"keys": [key.public_jwk for key in keys]}
