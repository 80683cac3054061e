"""Signatures of others: the JDK and xml-crypto write the namespace of signatures as the default one."""

import base64
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate
from lxml import etree

from adapters.soap_504 import soap
from adapters.soap_504.faults import FaultError as SignatureFault
from adapters.soap_504.signing import Verifier
from contract_tests.emulators import service504
from contract_tests.emulators.client504 import Client504, ServiceFaultError
from contract_tests.emulators.wire504 import MSG, envelope
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.peers.service504 import service504_peer
from tests.adapters.peers.signers import ForeignSigner, foreign_signer
from tests.adapters.peers.soap504 import identities, standing_service
from tests.intake.local_gateway import NOW
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

BID = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:2"
STORED = Path(__file__).parent / "peers" / "jdk_signed.xml"
"""Made by our own `JdkSigner`, for machines without a JDK."""
SIGNATURE = re.compile(rb"<Signature .*</Signature>", re.DOTALL)

LIST = "<m:Request><m:Option><m:name>Code</m:name><m:value>10</m:value></m:Option></m:Request>"
REQUESTS = {
    "prefix": (f'm:RequestMessage xmlns:m="{MSG}"', "get", "MessageList", LIST),
    "default": (f'RequestMessage xmlns="{MSG}"', "get", "MessageList", LIST.replace("m:", "")),
    "unused": (f'm:RequestMessage xmlns:m="{MSG}" xmlns:u="urn:u"', "get", "MessageList", LIST),
    "comment": (f'm:RequestMessage xmlns:m="{MSG}"', "get", "MessageList", f"<!-- a -->\n {LIST}\n"),
    "payload": (
        f'm:RequestMessage xmlns:m="{MSG}"',
        "create",
        "Bids",
        f'<m:Payload xmlns="{BID}"><Bids><mRID>a &amp; b</mRID></Bids></m:Payload>',
    ),
    "no-namespace": (
        f'm:RequestMessage xmlns:m="{MSG}"',
        "create",
        "Bids",
        f'<m:Payload><Bids xmlns="{BID}"><inner xmlns=""><x/></inner><x xmlns=""/></Bids></m:Payload>',
    ),
    "no-namespace-in-default": (
        f'RequestMessage xmlns="{MSG}"',
        "create",
        "Bids",
        f'<Payload><b:Bids xmlns:b="{BID}" xmlns=""><x a="1"/></b:Bids></Payload>',
    ),
    "two-prefixes": (
        f'm:RequestMessage xmlns:m="{MSG}" xmlns:b="{BID}" xmlns:i="urn:i"',
        "create",
        "Bids",
        '<m:Payload><b:Bids i:kind="1"><b:mRID>m</b:mRID></b:Bids></m:Payload>',
    ),
}


def request(shape: str, made: datetime = NOW) -> bytes:
    """An unsigned message of one shape."""
    root, verb, noun, rest = REQUESTS[shape]
    name = root.split()[0]
    p = name.rpartition(":")[0] + ":" if ":" in name else ""
    when = f"{made.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    values = {"Verb": verb, "Noun": noun, "Timestamp": when, "MessageID": uuid.uuid4().hex}
    header = "".join(f"<{p}{each}>{value}</{p}{each}>" for each, value in values.items())
    return f"<{root}><{p}Header>{header}</{p}Header>{rest}</{name}>".encode()


@pytest.fixture(scope="module", params=["jdk", "xml-crypto"])
def signer(request: pytest.FixtureRequest) -> Iterator[ForeignSigner]:
    with foreign_signer(request.param, identities()[0]) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalGateway, Client504]]:
    with standing_service(tmp_path_factory.mktemp("service")) as standing:
        yield standing


@pytest.fixture(scope="module")
def client(service: tuple[LocalGateway, Client504]) -> Client504:
    return service[1]


@pytest.fixture
def now(service: tuple[LocalGateway, Client504]) -> datetime:
    """By the clock of the service, which takes nothing that was made before its start, or long ago."""
    return service[0].clock.now()


def on_the_envelope(message: bytes) -> bytes:
    """In an envelope that declares what the message did, and more."""
    opening, rest = message[: (end := message.index(b">"))], message[end:]
    declared = b"".join(re.findall(rb' xmlns(?::\w+)?="[^"]*"', opening))
    bare = re.sub(rb' xmlns(?::\w+)?="[^"]*"', b"", opening) + rest
    assert declared
    return envelope(bare).replace(b"><soap:Body>", declared + b' xmlns:more="urn:more"><soap:Body>', 1)


def on_the_body(message: bytes) -> bytes:
    """The same, but the declarations are shared by the envelope and its body."""
    moved = on_the_envelope(message)
    declared = re.search(rb' xmlns(?::m)?="%s"' % MSG.encode(), moved)
    assert declared
    return moved.replace(declared[0], b"", 1).replace(b"<soap:Body>", b"<soap:Body%s>" % declared[0], 1)


@pytest.mark.feature(id="C2")
@pytest.mark.parametrize(
    ("shape", "around"),
    # Which of the namespaces on an envelope a message declared without using them cannot be known.
    [(shape, envelope) for shape in REQUESTS]
    + [(shape, on) for shape in REQUESTS if shape != "unused" for on in (on_the_envelope, on_the_body)],
)
def test_what_others_sign_is_answered(
    client: Client504, now: datetime, signer: ForeignSigner, shape: str, around: Callable[[bytes], bytes]
) -> None:
    message = signer.sign(request(shape, now))
    assert b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">' in message
    answer = client.verified(client.post(around(message)))
    assert answer.findtext(f"{{{MSG}}}Reply/{{{MSG}}}Result") == "OK"
    assert answer.find(f"{{{MSG}}}Payload") is not None


