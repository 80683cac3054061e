"""The other side of `gateway.intake.service.pool`: what a process does that handles documents."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from time import process_time
from typing import Any, Final

import structlog

from gateway.domain.envelope import Envelope
from gateway.intake.service.faults import fault_of
from gateway.intake.service.handling import Handler, Prepared
from gateway.intake.service.process import NotHandled, Orders, Settled, Stored, TakenIn, Told
from gateway.ports import BusyError, ConflictError, Receipt, StoreUnavailableError
from gateway.runner import READY

RETRY_AFTER_S: Final = 5

_log: Final = structlog.get_logger(__name__)


def serve(connection: "Connection[Any, Any]", handler: Handler, orders: Orders) -> None:
    """Handle documents until the other side is gone."""
    os.nice(orders.niceness)
    with suppress(EOFError, OSError):
        connection.send(READY)
        while True:
            asked: Sequence[Envelope] | Stored = connection.recv()
            with _within(orders.budget_s):
                if isinstance(asked, Stored):
                    connection.send(_settled(handler, asked))
                else:
                    begun = process_time()
                    prepared = [_prepared(handler, envelope) for envelope in asked]
                    connection.recv()  # waiting costs no processor time
                    told = _taken_in(handler, asked, prepared)
                    connection.send(TakenIn(told, process_time() - begun))


@contextmanager
def _within(budget_s: float) -> Iterator[None]:
    """Have the system end this process when it spends more processor time than this, in whatever call it is.

    Processor time, not time on the clock: a busy machine makes no document guilty.
    """
    signal.setitimer(signal.ITIMER_PROF, budget_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _settled(handler: Handler, stored: Stored) -> Settled:
    try:
        handler.handle(stored.tenant, stored.envelope_id)
    except StoreUnavailableError as error:
        return BusyError(RETRY_AFTER_S, str(error))
    except Exception as error:  # noqa: BLE001  (whatever it is, the sender gets an answer)
        _log.error("document not handled", tenant=stored.tenant, fault=fault_of(error))
        return NotHandled.FAULT
    return None


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
