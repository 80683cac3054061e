"""What became of the documents, read from the tenant stores and from what the peers received.

Nothing the gateway counts or says of itself is used, only rows, messages and the documents that were sent.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.crashing.documents import BIDS, Document
from contract_tests.emulators.answers import read_acknowledgement

_FAULTS: Final = ("lost", "doubled", "missing_answers", "altered")


@dataclass(frozen=True)
class Answer:
    """A message that a peer received, by the id the gateway gave it."""

    message_id: str
    payload: bytes


@dataclass
class Verdict:
    """How many documents went wrong, each way; a document can count in several.

    Attributes:
        lost: handed in and confirmed, but without effect: no document, or not all of its bids.
        doubled: with more than one effect: stored twice, a bid too many, or two acknowledgements.
        missing_answers: no acknowledgement was queued, or none that takes the document reached the peer.
        altered: something else was stored, or received, than was sent.
        wire_duplicates: repetitions of a message that the peer had already; allowed.
    """

    documents: int = 0
    lost: int = 0
    doubled: int = 0
    missing_answers: int = 0
    altered: int = 0
    wire_duplicates: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong."""
        return not any(getattr(self, fault) for fault in _FAULTS)

    def __add__(self, other: "Verdict") -> "Verdict":
        theirs = asdict(other)
        return Verdict(**{name: value + theirs[name] for name, value in asdict(self).items()})


def verdict(documents: Sequence[Document], store: Path, answers: Iterable[Answer]) -> Verdict:
    """Judge what one platform sent by its tenant store (a SQLite file) and what it received.

    Raises:
        RuntimeError: the file is damaged.
    """
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        state = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if state != "ok":
            raise RuntimeError(f"{store.name} is damaged: {state}")
        return _judged(documents, connection, answers)
    finally:
        connection.close()


def _judged(documents: Sequence[Document], store: sqlite3.Connection, answers: Iterable[Answer]) -> Verdict:
    envelopes = _grouped(store, "SELECT sha256, envelope_id FROM envelopes")
    effects = _grouped(store, "SELECT mrid, document_id, sha256 FROM documents")
    bids = dict(_rows(store, "SELECT document_mrid, count(*) FROM bids GROUP BY document_mrid"))
    queued = _grouped(store, "SELECT answers, message_id, payload FROM outbox WHERE kind = 'Acknowledgement'")
    received: dict[str, list[bytes]] = defaultdict(list)
    for answer in answers:
        received[answer.message_id].append(answer.payload)

    found = Verdict(documents=len(documents))
    found.wire_duplicates = sum(len(repeated) - 1 for repeated in received.values())
    for document in documents:
        stored = envelopes.get(document.sha256, [])
        taken = effects.get(document.name, [])
        offered = bids.get(document.name, 0)
        acknowledged = [answer for (envelope,) in stored for answer in queued.get(envelope, [])]
        found.lost += not taken or offered < BIDS
        found.doubled += len(stored) > 1 or len(taken) > 1 or offered > BIDS or len(acknowledged) > 1
        found.altered += any(sha256 != document.sha256 for _, sha256 in taken)
        found.missing_answers += not any(
            _takes(document, payload) and payload in received.get(message_id, ())
            for message_id, payload in acknowledged
        )
    ours = {message_id: payload for rows in queued.values() for message_id, payload in rows}
    found.altered += sum(
        payload != ours.get(message_id) for message_id, payloads in received.items() for payload in payloads
    )
    known = {document.sha256 for document in documents}
    found.altered += sum(sha256 not in known for sha256 in envelopes)
    return found


def _takes(document: Document, payload: bytes) -> bool:
    answer = read_acknowledgement(payload)
    return answer.accepted and answer.received_mrid == document.name


def _grouped(store: sqlite3.Connection, query: str) -> dict[Any, list[tuple[Any, ...]]]:
    grouped = defaultdict(list)
    for key, *values in _rows(store, query):
        grouped[key].append(tuple(values))
    return grouped


def _rows(store: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return store.execute(query).fetchall()
