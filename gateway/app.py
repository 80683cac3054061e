"""The one place that plugs the packages together."""

import fcntl
import os
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from fastapi import FastAPI

import esmp.schema_sets
from adapters.channels import opened_channels
from adapters.kit.http.access import TOKEN_PATH, Access
from adapters.rest import ROUTERS
from adapters.rest.dependencies import RestDependencies
from adapters.rest.webhook import WebhookOutlet, WebhookRules
from gateway.client_reload import ClientReload
from gateway.delivery import DeadLetters, DeliveryMonitor, Dispatcher, ForwardingJob, RouteBook
from gateway.intake.service.pool import IntakePool
from gateway.intake.service.service import IntakeService
from gateway.intake_process import COMMAND, IntakeSettings, SystemClock, document_processes
from gateway.ports import Channel, Clock, Outlet, ServesHttp
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


class DataInUseError(Exception):
    """Another gateway works on the same data directory."""


@dataclass(frozen=True)
class Services:
    """Services next to the requests, in the order in which they start."""

    intake: IntakeService
    gate_scheduler: GateScheduler
    gate_notices: NoticeSender
    runs: RunProcesses | None
    dispatcher: Dispatcher
    forwarder: ForwardingJob
    watch: DeliveryMonitor
    webhook: WebhookOutlet
    channels: Sequence[Channel]
    retention: RetentionJob
    client_watch: ClientReload
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
        self.watch.start()
        self.retention.start()
        self.client_watch.start()
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
        self.watch.stop()
        self.intake.stop()
        self.gate_scheduler.stop()
        self.gate_notices.stop()
        if self.runs is not None:
            self.runs.stop()
        self.retention.stop()
        self.client_watch.stop()
        self.webhook.close()
        self.stores.close()

    def faults(self) -> list[str]:
        """Why the gateway cannot work now."""
        services = (
            self.gate_scheduler,
            self.gate_notices,
            self.dispatcher,
            self.forwarder,
            self.watch,
            self.retention,
            self.client_watch,
        )
        ended = (service.worker.fault for service in services)
        return [*self.stores.faults(), *(fault for fault in ended if fault is not None)]


