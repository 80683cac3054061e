"""A transport message, whatever protocol brought it: who, by which channel, which bytes."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.market_time import utc


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that an adapter submits or fetches. Adapters know envelopes and nothing about documents.

    Attributes:
        tenant: whose it is; from the transport's authenticated identity, never the payload.
        channel: the channel's name, e.g. `rest`.
        message_id: the transport's own id; the key by which a repeated message is known.
        content_type: media type without parameters, e.g. `application/xml`.
        received_at: when the last byte was received (or, outbound, when it was made), UTC.
        payload: the bytes as they came; never logged.
        correlation_id: outbound, what it answers; inbound, by what the peer will know the answer.
        message_type: the transport's own name for the kind of message (ECP, MQTT), if it has one.
        answered_type: outbound, the transport's own name for the message that it answers, if that had one.
        reply_to: the address at which the peer wants the answer, on channels that have such addresses.
        not_after: outbound, when it is of no more use to the peer.
        gate_id: outbound, the gate whose result it reports, if it reports one.
        sha256: hash of the payload, made where it is not given: the same message under the same id has the
            same hash.
    """

    tenant: str
    channel: str
    message_id: str
    content_type: str
    received_at: datetime
    payload: bytes = field(repr=False)
    correlation_id: str | None = None
    message_type: str | None = None
    answered_type: str | None = None
    reply_to: str | None = None
    not_after: datetime | None = None
    gate_id: str | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_at", utc(self.received_at))
        if not self.sha256:
            object.__setattr__(self, "sha256", hashlib.sha256(self.payload).hexdigest())
