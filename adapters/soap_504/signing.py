"""XML signatures (XMLDSig) over complete messages: enveloped, in the header, by certificates that were
agreed.

Both ends know each other's certificate before the first message. A certificate inside a message only states
which of the agreed ones signed it; no authority is queried, and no key that comes along is ever trusted.
"""

import base64
import binascii
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidCertificate, SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from adapters.soap_504 import SigningOptions
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.identities import PrivateKey, certificate_in, private_key_in
from adapters.soap_504.soap import Unwrapped, safe_parser
from adapters.soap_504.tables import MESSAGE

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_NAMES: Final = {"ds": DSIG, "msg": MESSAGE}
_C14N: Final = CanonicalizationMethod.CANONICAL_XML_1_0
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_TRANSFORMS: Final = ([_ENVELOPED], [_ENVELOPED, _C14N.value])
_METHODS: Final = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256})

logging.getLogger("signxml").setLevel(logging.WARNING)  # below that it logs what it signs


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs messages with one key."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate

    def sign(self, message: etree._Element) -> bytes:
        """The message with its signature at the end of its header, without an XML declaration."""
        header = message.find("msg:Header", _NAMES)
        if header is None:
            raise ValueError("a message has a header")
        etree.SubElement(header, f"{{{DSIG}}}Signature", Id="placeholder", nsmap={"ds": DSIG})
        method = (
            SignatureMethod.RSA_SHA256
            if isinstance(self.key, RSAPrivateKey)
            else SignatureMethod.ECDSA_SHA256
        )
        signer = XMLSigner(
            signature_algorithm=method, digest_algorithm=DigestAlgorithm.SHA256, c14n_algorithm=_C14N
        )
        signed = signer.sign(
            message,
            key=self.key,
            cert=[self.certificate],
            exclude_c14n_transform_element=True,
        )
        return etree.tostring(signed)


