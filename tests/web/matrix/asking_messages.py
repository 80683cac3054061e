"""Requests for documents, messages, webhooks and tokens."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final

from tests.web.local_gateway import SECRET
from tests.web.matrix.asking import NOT_THERE, About, Ask, Builder, Wanted, always, listing, seen
from tests.web.matrix.parties import EXCHANGING, OPERATOR, PLANTED
from tests.web.matrix.world import ROUTES, XML, Matrix, document_of, mrid_of

_REASON: Final = {"json": {"reason": "for a test"}}


def _submitted(matrix: Matrix, wanted: Wanted) -> Ask | None:
    if not wanted.owner:
        return None
    data = document_of(wanted.owner, next(matrix.numbers))
    return Ask(more={"content": data, "headers": XML}, shows=f'"{wanted.caller}"')


def _document(matrix: Matrix, wanted: Wanted) -> Ask:
    name = matrix.documents.get(wanted.owner, NOT_THERE)
    return Ask({"document_id": name}, shows=_mrid(matrix, wanted))


def _message(matrix: Matrix, wanted: Wanted) -> Ask:
    shows = PLANTED[wanted.owner].code if wanted.owner else NOT_THERE
    return Ask({"message": _number(matrix, wanted)}, shows=shows)


def _confirmed(matrix: Matrix, wanted: Wanted) -> Ask:
    state = seen(matrix, wanted.owner, "/v1/outbox?limit=1000") if wanted.owner else None
    return Ask({"message": _number(matrix, wanted)}, state=state)


def _number(matrix: Matrix, wanted: Wanted) -> int:
    if not wanted.owner:
        return 10**6
    if wanted.is_own or wanted.caller not in EXCHANGING:
        return matrix.message(wanted.owner)[0]
    return matrix.message_beyond(wanted.owner, wanted.caller)


def _webhook_set(matrix: Matrix, wanted: Wanted) -> Ask | None:
    if not wanted.owner:
        return None
    url = f"{PLANTED[wanted.owner].webhook}?{next(matrix.numbers)}"
    return Ask(more={"json": {"url": url}}, shows=url, state=seen(matrix, wanted.owner, "/v1/webhook"))


def _webhook_removed(matrix: Matrix, wanted: Wanted) -> Ask | None:
    if not wanted.owner or (wanted.caller in EXCHANGING and not wanted.is_own):
        return None
    matrix.webhook(wanted.owner)
    return Ask(state=seen(matrix, wanted.owner, "/v1/webhook"))


def _letter(matrix: Matrix, wanted: Wanted) -> Ask:
    name = matrix.dead.get(wanted.owner, NOT_THERE)
    return Ask({"message_id": name}, shows=name)


def _redriven(matrix: Matrix, wanted: Wanted) -> Ask:
    name = matrix.message(wanted.owner, dead=True)[1] if wanted.owner else NOT_THERE
    return Ask({"message_id": name}, shows=name, state=_looked_after(matrix, name))


def _given_up(matrix: Matrix, wanted: Wanted) -> Ask:
    name = matrix.message(wanted.owner)[1] if wanted.owner else NOT_THERE
    return Ask({"message_id": name}, _REASON, name, _looked_after(matrix, name))


def _looked_after(matrix: Matrix, message: str) -> Callable[[], object]:
    return seen(matrix, OPERATOR, f"/v1/dead-letters/{message}")


def _token(_: Matrix, wanted: Wanted) -> Ask:
    """With the caller's secret, for its own client, that of somebody else, or one that is not there."""
    client = wanted.caller if wanted == About.PARTY.own(wanted.caller) else wanted.owner or NOT_THERE
    secret = SECRET if client == wanted.caller else f"{SECRET} of {wanted.caller}"
    basic = b64encode(f"{client}:{secret}".encode()).decode()
    more = {"data": {"grant_type": "client_credentials"}, "headers": {"Authorization": f"Basic {basic}"}}
    return Ask(more=more, shows="access_token")


def _mrid(_: Matrix, wanted: Wanted) -> str:
    return mrid_of(wanted.owner, 0) if wanted.owner else NOT_THERE


def _name(_: Matrix, wanted: Wanted) -> str:
    return f'"{wanted.owner}"'


def _waiting(matrix: Matrix, wanted: Wanted) -> str:
    return matrix.waiting[wanted.owner]


def _dead(matrix: Matrix, wanted: Wanted) -> str:
    return matrix.dead[wanted.owner]


def _route(_: Matrix, wanted: Wanted) -> str:
    return next((f'"{one.receiver}"' for one in ROUTES.routes if one.to == wanted.owner), NOT_THERE)


def _webhook(_: Matrix, wanted: Wanted) -> str:
    return PLANTED[wanted.owner].webhook


REQUESTS: Final[Mapping[str, tuple[About, Builder]]] = {
    operation: (About.PARTY, builder)
    for operation, builder in {
        "submitDocument": _submitted,
        "listDocuments": listing(_mrid, limit=1000),
        "getDocument": _document,
        "getAcknowledgement": _document,
        "listOutbox": listing(_waiting, limit=1000),
        "getMessage": _message,
        "confirmMessage": _confirmed,
        "getWebhook": listing(_webhook),
        "setWebhook": _webhook_set,
        "removeWebhook": _webhook_removed,
        "listBacklogs": listing(_name),
        "listWaitingMessages": listing(_waiting, limit=1000),
        "listChannels": listing(_name),
        "listDeadLetters": listing(_dead),
        "getDeadLetter": _letter,
        "giveUpMessage": _given_up,
        "redriveDeadLetter": _redriven,
        "listRoutes": listing(_route),
        "getToken": _token,
        "getKeys": always("keys"),
        "getIssuerMetadata": always("issuer"),
        "getHealth": always("ok"),
        "getReadiness": always("channels"),
        "getLimits": always("body_bytes"),
        "getCanonicalSchema": always("$schema"),
    }.items()
}
