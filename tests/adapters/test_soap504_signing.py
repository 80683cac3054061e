"""Signed SOAP: whatever is done to a signed message on its way, the service refuses it and says so."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import SignatureReference, XMLSigner

from adapters.soap_504.messages import read_request
from adapters.soap_504.schemas import envelope_rules
from adapters.soap_504.signing import Verifier
from adapters.soap_504.soap import parsed, unwrap
from contract_tests.emulators.client504 import Client504, ServiceFaultError
from contract_tests.emulators.identities import Identity, new_identity
from contract_tests.emulators.wire504 import DS, MSG, envelope
from tests.adapters.local_gateway import LocalGateway
from tests.adapters.peers.soap504 import Soap504Peer, identities, soap504_peer, standing_service
from tests.intake.local_gateway import NOW
from tests.patience import eventually
from tests.shared import STANDARDS
from tests.specimens import RESERVE_BID_7_2

SAMPLES = STANDARDS / "soap-504" / "samples"
C14N = CanonicalizationMethod.CANONICAL_XML_1_0
SIGNATURE = re.compile(rb"<ds:Signature.*</ds:Signature>", re.DOTALL)
HEADER_END = b"</msg:Header>"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Soap504Peer]:
    with soap504_peer(tmp_path) as opened:
        opened.polls = False
        yield opened


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client504]:
    """At a service that keeps running while all messages here are refused."""
    with standing_service(tmp_path_factory.mktemp("service")) as (_, standing):
        yield standing


@pytest.fixture
def fresh(local: LocalGateway, peer: Soap504Peer) -> Client504:
    """At a service of its own."""
    local.start(wait=False)
    assert peer.client is not None
    return peer.client


def refusal(client: Client504, message: bytes) -> str:
    """The code with which the service refuses a message."""
    with pytest.raises(ServiceFaultError) as caught:
        client.post(envelope(message))
    return caught.value.code


def signed_list(client: Client504) -> bytes:
    return client.signed("get", "MessageList", {"Code": "10"}, message_id="m")


def signed_with(identity: Identity, message: bytes, **how: Any) -> bytes:
    """The message with another signature in place of its own."""
    root = etree.fromstring(
        SIGNATURE.sub(b'<ds:Signature xmlns:ds="%s" Id="placeholder"/>' % DS.encode(), message)
    )
    made = {"key": identity.key, "cert": [identity.certificate], "exclude_c14n_transform_element": True}
    signer = how.pop("signer", XMLSigner(c14n_algorithm=C14N))
    return etree.tostring(signer.sign(root, **(made | how)))


class AnySigner(XMLSigner):
    """Signs also with methods that are obsolete."""

    def check_deprecated_methods(self) -> None:
        pass


@pytest.mark.feature(id="C2")
def test_what_is_signed_as_agreed_is_answered(client: Client504) -> None:
    client.verified(client.post(envelope(signed_list(client))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<msg:value>10<", b"<msg:value>0<"),
        (b"<msg:Noun>MessageList<", b"<msg:Noun>Any<"),
        (b"<msg:Nonce>", b"<msg:Nonce>1"),
        (b"<msg:Request>", b"<?x y?><msg:Request>"),
        (b"<msg:MessageID>m<", b"<msg:MessageID>n<"),
        (b"<msg:value>10<", b"<msg:value> 10<"),
    ],
)
def test_a_message_changed_on_its_way(client: Client504, old: bytes, new: bytes) -> None:
    message = signed_list(client)
    assert old in message
    assert refusal(client, message.replace(old, new, 1)) == "HAND-007"


def test_a_put_changed_on_its_way_has_no_effect(local: LocalGateway, fresh: Client504) -> None:
    payload = etree.Element(f"{{{MSG}}}Payload")
    payload.append(etree.fromstring(RESERVE_BID_7_2.data))
    message = fresh.signed("create", "ReserveBid_MarketDocument", payload=payload, message_id="m")
    changed = message.replace(b">45.5<", b">45.4<", 1)
    assert changed != message
    assert refusal(fresh, changed) == "HAND-007"
    assert local.envelopes() == 0


def test_a_comment_cannot_cut_a_value_short(local: LocalGateway, fresh: Client504) -> None:
    local.put(b"<a/>")
    message = signed_list(fresh).replace(b"<msg:value>10<", b"<msg:value>1<!-- -->0<", 1)
    answer = fresh.verified(fresh.post(envelope(message)))
    assert answer.findall(".//{urn:iec62325.504:messages:1:0}Message") == [], "after 10, not after 1 or 0"


def test_unsigned(client: Client504) -> None:
    assert refusal(client, SIGNATURE.sub(b"", signed_list(client))) == "HAND-008"


def test_signed_by_somebody_else(client: Client504, tmp_path: Path) -> None:
    stranger = new_identity("stranger", tmp_path, begins=NOW - timedelta(days=1))
    message = signed_with(stranger, signed_list(client))
    assert refusal(client, message) == "HAND-007"
    platform, _ = identities()
    posing = _certificate(message, _text_of(platform))
    assert refusal(client, posing) == "HAND-007", "the agreed certificate beside another key"
    both = message.replace(
        b"</ds:X509Data>", b"<ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data>" % _text_of(platform)
    )
    assert refusal(client, both) == "HAND-007"


def test_signed_by_the_gateway_itself(client: Client504) -> None:
    _, gateway = identities()
    assert refusal(client, signed_with(gateway, signed_list(client))) == "HAND-007"


def _text_of(identity: Identity) -> bytes:
    return b"".join(identity.certificate.public_bytes(Encoding.PEM).splitlines()[1:-1])


def _certificate(message: bytes, text: bytes) -> bytes:
    return re.sub(
        rb"(<ds:X509Certificate>).*?(</ds:X509Certificate>)",
        rb"\g<1>" + text + rb"\g<2>",
        message,
        flags=re.DOTALL,
    )


@pytest.mark.parametrize("begins", [NOW - timedelta(days=60), NOW + timedelta(days=1)])
def test_a_certificate_that_is_not_valid_now(
    local: LocalGateway, peer: Soap504Peer, tmp_path: Path, begins: Any
) -> None:
    old = new_identity("old", tmp_path, begins=begins)
    platform, _ = identities()
    peer.signers = [platform.certificate_file, old.certificate_file]
    local.start(wait=False)
    assert peer.client is not None
    signed_list_ = signed_list(peer.client)
    assert refusal(peer.client, signed_with(old, signed_list_)) == "HAND-007"
    peer.client.verified(peer.client.post(envelope(signed_list_)))


def test_two_certificates_while_one_is_replaced(
    local: LocalGateway, peer: Soap504Peer, tmp_path: Path
) -> None:
    coming = new_identity("coming", tmp_path, begins=NOW - timedelta(days=1))
    platform, _ = identities()
    peer.signers = [platform.certificate_file, coming.certificate_file]
    local.start(wait=False)
    assert peer.client is not None
    for identity in (platform, coming):
        message = signed_with(identity, signed_list(peer.client))
        peer.client.verified(peer.client.post(envelope(message)))


@pytest.mark.parametrize(
    "signer",
    [
        AnySigner(
            c14n_algorithm=C14N,
            signature_algorithm=SignatureMethod.RSA_SHA1,
            digest_algorithm=DigestAlgorithm.SHA1,
        ),
        AnySigner(c14n_algorithm=C14N, digest_algorithm=DigestAlgorithm.SHA1),
        AnySigner(c14n_algorithm=C14N, signature_algorithm=SignatureMethod.RSA_SHA1),
        XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0),
        XMLSigner(c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0_WITH_COMMENTS),
        XMLSigner(c14n_algorithm=C14N, signature_algorithm=SignatureMethod.RSA_SHA512),
    ],
)
def test_other_algorithms(client: Client504, signer: XMLSigner) -> None:
    platform, _ = identities()
    assert refusal(client, signed_with(platform, signed_list(client), signer=signer)) == "HAND-008"


def test_the_public_key_is_no_shared_secret(client: Client504) -> None:
    platform, _ = identities()
    secret = platform.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hmac = XMLSigner(c14n_algorithm=C14N, signature_algorithm=SignatureMethod.HMAC_SHA256)
    message = signed_with(platform, signed_list(client), signer=hmac, key=secret, cert=None)
    named = b"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    message = message.replace(b"</ds:Signature>", named % _text_of(platform) + b"</ds:Signature>")
    assert refusal(client, message) == "HAND-008"


def test_a_key_without_a_certificate(client: Client504) -> None:
    platform, _ = identities()
    assert refusal(client, signed_with(platform, signed_list(client), cert=None)) == "HAND-008"


def _moved_to_the_root(message: bytes, signature: bytes) -> bytes:
    return SIGNATURE.sub(b"", message).replace(b"</msg:RequestMessage>", signature + b"</msg:RequestMessage>")


def _moved_to_a_property(message: bytes, signature: bytes) -> bytes:
    hidden = b'<w:x xmlns:w="urn:w">' + signature + b"</w:x>"
    return SIGNATURE.sub(b"", message).replace(HEADER_END, hidden + HEADER_END)


def _original_in_the_payload(message: bytes, _: bytes) -> bytes:
    evil = SIGNATURE.sub(b"", message).replace(b">10<", b">0<")
    kept = b'<msg:Payload><w:x xmlns:w="urn:w">' + message + b"</w:x></msg:Payload>"
    return evil.replace(b"</msg:RequestMessage>", kept + b"</msg:RequestMessage>")


def _original_in_the_header(message: bytes, signature: bytes) -> bytes:
    evil = message.replace(b">10<", b">0<")
    original = b'<w:x xmlns:w="urn:w">' + SIGNATURE.sub(b"", message) + b"</w:x>"
    return evil.replace(signature, original + signature)


def _original_in_an_object(message: bytes, signature: bytes) -> bytes:
    """The signature points at a copy of the original that it carries itself."""
    kept = b'<ds:Object Id="kept">' + SIGNATURE.sub(b"", message) + b"</ds:Object></ds:Signature>"
    pointed = signature.replace(b'URI=""', b'URI="#kept"').replace(b"</ds:Signature>", kept)
    return message.replace(signature, pointed).replace(b">10<", b">0<", 1)


def _two_signatures(message: bytes, signature: bytes) -> bytes:
    return message.replace(signature, signature * 2)


def _two_references(message: bytes, _: bytes) -> bytes:
    found = re.search(rb"<ds:Reference.*</ds:Reference>", message, re.DOTALL)
    assert found
    return message.replace(found[0], found[0] * 2)


def _a_filter(message: bytes, _: bytes) -> bytes:
    xpath = (
        b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        b"<ds:XPath>not(ancestor-or-self::*[local-name()='Request'])</ds:XPath></ds:Transform></ds:Transforms>"
    )
    return message.replace(b"</ds:Transforms>", xpath).replace(b">10<", b">0<")


def _another_root(message: bytes, _: bytes) -> bytes:
    return message.replace(b"msg:RequestMessage", b"msg:ResponseMessage")


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize(
    ("wrap", "code"),
    [
        (_moved_to_the_root, "HAND-002"),
        (_moved_to_a_property, "HAND-008"),
        (_original_in_the_payload, "HAND-008"),
        (_original_in_the_header, "HAND-007"),
        (_original_in_an_object, "HAND-008"),
        (_two_signatures, "HAND-008"),
        (_two_references, "HAND-008"),
        (_a_filter, "HAND-008"),
        (_another_root, "HAND-002"),
    ],
)
def test_a_signature_covers_the_whole_message_and_nothing_else(
    client: Client504, wrap: Callable[[bytes, bytes], bytes], code: str
) -> None:
    message = signed_list(client)
    found = SIGNATURE.search(message)
    assert found
    wrapped = wrap(message, found[0])
    assert wrapped != message
    assert refusal(client, wrapped) == code


@pytest.mark.feature(id="E4")
def test_a_rightful_signature_over_a_part_covers_nothing(client: Client504) -> None:
    platform, _ = identities()
    part = b'<msg:Property Id="part"><msg:Name>a</msg:Name></msg:Property>'
    message = signed_list(client).replace(b"<ds:Signature", part + b"<ds:Signature", 1)
    how = {"reference_uri": [SignatureReference(URI="#part")]}
    assert refusal(client, signed_with(platform, message, **how)) == "HAND-002", (
        "there are no Ids in messages"
    )
    unknown = b'<w:x xmlns:w="urn:w" Id="part"/>'
    message = signed_list(client).replace(b"<ds:Signature", unknown + b"<ds:Signature", 1)
    assert refusal(client, signed_with(platform, message, **how)) == "HAND-008"


@pytest.mark.parametrize(
    ("around", "code"),
    [
        (b"<soap:Header>%s</soap:Header><soap:Body>%s</soap:Body>", "HAND-008"),
        (b"<soap:Body>%s%s</soap:Body>", "HAND-004"),
        (b'<soap:Header/><w:x xmlns:w="urn:w">%s</w:x><soap:Body>%s</soap:Body>', "HAND-008"),
        (b"<soap:Body><soap:Body>%s</soap:Body>%s</soap:Body>", "HAND-004"),
    ],
)
def test_only_the_one_message_in_the_body_counts(client: Client504, around: bytes, code: str) -> None:
    message = signed_list(client)
    evil = SIGNATURE.sub(b"", message).replace(b">10<", b">0<")
    frame = b'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope">%s</soap:Envelope>'
    with pytest.raises(ServiceFaultError) as caught:
        client.post(frame % (around % (message, evil)))
    assert caught.value.code == code


def test_an_envelope_may_declare_what_it_likes(client: Client504) -> None:
    """Namespaces of the envelope are not the message's, also where both declare the same."""
    message = signed_list(client).replace(b"<msg:Request>", b'<msg:Request xmlns:xsi="urn:xsi">')
    platform, _ = identities()
    message = signed_with(platform, message)
    declared = f'xmlns:xsi="urn:xsi" xmlns:msg="{MSG}" xmlns:a="urn:a" xmlns="urn:b"'.encode()
    around = envelope(b"%s").replace(b"<soap:Envelope", b"<soap:Envelope " + declared)
    client.verified(client.post(around.replace(b"%s", message)))
    client.verified(
        client.post(envelope(signed_list(client)).replace(b"><soap:Body>", b">\n <soap:Body >\n"))
    )


