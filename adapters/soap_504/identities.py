"""Certificates and private keys as files, checked when the configuration is read."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

_LEAST_RSA_BITS: Final = 2048
_SOON_DAYS: Final = 30

_log: Final = structlog.get_logger(__name__)


class IdentityError(ValueError):
    """A certificate or key that cannot be used; the text names the file and never quotes a key."""


def certificate_in(file: Path) -> x509.Certificate:
    """The first certificate of a PEM file.

    Raises:
        IdentityError: there is none, or its key is not of an accepted kind.
    """
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = certificate.public_key()
    except OSError as error:
        raise IdentityError(f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise IdentityError(f"{file} holds no certificate (PEM)") from error
    strong_rsa = isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS
    if strong_rsa or (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        return certificate
    raise IdentityError(f"{file}: keys are RSA of {_LEAST_RSA_BITS} bits or more, or P-256")


def private_key_in(pem: str, certificate: x509.Certificate) -> PrivateKey:
    """The private key that belongs to a certificate.

    Raises:
        IdentityError: it is no such key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise IdentityError("key: no private key (PEM, without a password)") from error
    if (
        isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)
        and key.public_key() == certificate.public_key()
    ):
        return key
    raise IdentityError("key: not the key of the certificate")


def warn_of_ends(channel: str, files: Iterable[Path], now: datetime) -> None:
    """Log every certificate that ends within a month, or has ended."""
    for file in files:
        days = (certificate_in(file).not_valid_after_utc - now).days
        if days < _SOON_DAYS:
            _log.warning("certificate ends", channel=channel, file=str(file), days=days)
