"""Whatever goes wrong is a problem with a reference, and never says more than it should."""

import re
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from adapters.kit.http.problems import ProblemType
from gateway.ports import BusyError
from tests.processes.world import gate
from tests.web.local_gateway import BODY_BYTES, LocalGateway

PREFIX = "urn:flexgate:problem:"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/gates/", 404, "not-found"),
        ("PATCH", "/v1/gates", 405, "method-not-allowed"),
        ("GET", "/v1/gates/unknown", 404, "not-found"),
        ("GET", "/v1/outbox?after=-1", 422, "invalid"),
        ("GET", "/v1/outbox?limit=many", 422, "invalid"),
        ("GET", "/v1/outbox/99999999999999999999999", 422, "invalid"),
    ],
)
def test_form(shared_gateway: LocalGateway, method: str, path: str, status: int, kind: str) -> None:
    answer = shared_gateway.as_("east").request(method, path)
    problem = answer.json()
    assert answer.status_code == status == problem["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == PREFIX + kind
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"


def test_types_are_unique_and_named_for_good() -> None:
    assert len({kind.uri for kind in ProblemType}) == len(ProblemType)
    assert all(400 <= kind.status < 600 for kind in ProblemType)


def test_the_reference_is_in_the_log(shared_gateway: LocalGateway) -> None:
    with capture_logs() as logs:
        answer = shared_gateway.as_("east").get("/v1/gates/unknown")
    (line,) = [line for line in logs if line["event"] == "request"]
    assert line["path"] == "/v1/gates/unknown"
    assert line["status"] == 404
    assert answer.headers["x-request-id"]


def test_a_fault_of_ours_tells_the_caller_nothing_but_the_reference(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("price 4711 in /secret/place")

    monkeypatch.setattr(local.world.gates, "listed", fail)
    with capture_logs() as logs:
        answer = local.as_("east").get("/v1/gates")
    assert answer.status_code == 500
    assert answer.json()["type"] == PREFIX + "internal"
    assert "4711" not in answer.text + repr(logs)
    (line,) = [line for line in logs if line["event"] == "request failed"]
    assert line["error"] == "RuntimeError"
    assert any("test_problems.py" in place for place in line["trace"])
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    (line,) = [line for line in logs if line["event"] == "request" and line["path"] == "/v1/gates"]
    assert line["status"] == 500


def test_busy_says_when_to_come_again(local: LocalGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_envelope: object) -> None:
        raise BusyError(7)

    monkeypatch.setattr(local.dependencies.intake, "submit", busy)
    answer = local.as_("east").post("/v1/documents", content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["type"] == PREFIX + "busy"


def test_a_request_by_a_wrong_method_is_answered_with_the_right_ones(shared_gateway: LocalGateway) -> None:
    answer = shared_gateway.as_("east").patch("/v1/webhook")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT"
    answer = shared_gateway.as_("east").put("/v1/gates")
    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_every_path_says_all_it_does(shared_gateway: LocalGateway) -> None:
    client = shared_gateway.as_("operator")
    paths = client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        done = {method.upper() for method in operations} & {"GET", "PUT", "POST", "PATCH", "DELETE"}
        answer = client.options(re.sub(r"\{.*?\}", "x", path))
        assert answer.status_code == 405, path
        allowed = set(answer.headers["allow"].split(", "))
        assert allowed >= done | ({"HEAD"} if "GET" in done else set()), path
        assert not allowed & {"OPTIONS", "TRACE"}, path


@pytest.mark.parametrize(
    ("path", "name", "taken"),
    [
        ("/v1/gates?limit=5&stat=open", "stat", "after, limit"),
        ("/v1/backlogs/messages?tenant=platform-north", "tenant", "limit"),
        ("/v1/routes?x=1", "x", ""),
    ],
)
def test_a_parameter_that_is_not_taken_is_refused(
    shared_gateway: LocalGateway, path: str, name: str, taken: str
) -> None:
    answer = shared_gateway.as_("operator").get(path)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == f"query/{name}"
    assert fault["detail"] == "is not accepted" + (f"; {taken} are" if taken else "")


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/gates", "/v1/outbox", "/v1/gates/none", "/.well-known/jwks.json"]
)
def test_head_is_get_without_the_body(shared_gateway: LocalGateway, path: str) -> None:
    client = shared_gateway.as_("east")
    whole, head = client.get(path), client.head(path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    differ = {"x-request-id"}
    assert {name for name in whole.headers if whole.headers[name] != head.headers.get(name)} <= differ


def test_a_member_given_twice_is_refused(shared_gateway: LocalGateway) -> None:
    answer = shared_gateway.as_("tso").put(
        "/v1/gates/g1/demand",
        content=b'{"up_mw": [1], "up_mw": [2], "down_mw": [0]}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/up_mw"]


def test_a_length_alone_is_refused_unread(shared_gateway: LocalGateway) -> None:
    """Everywhere, also where no body is looked at."""

    def unread() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    for method, path in (
        ("POST", "/oauth/token"),
        ("GET", "/healthz"),
        ("POST", "/v1/gates/g/close"),
        ("PUT", "/x"),
    ):
        answer = shared_gateway.anonymous.request(
            method, path, content=unread(), headers={"Content-Length": str(10**12)}
        )
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"


class TestBodies:
    def test_too_large_by_its_own_word(self, shared_gateway: LocalGateway) -> None:
        answer = shared_gateway.as_("east").post(
            "/v1/documents", content=b" " * (BODY_BYTES + 1), headers={"Content-Type": "text/xml"}
        )
        assert answer.status_code == 413
        assert answer.json()["type"] == PREFIX + "too-large"
        assert f"{BODY_BYTES:,}" in answer.json()["detail"]

    def test_too_large_without_a_word_is_not_read_to_its_end(self, shared_gateway: LocalGateway) -> None:
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            while sent < 50 * BODY_BYTES:
                sent += 2**16
                yield b" " * 2**16

        answer = shared_gateway.as_("east").post(
            "/v1/documents", content=endless(), headers={"Content-Type": "text/xml"}
        )
        assert answer.status_code == 413

    def test_other_bodies_are_bounded_tighter(self, shared_gateway: LocalGateway) -> None:
        body = b'{"up_mw": [' + b"1.0," * 600_000 + b"1.0]}"
        answer = shared_gateway.as_("tso").put("/v1/gates/g1/demand", content=body)
        assert answer.status_code == 413

    @pytest.mark.parametrize(
        "content_type", ["", "application/pdf", "application/json+zip", "multipart/form-data"]
    )
    def test_of_a_type_that_is_not_taken(self, shared_gateway: LocalGateway, content_type: str) -> None:
        headers = {"Content-Type": content_type} if content_type else {}
        answer = shared_gateway.as_("east").post("/v1/documents", content=b"x", headers=headers)
        assert answer.status_code == 415
        assert "application/xml" in answer.json()["detail"]

    def test_compressed(self, shared_gateway: LocalGateway) -> None:
        headers = {"Content-Type": "application/xml", "Content-Encoding": "gzip"}
        answer = shared_gateway.as_("east").post("/v1/documents", content=b"x", headers=headers)
        assert answer.status_code == 415
        assert "gzip" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "body", [b"{", b"[]", b"[" * 100_000, b'{"url": 5}', b'{"url": "x", "more": 1}', b""]
    )
    def test_json_that_does_not_fit(self, shared_gateway: LocalGateway, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = shared_gateway.as_("east").put("/v1/webhook", content=body, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_every_fault_has_its_place(self, shared_gateway: LocalGateway) -> None:
        answer = shared_gateway.as_("operator").post(
            "/v1/gates", json={"gate_id": "g", "delivery": {"start": "soon"}, "currency": "Euro", "x": 1}
        )
        assert answer.status_code == 422
        places = {error["pointer"] for error in answer.json()["errors"]}
        assert {"/delivery/start", "/delivery/end", "/currency", "/x", "/platforms"} <= places
        reported = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
        assert reported["/currency"] == 'wanted a text of the form ^[A-Z]{3}$; got "Euro"'
        assert reported["/delivery/start"].endswith('such as 2026-03-01T23:00:00Z; got "soon"')


def test_every_answer_is_hardened(shared_gateway: LocalGateway) -> None:
    for path in ("/healthz", "/nothing"):
        headers = shared_gateway.anonymous.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_nothing_of_a_payload_is_logged(local: LocalGateway) -> None:
    local.world.gates.create(gate())
    with capture_logs() as logs:
        local.as_("east").post(
            "/v1/documents?marker=query",
            content=b"<marker>payload</marker>",
            headers={"Content-Type": "text/xml"},
        )
        local.as_("north").put("/v1/grids/north/models", json={"marker": "model"})
        local.as_("tso").put("/v1/resources", json={"marker": "resources"})
        local.anonymous.post("/oauth/token", data={"grant_type": "marker", "client_secret": "marker"})
    assert len(logs) >= 4
    assert "marker" not in repr(logs)
