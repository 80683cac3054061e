"""Documents over AMQP 1.0, through an emulated ECP endpoint or EDX toolbox: the partner behind it."""

from collections.abc import Iterator
from contextlib import contextmanager

from contract_tests.emulators.endpoint import EndpointEmulator
from contract_tests.emulators.exchanges import ACKNOWLEDGEMENT, Came, ChannelOptions, ExchangeInbox

_TYPES = {
    ACKNOWLEDGEMENT: "TEST-ACKNOWLEDGEMENT",
    "BidAvailability": "TEST-BID-AVAILABILITY",
    "MeritOrderList": "TEST-MERIT-ORDER-LIST",
}
_KINDS = {message_type: kind for kind, message_type in _TYPES.items()}


class EndpointExchange(ExchangeInbox):
    """Implements `Exchange`.

    Args:
        port: of this machine, where the emulated endpoint listens.
        code: the endpoint code by which the gateway addresses the platform.
    """

    def __init__(self, port: int, code: str) -> None:
        super().__init__(self._take)
        self._port = port
        self._code = code
        self._endpoint = EndpointEmulator(port)
        self._seen = 0

    @contextmanager
    def connected(self) -> Iterator["EndpointExchange"]:
        """Let the endpoint listen."""
        self._endpoint.start()
        try:
            yield self
        finally:
            self._endpoint.stop()

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        return ChannelOptions(
            "amqp10",
            {
                "host": "127.0.0.1",
                "port": self._port,
                "receiver": self._code,
                "message_types": _TYPES,
                "reconnect_s": 0.2,
            },
        )

    def send(self, document: bytes, name: str) -> str:
        """See `Exchange.send`."""
        properties = {"messageID": f"ecp-{name}", "baMessageID": name, "messageType": "TEST-BID"}
        self._endpoint.deliver(document, properties, "application/xml")
        return name

    def _take(self) -> None:
        for sent in self._endpoint.sent[self._seen :]:
            self._seen += 1
            kind = _KINDS[sent.properties["messageType"]]
            came = Came(kind, sent.body, sent.properties.get("baCorrelationID"))
            self.put(sent.properties["baMessageID"], came)
