"""Everything that can be wrong with what comes gets its own clear answer, and the gateway goes on."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

import esmp
from tests.adapters.sockets import Peer
from tests.e2e.running import Running, json_of
from tests.e2e.world import (
    COLLECTION,
    END,
    GRID,
    START,
    bid,
    document,
    gate,
    grid_model,
    prepare,
)
from tests.specimens import RESERVE_BID_7_2, replaced

PREFIX = "urn:flexgate:problem:"
MB = 10**6
TWO_GROUPS = (
    "<multipartBidIdentification>TEST-M</multipartBidIdentification>"
    "<exclusiveBidsIdentification>TEST-X</exclusiveBidsIdentification>"
)
XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def local(running: Running) -> Running:
    prepare(running)
    return running


def refused(local: Running, data: bytes, tenant: str = "north") -> tuple[dict[str, Any], str]:
    """The status and the acknowledgement's text of a document that must be refused."""
    seen, acknowledgement = local.hand_in(local.as_(tenant), data)
    assert seen["state"] == "refused"
    assert esmp.validate(acknowledgement).valid
    text = acknowledgement.decode()
    assert "<code>A02</code>" in text
    return seen, text


class TestDocuments:
    def test_not_xml(self, local: Running) -> None:
        seen, text = refused(local, b"bid;10 MW;9245.50\n")
        assert seen["findings"][0]["stage"] == "well-formed"
        assert "<code>A94</code>" in text

    def test_doctype(self, local: Running) -> None:
        bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        seen, text = refused(local, RESERVE_BID_7_2.data.replace(b"?>", b"?>" + bomb, 1))
        assert "DOCTYPE" in seen["findings"][0]["message"]
        assert "DOCTYPE" in text
        assert Path("/etc/hostname").read_text().strip() not in text

    def test_wrong_namespace(self, local: Running) -> None:
        data = replaced("reservebiddocument:7:2", "reservebiddocument:9:9")(RESERVE_BID_7_2.data)
        seen, text = refused(local, data)
        assert seen["findings"][0]["stage"] == "identified"
        assert "7.2" in text  # the versions that are known

    def test_schema(self, local: Running) -> None:
        seen, text = refused(local, replaced("<divisible>A01</divisible>", "")(RESERVE_BID_7_2.data))
        finding = seen["findings"][0]
        assert finding["stage"] == "schema"
        assert "Bid_TimeSeries" in finding["path"]
        assert f"line {finding['line']}" in text

    def test_unknown_resource(self, local: Running) -> None:
        data = document("north", "7.2", "TEST-UNKNOWN", bid("TEST-B", 5, 10, "11WTEST-NOBODY-3"))
        seen, text = refused(local, data)
        (finding,) = seen["findings"]
        assert (finding["code"], finding["series"]) == ("A64", "TEST-B")
        assert "11WTEST-NOBODY-3" in text

    @pytest.mark.parametrize(
        ("pattern", "instead", "code", "says"),
        [
            ("<quantity.quantity>5", "<quantity.quantity>NaN", "A94", "'NaN"),
            ("<quantity.quantity>5", "<quantity.quantity>-5", "A46", "never signed"),
            ("<registeredResource.mRID .*?</registeredResource.mRID>", "", "A64", "names no resource"),
            (
                "(<divisible>A01</divisible>)",
                rf"\1{TWO_GROUPS}",
                "A59",
                "groups of more than one kind",
            ),
        ],
        ids=["NaN", "negative capacity", "bid without unit", "contradictory links"],
    )
    def test_a_bad_bid_is_named(
        self, local: Running, pattern: str, instead: str, code: str, says: str
    ) -> None:
        good = document("north", "7.2", f"TEST-{code}", bid("TEST-B", 5, 10)).decode()
        bad, changes = re.subn(pattern, instead, good, count=1)
        assert changes == 1
        seen, text = refused(local, bad.encode())
        finding = seen["findings"][0]
        assert (finding["code"], finding["series"]) == (code, "TEST-B")
        assert says in finding["message"]
        assert finding["message"][:40] in text

    def test_late(self, local: Running) -> None:
        start, end = START - timedelta(hours=24), END - timedelta(hours=24)
        now = datetime.now(UTC)
        times = {
            "opens_at": (now - timedelta(hours=2)).isoformat(),
            "closes_at": (now + timedelta(hours=1)).isoformat(),
        }
        delivery = {"start": start.isoformat(), "end": end.isoformat()}
        definition = gate("late", delivery=delivery, **times)
        json_of(local.as_("operator").post("/v1/gates", json=definition), 201)
        closed = json_of(local.as_("operator").post("/v1/gates/late/close"))
        collection = replace(COLLECTION, start=start, end=end)
        late = replace(bid("TEST-L", 5, 10), start=start)
        data = document("north", "7.2", "TEST-LATE", late, collection=collection)
        seen, text = refused(local, data)
        assert {finding["code"] for finding in seen["findings"]} == {"A57"}
        assert f"{datetime.fromisoformat(closed['closed_at']):%Y-%m-%dT%H:%M}" in text

    def test_foreign_sender(self, local: Running) -> None:
        seen, _ = refused(local, document("south", "7.4", "TEST-FOREIGN", bid("TEST-F", 5, 10)))
        assert seen["findings"][0]["code"] == "A78"


