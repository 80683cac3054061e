"""Documents over IEC 62325-504 web services: the platform puts its own and polls for the gateway's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract_tests.emulators.client504 import Client504
from contract_tests.emulators.exchanges import Came, ChannelOptions, ExchangeInbox
from contract_tests.emulators.identities import new_identity


class Soap504Exchange(ExchangeInbox):
    """Implements `Exchange`.

    Args:
        url: of the service at the gateway.
        directory: where the certificates and keys of both sides are made.
    """

    def __init__(self, url: str, directory: Path) -> None:
        super().__init__(self._take)
        self._platform = new_identity("platform", directory)
        self._gateway = new_identity("gateway", directory)
        self._client = Client504(url, self._platform, self._gateway.certificate)
        self._cursor = 0

    @contextmanager
    def connected(self) -> Iterator["Soap504Exchange"]:
        """Nothing is connected before the first call."""
        try:
            yield self
        finally:
            self._client.close()

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        return ChannelOptions(
            "soap504-server",
            {
                "signing": {
                    "certificate": str(self._gateway.certificate_file),
                    "key": {"file": str(self._gateway.key_file)},
                    "signers": [str(self._platform.certificate_file)],
                }
            },
        )

    def send(self, document: bytes, name: str) -> str:
        """See `Exchange.send`."""
        self._client.put(document, message_id=name)
        return name

    def _take(self) -> None:
        """Get what the service lists after the last code."""
        while listed := self._client.list_after(self._cursor):
            for entry in listed:
                fetched = self._client.get(entry.code)
                came = Came(entry.type, fetched.payload, fetched.answers)
                self.put(fetched.message_id or str(entry.code), came)
                self._cursor = entry.code
