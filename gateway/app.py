"""The one place that plugs the packages together."""

import fcntl
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from fastapi import FastAPI

from adapters.channels import RunningChannel, opened_channels
from adapters.kit.http.access import TOKEN_PATH, Access
from adapters.rest import ROUTERS
from adapters.rest.dependencies import RestDependencies
from adapters.rest.webhook import WebhookOutlet, WebhookRules
from gateway.client_reload import ClientReload
from gateway.delivery import DeadLetters, DeliveryMonitor, Dispatcher, ForwardingJob, RouteBook
from gateway.intake.service.pool import IntakePool
from gateway.intake.service.service import IntakeService
from gateway.intake_process import COMMAND, IntakeSettings, SystemClock
from gateway.ports import Channel, ChannelHealth, Outlet, ServesHttp
from gateway.processes.bid_check.run.run import BidCheck
from gateway.processes.demands import Demands
from gateway.processes.former_tenants import warn_of_former_tenants
from gateway.processes.gate_notices import NoticeSender
from gateway.processes.gates import Gates
from gateway.processes.grid_models import GridModels
from gateway.processes.resources import Resources
from gateway.processes.results import Results
from gateway.processes.run_processes import RunProcesses
from gateway.processes.scheduler import GateScheduler
from gateway.records.engine.port import StoreInUseError
from gateway.records.engine.stores import Stores
from gateway.records.privacy.retention import RetentionJob
from gateway.records.privacy.used_client_assertions import UsedAssertions
from gateway.run_process import COMMAND as RUN_COMMAND
from gateway.run_process import RunSettings, bid_check, new_publisher
from gateway.security.issuer import Issuer
from gateway.security.keys import key_set, signing_key
from gateway.security.message_signatures import MessageSigner
from gateway.security.tokens import AccessTokens
from gateway.settings import Settings
from gateway.web.application import create_app
from gateway.web.dependencies import WebDependencies

GRACE_S: Final = 1.0
"""How long a stop lets messages come to their end before their channels break off."""


@dataclass(frozen=True)
class Services:
    """Services next to the requests, in the order in which they start."""

    intake: IntakeService
    gate_scheduler: GateScheduler
    gate_notices: NoticeSender
    runs: RunProcesses | None
    dispatcher: Dispatcher
    forwarder: ForwardingJob
    monitor: DeliveryMonitor
    webhook: WebhookOutlet
    channels: Sequence[Channel]
    retention: RetentionJob
    client_reload: ClientReload
    stores: Stores

    def start(self) -> None:
        """Resume what the last stop left, before anything new comes."""
        warn_of_former_tenants(self.stores)
        self.intake.start()
        if self.runs is not None:
            self.runs.start()
        self.gate_scheduler.start()
        self.gate_notices.start()
        self.dispatcher.start()
        self.forwarder.start()
        self.monitor.start()
        self.retention.start()
        self.client_reload.start()
        for channel in self.channels:
            channel.start()

    def stop(self) -> None:
        """Finish what is in work; what waits, and what is being solved, is taken up by the next start."""
        self.gate_scheduler.interrupt()
        if self.runs is not None:
            self.runs.interrupt()
        self.dispatcher.stop(GRACE_S)
        for channel in self.channels:
            channel.stop()
        self.dispatcher.stop()
        self.forwarder.stop()
        self.monitor.stop()
        self.intake.stop()
        self.gate_scheduler.stop()
        self.gate_notices.stop()
        if self.runs is not None:
            self.runs.stop()
        self.retention.stop()
        self.client_reload.stop()
        self.webhook.close()
        self.stores.close()

    def faults(self) -> list[str]:
        """Why the gateway cannot work now."""
        services = (
            self.gate_scheduler,
            self.gate_notices,
            self.dispatcher,
            self.forwarder,
            self.monitor,
            self.retention,
            self.client_reload,
        )
        ended = (service.worker.fault for service in services)
        return [*self.stores.faults(), *(fault for fault in ended if fault is not None)]


