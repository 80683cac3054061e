"""Documents that came in, as people see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import inbox
from gateway.cli.commands import app

DOCUMENT = {
    "document_id": "again1",
    "tenant": "north",
    "channel": "north-mqtt",
    "received_at": "2026-03-01T05:58:00Z",
    "state": "accepted",
    "size": 1,
    "kind": "ReserveBid",
    "version": "7.4",
    "mrid": "bids-1",
    "revision": 1,
    "repeats": "first1",
    "findings": [],
    "remarks": [],
    "forwarding": None,
    "acknowledges": None,
}


@pytest.mark.parametrize("words", [["list"], ["show", "again1"]], ids=["list", "show"])
def test_a_repetition_says_what_it_repeats(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda _method, _path, **_: DOCUMENT if words[0] == "show" else {"documents": [DOCUMENT]}

    monkeypatch.setattr(inbox, "connected", connected)
    asked = ["document", *words, "--credentials", "none.json"]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert " ".join(done.output.split()).count("repeats first1") == 1
    assert "bids-1 revision 1" in done.output


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (
            {"forwarding": {"state": "awaited", "codes": [], "answered_at": None}},
            "its receiver's answer: awaited",
        ),
        (
            {
                "forwarding": {
                    "state": "partly",
                    "codes": ["A01", "A03"],
                    "answered_at": "2026-03-01T06:00:00Z",
                }
            },
            "its receiver's answer: partly A01 A03 at 2026-03-01T06:00:00Z",
        ),
        (
            {"acknowledges": {"mrid": "b-9", "revision": 2, "state": "refused", "codes": ["A02"]}},
            "says of MeritOrderList b-9 revision 2: refused A02",
        ),
    ],
)
def test_the_verdict_of_the_receiver_is_printed(
    capsys: pytest.CaptureFixture[str], known: dict[str, Any], line: str
) -> None:
    document = DOCUMENT | {"repeats": None}
    for name, said in known.items():
        if name == "forwarding":
            document[name] = {"route": "to-south", "version": "7.4", "answer": said}
        else:
            document[name] = {"family": "MeritOrderList", **said}
    inbox.print_document(document)
    assert f"  {line}\n" in capsys.readouterr().out


def test_a_document_is_shown_by_its_mrid(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "/v1/documents/bids%2F1": None,
        "/v1/documents?mrid=bids%2F1&limit=1": {"documents": [{"document_id": "again1"}]},
        "/v1/documents/again1": DOCUMENT,
        "/v1/documents/none": None,
        "/v1/documents?mrid=none&limit=1": {"documents": []},
    }

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        yield lambda _method, path, **_: answers[path]

    monkeypatch.setattr(inbox, "connected", connected)
    shown = CliRunner().invoke(app, ["document", "show", "bids/1", "--credentials", "none.json"])
    assert "bids-1 revision 1" in shown.output
    missing = CliRunner().invoke(app, ["document", "show", "none", "--credentials", "none.json"])
    assert missing.exit_code == 1


@pytest.mark.parametrize("again", [False, True])
def test_an_old_answer_is_named_and_checked_again_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, again: bool
) -> None:
    keys: list[str | None] = []

    @contextmanager
    def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
        def call(method: str, *_: object, key: str | None = None) -> Any:
            keys.append(key)
            return {**DOCUMENT, "state": "received"} if method == "POST" and key else DOCUMENT

        yield call

    monkeypatch.setattr(inbox, "connected", connected)
    file = tmp_path / "bids.xml"
    file.write_text("<a/>")
    words = ["document", "send", str(file), "--credentials", "none.json", *(["--again"] if again else [])]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert (keys[0] is not None) is again
    assert ("this is the answer of 2026-03-01T05:58:00Z" in done.output) is not again
