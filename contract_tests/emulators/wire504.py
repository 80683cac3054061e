"""Wire format of both sides of IEC 62325-504: namespaces, envelopes, signatures."""

import re
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from contract_tests.emulators.identities import Identity

SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"
MSG: Final = "http://iec.ch/TC57/2011/schema/message"
LISTS: Final = "urn:iec62325.504:messages:1:0"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
NAMES: Final = {"msg": MSG, "m": LISTS, "ds": DS}
_C14N: Final = CanonicalizationMethod.CANONICAL_XML_1_0
_BODY: Final = re.compile(
    rb'<(?P<p>\w+):Envelope[^>]*="(?P<ns>[^"]+)".*?<(?P=p):Body>(?P<message>.*)</(?P=p):Body>', re.DOTALL
)


def envelope(message: bytes, namespace: str = SOAP_1_2) -> bytes:
    """A message in an envelope."""
    opening = f'<soap:Envelope xmlns:soap="{namespace}"><soap:Body>'.encode()
    return opening + message + b"</soap:Body></soap:Envelope>"


def opened(data: bytes) -> tuple[str, bytes] | None:
    """The namespace of an envelope, and the message in it byte for byte; None: it is no envelope."""
    found = _BODY.search(data)
    return None if found is None else (found["ns"].decode(), found["message"])


def fault(namespace: str, code: str) -> bytes:
    """An envelope with a fault."""
    detail = (
        f'<msg:FaultMessage xmlns:msg="{MSG}"><msg:Reply><msg:Result>FAILED</msg:Result><msg:Error>'
        f"<msg:code>{code}</msg:code></msg:Error></msg:Reply></msg:FaultMessage>"
    )
    if namespace == SOAP_1_2:
        fault = (
            "<soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
            '<soap:Reason><soap:Text xml:lang="en">refused</soap:Text></soap:Reason>'
        )
        detail = f"<soap:Detail>{detail}</soap:Detail>"
    else:
        fault = "<faultcode>soap:Client</faultcode><faultstring>refused</faultstring>"
        detail = f"<detail>{detail}</detail>"
    return envelope(f"<soap:Fault>{fault}{detail}</soap:Fault>".encode(), namespace)


def add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    """A new element of the envelope schema below another."""
    element = etree.SubElement(parent, f"{{{MSG}}}{name}")
    element.text = text
    return element


def signed(message: etree._Element, identity: Identity) -> bytes:
    """The message with a signature at the end of its header."""
    header = message.find("msg:Header", NAMES)
    assert header is not None  # noqa: S101  (made a line above)
    etree.SubElement(header, f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
    signer = XMLSigner(c14n_algorithm=_C14N)
    certificates = [identity.certificate]
    made: Any = signer.sign(message, key=identity.key, cert=certificates, exclude_c14n_transform_element=True)
    return etree.tostring(made)


def verified(message: bytes, certificate: x509.Certificate, now: datetime) -> etree._Element:
    """The part of a message that the owner of a certificate signed.

    Raises:
        signxml.exceptions.SignXMLException: unsigned, changed, or signed by another party.
    """
    configuration = SignatureConfiguration(
        location=f"./{{{MSG}}}Header/", default_reference_c14n_method=_C14N, verification_time=now
    )
    verifier: Any = XMLVerifier()
    result = verifier.verify(message, x509_cert=certificate, expect_config=configuration)
    covered: etree._Element = result.signed_xml
    return covered
