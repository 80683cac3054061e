"""Faults with which a service of IEC 62325-504 refuses a request.

The standard names no codes. These are the codes of a catalogue in live use, with our own texts; where it is
silent we chose a code of the same service.
"""

from enum import Enum
from typing import Final

from adapters.kit.http.problems import ProblemResponse, ProblemType


class Code(Enum):
    """Error codes. Those of the receiver may go away by themselves; those of the sender never do."""

    NOT_VALID = ("HAND-002", "the message is not valid by its schema")
    NO_SOAP = ("HAND-004", "this is no SOAP message")
    NOT_OFFERED = ("HAND-005", "this verb with this noun is not offered")
    SIGNATURE_WRONG = ("HAND-007", "the signature does not hold")
    SIGNATURE_FORM = ("HAND-008", "the signature does not have the form that is taken here")
    FAILED = ("HAND-022", "the gateway failed", True)

    LIST_CODE = ("LST-001", "Code is 0 or a positive whole number")
    LIST_ORDER = ("LST-003", "EndTime lies before StartTime")
    LIST_SPAN = ("LST-004", "the interval is too long")
    LIST_CHOICE = ("LST-005", "give either Code or StartTime and EndTime")
    LIST_TOO_MANY = ("LST-007", "too many messages; take a shorter interval or filter")
    LIST_KIND = ("LST-009", "IntervalType is Application or Server")
    LIST_TWICE = ("LST-010", "an option is given twice")
    LIST_UNKNOWN = ("LST-011", "an option that is not known here")
    LIST_LIMIT = ("LST-020", "too many List requests; wait", True)

    GET_CODE = ("GET-001", "Code is a positive whole number")
    GET_CHOICE = ("GET-003", "give only one of Code, MessageIdentification and Queue")
    GET_NOTHING = ("GET-004", "give Code, MessageIdentification or Queue")
    GET_NONE = ("GET-006", "there is no such message")
    GET_LIMIT = ("GET-010", "too many Get requests; wait", True)
    GET_TWICE = ("GET-011", "an option is given twice")
    GET_UNKNOWN = ("GET-012", "an option that is not known here")
    GET_QUEUE = ("GET-017", "Queue is NEXT")
    GET_VERSION = ("GET-019", "MessageVersion is a positive whole number")

    PUT_WAIT = ("PUT-002", "cannot be taken now; send it again later", True)
    PUT_NOUN = ("PUT-003", "the noun is not the name of the payload's root element")
    PUT_RIGHT = ("PUT-005", "no right to send messages here")
    PUT_IDENTITY = ("PUT-008", "sender and signer do not belong together")
    PUT_FORMAT = ("PUT-010", "the format of the message is not taken")
    PUT_BINARY = ("PUT-011", "the compressed payload cannot be read")
    PUT_TECHNICAL = ("PUT-012", "the message is refused for technical reasons")
    PUT_EMPTY = ("PUT-013", "the message has no payload")
    PUT_LIMIT = ("PUT-016", "too many Put requests; wait", True)
    PUT_TOO_LARGE = ("PUT-018", "the message is too large")

    QUERY_NO_TYPE = ("QRY-001", "DataType is missing")
    QUERY_TYPE = ("QRY-002", "this DataType is not offered")
    QUERY_TWICE = ("QRY-010", "an option is given twice")
    QUERY_UNKNOWN = ("QRY-011", "an option that is not known here")
    QUERY_LIMIT = ("QRY-013", "too many QueryData requests; wait", True)

    def __init__(self, code: str, meaning: str, passes: bool = False) -> None:
        self.code = code
        self.meaning = meaning
        self.passes = passes


class FaultError(Exception):
    """A request is refused.

    Attributes:
        detail: what is wrong this time.
        problem: type of the problem as every other channel names it, where there is one.
        retry_after_s: when it may be tried again.
        soap_code: the fault code of SOAP itself, where it is neither the sender's nor the receiver's fault.
    """

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *,
        problem: str | None = None,
        retry_after_s: int | None = None,
        soap_code: str | None = None,
    ) -> None:
        super().__init__(f"{code.meaning}: {detail}" if detail else code.meaning)
        self.code = code
        self.problem = problem
        self.retry_after_s = retry_after_s
        self.soap_code = soap_code


_OF_PROBLEM: Final = {
    ProblemType.TOO_LARGE: Code.PUT_TOO_LARGE,
    ProblemType.UNSUPPORTED_MEDIA_TYPE: Code.PUT_FORMAT,
    ProblemType.FORBIDDEN: Code.PUT_RIGHT,
}


def of_problem(problem: ProblemResponse) -> FaultError:
    """The refusal of a Put in the terms of this service."""
    code = _OF_PROBLEM.get(problem.kind, Code.PUT_TECHNICAL)
    return FaultError(code, str(problem.detail), problem=problem.kind.uri)
