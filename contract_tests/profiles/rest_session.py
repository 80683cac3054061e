"""A platform at the REST interface of a gateway, as steps of the kit use it."""

import base64
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from contract_tests.emulators.answers import Acknowledgement, InvalidDocumentError, read_acknowledgement
from contract_tests.http_target import Answer, HttpTarget
from contract_tests.outcomes import Evidence
from contract_tests.profiles.participant import Participant
from contract_tests.run import Failed, NotShown
from contract_tests.sample_documents import Situation

XML: Final = "application/xml"
PROBLEM: Final = "application/problem+json"
_SETTLED_S: Final = 30.0
_MOST_GATES: Final = 50


@dataclass(frozen=True, slots=True)
class Gate:
    """An open gate that collects the participant's bids."""

    gate_id: str
    situation: Situation


class RestSession:
    """What steps share: the target, tokens, the gate that bids are for, and what earlier steps have sent."""

    def __init__(self, target: HttpTarget, participant: Participant) -> None:
        self.target = target
        self.participant = participant
        self.sent: dict[str, tuple[bytes, str]] = {}
        """Documents that steps handed in, by the name of the step: bytes and the address of their status."""
        self._tokens: dict[str, str] = {}
        self._gate: Gate | None = None
        self._run = uuid.uuid4().hex[:8]
        self._count = 0

    def recorded(self) -> tuple[Evidence, ...]:
        """See `HttpTarget.recorded`."""
        return self.target.recorded()

    def name(self) -> str:
        """A name that no other document of any run has."""
        self._count += 1
        return f"TEST-{self._run}-{self._count}"

    def token(self, other: bool = False) -> str:
        """An access token of the participant, or of the second platform.

        Raises:
            Failed: there is none for it.
            NotShown: no second platform is known.
        """
        client_id, secret = self.proof(other)
        if client_id not in self._tokens:
            answer = self.token_answer(client_id, secret)
            if answer.status != 200:
                raise Failed(f"no token: POST /oauth/token was answered with {answer.status}")
            self._tokens[client_id] = str(answer.json()["access_token"])
        return self._tokens[client_id]

    def proof(self, other: bool = False) -> tuple[str, str]:
        """Id and secret of the participant's machine, or of that of the second platform.

        Raises:
            NotShown: no second platform is known.
        """
        me = self.participant
        if not other:
            return me.client_id, me.client_secret
        if me.other_id is None or me.other_secret is None:
            raise NotShown("the participant's file names no second platform (other_id, other_secret)")
        return me.other_id, me.other_secret

    def token_answer(self, client_id: str, secret: str, grant: str = "client_credentials") -> Answer:
        """What the token endpoint says to a client."""
        proof = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {proof}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.target.request(
            "POST", "/oauth/token", headers=headers, body=f"grant_type={grant}".encode()
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        other: bool = False,
    ) -> Answer:
        """An authenticated request; a busy gateway is asked again after the time that it names."""
        bearer = {"Authorization": f"Bearer {self.token(other)}", **(headers or {})}
        answer = self.target.request(method, path, headers=bearer, body=body)
        for _ in range(5):
            if answer.status not in (429, 503):
                break
            named = answer.headers.get("retry-after", "1")
            time.sleep(min(int(named) if named.isdigit() else 1, 5))
            answer = self.target.request(method, path, headers=bearer, body=body)
        return answer

    def submit(
        self, document: bytes, key: str | None = None, content_type: str = XML, *, other: bool = False
    ) -> Answer:
        """Hand a document in."""
        headers = {"Content-Type": content_type}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.ask("POST", "/v1/documents", headers=headers, body=document, other=other)

    def submitted(self, document: bytes, key: str | None = None, content_type: str = XML) -> str:
        """Hand a document in, which must be taken; the address of its status.

        Raises:
            Failed: it is not answered by 202 and an address.
        """
        answer = expect(self.submit(document, key, content_type), 202)
        location = answer.headers.get("location", "")
        if not location.startswith("/v1/documents/"):
            raise Failed(f"{answer.request}: Location is {location!r}, no address of a document")
        return location

    def settled(self, location: str, *, other: bool = False) -> Mapping[str, Any]:
        """The status of a document once it is checked.

        Raises:
            Failed: it is not checked in time.
        """
        ends = time.monotonic() + _SETTLED_S
        pause = 0.01
        while time.monotonic() < ends:
            status: Mapping[str, Any] = expect(self.ask("GET", location, other=other), 200).json()
            if status["state"] != "received":
                return status
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)
        raise Failed(f"{location} was not checked within {_SETTLED_S:g} s")

    def acknowledged(self, location: str) -> Acknowledgement:
        """The acknowledgement of a document, once it is there.

        Raises:
            Failed: there is none in time, or it is not valid.
        """
        self.settled(location)
        answer = expect(self.ask("GET", f"{location}/acknowledgement"), 200)
        try:
            return read_acknowledgement(answer.body)
        except InvalidDocumentError as invalid:
            raise Failed(f"the acknowledgement is not valid: {invalid}") from None

    def gate(self) -> Gate:
        """The first open gate of the participant that is not kept for closing, and what bids for it say.

        Raises:
            NotShown: no gate is open.
        """
        if self._gate is None:
            listed = expect(self.ask("GET", "/v1/gates"), 200).json()["gates"][:_MOST_GATES]
            open_now = [row for row in listed if row["state"] == "open" and row["process"] == "A47"]
            usable = [row for row in open_now if row["gate_id"] != self.participant.closing_gate]
            if not usable:
                raise NotShown("no gate with process A47 is open for the participant")
            self._gate = self._situated(usable[0])
        return self._gate

    def closing_gate(self) -> Gate:
        """The gate that a run may close.

        Raises:
            NotShown: the participant's file names none, or it is not open.
        """
        gate_id = self.participant.closing_gate
        if gate_id is None:
            raise NotShown("the participant's file names no gate that may be closed (closing_gate)")
        row = expect(self.ask("GET", f"/v1/gates/{gate_id}"), 200).json()
        if row["state"] != "open":
            raise NotShown(f"gate {gate_id} is {row['state']}, so it cannot be closed again")
        return self._situated(row)

    def _situated(self, row: Mapping[str, Any]) -> Gate:
        me = self.participant
        situation = Situation(
            sender=me.party,
            receiver=me.gateway,
            area=me.area,
            resource=me.resource,
            process=str(row["process"]),
            currency=str(row["currency"]),
            start=_moment(row["delivery"]["start"]),
            end=_moment(row["delivery"]["end"]),
        )
        return Gate(str(row["gate_id"]), situation)

    def situation(self, **changes: Any) -> Situation:
        """What a new document for the open gate says, under a name of its own."""
        now = datetime.now(UTC).replace(microsecond=0)
        return replace(self.gate().situation, **{"mrid": self.name(), "created": now, **changes})

    def any_situation(self) -> Situation:
        """The same, or where no gate is open one that no gate is for."""
        try:
            return self.situation()
        except NotShown:
            me = self.participant
            return Situation(self.name(), me.party, me.gateway, me.area, me.resource)


def expect(answer: Answer, *statuses: int) -> Answer:
    """The answer, which must have one of the statuses.

    Raises:
        Failed: it has another.
    """
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise Failed(f"{answer.request} was answered with {answer.status}, not {wanted}")
    return answer


def problem(answer: Answer, status: int, type_ends: str | None = None) -> Mapping[str, Any]:
    """The problem document (RFC 9457) of a refusal, which must have this status.

    Args:
        type_ends: how its type must end.

    Raises:
        Failed: another status, or no problem document of that kind.
    """
    expect(answer, status)
    if answer.content_type != PROBLEM:
        raise Failed(f"{answer.request}: the refusal is {answer.content_type or 'of no type'}, not {PROBLEM}")
    found: Mapping[str, Any] = answer.json()
    lacking = [name for name in ("type", "title", "status", "detail") if not found.get(name)]
    if lacking:
        raise Failed(f"{answer.request}: the problem lacks {', '.join(lacking)}")
    if found["status"] != status:
        raise Failed(f"{answer.request}: the problem says {found['status']}, the answer {status}")
    if type_ends is not None and not str(found["type"]).endswith(type_ends):
        raise Failed(f"{answer.request}: the problem is of type {found['type']}, not …{type_ends}")
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
