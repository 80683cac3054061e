"""The other side of `gateway.intake.service.pool`: a process that handles documents."""

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
from gateway.intake.service.pool_process import (
    HandledDocuments,
    IntakeResult,
    NotHandled,
    Orders,
    Settled,
    Stored,
)
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
            order: Sequence[Envelope] | Stored = connection.recv()
            with _within(orders.budget_s):
                if isinstance(order, Stored):
                    connection.send(_settled(handler, order))
                else:
                    begun = process_time()
                    prepared = [_prepared(handler, envelope) for envelope in order]
                    connection.recv()  # waiting costs no processor time
                    results = _handled(handler, order, prepared)
                    connection.send(HandledDocuments(results, process_time() - begun))


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


def _handled(
    handler: Handler, envelopes: Sequence[Envelope], prepared: Sequence[Prepared | None]
) -> list[IntakeResult]:
    arrivals = [(one, what) for one, what in zip(envelopes, prepared, strict=True) if what is not None]
    results = iter(handler.handle_all(arrivals) if arrivals else ())
    return [
        NotHandled.FAULT if what is None else _result_of(envelope, next(results))
        for envelope, what in zip(envelopes, prepared, strict=True)
    ]


def _result_of(envelope: Envelope, receipt: Receipt | Exception) -> IntakeResult:
    if isinstance(receipt, Receipt | ConflictError):
        return receipt
    if isinstance(receipt, StoreUnavailableError):
        return BusyError(RETRY_AFTER_S, str(receipt))
    _log.error("document not handled", tenant=envelope.tenant, fault=fault_of(receipt))
    return NotHandled.FAULT
