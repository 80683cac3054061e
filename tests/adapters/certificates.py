"""Certificates of our own making, for brokers with TLS."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


@dataclass
class Authority:
    """Signs certificates of servers named `localhost` (by that name only) and of clients."""

    directory: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Test {self.directory.name}")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        own = self._begun(self.name, self.key, ends_in=DAY)
        own = own.add_extension(basic, critical=True).add_extension(usage, critical=True)
        self.file = self._written("ca.pem", own.sign(self.key, hashes.SHA256()))

    def server(self, name: str, ends_in: timedelta = DAY) -> Pair:
        """For `localhost`; one that ends in the past is expired."""
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        return self._pair(name, names, ExtendedKeyUsageOID.SERVER_AUTH, ends_in)

    def client(self, name: str) -> Pair:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        return self._pair(name, names, ExtendedKeyUsageOID.CLIENT_AUTH, DAY)

    def _pair(
        self, name: str, names: x509.SubjectAlternativeName, usage: x509.ObjectIdentifier, ends_in: timedelta
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begun = self._begun(subject, key, ends_in).add_extension(names, critical=False)
        begun = begun.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        file = self.directory / f"{name}.key"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate = begun.sign(self.key, hashes.SHA256())
        return Pair(self._written(f"{name}.pem", certificate), file)

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, ends_in: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + ends_in)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )

    def _written(self, name: str, certificate: x509.Certificate) -> Path:
        file = self.directory / name
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        return file
