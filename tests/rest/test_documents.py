"""Handing in documents: stored before confirmed, answered once, seen by no other tenant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

import esmp
from gateway.records.messages import inbox
from tests.patience import eventually
from tests.specimens import ACKNOWLEDGEMENT_8_1, RESERVE_BID_7_4, replaced
from tests.web.local_gateway import LocalGateway, served

XML = {"Content-Type": "application/xml"}
NOT_XML = b"bid;10 MW;45.50\n"


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[LocalGateway]:
    """A gateway whose intake stores and does no more."""
    with served(tmp_path, intake=False) as new:
        yield new


def settled(client: Any, location: str) -> dict[str, Any]:
    result: dict[str, Any] = {}

    def is_settled() -> bool:
        result.update(client.get(location).json())
        return result["state"] != "received"

    eventually(is_settled, "it to be settled")
    return result


def test_a_document_is_stored_before_it_is_confirmed(silent: LocalGateway) -> None:
    east = silent.as_("east")
    answer = east.post("/v1/documents", content=NOT_XML, headers=XML)
    assert answer.status_code == 202
    location = answer.headers["location"]
    assert location == f"/v1/documents/{answer.json()['document_id']}"
    with silent.world.stores.of("east").reading() as uow:
        assert inbox.payload_of(uow, answer.json()["document_id"]) == NOT_XML
    assert east.get(location).json()["state"] == "received"
    waiting = east.get(f"{location}/acknowledgement")
    assert waiting.status_code == 404
    assert waiting.json()["type"] == "urn:flexgate:problem:not-ready"
    assert waiting.headers["retry-after"] == "1"


def test_a_refused_document_says_where_and_why(local: LocalGateway) -> None:
    east = local.as_("east")
    broken = replaced("  <type>A37</type>\n", "")(RESERVE_BID_7_4.data)
    location = east.post("/v1/documents", content=broken, headers=XML).headers["location"]
    seen = settled(east, location)
    assert seen["state"] == "refused"
    (listed,) = east.get("/v1/documents").json()["documents"]
    assert listed["state"] == "refused"
    assert "findings" not in listed  # they are at its own address, and none there would mean none
    finding = seen["findings"][0]
    assert finding["stage"] == "schema"
    assert finding["line"] > 1
    assert finding["code"]
    acknowledgement = east.get(f"{location}/acknowledgement")
    assert acknowledgement.headers["content-type"].startswith("application/xml")
    assert esmp.validate(acknowledgement.content).valid
    assert b">A02<" in acknowledgement.content
    assert f"line {finding['line']}".encode() in acknowledgement.content
    with local.world.stores.of("east").reading() as uow:
        assert inbox.payload_of(uow, seen["document_id"]) == broken


def test_an_acknowledgement_is_never_acknowledged(local: LocalGateway) -> None:
    east = local.as_("east")
    with capture_logs() as logs:
        sent = east.post("/v1/documents", content=ACKNOWLEDGEMENT_8_1.data, headers=XML)
        location = sent.headers["location"]
        assert settled(east, location)["state"] == "refused"
        eventually(lambda: any(each["event"] == "acknowledgement refused" for each in logs), "the warning")
    (warned,) = [each for each in logs if each["event"] == "acknowledgement refused"]
    assert (warned["log_level"], warned["tenant"], warned["channel"]) == ("warning", "east", "rest")
    assert warned["document"] == location.rpartition("/")[2]
    answer = east.get(f"{location}/acknowledgement")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:flexgate:problem:not-found"
    assert "an Acknowledgement is not acknowledged" in answer.json()["detail"]
    assert "retry-after" not in answer.headers


def test_canonical_json_is_a_document_too(local: LocalGateway) -> None:
    east = local.as_("east")
    for content_type in ("application/json", "application/vnd.flexgate.reserve-bid+json; charset=utf-8"):
        headers = {"Content-Type": content_type, "Idempotency-Key": content_type[:30].replace(" ", "")}
        answer = east.post("/v1/documents", content=b'{"kind": "ReserveBid"}', headers=headers)
        assert answer.status_code == 202
        assert settled(east, answer.headers["location"])["findings"][0]["stage"] == "schema"


class TestOnce:
    def test_the_same_bytes_are_the_same_submission(self, local: LocalGateway) -> None:
        east = local.as_("east")
        first, second = (east.post("/v1/documents", content=NOT_XML, headers=XML) for _ in range(2))
        assert first.headers["location"] == second.headers["location"]
        settled(east, first.headers["location"])
        assert len(east.get("/v1/outbox").json()["messages"]) == 1

    def test_a_key_names_the_submission(self, local: LocalGateway) -> None:
        east = local.as_("east")

        def post(key: str, content: bytes) -> httpx2.Response:
            headers = XML | {"Idempotency-Key": key}
            answer: httpx2.Response = east.post("/v1/documents", content=content, headers=headers)
            return answer

        first, again, other = post("k1", NOT_XML), post("k1", NOT_XML), post("k2", NOT_XML)
        assert first.headers["location"] == again.headers["location"] != other.headers["location"]
        reused = post("k1", NOT_XML + b"more")
        assert reused.status_code == 422
        assert reused.json()["type"] == "urn:flexgate:problem:idempotency-key-reused"

    def test_a_key_cannot_pose_as_a_hash(self, silent: LocalGateway) -> None:
        east = silent.as_("east")
        plain = east.post("/v1/documents", content=NOT_XML, headers=XML)
        key = f"sha256:{plain.json()['sha256']}"
        posing = east.post("/v1/documents", content=b"other", headers=XML | {"Idempotency-Key": key})
        assert posing.status_code == 202
        assert posing.headers["location"] != plain.headers["location"]

    @pytest.mark.parametrize("key", ["", " ", "x" * 129, "two words"])
    def test_a_key_is_plain(self, shared_gateway: LocalGateway, key: str) -> None:
        headers = XML | {"Idempotency-Key": key}
        answer = shared_gateway.as_("east").post("/v1/documents", content=NOT_XML, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "header/Idempotency-Key"


class TestForeign:
    @pytest.mark.feature(id="E2")
    def test_documents_of_others_do_not_exist(self, local: LocalGateway) -> None:
        location = local.as_("east").post("/v1/documents", content=NOT_XML, headers=XML).headers["location"]
        west = local.as_("west")
        for path in (location, f"{location}/acknowledgement"):
            foreign, unknown = west.get(path), west.get(path.replace(location, "/v1/documents/unknown"))
            assert foreign.status_code == unknown.status_code == 404
            assert foreign.json()["type"] == unknown.json()["type"]

    def test_a_tenant_is_never_taken_from_the_request(self, local: LocalGateway) -> None:
        headers = XML | {"X-Tenant": "west", "Forwarded": "for=west"}
        east = local.as_("east")
        assert east.post("/v1/documents?tenant=west", content=NOT_XML, headers=headers).status_code == 422
        assert east.post("/v1/documents", content=NOT_XML, headers=headers).status_code == 202
        with local.world.stores.of("west").reading() as uow:
            assert list(inbox.unsettled(uow)) == []
