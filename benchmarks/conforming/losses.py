"""Faults of a gateway of the worst kind: loss, leak, double effect, unsafe list."""

import re
from dataclasses import replace
from typing import Final

from benchmarks.conforming.faulty_target import (
    ACKNOWLEDGEMENT,
    ANY_REFUSAL,
    LIST,
    MESSAGE,
    Fault,
    answers,
    any_secret,
    as_the_first,
    at,
    body,
    confirmed_is_gone,
    ignored,
    in_json,
    loses,
    messages,
    own_key,
    requests,
    stale_answer,
    submits,
    takes,
    text,
)

LOSSES: Final = (
    Fault("confirms and loses every document", True, ("accepted", "same-key", "outbox"), loses(1)),
    Fault(
        "confirms and loses every second document",
        True,
        ("accepted", "same-bytes", "same-key", "once"),
        loses(2),
    ),
    Fault(
        "confirms and loses every third document",
        True,
        ("same-key", "key-reused", "same-bytes", "accepted", "once"),
        loses(3),
    ),
    Fault("forgets acknowledgements in the outbox", True, ("outbox",), answers(LIST, messages(lambda _: []))),
    Fault("deletes what is confirmed", True, ("outbox",), confirmed_is_gone),
    Fault(
        "changes bytes of a message",
        True,
        ("outbox",),
        answers(at(MESSAGE.pattern, "GET", 200), text("A01", "A02")),
    ),
    Fault(
        "cuts a message",
        True,
        ("outbox", "range"),
        answers(at(MESSAGE.pattern, "GET", 200), lambda a: replace(a, body=a.body[:-20])),
    ),
    Fault(
        "drops the second series",
        True,
        ("results", "parts"),
        requests(submits(), body(rb"(</Bid_TimeSeries>)\s*<Bid_TimeSeries>.*?</Bid_TimeSeries>", rb"\1")),
    ),
    Fault("ignores newer revisions", True, ("newer-revision",), ignored(rb"<revisionNumber>3<")),
    Fault("ignores cancellations", True, ("cancelled",), ignored(rb"<quantity.quantity>0<")),
    Fault(
        "keeps accepted bids out of the gate",
        True,
        ("accepted", "parts"),
        answers(at(r"/bids\?", "GET", 200), in_json(lambda v: {**v, "bids": []})),
    ),
    Fault("shows documents to another platform", True, ("apart",), as_the_first(r"^/v1/documents/")),
    Fault("lists documents of another platform", True, ("apart",), as_the_first(r"^/v1/documents\?")),
    Fault("shows the outbox of another platform", True, ("apart",), as_the_first(r"^/v1/outbox")),
    Fault("answers without a token", True, ("no-token",), takes(lambda bearer: not bearer)),
    Fault("takes any bearer token", True, ("forged-token",), takes(bool)),
    Fault("takes any secret", True, ("wrong-secret",), any_secret),
    Fault(
        "lets a platform send for another",
        True,
        ("foreign-sender",),
        requests(submits(), body(b"11XTEST-SOUTH--Z", b"11XTEST-NORTH--J")),
    ),
    Fault("takes every repetition as new", True, ("same-key", "key-reused", "same-bytes"), own_key),
    Fault(
        "takes a key for other bytes",
        True,
        ("key-reused",),
        requests(submits(), lambda h, b: ({k: v for k, v in h.items() if k != "Idempotency-Key"}, b)),
    ),
    Fault(
        "takes an older revision",
        True,
        ("newer-revision",),
        requests(submits(), body(b"<revisionNumber>2<", b"<revisionNumber>9<")),
    ),
    Fault(
        "takes bids after the gate has closed",
        True,
        ("results",),
        answers(
            ACKNOWLEDGEMENT,
            text("<code>A02</code>.*", "<code>A01</code></Reason></Acknowledgement_MarketDocument>"),
        ),
    ),
    Fault(
        "mends a negative quantity in silence", True, ("parts",), requests(submits(), body(b">-1<", b">1<"))
    ),
    Fault("gives each document the answer to the one before", True, ("accepted",), stale_answer),
    Fault(
        "calls everything accepted",
        True,
        ("no-gate", "gate-currency", "foreign-sender"),
        answers(ACKNOWLEDGEMENT, text(ANY_REFUSAL, "<code>A01</code>")),
    ),
    Fault(
        "leaves a bid out of the list",
        True,
        ("results",),
        answers(
            at(MESSAGE.pattern, "GET", 200),
            lambda a: replace(
                a,
                body=re.sub(rb"<TimeSeries>.*?</TimeSeries>", b"", a.body, count=1, flags=re.DOTALL)
                if b"MeritOrderList" in a.body
                else a.body,
            ),
        ),
    ),
    Fault(
        "lists more than was offered",
        True,
        ("results",),
        answers(
            at(MESSAGE.pattern, "GET", 200),
            lambda a: replace(
                a,
                body=re.sub(rb"(<quantity(?:\.quantity)?>)\d+(?:\.\d+)?<", rb"\g<1>999<", a.body)
                if b"MeritOrderList" in a.body
                else a.body,
            ),
        ),
    ),
    Fault(
        "never publishes a list",
        True,
        ("results",),
        answers(LIST, messages(lambda rows: [row for row in rows if row["kind"] != "MeritOrderList"])),
    ),
    Fault(
        "publishes an invalid list",
        True,
        ("results",),
        answers(
            at(MESSAGE.pattern, "GET", 200),
            lambda a: replace(a, body=a.body.replace(b"<direction>", b"<direktion>")),
        ),
    ),
    Fault(
        "forgets that a list was acknowledged",
        True,
        ("results",),
        answers(
            LIST,
            messages(
                lambda rows: [{**row, "acknowledgement": {"state": "awaited", "codes": []}} for row in rows]
            ),
        ),
    ),
)
