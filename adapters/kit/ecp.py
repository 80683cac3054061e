"""Settings of the partner behind an ECP endpoint, and states of its network, for both protocols."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from adapters.kit.delivery_tracker import Patience
from adapters.kit.options import ConnectionOptions
from esmp.profiles import Family
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.transport import TransportState

ANSWERS: Final = " of "
"""Between the kind of a document and the network's name for what it answers."""

Goal = Literal["accepted", "delivered", "received"]

_STATES: Final = {
    "ACCEPTED": TransportState.ACCEPTED,
    "SENT": TransportState.ACCEPTED,
    "SUCCESSFULLY_SENT": TransportState.ACCEPTED,
    "DELIVERED": TransportState.DELIVERED,
    "RECEIVED": TransportState.RECEIVED,
    "FAILED": TransportState.FAILED,
}


def state_of(word: object) -> TransportState | None:
    """The state that the network names; None for an unknown one."""
    return _STATES.get(str(word).strip().upper())


class PartnerOptions(ConnectionOptions):
    """The local endpoint, and the partner behind it.

    Attributes:
        receiver: endpoint code or service of the partner, e.g. `SERVICE-…`.
        message_types: the network's name for each kind of document that goes out (`Acknowledgement`), and
            where it depends on what is answered, for that, by the network's name for what came
            (`Acknowledgement of NORTH-BID`).
        problems_type: its name for problem documents (RFC 9457); without it they are only logged.
        confirmed_by: how far a message must come until it counts as delivered.
        received_timeout_s: how long that may last before the message is sent again under the same id.
    """

    receiver: str
    message_types: dict[str, str]
    problems_type: str | None = None
    sender_application: str = "flexgate"
    confirmed_by: Goal = "received"
    received_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 300.0

    @field_validator("message_types")
    @classmethod
    def _of_known_kinds(cls, types: dict[str, str]) -> dict[str, str]:
        if unknown := {name.partition(ANSWERS)[0] for name in types} - set(Family):
            raise ValueError(f"no kind of document: {', '.join(sorted(unknown))}")
        return types

    @model_validator(mode="after")
    def _an_answer_can_leave(self) -> Self:
        if DocumentKind.ACKNOWLEDGEMENT not in self.message_types:
            raise ValueError("message_types must name the type of an Acknowledgement")
        return self

    def type_of(self, envelope: Envelope) -> str | None:
        """The network's name for a message that goes out; None where none is configured."""
        kind = envelope.message_type or ""
        of_answer = self.message_types.get(f"{kind}{ANSWERS}{envelope.answered_type}")
        return of_answer or self.message_types.get(kind)

    @property
    def patience(self) -> Patience:
        """Timeouts of the network."""
        return Patience(TransportState(self.confirmed_by), self.answer_timeout_s, self.received_timeout_s)
