"""What the REST interface must do whatever documents say: tokens, refusals, repetition, the outbox."""

import hashlib
import json
from itertools import pairwise
from typing import Any, Final

from contract_tests.http_target import Answer
from contract_tests.profiles.judging import reasons
from contract_tests.profiles.rest_session import RestSession, expect, problem
from contract_tests.run import Failed, NotShown, Step
from contract_tests.sample_documents import sample_document
from esmp.profiles import Family, profile

_PAGE: Final = "docs/connecting-a-platform/README.md"
_MOST_SENT: Final = 8 * 2**20
VERSION: Final = "7.4"


def bids(session: RestSession, *, series: int = 1, **changes: Any) -> bytes:
    """A valid document of bids for the open gate."""
    return sample_document(profile(Family.RESERVE_BID, VERSION), session.situation(**changes), series=series)


def _is_ready(session: RestSession) -> None:
    expect(session.target.request("GET", "/readyz"), 200)


def _serves_its_contract(session: RestSession) -> None:
    answer = expect(session.target.request("GET", "/openapi.json"), 200)
    paths = answer.json()["paths"]
    missing = [path for path in ("/v1/documents", "/v1/outbox", "/oauth/token") if path not in paths]
    if missing:
        raise Failed(f"the contract lacks {', '.join(missing)}")


def _gives_a_token(session: RestSession) -> None:
    answer = expect(session.token_answer(*session.proof()), 200)
    token = answer.json()
    if not token["access_token"] or token["token_type"].lower() != "bearer":
        raise Failed(f"the token is of type {token['token_type']!r}, not Bearer")
    if not 0 < token["expires_in"] <= 900:
        raise Failed(f"the token lives {token['expires_in']} s; 900 s are the most")
    if "no-store" not in answer.headers.get("cache-control", ""):
        raise Failed("the answer with the token may be cached: Cache-Control lacks no-store")


def _refuses_a_wrong_secret(session: RestSession) -> None:
    client_id, _ = session.proof()
    answer = expect(session.token_answer(client_id, "wrong"), 401)
    if answer.json()["error"] != "invalid_client":
        raise Failed(f"the error is {answer.json()['error']!r}, not invalid_client")
    if "www-authenticate" not in answer.headers:
        raise Failed("401 without WWW-Authenticate")


def _refuses_an_unknown_grant(session: RestSession) -> None:
    answer = expect(session.token_answer(*session.proof(), grant="password"), 400)
    if answer.json()["error"] != "unsupported_grant_type":
        raise Failed(f"the error is {answer.json()['error']!r}, not unsupported_grant_type")


def _asks_for_a_token(session: RestSession) -> None:
    for path in ("/v1/outbox", "/v1/documents", "/v1/gates"):
        answer = session.target.request("GET", path)
        problem(answer, 401, "unauthenticated")
        if "www-authenticate" not in answer.headers:
            raise Failed(f"{answer.request}: 401 without WWW-Authenticate")


def _refuses_a_forged_token(session: RestSession) -> None:
    head, _, signature = session.token().rpartition(".")
    forged = f"{head}.{signature[:-6]}{'A' * 6}"
    for bearer in ("nonsense", forged):
        headers = {"Authorization": f"Bearer {bearer}"}
        problem(session.target.request("GET", "/v1/outbox", headers=headers), 401, "unauthenticated")


def _has_limits(session: RestSession) -> None:
    limits = expect(session.target.request("GET", "/v1/limits"), 200).json()["limits"]
    if not isinstance(limits["body_bytes"], int) or limits["body_bytes"] < 1:
        raise Failed(f"body_bytes is {limits['body_bytes']!r}")


def _refuses_what_is_too_large(session: RestSession) -> None:
    most = expect(session.target.request("GET", "/v1/limits"), 200).json()["limits"]["body_bytes"]
    if most > _MOST_SENT:
        raise NotShown(f"its limit is {most:,} bytes, and the kit sends up to {_MOST_SENT:,}")
    problem(session.submit(b" " * (most + 1)), 413, "too-large")


def _refuses_other_content(session: RestSession) -> None:
    problem(session.submit(b"%PDF-1.7", content_type="application/pdf"), 415, "unsupported-media-type")


def _names_what_is_not_there(session: RestSession) -> None:
    problem(session.ask("GET", "/v1/nothing-of-this-name"), 404, "not-found")
    problem(session.ask("GET", "/v1/documents/00000000-0000-0000-0000-000000000000"), 404, "not-found")
    problem(session.ask("GET", "/v1/outbox/9223372036854775807"), 404, "not-found")
    problem(session.ask("DELETE", "/v1/outbox"), 405, "method-not-allowed")