@dataclass(frozen=True, slots=True)
class Signed:
    """The content that a signature covers, and nothing else.

    Attributes:
        message: without its signature.
        data: its canonical bytes.
    """

    message: etree._Element = field(repr=False)
    data: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was signed."""
        return hashlib.sha256(self.data).digest()


class _Verification(XMLVerifier):
    """Canonicalises SignedInfo as a document of its own, with every namespace that holds around it.

    As a part of its tree, where the namespace of signatures is the default one (JDK, xml-crypto), libxml2
    declares `xmlns=""` on it before the true one, and the digest is another than the signer's. Nothing is cut
    out of canonical forms: in a payload `xmlns=""` has a meaning.
    """

    def _c14n(self, nodes: Any, *args: Any, **more: Any) -> bytes:
        if getattr(nodes, "tag", None) == f"{{{DSIG}}}SignedInfo":
            nodes = etree.fromstring(etree.tostring(nodes, with_tail=False), safe_parser())
        return bytes(super()._c14n(nodes, *args, **more))


@dataclass(frozen=True, slots=True)
class Verifier:
    """Accepts messages that one of the agreed certificates signed.

    Attributes:
        signers: more than one while a certificate is replaced.
    """

    signers: Sequence[x509.Certificate]

    def verify(self, came: Unwrapped, now: datetime) -> Signed:
        """The content that one of the signers signed: the message alone, or in its envelope.

        Args:
            now: must be within the validity of the certificate.

        Raises:
            FaultError: unsigned, in another form, by another party, or changed since.
        """
        signature = _only_signature(came.root)
        _check_form(signature)
        signer = self._signer(signature)
        try:
            return _verified(came.message, came.root.tag, signer, now)
        except FaultError:
            if came.in_envelope is None:
                raise
        return _verified(came.in_envelope, came.root.tag, signer, now)

    def knows(self, certificate: bytes, now: datetime) -> bool:
        """Whether a certificate (DER) is one that was agreed, and valid now."""
        return any(
            signer.public_bytes(Encoding.DER) == certificate
            and signer.not_valid_before_utc <= now <= signer.not_valid_after_utc
            for signer in self.signers
        )

    def _signer(self, signature: etree._Element) -> x509.Certificate:
        """The agreed certificate that the signature names."""
        named = {
            _bytes(each.text)
            for each in signature.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NAMES)
        }
        if not named:
            raise FaultError(Code.SIGNATURE_FORM, "KeyInfo names no certificate")
        for signer in self.signers:
            if signer.public_bytes(Encoding.DER) in named:
                return signer
        raise FaultError(Code.SIGNATURE_WRONG, "the certificate is not one that was agreed")


def _verified(message: bytes, name: str, signer: x509.Certificate, now: datetime) -> Signed:
    configuration = SignatureConfiguration(
        location=f"./{{{MESSAGE}}}Header/",
        signature_methods=_METHODS,
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        default_reference_c14n_method=_C14N,
        verification_time=now,
    )
    try:
        result = _Verification().verify(
            message, x509_cert=signer, parser=safe_parser(), expect_config=configuration
        )
    except InvalidCertificate:
        raise FaultError(Code.SIGNATURE_WRONG, "the signer's certificate is not valid now") from None
    except (SignXMLException, etree.LxmlError, ValueError, TypeError) as error:
        raise FaultError(Code.SIGNATURE_WRONG, type(error).__name__) from None
    if not isinstance(result, list) and result.signed_xml is not None and result.signed_xml.tag == name:
        return Signed(result.signed_xml, result.signed_data)
    raise FaultError(Code.SIGNATURE_FORM, "the signature covers something else than the message")


def signer_of(options: SigningOptions) -> Signer:
    """Who signs for the gateway.

    Raises:
        IdentityError: a file changed since the configuration was checked.
    """
    certificate = certificate_in(options.certificate)
    return Signer(private_key_in(options.key.get_secret_value(), certificate), certificate)


def verifier_of(options: SigningOptions) -> Verifier:
    """Who may sign for the peer.

    Raises:
        IdentityError: a file changed since the configuration was checked.
    """
    return Verifier([certificate_in(signer) for signer in options.signers])


def is_signed(root: etree._Element) -> bool:
    """Whether a message claims to be signed."""
    return root.find("msg:Header/ds:Signature", _NAMES) is not None


def _only_signature(root: etree._Element) -> etree._Element:
    found = root.findall("msg:Header/ds:Signature", _NAMES)
    if len(found) != 1:
        raise FaultError(
            Code.SIGNATURE_FORM, f"one signature is expected in the header, there are {len(found)}"
        )
    return found[0]


def _check_form(signature: etree._Element) -> None:
    """The complete message, in canonical form, without its signature: the only thing a signature may
    cover."""
    if _algorithm(signature, "ds:SignedInfo/ds:CanonicalizationMethod") != [_C14N.value]:
        raise FaultError(Code.SIGNATURE_FORM, f"SignedInfo is canonicalised by {_C14N.value}")
    methods = {method.value for method in _METHODS}
    if not set(_algorithm(signature, "ds:SignedInfo/ds:SignatureMethod")) <= methods:
        raise FaultError(Code.SIGNATURE_FORM, f"accepted signature methods are {', '.join(sorted(methods))}")
    references = signature.findall("ds:SignedInfo/ds:Reference", _NAMES)
    if len(references) != 1 or references[0].get("URI") != "":
        raise FaultError(Code.SIGNATURE_FORM, 'a signature has one reference, with URI=""')
    if _algorithm(references[0], "ds:Transforms/ds:Transform") not in _TRANSFORMS:
        raise FaultError(Code.SIGNATURE_FORM, f"the transform is {_ENVELOPED}")
    if _algorithm(references[0], "ds:DigestMethod") != [DigestAlgorithm.SHA256.value]:
        raise FaultError(Code.SIGNATURE_FORM, f"the digest is {DigestAlgorithm.SHA256.value}")


def _algorithm(element: etree._Element, path: str) -> list[str]:
    return [each.get("Algorithm", "") for each in element.iterfind(path, _NAMES)]


def _bytes(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "")
    except (binascii.Error, ValueError):
        return b""
