"""Documents from and to a peer that only offers pull over HTTP: the gateway calls, for both directions.

Without further settings the peer is a service with the contract of this gateway (`openapi.yaml`), so gateways
can be chained; other services are described by the places in their lists.
"""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from adapters.kit.options import LOOPBACK, ConnectionOptions, Options, Secret
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative

Path = Annotated[str, Field(pattern=r"^/\S*$")]
Pointer = Annotated[str, Field(pattern=r"^(/[^/]*)+$", description="JSON pointer, RFC 6901")]


class Listing(Options):
    """How the peer lists messages, oldest first.

    Attributes:
        cursor_parameter: the query parameter that says where to go on.
        first_cursor: its first value; without one it is left out at first.
        parameters: further query parameters.
        items: where in the list the messages are.
        next: where the list says how to go on; None where each message has its own cursor.
    """

    path: Path
    cursor_parameter: str
    first_cursor: str | None = None
    parameters: dict[str, str] = Field(default={})
    items: Pointer
    next: Pointer | None = None


class ListedMessage(Options):
    """What the list says of a message.

    Attributes:
        key: replaces `{key}` in paths.
        id: what tells a repetition.
        cursor: where to go on after this message; None where the list says that.
        path: where the message is.
        link: where in the list its address is, instead of `path`; on the same server.
        confirm_path: where a POST confirms the message to its peer; None where none is needed.
    """

    key: Pointer
    id: Pointer
    cursor: Pointer | None = None
    path: Path | None = None
    link: Pointer | None = None
    confirm_path: Path | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.path is None) == (self.link is None):
            raise ValueError("set either path or link")
        return self


OUTBOX: Final = Listing(
    path="/v1/outbox",
    cursor_parameter="after",
    first_cursor="0",
    parameters={"limit": "100"},
    items="/messages",
)
OUTBOX_MESSAGE: Final = ListedMessage(
    key="/id",
    id="/message_id",
    cursor="/id",
    path="/v1/outbox/{key}",
    confirm_path="/v1/outbox/{key}/confirm",
)
"""Another gateway with this contract."""


class OutgoingOptions(Options):
    """Where messages for the peer go, by POST.

    Attributes:
        id_header: the header with the message's id, the same on every repetition.
        problems_path: for problem documents (RFC 9457); without it they are only logged.
        alive_path: asked by a channel that only sends, to know whether the peer is there.
    """

    path: Path = "/v1/documents"
    id_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "Idempotency-Key"
    problems_path: Path | None = None
    alive_path: Path = "/readyz"


class ClientCredentials(Options):
    """OAuth 2.0 client credentials, proven by a key (private_key_jwt) or by a secret.

    Attributes:
        key: a private JWK, EC or OKP, with its `kid`.
    """

    token_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    client_id: str
    key: Secret | None = None
    secret: Secret | None = None
    scope: str | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.key is None) == (self.secret is None):
            raise ValueError("set either key or secret")
        if self.token_url.startswith("http://") and not self.token_url.startswith(
            tuple(f"http://{host}{end}" for host in ("localhost", "127.0.0.1", "[::1]") for end in ":/")
        ):
            raise ValueError("tokens are asked for over https only")
        return self


class PollOptions(ConnectionOptions):
    """The peer and what it offers.

    Attributes:
        listing, message: given as a whole; an absent setting is not there.
        bearer: an access token that does not change.
        poll_s: how often the list is looked into while it is empty.
    """

    bearer: Secret | None = None
    oauth: ClientCredentials | None = None
    listing: Listing = OUTBOX
    message: ListedMessage = OUTBOX_MESSAGE
    outgoing: OutgoingOptions = OutgoingOptions()
    poll_s: Annotated[float, Field(gt=0, le=600)] = 5.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        proofs = (self.username, self.bearer, self.oauth)
        if sum(proof is not None for proof in proofs) > 1:
            raise ValueError("set one of username, bearer and oauth")
        if (self.bearer or self.oauth) and not self.tls and self.host not in LOOPBACK:
            raise ValueError("a token goes over tls only; set tls = true")
        if (self.listing.next is None) == (self.message.cursor is None):
            raise ValueError("a cursor is in each message (message.cursor) or in the list (listing.next)")
        return self


def _open(options: PollOptions, context: ChannelContext) -> Channel:
    from adapters.poll.channel import PollChannel  # noqa: PLC0415  (as every adapter: only if enabled)

    return PollChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="HTTP, the gateway polls a list of messages",
        information_model="market documents as XML, their canonical JSON, or bids as CSV",
        inward=Initiative.GATEWAY,
        outward=Initiative.GATEWAY,
        timing="the list is looked into every few seconds; answers are posted at once",
        interaction=(
            "the gateway asks for the list from its cursor on",
            "the gateway fetches each message, stores it, and confirms it where the peer wants that",
            "the gateway moves its cursor, which survives restarts",
            "the gateway posts the answer with the message's id; the peer answers 2xx",
        ),
    ),
    options=PollOptions,
    open=_open,
)
"""A peer that is polled."""
