"""The crash benchmark in short, and whether its verdict sees what it has to see."""

import sqlite3
from pathlib import Path

import pytest

from benchmarks.crashing.documents import BIDS, Document
from benchmarks.crashing.verdict import Answer, Verdict, verdict
from contract_tests.brokers import NotInstalledError
from tests.adapters.services import absent, needs_proton
from tests.specimens import ACKNOWLEDGEMENT_8_1

DOCUMENT = Document("rest-000001", b"<bids/>")
ACKNOWLEDGEMENT = ACKNOWLEDGEMENT_8_1.data.replace(b"TEST-DOC-72", DOCUMENT.name.encode()).replace(
    b"<code>A03", b"<code>A01"
)
REFUSAL = ACKNOWLEDGEMENT.replace(b"<code>A01", b"<code>A02")
RECEIVED = [Answer("m1", ACKNOWLEDGEMENT)]
TABLES = """
CREATE TABLE envelopes (sha256, envelope_id);
CREATE TABLE documents (mrid, document_id, sha256);
CREATE TABLE bids (document_mrid);
CREATE TABLE outbox (answers, message_id, kind, payload);
"""


def store(directory: Path, *changes: str) -> Path:
    """A tenant store in which everything is as it must be, but for the changes."""
    file = directory / "rest.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO envelopes VALUES (?, 'e1')", (DOCUMENT.sha256,))
        connection.execute("INSERT INTO documents VALUES (?, 'e1', ?)", (DOCUMENT.name, DOCUMENT.sha256))
        connection.executemany("INSERT INTO bids VALUES (?)", [(DOCUMENT.name,)] * BIDS)
        acknowledgement = ("e1", "m1", "Acknowledgement", ACKNOWLEDGEMENT)
        connection.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", acknowledgement)
        for change in changes:
            connection.execute(change)
    connection.close()
    return file


def test_what_is_as_it_must_be_is_good_and_repetitions_are_counted(tmp_path: Path) -> None:
    found = verdict([DOCUMENT], store(tmp_path), RECEIVED * 3)
    assert found == Verdict(documents=1, wire_duplicates=2)
    assert found.is_good


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("lost", "DELETE FROM documents"),
        ("lost", "DELETE FROM bids WHERE rowid = 1"),
        ("doubled", "INSERT INTO envelopes SELECT sha256, 'e2' FROM envelopes"),
        ("doubled", "INSERT INTO documents SELECT mrid, 'e2', sha256 FROM documents"),
        ("doubled", "INSERT INTO bids SELECT document_mrid FROM bids WHERE rowid = 1"),
        ("doubled", "INSERT INTO outbox SELECT answers, 'm2', kind, payload FROM outbox"),
        ("missing_answers", "DELETE FROM outbox"),
        ("missing_answers", "UPDATE outbox SET answers = 'e2'"),
        ("altered", "UPDATE outbox SET payload = CAST(payload || ' ' AS BLOB)"),
        ("altered", "UPDATE documents SET sha256 = 'x'"),
        ("altered", "INSERT INTO envelopes VALUES ('x', 'e2')"),
    ],
)
def test_a_tenant_store_that_is_wrong_is_found_out(tmp_path: Path, fault: str, change: str) -> None:
    found = verdict([DOCUMENT], store(tmp_path, change), RECEIVED)
    assert getattr(found, fault) == 1
    assert not found.is_good


def test_answers_that_did_not_come_or_refuse_are_missing(tmp_path: Path) -> None:
    assert verdict([DOCUMENT], store(tmp_path), []).missing_answers == 1
    (tmp_path / "refused").mkdir()
    refused = store(tmp_path / "refused", "DELETE FROM outbox")
    with sqlite3.connect(refused) as connection:
        row = ("e1", "m1", "Acknowledgement", REFUSAL)
        connection.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", row)
    connection.close()
    assert verdict([DOCUMENT], refused, [Answer("m1", REFUSAL)]) == Verdict(1, missing_answers=1)


@pytest.mark.feature(id="C9")
@pytest.mark.feature(id="F7")
@pytest.mark.services
@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_or_done_twice() -> None:
    needs_proton()
    from benchmarks import crash  # noqa: PLC0415  (proton is an extra)

    reported: list[str] = []
    try:
        result = crash.run(documents=147, kills=3, restarts=1, seed=1, tell=reported.append)
    except NotInstalledError as error:
        absent(str(error))
    else:
        assert crash.is_good(result), (result, reported)
        assert result["documents"] == 147
