"""The REST interface and its webhook, as declared to peers."""

from typing import Final

from adapters.kit.document_messages import OF_GATE, OUR_ID, SENT, answer, notice
from gateway.domain.messaging import Action, MessageInterface, MessageOperation, Named
from gateway.ports import Descriptor, Initiative

_HEADERS: Final = (
    Named("ce-specversion", "CloudEvents", always=True, values=("1.0",)),
    Named("ce-id", OUR_ID, always=True),
    Named("ce-source", "URI of the gateway", always=True),
    Named(
        "ce-type",
        "the kind of document",
        always=True,
        values=tuple(f"eu.flexgate.{kind}.v1" for kind in SENT),
    ),
    Named("ce-time", "when the message was made", always=True),
    Named("ce-subject", "id of the document or run it answers; absent on documents of other parties"),
    Named("ce-gate", OF_GATE),
)
_PROPERTIES: Final = (
    Named("Content-Type", "media type of the payload", always=True),
    Named("Content-Digest", "SHA-256 of the payload (RFC 9530)", always=True, pattern="^sha-256="),
    Named(
        "Signature-Input",
        "what is signed (RFC 9421), with `keyid` from `/.well-known/jwks.json`",
        always=True,
    ),
    Named("Signature", "ed25519", always=True),
)
_PUSH: Final = MessageOperation(
    name="push",
    action=Action.SEND,
    address=None,
    title="Push a message to the URL set by `PUT /v1/webhook`; a 2xx answer confirms it",
    messages=(
        answer(
            "event",
            "An acknowledgement, the availability of bids, or a merit order, as a CloudEvent in binary mode",
            headers=_HEADERS,
            properties=_PROPERTIES,
        ),
        notice(headers=_HEADERS, properties=_PROPERTIES),
    ),
    binding={"method": "POST"},
)

_WEBHOOK: Final = MessageInterface(
    name="webhook",
    protocol="https",
    version="1.1",
    host="your.system.example.org",
    meaning="Your own HTTPS server; the operator allows its host.",
    operations=(_PUSH,),
)

REST: Final = Descriptor(
    protocol="REST over HTTPS, with a signed webhook",
    information_model="market documents as XML, their canonical JSON, or bids as CSV",
    inward=Initiative.PEER,
    outward=Initiative.GATEWAY,
    timing="at once; without a webhook the peer asks when it likes",
    interaction=(
        "the peer gets a token by client credentials",
        "the peer posts a document with an Idempotency-Key",
        "the gateway stores the document, then answers 202 with the address of its status",
        "the peer fetches the acknowledgement there, or from its outbox",
        "results follow in the outbox, and are pushed to the webhook until it answers 2xx",
        "the peer confirms what it fetched",
    ),
    messages=(_WEBHOOK,),
)
"""Always there; it needs no channel."""