def _refuses_unknown_parameters(session: RestSession) -> None:
    problem(session.ask("GET", "/v1/outbox?colour=red"), 422, "invalid")
    problem(session.ask("GET", "/v1/outbox?after=-1"), 422, "invalid")


def _answers_the_same_message_once(session: RestSession) -> None:
    document, key = bids(session), session.name()
    first = session.submitted(document, key)
    if session.submitted(document, key) != first:
        raise Failed("the same key with the same bytes has another Location")
    if not session.settled(first)["document_id"]:
        raise Failed("the document has no id")


def _refuses_a_key_of_other_bytes(session: RestSession) -> None:
    key = session.name()
    session.submitted(bids(session), key)
    problem(session.submit(bids(session), key), 422, "idempotency-key-reused")


def _knows_the_same_bytes(session: RestSession) -> None:
    document = bids(session)
    if session.submitted(document) != session.submitted(document):
        raise Failed("the same bytes without a key have another Location")


def _keeps_platforms_apart(session: RestSession) -> None:
    session.proof(other=True)
    location = session.submitted(bids(session))
    document_id = session.settled(location)["document_id"]
    problem(session.ask("GET", location, other=True), 404, "not-found")
    problem(session.ask("GET", f"{location}/acknowledgement", other=True), 404, "not-found")
    listed = expect(session.ask("GET", "/v1/documents?limit=1000", other=True), 200)
    if str(document_id).encode() in listed.body or session.participant.party.encode() in listed.body:
        raise Failed("the list of another platform names a document of this one")
    theirs = {row["message_id"] for row in messages(session, other=True)}
    if theirs & {row["message_id"] for row in messages(session)}:
        raise Failed("two platforms have the same message in their outboxes")


def messages(session: RestSession, *, other: bool = False) -> list[dict[str, Any]]:
    """Every message of an outbox, by its cursor.

    Raises:
        Failed: ids that do not grow, or a cursor that does not.
    """
    found: list[dict[str, Any]] = []
    cursor = 0
    for _ in range(1000):
        page = expect(session.ask("GET", f"/v1/outbox?after={cursor}&limit=1000", other=other), 200).json()
        numbers = [cursor, *(row["id"] for row in page["messages"])]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            raise Failed(f"ids in the outbox do not grow: {numbers[:5]} …")
        if page["next"] != numbers[-1]:
            raise Failed(f"next is {page['next']}, and the last id {numbers[-1]}")
        if not page["messages"]:
            return found
        found += page["messages"]
        cursor = page["next"]
    raise Failed("the outbox does not end after a thousand pages")


def _has_the_answer_in_the_outbox(session: RestSession) -> None:
    location = session.submitted(bids(session))
    document_id = session.settled(location)["document_id"]
    own = [row for row in messages(session) if row["answers"] == document_id]
    if [row["kind"] for row in own] != ["Acknowledgement"]:
        raise Failed(f"the outbox has {len(own)} messages that answer the document, not one Acknowledgement")
    address = f"/v1/outbox/{own[0]['id']}"
    fetched = expect(session.ask("GET", address), 200)
    _is_whole(fetched, str(own[0]["sha256"]))
    if fetched.body != expect(session.ask("GET", f"{location}/acknowledgement"), 200).body:
        raise Failed("the acknowledgement in the outbox is another than that of the document")
    for _ in range(2):
        expect(session.ask("POST", f"{address}/confirm"), 204)
    if expect(session.ask("GET", address), 200).body != fetched.body:
        raise Failed("a confirmed message cannot be fetched again as it was")
    after = expect(session.ask("GET", f"/v1/outbox?after={own[0]['id']}"), 200).json()
    if any(row["id"] == own[0]["id"] for row in after["messages"]):
        raise Failed("the list after a cursor has the message of the cursor")


def _is_whole(answer: Answer, sha256: str) -> None:
    if hashlib.sha256(answer.body).hexdigest() != sha256:
        raise Failed(f"{answer.request}: the bytes have another SHA-256 than the list says")


