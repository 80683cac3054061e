"""Documents over MQTT 5, through a broker both sides connect to.

    flexgate/v1/TENANT/KIND/submit     the peer publishes documents here
    flexgate/v1/TENANT/KIND/ack        acknowledgements
    flexgate/v1/TENANT/KIND/result     availability, merit orders
    flexgate/v1/TENANT/problems        what was no message for the gateway (RFC 9457)
    flexgate/v1/TENANT/status          retained: online or offline

The broker's access rules say who may publish under which tenant; nothing in a message can change that.
"""

from typing import Annotated, Final

from pydantic import Field

from adapters.kit.options import ConnectionOptions
from adapters.mqtt.interface import INTERFACE
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative

_WEEK_S: Final = 7 * 24 * 3600


class MqttOptions(ConnectionOptions):
    """The broker, and how to speak with it.

    Attributes:
        prefix: first levels of every topic.
        client_id: names the session at the broker; two connections must not have the same.
        session_expiry_s: longer than the longest outage; the broker keeps messages for so long.
        receive_maximum: messages in hand at the same time.
    """

    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    prefix: Annotated[str, Field(pattern=r"^[^/+#$][^+#]*[^/+#]$")] = "flexgate/v1"
    client_id: str | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30
    session_expiry_s: Annotated[int, Field(ge=0, lt=2**32)] = _WEEK_S
    receive_maximum: Annotated[int, Field(ge=1, le=1000)] = 50


def _open(options: MqttOptions, context: ChannelContext) -> Channel:
    from adapters.mqtt.channel import MqttChannel  # noqa: PLC0415  (paho is an extra)

    return MqttChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="MQTT 5.0",
        information_model="market documents as XML, their canonical JSON, or bids as CSV",
        inward=Initiative.PEER,
        outward=Initiative.GATEWAY,
        timing="at once; the broker keeps messages while one side is away",
        interaction=(
            "the peer publishes to …/KIND/submit, QoS 1, user property baMessageID",
            "the gateway stores the message, then confirms it to the broker (PUBACK)",
            "the gateway answers at the response topic, or at …/KIND/ack, with the correlation data",
            "results follow on …/KIND/result with an expiry; repetitions have the same baMessageID",
        ),
        messages=(INTERFACE,),
    ),
    options=MqttOptions,
    open=_open,
    extra="brokers",
)
"""MQTT 5."""
