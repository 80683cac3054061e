"""The kit against gateways on the wire: ours passes, a hostile one ends the run within its limits."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from contract_tests.emulators.listener import Listener
from contract_tests.http_target import MOST_BYTES, HttpTarget, TargetError
from contract_tests.outcomes import Outcome, State, counts
from contract_tests.profiles.participant import Participant, ParticipantError, read_participant
from contract_tests.profiles.rest import run_rest, steps
from contract_tests.profiles.rest_session import RestSession
from contract_tests.run import MOST_SILENT, Failed, NotShown, Step, run
from gateway.cli.emulated_gateway import EmulatedGateway, PortInUseError
from gateway.demo.gateway_process import free_port
from tests.cli.test_commands import flexgate

WHO = Participant("http://127.0.0.1:1", "platform-north", "secret")


@pytest.mark.feature(id="F1")
@pytest.mark.slow
def test_our_gateway_passes_every_step(emulated: EmulatedGateway, tmp_path: Path) -> None:
    page, asked = tmp_path / "run.html", ("conformance", "run", "--profile", "rest", "--no-cases")
    ran = flexgate(*asked, "--as", emulated.participant_file, "--json", "--html", page)
    said = json.loads(ran.stdout)
    failed = [one for one in said["outcomes"] if one["state"] != "passed"]
    assert (ran.exit_code, failed) == (0, [])
    assert said["passed"] == len(steps(with_cases=False))
    secret = json.loads(emulated.participant_file.read_text("utf-8"))["client_secret"]
    assert secret not in page.read_text("utf-8") + ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize("role", ["dso", "tso"])
def test_our_gateway_passes_what_operators_expect(emulated: EmulatedGateway, role: str) -> None:
    file = emulated.participant_file.with_name(f"participant-{role}.json")
    found = list(run_rest(read_participant(file, None), role, with_cases=True, effects=True, budget_s=600))
    assert [(one.name, one.reasons) for one in found if one.state is not State.PASSED] == []
    assert len(found) == len(steps(role, with_cases=True))


@pytest.mark.parametrize("profile", ["rest", "dso", "tso", "folder", "mqtt", "amqp091"])
def test_steps_are_listed_with_their_sources(profile: str) -> None:
    listed = json.loads(flexgate("conformance", "steps", profile, "--json").stdout)
    assert len({row["step"] for row in listed}) == len(listed) > 4
    assert all(row["says"].endswith(".") and row["source"] for row in listed)
    assert any(row["effects"] for row in listed) == (profile != "tso")  # whose steps only ask
    assert listed[0]["step"] in flexgate("conformance", "steps", profile).stdout


@pytest.mark.slow
def test_a_platform_is_no_grid_operator(emulated: EmulatedGateway) -> None:
    who = read_participant(emulated.participant_file, None)
    found = {one.name: one for one in run_rest(who, "dso", with_cases=True, effects=True, budget_s=600)}
    assert found["ready"].state is State.PASSED
    assert found["model"].state is State.FAILED
    assert "403" in found["model"].reasons[0]


@pytest.mark.slow
def test_nothing_is_left_behind_unless_asked_for(emulated: EmulatedGateway) -> None:
    who = read_participant(emulated.participant_file, None)
    found = run_rest(who, with_cases=False, effects=False, budget_s=600)
    states = {one.name: one.state for one in found}
    left = {each.name for each in steps(with_cases=False) if each.effects}
    assert {name for name, state in states.items() if state is State.NOT_SHOWN} == left


@pytest.mark.slow
def test_wrong_credentials_are_reported(emulated: EmulatedGateway) -> None:
    who = Participant(emulated.url, "platform-north", "wrong", effects=True)
    chosen = [each for each in steps(with_cases=False) if each.name in ("ready", "token", "same-key")]
    with HttpTarget(emulated.url) as target:
        found = list(run(chosen, RestSession(target, who), "rest", effects=True, budget_s=6000))
    assert [one.state for one in found] == [State.PASSED, State.FAILED, State.FAILED]
    assert all("401" in one.reasons[0] for one in found[1:])


def test_a_port_in_use_is_not_taken_for_the_emulator(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError):
            EmulatedGateway(tmp_path / "gateway", taken.getsockname()[1])
    assert not (tmp_path / "gateway").exists()


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every request in one way."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            answer(self)

        do_GET = do_POST = do_DELETE = do_PUT = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Silent."""

    listener = Listener()
    port = listener.start(0, Handler)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        listener.stop()


def _hangs(over: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda _: over.wait(30) and None


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**9))
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x" * 10**6)