def _goes_on_with_a_broken_download(session: RestSession) -> None:
    found = messages(session)
    if not found:
        raise NotShown("the outbox is empty")
    address = f"/v1/outbox/{found[-1]['id']}"
    whole = expect(session.ask("GET", address), 200)
    headers = {"Range": "bytes=10-", "If-Range": whole.headers["etag"]}
    rest = expect(session.ask("GET", address, headers=headers), 206)
    if whole.body[:10] + rest.body != whole.body:
        raise Failed("the rest of the message is not what the whole has")
    expect(session.ask("GET", address, headers={"If-None-Match": whole.headers["etag"]}), 304)
    problem(session.ask("GET", address, headers={"Range": "bytes=99999999-"}), 416)


def _answers_in_json(session: RestSession) -> None:
    location = session.submitted(bids(session))
    session.settled(location)
    headers = {"Accept": "application/json"}
    answer = expect(session.ask("GET", f"{location}/acknowledgement", headers=headers), 200)
    if answer.content_type != "application/json" or answer.json()["kind"] != "Acknowledgement":
        raise Failed(f"the acknowledgement came as {answer.content_type}, not as canonical JSON")


def _takes_json(session: RestSession) -> None:
    document = {"kind": "StatusRequest", "mrid": session.name(), "nonsense": True}
    location = session.submitted(json.dumps(document).encode(), content_type="application/json")
    acknowledgement = session.acknowledged(location)
    if "A02" not in {code for code, _ in acknowledgement.reasons}:
        raise Failed("JSON with an unknown member was taken")
    if not any("nonsense" in text for _, text in reasons(acknowledgement)):
        raise Failed("the refusal does not name the unknown member")


OF_EVERYBODY: Final = (
    Step("ready", "It says that it is ready.", "openapi.yaml, /readyz", False, _is_ready),
    Step("contract", "It serves its contract.", "openapi.yaml", False, _serves_its_contract),
    Step(
        "token",
        "It gives a client a token of at most 15 minutes.",
        "RFC 6749, 4.4 and 5.1",
        False,
        _gives_a_token,
    ),
    Step("wrong-secret", "It refuses a wrong secret.", "RFC 6749, 5.2", False, _refuses_a_wrong_secret),
    Step(
        "unknown-grant",
        "It refuses a grant that it does not know.",
        "RFC 6749, 5.2",
        False,
        _refuses_an_unknown_grant,
    ),
    Step("no-token", "It answers nobody without a token.", "RFC 6750, 3", False, _asks_for_a_token),
    Step(
        "forged-token",
        "It refuses a token with a wrong signature.",
        "RFC 7515, 5.2",
        False,
        _refuses_a_forged_token,
    ),
    Step("limits", "It publishes its limits.", "openapi.yaml, /v1/limits", False, _has_limits),
    Step(
        "not-there", "It names what is not there as a problem.", "RFC 9457", False, _names_what_is_not_there
    ),
    Step(
        "parameters",
        "It refuses parameters that it does not know.",
        _PAGE,
        False,
        _refuses_unknown_parameters,
    ),
)
"""What everybody may expect, whatever their role."""
STEPS: Final = (
    *OF_EVERYBODY,
    Step(
        "too-large",
        "It refuses a body beyond its limit.",
        "RFC 9110, 15.5.14",
        False,
        _refuses_what_is_too_large,
    ),
    Step(
        "media-type",
        "It refuses content of a type that it does not take.",
        "RFC 9110, 15.5.16",
        False,
        _refuses_other_content,
    ),
    Step(
        "json-refused",
        "It refuses a wrong JSON document with the place.",
        "docs/connecting-a-platform/json.md",
        False,
        _takes_json,
    ),
    Step(
        "same-key",
        "A message that comes again has the same address.",
        _PAGE,
        True,
        _answers_the_same_message_once,
    ),
    Step(
        "key-reused",
        "It refuses a key that belongs to other bytes.",
        _PAGE,
        True,
        _refuses_a_key_of_other_bytes,
    ),
    Step(
        "same-bytes", "The same bytes without a key are the same message.", _PAGE, True, _knows_the_same_bytes
    ),
    Step("apart", "A platform sees nothing of another.", _PAGE, True, _keeps_platforms_apart),
    Step(
        "outbox",
        "Every answer is in the outbox once, whole, and can be confirmed.",
        _PAGE,
        True,
        _has_the_answer_in_the_outbox,
    ),
    Step("range", "A broken download goes on.", "RFC 9110, 14", True, _goes_on_with_a_broken_download),
    Step("answer-in-json", "It answers in JSON who accepts nothing else.", _PAGE, True, _answers_in_json),
)