def test_a_message_may_rely_on_the_namespaces_of_its_envelope(client: Client504) -> None:
    """As SOAP libraries write it that sign what is in the envelope already."""
    declaration = f' xmlns:msg="{MSG}"'.encode()
    message = signed_list(client)
    assert message.count(declaration) == 1
    around = f'<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"{declaration.decode()}>'
    platform, _ = identities()
    standing = etree.fromstring(message)
    in_context = etree.fromstring(f"{around}<soap:Body/></soap:Envelope>")
    in_context[0].append(standing)
    signed = signed_with(platform, etree.tostring(standing))  # with every namespace in scope
    body = signed.replace(declaration, b"", 1).replace(
        b' xmlns:soap="http://www.w3.org/2003/05/soap-envelope"', b"", 1
    )
    client.verified(client.post(around.encode() + b"<soap:Body>" + body + b"</soap:Body></soap:Envelope>"))


class TestReplay:
    @pytest.mark.feature(id="E5")
    def test_a_request_is_good_once(self, client: Client504) -> None:
        message = signed_list(client)
        client.post(envelope(message))
        assert refusal(client, message) == "HAND-007"
        spaced = envelope(message).replace(b"<soap:Body>", b"<soap:Body>  ")
        with pytest.raises(ServiceFaultError, match="is a repetition"):
            client.post(spaced)

    def test_a_nonce_is_good_once_whatever_is_signed_with_it(self, client: Client504) -> None:
        platform, _ = identities()
        message = signed_list(client)
        client.post(envelope(message))
        assert refusal(client, signed_with(platform, message.replace(b">10<", b">11<"))) == "HAND-007"

    def test_a_put_that_comes_again_is_answered_again_and_done_once(
        self, local: LocalGateway, fresh: Client504
    ) -> None:
        payload = etree.Element(f"{{{MSG}}}Payload")
        payload.append(etree.fromstring(RESERVE_BID_7_2.data))
        message = fresh.signed("create", "ReserveBid_MarketDocument", payload=payload, message_id="m")
        answers = [fresh.verified(fresh.post(envelope(message))) for _ in range(3)]
        kept = {answer.findtext(f"{{{MSG}}}Reply/{{{MSG}}}ID") for answer in answers}
        assert len(kept) == 1
        eventually(lambda: local.process.hashes, "the document to be handled")
        assert len(local.process.hashes) == 1

    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_a_request_of_another_time(self, client: Client504, minutes: int) -> None:
        shifted = client._now
        client._now = lambda: shifted() + timedelta(minutes=minutes)
        message = signed_list(client)
        client._now = shifted
        assert refusal(client, message) == "HAND-007"

    def test_a_request_without_a_time(self, client: Client504) -> None:
        platform, _ = identities()
        message = re.sub(rb"<msg:(ReplayDetection|Timestamp)>.*?</msg:\1>", b"", signed_list(client))
        assert b"Created" not in message
        assert refusal(client, signed_with(platform, message)) == "HAND-007"

    def test_the_time_alone_is_enough(self, client: Client504) -> None:
        """As the reference client sends it: neither id nor nonce."""
        platform, _ = identities()
        bare = re.sub(rb"<msg:(ReplayDetection|MessageID)>.*?</msg:\1>", b"", signed_list(client))
        message = signed_with(platform, bare)
        client.verified(client.post(envelope(message)))
        assert refusal(client, message) == "HAND-007"

    def test_a_restart_forgets_nothing(self, local: LocalGateway, fresh: Client504) -> None:
        message = signed_list(fresh)
        fresh.post(envelope(message))
        local.clock.started -= 2  # time goes on
        local.stop()
        local.open_stores()
        local.start(wait=False)
        assert refusal(fresh, message) == "HAND-007"
        fresh.verified(fresh.post(envelope(signed_list(fresh))))


