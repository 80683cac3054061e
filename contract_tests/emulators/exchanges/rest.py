"""Documents over the REST interface: submitted, and pulled from the outbox."""

from collections.abc import Iterator, Sequence
from typing import Any

from contract_tests.emulators.client import GatewayClient, wait_for
from contract_tests.emulators.exchanges import ACKNOWLEDGEMENT, Came

_PAGE = 100


class RestExchange:
    """Implements `Exchange`."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client
        self._cursor = 0

    def send(self, document: bytes, name: str) -> str:
        """Submit the document; returns the address of its status."""
        answer = self._client.request(
            "POST",
            "/v1/documents",
            content=document,
            headers={"Content-Type": "application/xml", "Idempotency-Key": name},
        )
        return answer.headers["Location"]

    def acknowledgement(self, sent: str, timeout_s: float) -> bytes:
        """See `Exchange.acknowledgement`."""

        def look() -> bool | None:
            return self._client.get(sent)["state"] != "received" or None

        wait_for(look, f"the gateway to work on {sent}", timeout_s)
        return self._client.request("GET", f"{sent}/acknowledgement").content

    def results(self) -> Sequence[Came]:
        """Fetch and confirm every new message; acknowledgements are fetched by their documents already."""
        came = []
        for message in self._new_messages():
            address = f"/v1/outbox/{message['id']}"
            payload = self._client.request("GET", address).content
            if message["kind"] != ACKNOWLEDGEMENT:
                came.append(Came(message["kind"], payload))
            self._client.post(f"{address}/confirm")
        return came

    def close_gate(self, gate_id: str) -> None:
        """Declare that everything was sent."""
        self._client.post(f"/v1/gates/{gate_id}/close")

    def _new_messages(self) -> Iterator[dict[str, Any]]:
        while True:
            page = self._client.get("/v1/outbox", after=self._cursor, limit=_PAGE)["messages"]
            for message in page:
                yield message
                self._cursor = message["id"]
            if len(page) < _PAGE:
                return