def build_app(settings: Settings) -> FastAPI:
    """The gateway as an ASGI application; its services live as long as its lifespan.

    Raises:
        DataInUseError: another gateway works on the data directory.
        KeyFileError: a key in the data directory cannot be used.
        StoreUnavailableError: the data cannot be stored.
        OtherVersionError: the data belongs to another version.
        SchemaSetRefused: a schema set in the store cannot be read.
        MissingExtraError: a channel needs a package that is not installed.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(settings.data)
    clock = SystemClock()
    stores = Stores(settings.data / "stores", settings.tenants)
    with stores.shared.reading():  # whether it is of this version shows now, not at the first request
        pass
    token_key = signing_key(settings.data / "keys" / "tokens.pem")
    webhook_key = signing_key(settings.data / "keys" / "webhooks.pem")
    webhook_rules = WebhookRules(
        settings.public_url, settings.webhooks.private_addresses, settings.webhooks.timeout_s
    )

    resources = Resources(stores, settings.tenants, clock)
    stopping = threading.Event()
    runs = _runs(settings, stores, clock, stopping)
    webhook = WebhookOutlet(stores, MessageSigner(webhook_key), webhook_rules, clock)
    intake = IntakeService(
        stores,
        settings.tenants,
        document_processes(stores, settings.tenants, resources),
        settings.party,
        clock,
        catalogue=esmp.schema_sets.catalogue(settings.schemas),
        workers=settings.limits.document_workers,
        most_waiting=settings.limits.waiting_documents,
        routes=settings.routes,
        pool=_pool(settings, clock),
    )
    channels = opened_channels(
        settings.channels,
        lambda setting: setting.open(
            settings.tenants[setting.table.tenant], intake, stores, clock, settings.limits.body_bytes
        ),
    )
    deaf = [
        setting.table.tenant for setting in settings.channels if setting.sends and not setting.carries_json
    ]
    gates = Gates(stores, settings.tenants, clock, deaf=deaf)
    outlets = {running.setting.table.tenant: running.channel for running in channels if running.setting.sends}

    def outlet_of(tenant: str) -> Outlet:
        return outlets.get(tenant, webhook)

    def max_age_of(tenant: str) -> timedelta | None:
        return outlet_of(tenant).max_age

    rebuilding = [setting.table.tenant for setting in settings.channels if setting.rebuilds]
    services = Services(
        intake=intake,
        gate_scheduler=GateScheduler(
            stores,
            runs or _bid_check(settings, stores, clock, stopping),
            clock,
            in_work=intake.in_work,
            stopping=stopping,
        ),
        gate_notices=NoticeSender(stores, clock),
        runs=runs,
        dispatcher=Dispatcher(stores, settings.tenants, outlet_of, clock, rebuilding=rebuilding),
        forwarder=ForwardingJob(stores, settings.tenants, settings.routes, max_age_of, clock),
        watch=DeliveryMonitor(stores, settings.tenants, clock),
        webhook=webhook,
        channels=[running.channel for running in channels],
        retention=RetentionJob(stores, clock, settings.retention),
        client_watch=ClientReload(settings.file, settings.clients, settings.tenants),
        stores=stores,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.start()
        yield
        services.stop()
        lock.close()

    tokens = AccessTokens(settings.public_url, token_key, settings.clients, clock, settings.token_lifetime)
    app = create_app(ROUTERS, body_bytes=settings.limits.body_bytes, lifespan=lifespan)
    for running in channels:
        if isinstance(running.channel, ServesHttp):
            app.router.routes.extend(running.channel.routes)
    app.state.access = Access(tokens, settings.tenants)
    channels_out = {tenant: channel.name for tenant, channel in outlets.items()}
    app.state.rest = RestDependencies(
        stores, services.intake, clock, webhook_rules, webhook.look_again, channels_out
    )
    app.state.web = WebDependencies(
        gates=gates,
        demands=Demands(stores, gates, clock),
        grid_models=GridModels(stores, clock),
        resources=resources,
        results=Results(stores, gates),
        issuer=Issuer(
            settings.clients,
            tokens,
            (settings.public_url, settings.public_url + TOKEN_PATH),
            UsedAssertions(stores),
            clock,
        ),
        dead_letters=DeadLetters(
            stores, settings.tenants, max_age_of, clock, rebuilding, channels=channels_out
        ),
        routes=RouteBook(stores, settings.routes),
        public_url=settings.public_url,
        jwks=key_set([token_key, webhook_key]),
        limits=settings.limits.model_dump(),
        faults=services.faults,
        channels=channels,
        webhooks=lambda: {
            tenant: health
            for tenant in settings.tenants
            if tenant not in outlets and (health := webhook.health(tenant)) is not None
        },
    )
    return app


def _runs(settings: Settings, stores: Stores, clock: Clock, stopping: threading.Event) -> RunProcesses | None:
    """Processes that run gates, where the operator wants any."""
    if not settings.limits.document_processes:
        return None
    return RunProcesses(RUN_COMMAND, _run_settings(settings, clock), stores.wrote, stopping)


def _bid_check(settings: Settings, stores: Stores, clock: Clock, stopping: threading.Event) -> BidCheck:
    """The bid check, in this process."""
    run_settings = _run_settings(settings, clock)
    return bid_check(stores, run_settings, new_publisher(stores, run_settings), stopping)


def _run_settings(settings: Settings, clock: Clock) -> RunSettings:
    return RunSettings(settings.data / "stores", dict(settings.tenants), settings.party, clock)


def _pool(settings: Settings, clock: Clock) -> IntakePool | None:
    """Processes that handle documents, where the operator wants any."""
    if not settings.limits.document_processes:
        return None
    intake_settings = IntakeSettings(
        settings.data / "stores",
        settings.schemas,
        dict(settings.tenants),
        settings.party,
        settings.routes,
        clock,
    )
    limits = settings.limits
    return IntakePool(COMMAND, intake_settings, limits.document_processes, limits.document_seconds)


def _lock(directory: Path) -> IO[bytes]:
    """Hold the data directory for this process; the system lets go of it however the process ends."""
    handle = os.fdopen(os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise DataInUseError(f"another gateway works on {directory}") from None
    return handle