class TestForms:
    def test_elliptic_curves(self, client: Client504) -> None:
        platform, _ = identities()
        key = ec.generate_private_key(ec.SECP256R1())
        made = _self_signed(key)
        signer = XMLSigner(c14n_algorithm=C14N, signature_algorithm=SignatureMethod.ECDSA_SHA256)
        message = signed_with(platform, signed_list(client), signer=signer, key=key, cert=[made])
        came = unwrap(envelope(message))
        assert Verifier([made]).verify(came, NOW).message.tag == came.root.tag
        assert refusal(client, message) == "HAND-007", "agreed is another certificate"

    @pytest.mark.shared
    def test_the_old_sample_is_refused_for_its_algorithms(self, client: Client504) -> None:
        message = (SAMPLES / "verify-test-2.xml").read_bytes()
        assert b"rsa-sha1" in message
        root = parsed(message)
        assert envelope_rules().fault(root) is None
        assert read_request(root).header.noun == "ScheduleMessage"
        assert refusal(client, message.strip()) == "HAND-008"

    @pytest.mark.shared
    def test_the_other_samples_can_be_signed_and_verified(self) -> None:
        platform, _ = identities()
        message = (SAMPLES / "signature-test-1.xml").read_bytes().strip()
        assert envelope_rules().fault(parsed(message)) is None
        place = b'<ds:Signature xmlns:ds="%s"></ds:Signature>' % DS.encode()
        signed = signed_with(platform, message.replace(HEADER_END, place + HEADER_END))
        verified = Verifier([platform.certificate]).verify(unwrap(envelope(signed)), NOW)
        (document,) = read_request(verified.message).content.elements
        plain = (SAMPLES / "signature-test-5.xml").read_bytes()
        assert etree.QName(document).localname == etree.QName(etree.fromstring(plain)).localname


def _self_signed(key: ec.EllipticCurvePrivateKey) -> Any:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    platform, _ = identities()
    known = platform.certificate
    return (
        x509.CertificateBuilder()
        .subject_name(known.subject)
        .issuer_name(known.subject)
        .public_key(key.public_key())
        .serial_number(uuid.uuid4().int >> 1)
        .not_valid_before(known.not_valid_before_utc)
        .not_valid_after(known.not_valid_after_utc)
        .sign(key, SHA256())
    )


def test_responses_are_signed_by_the_gateway_alone(client: Client504, tmp_path: Path) -> None:
    from signxml.exceptions import InvalidSignature  # noqa: PLC0415

    answer = client.post(envelope(signed_list(client)))
    client.verified(answer)
    with pytest.raises(InvalidSignature):
        client.verified(answer.replace(b"<msg:Result>OK<", b"<msg:Result>PARTIAL<"))
    stranger = new_identity("stranger", tmp_path, begins=NOW - timedelta(days=1))
    with pytest.raises(InvalidSignature):
        Client504("", replace(stranger), stranger.certificate, now=client._now).verified(answer)
