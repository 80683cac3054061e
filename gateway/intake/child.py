"""The other side of `gateway.intake.pool`: what a process does that handles documents."""

from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final

import structlog

from gateway.domain.envelope import Envelope
from gateway.intake.faults import fault_of
from gateway.intake.handling import Handler, Prepared
from gateway.intake.pool import READY, NotHandled, Told
from gateway.ports import BusyError, ConflictError, Receipt, StoreUnavailableError

RETRY_AFTER_S: Final = 5

_log: Final = structlog.get_logger(__name__)


def serve(connection: "Connection[Any, Any]", handler: Handler) -> None:
    """Handle documents until the other side is gone."""
    with suppress(EOFError, OSError):
        connection.send(READY)
        while True:
            envelopes: Sequence[Envelope] = connection.recv()
            prepared = [_prepared(handler, envelope) for envelope in envelopes]
            connection.recv()
            connection.send(_taken_in(handler, envelopes, prepared))


def _prepared(handler: Handler, envelope: Envelope) -> Prepared | None:
    try:
        return handler.prepare(envelope)
    except Exception as error:  # noqa: BLE001  (whatever it is, the other documents go on)
        _log.error("document not examined", tenant=envelope.tenant, fault=fault_of(error))
        return None


def _taken_in(
    handler: Handler, envelopes: Sequence[Envelope], prepared: Sequence[Prepared | None]
) -> list[Told]:
    arrivals = [(one, what) for one, what in zip(envelopes, prepared, strict=True) if what is not None]
    given = iter(handler.take_in(arrivals) if arrivals else ())
    return [
        NotHandled.FAULT if what is None else _told(envelope, next(given))
        for envelope, what in zip(envelopes, prepared, strict=True)
    ]


def _told(envelope: Envelope, given: Receipt | Exception) -> Told:
    if isinstance(given, Receipt | ConflictError):
        return given
    if isinstance(given, StoreUnavailableError):
        return BusyError(RETRY_AFTER_S, str(given))
    _log.error("document not taken in", tenant=envelope.tenant, fault=fault_of(given))
    return NotHandled.FAULT
