"""Channels: found by entry point, enabled by configuration, checked before anything starts.

[channels.north-mqtt]
adapter = "mqtt"
tenant = "north"
[channels.north-mqtt.options]
host = "broker.example.org"
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from adapters.kit.options import DIRECTORY, MissingExtraError, Options
from adapters.rest import documents, webhook
from gateway.delivery.mailbox import TenantMailbox
from gateway.domain.tenant import Tenant
from gateway.extras import how_to_install
from gateway.ports import Adapter, Channel, ChannelContext, Clock, Intake
from gateway.records.engine.stores import Stores
from gateway.records.messages.bookmarks import TenantBookmark
from gateway.records.messages.transports import TenantTransports
from gateway.security.permissions import Operation, operations_of_roles

GROUP: Final = "flexgate.adapters"
_TAKEN: Final = frozenset({documents.CHANNEL, webhook.CHANNEL})
_NEEDED: Final = {
    "both": frozenset({Operation.SUBMIT_DOCUMENT, Operation.READ_OUTBOX}),
    "in": frozenset({Operation.SUBMIT_DOCUMENT}),
    "out": frozenset({Operation.READ_OUTBOX}),
}


class ChannelTable(Options):
    """The settings of every channel; `options` are the adapter's own.

    `carries` is the direction of documents: `in` to the gateway, `out` to the tenant, or `both`. A tenant has
    one channel for what goes out; without one it pulls from its outbox or sets a webhook. `when_stale` states
    what is done with a document of ours that is older than `max_age_s`: given up, or made again and sent. A
    document that is larger than `largest_outgoing_bytes`, or than the peer accepts, is never sent.
    """

    adapter: str
    tenant: str
    carries: Literal["both", "in", "out"] = "both"
    largest_bytes: Annotated[int, Field(ge=1024, le=256 * 2**20)] | None = None
    largest_outgoing_bytes: Annotated[int, Field(ge=1024)] | None = None
    max_age_s: Annotated[int, Field(ge=1)] | None = None
    when_stale: Literal["give-up", "rebuild"] = "give-up"
    options: dict[str, Any] = Field(default={}, repr=False)


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """A channel that can be opened."""

    name: str
    table: ChannelTable
    adapter: Adapter
    options: BaseModel = field(repr=False)

    @property
    def receives(self) -> bool:
        """Whether documents come in by it."""
        return self.table.carries != "out"

    @property
    def sends(self) -> bool:
        """Whether what is for the tenant goes out by it."""
        return self.table.carries != "in"

    @property
    def carries_json(self) -> bool:
        """Whether messages that are no market documents can go out by it."""
        return self.adapter.descriptor.carries_json

    @property
    def rebuilds(self) -> bool:
        """Whether documents of ours that are too old for the peer are made again."""
        return self.sends and self.table.when_stale == "rebuild"

    def open(
        self, tenant: Tenant, intake: Intake, stores: Stores, clock: Clock, largest_bytes: int
    ) -> Channel:
        """The channel, not started yet.

        Raises:
            MissingExtraError: a package of the adapter is not installed.
        """
        age = self.table.max_age_s
        store = stores.of(tenant.tenant_id)
        max_age = None if age is None else timedelta(seconds=age)
        place = ChannelContext(
            name=self.name,
            tenant=tenant,
            intake=intake,
            clock=clock,
            bookmark=TenantBookmark(store, self.name),
            mailbox=TenantMailbox(stores.of(tenant.tenant_id), self.name, clock, max_age),
            transports=TenantTransports(store, self.name, clock),
            receives=self.receives,
            sends=self.sends,
            largest_bytes=self.table.largest_bytes or largest_bytes,
            largest_outgoing_bytes=self.table.largest_outgoing_bytes,
            max_age=max_age,
        )
        try:
            return self.adapter.open(self.options, place)
        except ModuleNotFoundError as error:
            extra = self.adapter.extra
            needed = f"package {error.name}" if extra is None else f"extra {extra!r}"
            raise MissingExtraError(
                f"channels.{self.name}: the adapter {self.table.adapter!r} needs the {needed}, "
                "which is not installed",
                frozenset() if extra is None else frozenset([extra]),
            ) from error


@dataclass(frozen=True, slots=True)
class RunningChannel:
    """A channel and its settings."""

    setting: ChannelSetting
    channel: Channel


def opened_channels(
    settings: Iterable[ChannelSetting], open_one: Callable[[ChannelSetting], Channel]
) -> list[RunningChannel]:
    """Every channel, none started.

    Raises:
        MissingExtraError: names every channel that lacks a package, and one command that installs all extras.
    """
    running: list[RunningChannel] = []
    missing: list[MissingExtraError] = []
    for setting in settings:
        try:
            running.append(RunningChannel(setting, open_one(setting)))
        except MissingExtraError as error:
            missing.append(error)
    if missing:
        extras = frozenset[str]().union(*(error.extras for error in missing))
        lines = [str(error) for error in missing]
        if extras:
            lines.append(f"to install {', '.join(sorted(extras))}: {how_to_install(extras)}")
        raise MissingExtraError("\n".join(lines), extras)
    return running


def checked_channels(
    tables: Mapping[str, ChannelTable], tenants: Mapping[str, Tenant], directory: Path
) -> tuple[list[ChannelSetting], list[str]]:
    """Every channel that is in order, and every fault of the others with its place.

    Args:
        directory: from which relative paths are meant.
    """
    found: list[ChannelSetting] = []
    faults: list[str] = []
    out: dict[str, str] = {}
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    for name, table in tables.items():
        place = f"channels.{name}"
        if table.tenant not in tenants:
            faults.append(f"{place}.tenant: there is no tenant {table.tenant!r}")
        elif not _NEEDED[table.carries] <= operations_of_roles(tenants[table.tenant].roles):
            roles = " and ".join(tenants[table.tenant].role_names)
            faults.append(f"{place}.carries: {table.carries!r} is not for the role {roles}")
        if name in _TAKEN:
            faults.append(f"{place}: this name is used by a path of the REST interface")
        if table.carries != "in" and (other := out.setdefault(table.tenant, name)) != name:
            faults.append(f"{place}.carries: what is for {table.tenant} goes out by {other} already")
        if table.when_stale == "rebuild" and table.max_age_s is None:
            faults.append(f"{place}.when_stale: nothing is stale without max_age_s")
        if table.adapter not in known:
            faults.append(f"{place}.adapter: no {table.adapter!r}; there are {', '.join(sorted(known))}")
            continue
        adapter = _loaded(known[table.adapter])
        try:
            options = adapter.options.model_validate(table.options, context={DIRECTORY: directory})
        except ValidationError as error:
            # The value itself is left out: it may be a secret.
            faults += [
                f"{'.'.join((place, 'options', *map(str, fault['loc'])))}: {_reason(fault, adapter.options)}"
                for fault in error.errors(include_input=False)
            ]
        else:
            found.append(ChannelSetting(name, table, adapter, options))
    return found, faults


def _reason(fault: ErrorDetails, options: type[BaseModel]) -> str:
    """Text of a fault of an option; for an unknown name with the known names."""
    if fault["type"] != "extra_forbidden":
        return fault["msg"]
    return f"there is no such option; there are {', '.join(_names(options, fault['loc'][:-1]))}"


def _names(options: type[BaseModel], where: Sequence[int | str]) -> Iterable[str]:
    """Names of the options at a place: within a table of options those of the table."""
    for step in where:
        option = options.model_fields.get(str(step))
        inner = None if option is None else option.annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        options = inner
    return options.model_fields


def _loaded(entry: EntryPoint) -> Adapter:
    adapter = entry.load()
    if not isinstance(adapter, Adapter):
        raise TypeError(f"{entry.value} of the entry point group {GROUP} is no gateway.ports.Adapter")
    return adapter
