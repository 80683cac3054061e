"""The few protocols through which rooms meet. Nothing here does anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from gateway.domain.document import CanonicalDocument
from gateway.domain.envelope import Envelope
from gateway.domain.reason import Finding
from gateway.domain.tenant import Tenant


class Clock(Protocol):
    """Time as everybody in the house sees it; tests bring their own."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that an envelope is stored; only now may an adapter confirm to its peer.

    Attributes:
        envelope_id: under which its status and answer are found.
        repeated: the same message with the same content was here before; nothing was done twice.
    """

    envelope_id: str
    repeated: bool


class ConflictError(Exception):
    """The same message id came with other content. What was stored first stays."""


class BusyError(Exception):
    """The gateway cannot store now; the peer should come again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"busy; retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Intake(Protocol):
    """Where every adapter hands in what it received."""

    def accept(self, envelope: Envelope) -> Receipt:
        """Store the envelope durably, then return. Blocking: async adapters call it in a thread.

        Raises:
            ConflictError: see there.
            BusyError: see there.
        """
        ...


class Process(Protocol):
    """What one kind of canonical document sets in motion."""

    def take(
        self,
        room: Connection,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Apply the document inside the tenant's open transaction.

        Findings about single time series refuse these only (where the tenant accepts parts), and what was
        applied must then be the rest; a finding about the document refuses it, and the transaction's effects
        are rolled back by the caller.
        """
        ...


class DeliveryError(Exception):
    """An outlet could not hand a message over; it is tried again later unless `final`."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Outlet(Protocol):
    """An adapter that pushes messages to its peer."""

    channel: str

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        """Hand the message over; returning means the peer has it. Blocking.

        Raises:
            DeliveryError: not handed over, or in doubt; a repetition carries the same message id.
        """
        ...
