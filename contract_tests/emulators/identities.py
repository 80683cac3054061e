"""Keys and certificates of peers that sign: made for one run, signed by themselves."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_KEY_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate and its private key; the files are what configurations name."""

    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate
    certificate_file: Path
    key_file: Path


def new_identity(
    name: str, directory: Path, *, begins: datetime | None = None, lasts: timedelta = timedelta(days=30)
) -> Identity:
    """A new key of 2048 bits and a certificate for it that it signed itself, stored in `directory`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = begins or datetime.now(UTC) - timedelta(minutes=5)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .sign(key, SHA256())
    )
    stem = "-".join(name.lower().split())
    files = directory / f"{stem}.pem", directory / f"{stem}-key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    with os.fdopen(os.open(files[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Identity(key, certificate, *files)