class Outlets:
    """The outlet of each tenant: the channel that sends for it, or its webhook.

    Attributes:
        channel_names: of tenants whose messages leave by a channel, its name.
        without_json: tenants whose channel carries market documents only.
        rebuilding: tenants whose documents are made again when they are too old.
    """

    def __init__(self, channels: Sequence[RunningChannel], webhook: WebhookOutlet) -> None:
        sending = {each.setting.table.tenant: each for each in channels if each.setting.sends}
        self._channels = {tenant: each.channel for tenant, each in sending.items()}
        self._webhook = webhook
        self.channel_names = {tenant: channel.name for tenant, channel in self._channels.items()}
        self.without_json = [tenant for tenant, each in sending.items() if not each.setting.carries_json]
        self.rebuilding = [tenant for tenant, each in sending.items() if each.setting.rebuilds]

    def of(self, tenant: str) -> Outlet:
        """The outlet of a tenant."""
        return self._channels.get(tenant, self._webhook)

    def max_age(self, tenant: str) -> timedelta | None:
        """How old a document for a tenant may become before it is sent."""
        return self.of(tenant).max_age

    def webhook_health(self, tenants: Iterable[str]) -> Mapping[str, ChannelHealth]:
        """The webhooks of tenants that have one and no channel out."""
        health = {name: self._webhook.health(name) for name in tenants if name not in self._channels}
        return {name: each for name, each in health.items() if each is not None}