def nesting(megabytes: int) -> Iterator[bytes]:
    """Start tags without an end, sent in pieces."""
    return (b"<a>" * (MB // 3) for _ in range(megabytes))


class TestNesting:
    def test_more_than_the_limit_is_not_read(self, local: Running) -> None:
        before = local.peak_memory_mb()
        answer = local.as_("north").post("/v1/documents", content=nesting(500), headers=XML)
        assert answer.status_code == 413
        assert answer.json()["type"] == PREFIX + "too-large"
        assert local.peak_memory_mb() - before < 250

    def test_100_mb_within_the_limit_is_answered(self, local: Running) -> None:
        before = local.peak_memory_mb()
        answer = local.as_("north").post("/v1/documents", content=nesting(100), headers=XML)
        assert answer.status_code == 202
        seen = local.settled(local.as_("north"), answer.headers["location"])
        assert seen["state"] == "refused"
        assert seen["size"] > 99 * MB
        assert seen["findings"][0]["code"] == "A94"
        # The bytes themselves, some copies of them on their way into the store, and nothing built of them.
        assert local.peak_memory_mb() - before < 8 * 100


class TestGridModels:
    @pytest.mark.parametrize(
        ("change", "pointer", "says"),
        [
            (lambda text: text.replace("1.0, -0.5", "NaN, -0.5"), "/operating_points/0/ptdf/0/0", "finite"),
            (lambda text: text.replace("1.0, -0.5, 0.0", "1.0, -0.5"), "/operating_points/0/ptdf/0", "3"),
            (lambda text: text.replace('"node": "ref"', '"node": "nowhere"'), "/reference/0/node", "nowhere"),
            (lambda text: text.replace("5.0", "-5.0"), "/elements/0/forward_limit_mw", "no sign"),
            (
                lambda text: re.sub(r'"elements": \[.*?\]', '"elements": []', text),
                "/elements",
                "at least one",
            ),
            (lambda text: text[:-20], "", "truncated"),
            (lambda _: "[" * 10**6, "", ""),
        ],
        ids=["NaN", "wrong shape", "unknown node", "negative limit", "empty", "cut off", "nested"],
    )
    def test_refused_with_its_place(self, local: Running, change: Any, pointer: str, says: str) -> None:
        data = change(json.dumps(grid_model()))
        answer = local.as_("dso").put(f"/v1/grids/{GRID}/models", content=data, headers=JSON)
        problem = json_of(answer, 422)
        assert problem["type"] == PREFIX + "invalid"
        errors = {error.get("pointer", ""): error["detail"] for error in problem["errors"]}
        assert pointer in errors, errors
        assert says in errors[pointer]

    def test_of_another_operator(self, local: Running) -> None:
        dso2 = local.as_("dso2")
        assert dso2.put(f"/v1/grids/{GRID}/models", json=grid_model()).status_code == 409
        assert dso2.get(f"/v1/grids/{GRID}/models").status_code == 404


class TestDemand:
    @pytest.mark.parametrize(
        ("value", "says"),
        [("NaN", "line 1, column 15"), ("-1", "/up_mw/1"), ('"much"', "up_mw")],
        ids=["NaN", "negative", "text"],
    )
    def test_refused_with_its_place(self, local: Running, value: str, says: str) -> None:
        body = f'{{"up_mw": [1, {value}, 1, 1], "down_mw": [0, 0, 0, 0]}}'
        answer = local.as_("tso").put("/v1/gates/hour/demand", content=body, headers=JSON)
        problem = json_of(answer, 422)
        assert problem["type"] == PREFIX + "invalid"
        assert says in json.dumps(problem)


class TestHeads:
    """On the wire of the real gateway: what two readers could read in two ways reaches no document."""

    @pytest.mark.parametrize(
        ("begins", "fields", "status"),
        [
            ("POST", "", 400),
            ("POST", "Host: a\r\nHost: a\r\n", 400),
            ("POST", "Host: a\r\nIdempotency-Key: one\r\nIdempotency-Key: two\r\n", 400),
            ("POST", "Host: a\r\nContent-Type: text/csv\r\n", 400),
            ("POST", "Host: a\r\nAuthorization: Bearer none\r\n", 400),
            ("POST", "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
            ("POST", "Host: a\r\nContent-Encoding: identity\r\nContent-Encoding: gzip\r\n", 415),
            ("BREW", "Host: a\r\n", 501),
            ("PROPFIND", "Host: a\r\n", 501),
            ("PATCH", "Host: a\r\n", 405),
        ],
    )
    def test_are_refused(self, local: Running, begins: str, fields: str, status: int) -> None:
        client, body = local.as_("north"), RESERVE_BID_7_2.data
        length = "" if "Transfer" in fields else f"Content-Length: {len(body)}\r\n"
        before = client.get("/v1/documents").json()
        with Peer(local.port) as peer:
            peer.send(
                f"{begins} /v1/documents HTTP/1.1\r\nAuthorization: {client.headers['authorization']}\r\n"
                f"Content-Type: application/xml\r\n{fields}{length}\r\n".encode()
                + (body if length else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            )
            assert peer.answer()[0] == status
        assert client.get("/v1/documents").json() == before


class TestCallers:
    def test_a_foreign_tenant_sees_nothing(self, local: Running) -> None:
        location = local.as_("north").post("/v1/documents", content=b"mine", headers=XML).headers["location"]
        stranger = local.as_("stranger")
        for path in (location, f"{location}/acknowledgement", "/v1/gates/hour", "/v1/gates/hour/runs"):
            assert json_of(stranger.get(path), 404)["type"] == PREFIX + "not-found"
        assert stranger.get("/v1/outbox").json()["messages"] == []

    def test_no_token(self, local: Running) -> None:
        answer = httpx2.post(f"{local.url}/v1/documents", content=RESERVE_BID_7_2.data, headers=XML)
        assert json_of(answer, 401)["type"] == PREFIX + "unauthenticated"
        assert answer.headers["www-authenticate"] == "Bearer"

    def test_the_wrong_role(self, local: Running) -> None:
        answer = local.as_("operator").post("/v1/documents", content=RESERVE_BID_7_2.data, headers=XML)
        assert json_of(answer, 403)["type"] == PREFIX + "forbidden"

    def test_a_wrong_secret(self, local: Running) -> None:
        answer = httpx2.post(
            f"{local.url}/oauth/token", data={"grant_type": "client_credentials"}, auth=("north", "guess")
        )
        assert json_of(answer, 401)["error"] == "invalid_client"


def test_afterwards_it_works_and_has_logged_nothing_of_it(local: Running) -> None:
    assert httpx2.get(f"{local.url}/readyz").status_code == 200
    for marker in ("9245.50", "11WTEST-NOBODY-3", "TEST-FOREIGN", "DOCTYPE", "Traceback"):
        assert marker not in local.log
