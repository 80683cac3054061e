"""Acknowledgements of received documents, written to files: `flexgate sample --kind acknowledgement`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.commands import app
from gateway.domain.document import ACKNOWLEDGEMENT_VERSION, Acknowledgement
from gateway.domain.reason import Reason, ReasonCode
from gateway.intake.check.examination import examine
from mappings import canonical_json
from mappings.header_peek import header_peek
from tests.intake.local_gateway import NOW
from tests.specimens import RESERVE_BID_7_4

ACCEPTED = (Reason(ReasonCode.ACCEPTED, "message fully accepted"),)
REJECTED = (Reason(ReasonCode.REJECTED, "message fully rejected"), Reason(ReasonCode.OTHER, "not ours"))


def sample(output: Path, *arguments: object) -> Result:
    words = ["sample", str(output), "--kind", "acknowledgement", *map(str, arguments)]
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


def received(directory: Path, form: str) -> Path:
    """A document of the gateway, as it was received."""
    file = directory / f"received.{form}"
    data = RESERVE_BID_7_4.data
    if form == "json":
        document = examine(data, "application/xml", NOW).document
        assert document is not None
        data = canonical_json.dumps(document)
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("of", ["xml", "json"])
@pytest.mark.parametrize(
    ("name", "content_type"),
    [("ack.xml", "application/xml"), ("ack", "application/xml"), ("ack.JSON", "application/json")],
)
@pytest.mark.parametrize(("options", "reasons"), [((), ACCEPTED), (("--reject", "not ours"), REJECTED)])
def test_it_answers_the_document_in_the_form_of_its_name(
    tmp_path: Path,
    of: str,
    name: str,
    content_type: str,
    options: tuple[str, ...],
    reasons: tuple[Reason, ...],
) -> None:
    answer = tmp_path / name
    done = sample(answer, "--of", received(tmp_path, of), *options)
    assert done.exit_code == 0, done.output
    found = examine(answer.read_bytes(), content_type, datetime.now(UTC))
    document, peek = found.document, header_peek(RESERVE_BID_7_4.data)
    assert isinstance(document, Acknowledgement)
    assert found.findings == ()
    assert document.header.version == ACKNOWLEDGEMENT_VERSION
    assert document.received == peek.received
    assert (document.header.sender.party, document.header.receiver.party) == (peek.receiver, peek.sender)
    assert (document.header.sender.role, document.header.receiver.role) == (
        peek.receiver_role,
        peek.sender_role,
    )
    assert document.reasons == reasons


def test_every_answer_has_an_mrid_of_its_own(tmp_path: Path) -> None:
    file = received(tmp_path, "xml")
    for name in ("first.xml", "second.xml"):
        assert sample(tmp_path / name, "--of", file).exit_code == 0
    first, second = (
        header_peek((tmp_path / name).read_bytes()).received.mrid for name in ("first.xml", "second.xml")
    )
    assert first != second


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "line 2: not well-formed XML"),
        (b"<?xml version='1.0'?>\n<a>\n</b>", "line 3: not well-formed XML"),
        (b"<!DOCTYPE a>\n<a/>", "line 1: a DOCTYPE is never accepted"),
        (
            b"\n<a><mRID>m</mRID></a>",
            "line 2: a lacks a sender and a receiver, so no Acknowledgement can name it",
        ),
        (b'{"kind": "GateNotice"}', "/kind: "),
        (b'{\n"kind" 1}', "in line 2, column 8"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "other"
    file.write_bytes(data)
    done = sample(tmp_path / "ack.xml", "--of", file)
    assert done.exit_code == 1
    assert f"{file}: " in done.stderr
    assert message in done.stderr
    assert not (tmp_path / "ack.xml").exists()


@pytest.mark.parametrize(("form", "place"), [("xml", "line 2"), ("json", "/kind")])
def test_an_acknowledgement_is_not_acknowledged(tmp_path: Path, form: str, place: str) -> None:
    answer = tmp_path / f"ack.{form}"
    assert sample(answer, "--of", received(tmp_path, "xml")).exit_code == 0
    done = sample(tmp_path / "other.xml", "--of", answer)
    assert done.exit_code == 1
    assert f"{answer}: {place}: an Acknowledgement is never acknowledged" in done.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = sample(tmp_path / "ack.xml", "--of", tmp_path / "none.xml")
    assert done.exit_code == 1
    assert "none.xml: No such file" in done.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ([], "--of"),
        (["--of", "FILE", "--day", "2026-03-01"], "--day"),
        (["--of", "FILE", "--platform", "platform-north"], "--platform"),
        (["--of", "FILE", "--faulty"], "--faulty"),
        (["--of", "FILE", "--kind", "bids"], "--of"),
        (["--reject", "no", "--kind", "bids"], "--reject"),
    ],
)
def test_options_that_do_not_fit_its_kind_are_refused(tmp_path: Path, words: list[str], option: str) -> None:
    file = received(tmp_path, "xml")
    done = sample(tmp_path / "sample", *(file if word == "FILE" else word for word in words))
    assert done.exit_code == 2
    assert f"Invalid value for {option}" in done.stderr