def _in_a_wrapper(message: bytes, signature: bytes) -> bytes:
    return message.replace(signature, b'<w:x xmlns:w="urn:w">' + signature + b"</w:x>")


def _twice(message: bytes, signature: bytes) -> bytes:
    return message.replace(signature, signature * 2)


def _original_beside(message: bytes, signature: bytes) -> bytes:
    evil = message.replace(b">10<", b">0<")
    return evil.replace(signature, b'<w:x xmlns:w="urn:w">' + message + b"</w:x>" + signature)


def _original_in_an_object(message: bytes, signature: bytes) -> bytes:
    kept = b'<Object Id="kept">' + SIGNATURE.sub(b"", message) + b"</Object></Signature>"
    pointed = signature.replace(b'URI=""', b'URI="#kept"').replace(b"</Signature>", kept)
    return message.replace(signature, pointed).replace(b">10<", b">0<", 1)


def _original_in_the_payload(message: bytes, _: bytes) -> bytes:
    evil = SIGNATURE.sub(b"", message).replace(b">10<", b">0<")
    kept = b'<m:Payload><w:x xmlns:w="urn:w">' + message + b"</w:x></m:Payload></m:RequestMessage>"
    return evil.replace(b"</m:RequestMessage>", kept)


def _another_reference(message: bytes, _: bytes) -> bytes:
    found = re.search(rb"<Reference.*</Reference>", message, re.DOTALL)
    assert found
    return message.replace(found[0], found[0].replace(b'URI=""', b'URI="#x"') + found[0])


def _another_namespace(message: bytes, _: bytes) -> bytes:
    return message.replace(b"<m:value>", b'<m:value xmlns="urn:x">')


def _a_namespace_declared(message: bytes, _: bytes) -> bytes:
    return message.replace(b"<m:Request>", b'<m:Request xmlns:n="urn:n">')


def _signed_info_in_no_namespace(message: bytes, _: bytes) -> bytes:
    return message.replace(b"<SignedInfo>", b'<SignedInfo xmlns="">')


def _a_value_changed(message: bytes, _: bytes) -> bytes:
    return message.replace(b">10<", b">0<")


WRAPPINGS = [
    _in_a_wrapper,
    _twice,
    _original_beside,
    _original_in_an_object,
    _original_in_the_payload,
    _another_reference,
    _another_namespace,
    _a_namespace_declared,
    _signed_info_in_no_namespace,
    _a_value_changed,
]


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize("around", [envelope, on_the_envelope])
@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_what_is_done_to_them_on_their_way_is_refused(
    client: Client504,
    now: datetime,
    signer: ForeignSigner,
    wrap: Callable[[bytes, bytes], bytes],
    around: Callable[[bytes], bytes],
) -> None:
    message = signer.sign(request("prefix", now))
    found = SIGNATURE.search(message)
    assert found
    wrapped = wrap(message, found[0])
    assert wrapped != message
    with pytest.raises(ServiceFaultError) as caught:
        client.post(around(wrapped))
    assert caught.value.code in ("HAND-002", "HAND-007", "HAND-008")
    assert "made " not in str(caught.value), "it is not refused for its time"


@pytest.mark.parametrize("old_new", [(b'xmlns:i="urn:i"', b'xmlns:i="urn:j"'), (BID.encode(), b"urn:bid")])
def test_the_envelope_cannot_give_names_another_meaning(
    client: Client504, now: datetime, signer: ForeignSigner, old_new: tuple[bytes, bytes]
) -> None:
    around = on_the_envelope(signer.sign(request("two-prefixes", now)))
    assert old_new[0] in around
    with pytest.raises(ServiceFaultError, match="HAND-007"):
        client.post(around.replace(*old_new))


def test_a_service_may_sign_so_too(
    tmp_path: Path, signer: ForeignSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service504, "signed", lambda root, _: signer.sign(etree.tostring(root)))
    with service504_peer(tmp_path) as peer:
        local = LocalGateway(tmp_path, peer).start()
        peer.send(RESERVE_BID_7_2.data)
        eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)
        eventually(peer.received)
        local.stop()


def test_a_stored_message_of_the_jdk_verifies() -> None:
    message = STORED.read_bytes()
    found = re.search(rb"<X509Certificate>(.*?)</X509Certificate>", message, re.DOTALL)
    assert found
    agreed = etree.fromstring(b"<x>" + found[1] + b"</x>").text
    verifier = Verifier([load_der_x509_certificate(base64.b64decode(agreed or ""))])
    for around in (envelope, on_the_envelope):
        came = soap.unwrap(around(message))
        assert verifier.verify(came, NOW).message.tag == came.root.tag
        with pytest.raises(SignatureFault, match="does not hold"):
            verifier.verify(soap.unwrap(around(message.replace(b"a &amp; b", b"a"))), NOW)


@pytest.mark.parametrize("shape", REQUESTS)
def test_xmlsec_is_of_the_same_opinion(signer: ForeignSigner, shape: str, tmp_path: Path) -> None:
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    platform, _ = identities()
    for change, holds in ((b"", True), (b" ", False)):
        file = tmp_path / "message.xml"
        file.write_bytes(signer.sign(request(shape)).replace(b"Header>", b"Header>" + change, 1))
        asked = ["xmlsec1", "--verify", "--trusted-pem", str(platform.certificate_file)]
        moment = ["--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}"]
        reported = subprocess.run([*asked, *moment, str(file)], capture_output=True, check=False)
        assert (reported.returncode == 0) is holds, reported.stderr.decode()