def _drips(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(300):
        handler.wfile.write(f"X-{number}: drop\r\n".encode())
        time.sleep(0.05)


def _garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff\xfe this is no HTTP \r\n\r\n" * 10)
    handler.close_connection = True


def _redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _wrong_json(handler: BaseHTTPRequestHandler) -> None:
    body = b"[" * 100_000
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (_endless, f"larger than {MOST_BYTES:,} bytes"),
        (_drips, "not answered within 0.5 s"),
        (_garbage, "failed after"),
        (_redirects, "answered with 307"),
        (_wrong_json, "nested too deeply"),
    ],
)
def test_a_hostile_target_ends_the_run_and_is_described(
    answer: Callable[[BaseHTTPRequestHandler], None], text: str
) -> None:
    with serving(answer) as url:
        found = _tried(url)
    assert any(text in reason for one in found for reason in one.reasons)
    assert counts(found)[State.PASSED] <= 1  # what says 200 to everything is ready


def test_a_target_that_hangs_is_left_alone() -> None:
    over = threading.Event()
    try:
        with serving(_hangs(over)) as url:
            found = _tried(url)
    finally:
        over.set()
    silent = [one for one in found if any("not answered within" in reason for reason in one.reasons)]
    assert len(silent) == MOST_SILENT
    left_alone = len(found) - MOST_SILENT
    assert counts(found) == {State.PASSED: 0, State.FAILED: MOST_SILENT, State.NOT_SHOWN: left_alone}


def test_an_unreachable_target_is_left_alone() -> None:
    found = _tried(f"http://127.0.0.1:{free_port()}")
    assert counts(found)[State.FAILED] == MOST_SILENT
    assert "connect" in found[0].reasons[0].lower()


def _tried(url: str) -> list[Outcome]:
    who = Participant(url, "platform-north", "secret")
    return list(run_rest(who, with_cases=False, effects=True, budget_s=600, longest_s=0.5))


def test_evidence_shows_no_secret() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = b'{"access_token": "very-secret"}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.send_header("Set-Cookie", "very-secret")
        handler.end_headers()
        handler.wfile.write(body)

    with serving(answer) as url, HttpTarget(url) as target:
        target.request("GET", "/", headers={"Authorization": "Bearer very-secret"})
        recorded = target.recorded()
        assert target.recorded() == ()
    assert [each.title for each in recorded] == ["sent: GET /", "received: 200"]
    assert "very-secret" not in "".join(each.text for each in recorded)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "nonsense", "http://me:secret@host", "http://h/?q=1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        HttpTarget(url)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"client_id": "a"}', "lacks target, client_secret"),
        ('{"client_id": 1, "client_secret": "b", "target": "c"}', "client_id is no text"),
        ('{"colour": "red"}', "colour is none of"),
        ('{"client_id": "a", "client_secret": "b", "target": "c", "effects": "yes"}', "no truth value"),
    ],
)
def test_a_wrong_file_of_a_participant(tmp_path: Path, content: str, text: str) -> None:
    file = tmp_path / "participant.json"
    file.write_text(content)
    with pytest.raises(ParticipantError, match=text):
        read_participant(file, None)
    refused = flexgate("conformance", "run", "--profile", "rest", "--as", file)
    assert refused.exit_code == 1


def test_credentials_of_a_first_configuration_are_enough(tmp_path: Path) -> None:
    assert flexgate("init", tmp_path / "gate", "--port", "8499").exit_code == 0
    file = tmp_path / "gate" / "credentials" / "platform-north.json"
    who = read_participant(file, None)
    assert (who.target, who.client_id, who.effects) == ("http://127.0.0.1:8499", "platform-north", False)
    assert read_participant(file, "http://other").target == "http://other"


class _Nothing:
    def recorded(self) -> tuple[()]:
        return ()


def test_what_a_step_cannot_read_fails_it_and_the_run_goes_on() -> None:
    def raising(error: Exception) -> Callable[[_Nothing], None]:
        def work(_: _Nothing) -> None:
            raise error

        return work

    errors = (KeyError("id"), Failed("wrong"), NotShown("lacking"), TargetError("silent"))
    chosen = [Step(str(number), "So.", "here", False, raising(each)) for number, each in enumerate(errors)]
    found = list(run(chosen, _Nothing(), "none", effects=True, budget_s=10))
    assert [one.state for one in found] == [State.FAILED, State.FAILED, State.NOT_SHOWN, State.FAILED]
    assert "another form than stated" in found[0].reasons[0]
