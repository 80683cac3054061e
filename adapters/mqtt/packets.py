"""The content of topics and properties of MQTT packets.

Correlation data are bytes, ids are text: inside they are the Latin-1 view of the bytes, which loses nothing.
"""

from typing import Final

from paho.mqtt.client import MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from adapters.kit.document_messages import GATE
from adapters.kit.inbound import Message

MESSAGE_ID: Final = "baMessageID"


def properties_of(packet_type: int) -> Properties:
    """Properties of a packet, none set yet."""
    return Properties(packet_type)  # type: ignore[no-untyped-call]


def message_of(packet: MQTTMessage, reply_to: str | None) -> Message:
    """Received packets as messages of any channel."""
    properties = packet.properties
    named = {key.lower(): value for key, value in getattr(properties, "UserProperty", [])}
    message_id = named.get(MESSAGE_ID.lower(), "").strip() or None
    correlation: bytes | None = getattr(properties, "CorrelationData", None)
    if correlation is None and message_id is not None:
        correlation = message_id.encode()
    return Message(
        payload=bytes(packet.payload),
        id=message_id,
        content_type=getattr(properties, "ContentType", None),
        message_type=packet.topic.split("/")[-2],
        correlation_id=None if correlation is None else correlation.decode("latin-1"),
        reply_to=reply_to,
        repeated_by_sender=not packet.dup,
    )


def response_topic(packet: MQTTMessage) -> str | None:
    """Where the peer wants its answer."""
    topic: str | None = getattr(packet.properties, "ResponseTopic", None)
    return topic


def publish_properties(
    content_type: str,
    correlation_id: str | None,
    message_id: str | None = None,
    expiry_s: int | None = None,
    gate_id: str | None = None,
) -> Properties:
    """Properties of what the gateway publishes."""
    properties = properties_of(PacketTypes.PUBLISH)
    properties.ContentType = content_type
    if correlation_id is not None:
        properties.CorrelationData = correlation_id.encode("latin-1")
    if message_id is not None:
        properties.UserProperty = (MESSAGE_ID, message_id)
    if gate_id is not None:
        properties.UserProperty = (GATE, gate_id)  # setting it adds to those that are there
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    return properties