class Composition:
    """One gateway: what its services and its routes share, made once, and nothing of it started.

    Raises:
        SigningKeyFileError: a key in the data directory cannot be used.
        StoreUnavailableError: the data cannot be stored.
        OtherVersionError: the data belongs to another version.
        SchemaSetRefused: a schema set in the store cannot be read.
        MissingExtraError: a channel needs a package that is not installed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = clock = SystemClock()
        self._stores = stores = Stores(settings.store, settings.tenants)
        # Whether the data are of this version shows now, too, and not at the first request.
        stores.check()
        stores.announce_pending()
        token_key = signing_key(settings.data / "keys" / "tokens.pem")
        webhook_key = signing_key(settings.data / "keys" / "webhooks.pem")
        self._jwks = key_set([token_key, webhook_key])
        self.tokens = AccessTokens(
            settings.public_url, token_key, settings.clients, clock, settings.token_lifetime
        )
        self._webhook_rules = WebhookRules(
            settings.public_url, settings.webhooks.private_addresses, settings.webhooks.timeout_s
        )
        self._webhook = WebhookOutlet(stores, MessageSigner(webhook_key), self._webhook_rules, clock)
        self._resources = Resources(stores, settings.tenants, clock)
        self._intake = self._new_intake()
        self.channels = opened_channels(
            settings.channels,
            lambda setting: setting.open(
                settings.tenants[setting.table.tenant],
                self._intake,
                stores,
                clock,
                settings.limits.body_bytes,
            ),
        )
        self._outlets = Outlets(self.channels, self._webhook)

    def hold(self) -> Callable[[], None]:
        """Keep other gateways off the stores; return what ends it. Whoever lost them ends."""
        return self._stores.hold(lambda: os.kill(os.getpid(), signal.SIGTERM))

    def _new_intake(self) -> IntakeService:
        """The intake, with processes that handle documents where the operator wants any."""
        settings, limits = self._settings, self._settings.limits
        intake_settings = IntakeSettings(
            settings.store,
            settings.schemas,
            dict(settings.tenants),
            settings.party,
            settings.routes,
            settings.grants,
            self._clock,
        )
        pool = None
        if limits.document_processes:
            pool = IntakePool(COMMAND, intake_settings, limits.document_processes, limits.document_seconds)
        return IntakeService(
            intake_settings.handler(self._stores, self._resources),
            workers=limits.document_workers,
            most_waiting=limits.waiting_documents,
            pool=pool,
        )

    def services(self) -> Services:
        """The services next to the requests; gates run in processes where the operator wants any."""
        settings, stores, clock = self._settings, self._stores, self._clock
        stopping = threading.Event()
        run_settings = RunSettings(settings.store, dict(settings.tenants), settings.party, clock)
        check: RunProcesses | BidCheck
        if settings.limits.document_processes:
            check = RunProcesses(RUN_COMMAND, run_settings, stores.wrote, stopping)
        else:
            check = bid_check(stores, run_settings, new_publisher(stores, run_settings), stopping)
        return Services(
            intake=self._intake,
            gate_scheduler=GateScheduler(
                stores, check, clock, in_work=self._intake.in_work, stopping=stopping
            ),
            gate_notices=NoticeSender(stores, clock),
            runs=check if isinstance(check, RunProcesses) else None,
            dispatcher=Dispatcher(
                stores, settings.tenants, self._outlets.of, clock, rebuilding=self._outlets.rebuilding
            ),
            forwarder=ForwardingJob(
                stores,
                settings.tenants,
                settings.routes,
                self._outlets.max_age,
                clock,
                unacknowledged=settings.formats.unacknowledged,
            ),
            monitor=DeliveryMonitor(stores, settings.tenants, clock),
            webhook=self._webhook,
            channels=[running.channel for running in self.channels],
            retention=RetentionJob(stores, clock, settings.retention),
            client_reload=ClientReload(settings.file, settings.clients, settings.tenants),
            stores=stores,
        )

    def rest_dependencies(self) -> RestDependencies:
        """What the routes for documents need."""
        return RestDependencies(
            self._stores,
            self._intake,
            self._clock,
            self._webhook_rules,
            self._webhook.look_again,
            self._outlets.channel_names,
            self._settings.grants,
            self._settings.routes,
            self._settings.tenants,
        )

    def web_dependencies(self, faults: Callable[[], list[str]]) -> WebDependencies:
        """What the management routes need; `faults` are those of the services."""
        settings, stores, clock, outlets = self._settings, self._stores, self._clock, self._outlets
        gates = Gates(stores, settings.tenants, clock, deaf=outlets.without_json)
        return WebDependencies(
            gates=gates,
            demands=Demands(stores, gates, clock),
            grid_models=GridModels(stores, clock),
            resources=self._resources,
            results=Results(stores, gates),
            issuer=Issuer(
                settings.clients,
                self.tokens,
                (settings.public_url, settings.public_url + TOKEN_PATH),
                UsedAssertions(stores),
                clock,
            ),
            dead_letters=DeadLetters(
                stores,
                settings.tenants,
                outlets.max_age,
                clock,
                outlets.rebuilding,
                channels=outlets.channel_names,
            ),
            routes=RouteBook(stores, settings.routes),
            public_url=settings.public_url,
            jwks=self._jwks,
            limits=settings.limits.model_dump(),
            faults=faults,
            channels=self.channels,
            webhooks=lambda: outlets.webhook_health(settings.tenants),
        )


def build_app(settings: Settings) -> FastAPI:
    """The gateway as an ASGI application; its services live as long as its lifespan.

    Raises:
        StoreInUseError: another gateway works on the data directory, or the database.
        SigningKeyFileError, StoreUnavailableError, OtherVersionError, SchemaSetRefused, MissingExtraError:
            see `Composition`.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(settings.data)
    composed = Composition(settings)
    let_go = composed.hold()
    services = composed.services()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.start()
        yield
        services.stop()
        let_go()
        lock.close()

    app = create_app(ROUTERS, body_bytes=settings.limits.body_bytes, lifespan=lifespan)
    for channel in services.channels:
        if isinstance(channel, ServesHttp):
            app.router.routes.extend(channel.routes)
    app.state.access = Access(composed.tokens, settings.tenants)
    app.state.rest = composed.rest_dependencies()
    app.state.web = composed.web_dependencies(services.faults)
    return app


def _lock(directory: Path) -> IO[bytes]:
    """Hold the data directory for this process; the system lets go of it however the process ends."""
    handle = os.fdopen(os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise StoreInUseError(f"another gateway works on {directory}") from None
    return handle
