"""WS-Addressing 1.0 headers (W3C Recommendation, 2006) of requests, and of what answers them.

Answers go back on the connection of their request, and nowhere else. The headers are outside of what is
signed: nothing but the relation between request and answer follows from them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from adapters.soap_504.faults import Code, FaultError

ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
_ANONYMOUS: Final = f"{ADDRESSING}/anonymous"
_FAULT: Final = f"{ADDRESSING}/soap/fault"
_LONGEST: Final = 1024

_ONCE: Final = ("To", "Action", "MessageID", "From", "ReplyTo", "FaultTo")
UNDERSTOOD: Final = frozenset({*_ONCE, "RelatesTo"})
"""Headers that may have to be understood."""


@dataclass(frozen=True, slots=True)
class Addressing:
    """The addressing of a request, and its reference in the answer.

    Attributes:
        action: the action of the request; its answer's is this with `Response` behind it.
        message_id: to which the answer relates; None: it names none.
    """

    action: str | None = None
    message_id: str | None = None


def addressing_of(headers: Sequence[tuple[str, str]]) -> Addressing | None:
    """Read the addressing headers of a request; None where there are none.

    Args:
        headers: local name and text of each, of an endpoint its address.

    Raises:
        FaultError: one is there twice or is too long; or an answer is wanted at another address.
    """
    if not headers:
        return None
    names = [name for name, _ in headers]
    texts = {name: text.strip() for name, text in headers}
    for name in _ONCE:
        if names.count(name) > 1:
            raise FaultError(Code.NO_SOAP, f"the header {name} of WS-Addressing occurs more than once")
        if len(texts.get(name, "")) > _LONGEST:
            raise FaultError(Code.NO_SOAP, f"the header {name} of WS-Addressing is too long")
    for name in ("ReplyTo", "FaultTo"):
        if texts.get(name, _ANONYMOUS) != _ANONYMOUS:
            raise FaultError(
                Code.NO_SOAP, f"{name}: answers go back on the connection of their request ({_ANONYMOUS})"
            )
    return Addressing(texts.get("Action") or None, texts.get("MessageID") or None)


def answer_headers(request: Addressing, *, fault: bool) -> str:
    """The headers of what answers a request, as XML with a prefix of its own."""
    action = _FAULT if fault or request.action is None else f"{request.action}Response"
    related = (
        "" if request.message_id is None else f"<wsa:RelatesTo>{escape(request.message_id)}</wsa:RelatesTo>"
    )
    return (
        f'<soap:Header xmlns:wsa="{ADDRESSING}"><wsa:To>{_ANONYMOUS}</wsa:To>'
        f"<wsa:Action>{escape(action)}</wsa:Action><wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
        f"{related}</soap:Header>"
    )
