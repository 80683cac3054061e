"""Faults of a gateway in its HTTP interface."""

from dataclasses import replace
from typing import Final

from benchmarks.conforming.faulty_target import (
    ACKNOWLEDGED,
    LIST,
    MESSAGE,
    Fault,
    answers,
    at,
    body,
    header,
    in_json,
    messages,
    requests,
    status,
    submits,
    text,
    without,
)

PROTOCOL: Final = (
    Fault("is not ready", False, ("ready",), answers(at("^/readyz"), status(503))),
    Fault("serves no contract", False, ("contract",), answers(at("^/openapi.json"), status(404))),
    Fault(
        "has tokens that live for a day",
        False,
        ("token",),
        answers(at("^/oauth/token", status=200), in_json(lambda v: {**v, "expires_in": 86400})),
    ),
    Fault(
        "lets tokens be cached",
        False,
        ("token",),
        answers(at("^/oauth/token", status=200), header("cache-control", None)),
    ),
    Fault(
        "has its own words for OAuth errors",
        False,
        ("wrong-secret",),
        answers(at("^/oauth/token", status=401), text("invalid_client", "bad_client")),
    ),
    Fault(
        "calls an unknown grant a wrong client",
        False,
        ("unknown-grant",),
        answers(at("^/oauth/token", status=400), text("unsupported_grant_type", "invalid_client")),
    ),
    Fault(
        "does not say how to authenticate",
        False,
        ("no-token",),
        answers(at("^/v1/", status=401), header("www-authenticate", None)),
    ),
    Fault("publishes no limits", False, ("limits",), answers(at("^/v1/limits"), status(404))),
    Fault(
        "ignores its limit", False, ("too-large",), answers(at("^/v1/documents$", "POST", 413), status(202))
    ),
    Fault(
        "takes any media type",
        False,
        ("media-type",),
        answers(at("^/v1/documents$", "POST", 415), status(202)),
    ),
    Fault(
        "has something at every path", False, ("not-there",), answers(at("^/v1/nothing"), status(200, b"{}"))
    ),
    Fault("takes any method", False, ("not-there",), answers(at("^/v1/outbox", "DELETE"), status(204))),
    Fault(
        "ignores unknown parameters", False, ("parameters",), answers(at(r"colour=", status=422), status(200))
    ),
    Fault(
        "ignores wrong parameters", False, ("parameters",), answers(at(r"after=-1", status=422), status(200))
    ),
    Fault(
        "has errors in HTML",
        False,
        ("not-there", "media-type"),
        answers(at("^/v1/", status=404), header("content-type", "text/html")),
    ),
    Fault(
        "has problems without a detail",
        False,
        ("not-there",),
        answers(at("^/v1/", status=404), in_json(without("detail"))),
    ),
    Fault(
        "has problems of another status",
        False,
        ("not-there",),
        answers(at("^/v1/", status=404), in_json(lambda v: {**v, "status": 400})),
    ),
    Fault(
        "takes JSON with unknown members",
        False,
        ("json-refused",),
        requests(submits(b"nonsense"), body(rb', "nonsense": true', b"")),
    ),
    Fault(
        "lists messages backwards",
        False,
        ("outbox", "apart"),
        answers(LIST, messages(lambda rows: rows[::-1])),
    ),
    Fault(
        "lists messages twice",
        False,
        ("outbox", "apart"),
        answers(LIST, messages(lambda rows: [*rows, *rows])),
    ),
    Fault(
        "has another hash in the list",
        False,
        ("outbox",),
        answers(LIST, messages(lambda rows: [{**row, "sha256": "0" * 64} for row in rows])),
    ),
    Fault(
        "refuses a second confirmation",
        False,
        ("outbox",),
        answers(at("/confirm$", "POST", 204), status(409)),
    ),
    Fault("ignores ranges", False, ("range",), answers(at(MESSAGE.pattern, "GET", 206), status(200))),
    Fault(
        "sends another range",
        False,
        ("range",),
        answers(at(MESSAGE.pattern, "GET", 206), lambda a: replace(a, body=a.body[1:])),
    ),
    Fault("knows no ETag", False, ("range",), answers(at(MESSAGE.pattern, "GET"), header("etag", None))),
    Fault(
        "answers in XML whatever is accepted",
        False,
        ("answer-in-json",),
        requests(
            lambda _, p, *__: bool(ACKNOWLEDGED.match(p)),
            lambda h, b: ({**h, "Accept": "application/xml"}, b),
        ),
    ),
)
