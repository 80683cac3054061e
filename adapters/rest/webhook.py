"""Push messages to a tenant's webhook: signed, to allowed hosts only, no redirects."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx2

from adapters.kit.health import HealthKeeper
from adapters.kit.http.client import UNREACHED
from adapters.kit.http.events import event_headers
from adapters.rest.addresses import AddressError, checked_url, resolved
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelHealth, ChannelState, Clock, DeliveryError, StoreUnavailableError
from gateway.records.engine.stores import Stores
from gateway.records.messages import webhooks
from gateway.records.messages.webhooks import Webhook
from gateway.security.message_signatures import MessageSigner

CHANNEL: Final = "webhook"
_GONE: Final = 410
_NEVER_TAKEN: Final = frozenset({413, 415, 422})
"""Status codes of peers that will never accept the document (RFC 9110, 15.5)."""


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """How messages are pushed.

    Attributes:
        source: URI of this gateway, the CloudEvents source of what it sends.
        private_addresses: whether plain http and private networks are called, for use on one machine.
    """

    source: str
    private_addresses: bool = False
    timeout_s: float = 10.0


class WebhookOutlet:
    """Implements `ports.Outlet`. Any number of threads may use it."""

    name = CHANNEL
    max_age: timedelta | None = None
    largest: int | None = None
    """No header states the size that a peer accepts; it answers 413."""

    def __init__(self, stores: Stores, signer: MessageSigner, rules: WebhookRules, clock: Clock) -> None:
        self._stores = stores
        self._signer = signer
        self._rules = rules
        self._clock = clock
        self._known: dict[str, Webhook | None] = {}
        """The webhook of each tenant, as last read."""
        self._changes = 0
        self._healths: dict[str, HealthKeeper] = {}
        """How the webhooks are that were called since the start, or since they were set."""
        self._client = httpx2.Client(
            timeout=rules.timeout_s,
            follow_redirects=False,
            trust_env=False,  # a proxy from the environment would undo the choice of address
            # A kept connection was checked for the host it was made for, not for another at the same address.
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def is_open(self, tenant: Tenant) -> bool:
        """See `ports.Outlet.is_open`."""
        webhook = self._webhook(tenant.tenant_id)
        return webhook is not None and webhook.active

    def health(self, tenant_id: str) -> ChannelHealth | None:
        """How the webhook of a tenant is; None where none is set. `starting`: it was not called yet.

        It is `up` while its peer answers, also where that refuses a message, and `stopped` once it was
        disabled.
        """
        if not self._stores.of(tenant_id).exists:
            return None
        with suppress(StoreUnavailableError):  # which is a fault of its own
            webhook = self._webhook(tenant_id)
            if webhook is None:
                return None
            if webhook.disabled_at is not None:
                return ChannelHealth(ChannelState.STOPPED, webhook.disabled_at, webhook.disabled_because)
            keeper = self._healths.get(tenant_id)
            return ChannelHealth(ChannelState.STARTING, webhook.set_at) if keeper is None else keeper.now()
        return None

    def look_again(self, tenant_id: str) -> None:
        """A tenant's webhook was set or removed."""
        self._changes += 1
        self._known.pop(tenant_id, None)
        self._healths.pop(tenant_id, None)

    def _webhook(self, tenant_id: str) -> Webhook | None:
        try:
            return self._known[tenant_id]
        except KeyError:
            before = self._changes
        with self._stores.of(tenant_id).reading() as uow:
            webhook = self._known[tenant_id] = webhooks.find(uow)
        if self._changes != before:  # perhaps after it was read
            self._known.pop(tenant_id, None)
        return webhook

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        """See `ports.Outlet.send`. A peer that answers 410 is gone: its webhook is disabled."""
        keeper = self._healths.setdefault(
            tenant.tenant_id, HealthKeeper(f"{CHANNEL} of {tenant.tenant_id}", self._clock)
        )
        try:
            self._send(tenant, envelope)
        except DeliveryError as error:
            if error.alone or error.final:
                keeper.up()
                keeper.note(str(error))
            else:
                keeper.down(str(error))
            raise
        keeper.up()

    def _send(self, tenant: Tenant, envelope: Envelope) -> None:
        store = self._stores.of(tenant.tenant_id)
        with store.reading() as uow:
            webhook = webhooks.find(uow)
        if webhook is None:
            raise DeliveryError("no webhook is set")
        try:
            request = self._request(tenant, webhook.url, envelope)
            response = self._client.send(request, stream=True)
        except AddressError as error:
            raise DeliveryError(str(error)) from error
        except httpx2.HTTPError as error:
            raise DeliveryError(f"no answer: {type(error).__name__}") from error
        status = response.status_code
        response.close()  # its body is never read
        if 200 <= status < 300:
            return
        fault = f"the webhook answered {status}"
        if status == _GONE:
            with store.writing() as uow:
                webhooks.disable(uow, webhook, fault, self._clock.now())
            self.look_again(tenant.tenant_id)
        raise DeliveryError(fault, final=status in _NEVER_TAKEN, alone=status not in UNREACHED)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _request(self, tenant: Tenant, url: str, envelope: Envelope) -> httpx2.Request:
        private = self._rules.private_addresses
        parts = checked_url(url, tenant.webhook_hosts, private_addresses=private)
        host = parts.hostname or ""
        headers = event_headers(
            source=self._rules.source,
            message_id=envelope.message_id,
            kind=envelope.message_type or "Document",
            at=envelope.received_at,
            answers=envelope.correlation_id,
            gate_id=envelope.gate_id,
        )
        headers |= {"Content-Type": envelope.content_type, "User-Agent": "flexgate"}
        request = self._client.build_request("POST", url, content=envelope.payload, headers=headers)
        self._signer.sign(request, envelope.payload, self._clock.now())
        # Connect to the very address that was checked; the name stays in Host and in the TLS handshake.
        port = parts.port or (443 if parts.scheme == "https" else 80)
        request.url = request.url.copy_with(host=resolved(host, port, private_addresses=private))
        request.extensions["sni_hostname"] = host
        return request
