"""Answers of a format's own: a document that a template describes, in place of an Acknowledgement."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from gateway.formats.described import Format
from gateway.formats.descriptions import Answer, Form

_PLACE: Final = re.compile(r"\$\{([a-z_]*)\}")
NAMES: Final = (
    "answers",
    "created",
    "id",
    "reasons",
    "received_sender",
    "result",
    "revision",
    "sender",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer states.

    Attributes:
        answers: id of the document that it answers; empty where that could not be read.
        revision: of that document.
        received_sender: of that document.
        sender: who answers.
        reasons: why it is refused, or remarks.
    """

    accepted: bool
    answers: str
    revision: int
    received_sender: str
    sender: str
    created: datetime
    reasons: str


def own_answer(answered: Format, known: Mapping[str, Format], outcome: Outcome) -> bytes | None:
    """The answer that a format describes; None: it would be no valid document of its own format, as where
    the document it answers has no readable id."""
    answer = answered.answer
    form = known[answer.kind or ""]
    values = {
        "answers": outcome.answers,
        "created": f"{outcome.created:%Y-%m-%dT%H:%M:%SZ}",
        "id": uuid.uuid4().hex,
        "reasons": outcome.reasons,
        "received_sender": outcome.received_sender,
        "result": answer.accepted if outcome.accepted else answer.refused,
        "revision": str(outcome.revision),
        "sender": outcome.sender,
    }
    as_text = _ESCAPES[form.form]
    text = _PLACE.sub(lambda found: as_text(values[found[1]]), answer.template or "")
    data = text.encode("utf-8")
    return None if form.read(data).findings else data


def _in_xml(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_ESCAPES: Final[dict[Form, Callable[[str], str]]] = {Form.XML: _in_xml, Form.JSON: _in_json}


def answer_faults(answered: Format, known: Mapping[str, Format]) -> Iterator[str]:
    """Why an answer of its own could never be sent: each outcome is written once and judged."""
    answer = answered.answer
    if answer.by is not Answer.OWN:
        return
    if answer.kind not in known:
        yield f"answer.kind: no described format {answer.kind!r}"
        return
    form = known[answer.kind or ""]
    if form.form not in _ESCAPES:
        yield f"answer.kind: a template makes XML or JSON, and {answer.kind} is {form.form}"
        return
    if unknown := sorted(set(_PLACE.findall(answer.template or "")) - set(NAMES)):
        yield f"answer.template: there is nothing named {', '.join(unknown)}; there are {', '.join(NAMES)}"
        return
    now = datetime.fromisoformat("2026-03-01T06:00:00+00:00")
    for accepted in (True, False):
        outcome = Outcome(accepted, "ID-1", 1, "11XSENDER------0", "11XGATEWAY-----0", now, "a reason")
        if own_answer(answered, known, outcome) is None:
            word = "accepted" if accepted else "refused"
            yield f"answer.template: the answer to a document that is {word} is no valid {answer.kind}"
