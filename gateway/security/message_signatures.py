"""Signatures on what we send by HTTP (RFC 9421) over a digest of its content (RFC 9530)."""

import base64
import hashlib
from collections.abc import MutableMapping
from datetime import datetime
from typing import Final, Protocol

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from gateway.security.keys import SigningKey

LABEL: Final = "flexgate"
COVERED: Final = ("@method", "@target-uri", "content-digest", "content-type", "ce-id", "ce-type")
"""Where it goes, what it is, and which message it is: none can be changed, or sent again as another."""


class SignableRequest(Protocol):
    """The request as httpx2 and others model it."""

    @property
    def method(self) -> str:
        """In capitals."""
        ...

    @property
    def headers(self) -> MutableMapping[str, str]:
        """To which the signature is added."""
        ...


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._private = key.private

    def resolve_private_key(self, key_id: str) -> object:  # noqa: ARG002  (there is one key)
        """The only key there is."""
        return self._private


class MessageSigner:
    """Signs requests with one key; the receiver finds its public half in our JWK set under `keyid`."""

    def __init__(self, key: SigningKey) -> None:
        self._key_id = key.key_id
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key))

    def sign(self, request: SignableRequest, body: bytes, created: datetime) -> None:
        """Add Content-Digest, Signature-Input and Signature.

        The request has a Content-Type and CloudEvents headers already.
        """
        request.headers["Content-Digest"] = content_digest(body)
        self._signer.sign(
            request,
            key_id=self._key_id,
            created=created,
            label=LABEL,
            covered_component_ids=COVERED,
            body=body,
            use_existing_digest=True,
        )


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530), SHA-256."""
    return content_digest_of(content_sha256(body))


def content_sha256(body: bytes) -> str:
    """The SHA-256 of a body, in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def content_digest_of(sha256: str) -> str:
    """The Content-Digest header of a body whose SHA-256 is known, in hexadecimal digits."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
