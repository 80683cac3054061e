"""What we sign, checked by the library's verifier and once more by hand."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from gateway.security.keys import SigningKey, signing_key
from gateway.security.message_signatures import MessageSigner

BODY = b"<document/>"
HEADERS = {"Content-Type": "application/xml", "ce-id": "m1", "ce-type": "eu.flexgate.Test.v1"}
URL = "https://peer.test/in?from=us"


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(tmp_path / "webhooks.pem")


@pytest.fixture
def request_(key: SigningKey) -> httpx2.Request:
    request = httpx2.Request("POST", URL, content=BODY, headers=HEADERS)
    MessageSigner(key).sign(request, BODY, datetime.now(UTC))
    return request


def verifier(key: SigningKey) -> HTTPMessageVerifier:
    class Keys(HTTPSignatureKeyResolver):
        def resolve_public_key(self, key_id: str) -> object:
            assert key_id == key.key_id
            return jwt.PyJWK(key.public_jwk).key

    return HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())


def test_the_signature_verifies_and_covers_what_matters(key: SigningKey, request_: httpx2.Request) -> None:
    (result,) = verifier(key).verify(request_, body=BODY)
    covered = {name.strip('"') for name in result.covered_components}
    assert {
        "@method",
        "@target-uri",
        "content-digest",
        *map(str.lower, HEADERS),
        "@signature-params",
    } == covered
    assert abs(result.parameters["created"] - datetime.now(UTC).timestamp()) < 60


def test_by_hand(key: SigningKey, request_: httpx2.Request) -> None:
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    assert request_.headers["content-digest"] == f"sha-256=:{digest}:"
    label, parameters = request_.headers["signature-input"].split("=", 1)
    base = "\n".join(
        [
            '"@method": POST',
            f'"@target-uri": {URL}',
            f'"content-digest": sha-256=:{digest}:',
            '"content-type": application/xml',
            '"ce-id": m1',
            '"ce-type": eu.flexgate.Test.v1',
            f'"@signature-params": {parameters}',
        ]
    )
    signature = base64.b64decode(request_.headers["signature"].removeprefix(f"{label}=:").removesuffix(":"))
    public = jwt.PyJWK(key.public_jwk).key
    public.verify(signature, base.encode())
    with pytest.raises(InvalidSignature):
        public.verify(signature, base.replace("POST", "PUT").encode())


def test_another_body_does_not_verify(key: SigningKey, request_: httpx2.Request) -> None:
    with pytest.raises(HTTPMessageSignaturesException):
        verifier(key).verify(request_, body=BODY + b" ")
