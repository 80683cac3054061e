"""Web services by IEC 62325-504: SOAP 1.1 and 1.2, messages signed by certificates that were agreed.

`soap504-server` is the service itself: the peer lists, gets, puts and queries. `soap504-client` calls the
service of a peer.
"""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from adapters.kit.options import ConnectionOptions, Location, Options, Secret
from adapters.soap_504.identities import IdentityError, certificate_in, private_key_in
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative

_PerMinute = Annotated[int, Field(ge=1, le=100_000)]


class SigningOptions(Options):
    """Who signs what on this channel. Certificates are PEM files, and agreed with the peer beforehand.

    Attributes:
        certificate, key: of this gateway; RSA of 2048 bits or more, or P-256.
        signers: certificates of the peer; two while one is being replaced.
        window_s: a message whose time differs more from ours than this is refused as a replay.
    """

    certificate: Location
    key: Secret
    signers: Annotated[tuple[Location, ...], Field(min_length=1, strict=False)]
    window_s: Annotated[int, Field(ge=1, le=3600)] = 300

    @property
    def certificates(self) -> tuple[Path, ...]:
        """Files of all certificates, ours first."""
        return (self.certificate, *self.signers)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        try:
            own = certificate_in(self.certificate)
            private_key_in(self.key.get_secret_value(), own)
            for signer in self.signers:
                certificate_in(signer)
        except IdentityError as error:
            raise ValueError(str(error)) from None
        return self


class ServerOptions(Options):
    """What one peer may do; the peer reads it as `parameterLimits`.

    Attributes:
        signing: who signs what.
        list_per_minute, get_per_minute, put_per_minute, query_per_minute: requests of each service.
        list_messages: most messages in one list.
        list_days: longest interval of a list.
        message_days: messages are listed and given for so long; not longer than they are kept once delivered.
        compress_above_kb: larger XML messages are given as Compressed.
        most_at_once: requests in work at the same time; more are asked to come again.
        silent_after_s: a peer that has not called for so long counts as away.
        proxy_secret: what the proxy in front says in X-Proxy-Secret. Requests to read (verb get) may then be
            unsigned, where the proxy names an agreed client certificate in Client-Cert (RFC 9440).
    """

    signing: SigningOptions
    list_per_minute: _PerMinute = 600
    get_per_minute: _PerMinute = 600
    put_per_minute: _PerMinute = 600
    query_per_minute: _PerMinute = 60
    list_messages: Annotated[int, Field(ge=1, le=1000)] = 100
    list_days: Annotated[int, Field(ge=1, le=366)] = 31
    message_days: Annotated[int, Field(ge=1, le=400)] = 30
    compress_above_kb: Annotated[int, Field(ge=1, le=8192)] = 1024
    most_at_once: Annotated[int, Field(ge=1, le=100)] = 4
    silent_after_s: Annotated[float, Field(gt=0, le=7 * 24 * 3600)] = 900.0
    proxy_secret: Secret | None = None


Action = Literal["retry", "stop", "alarm"]
"""What a fault of the peer means: try again later, never again, or later and alert the operator."""

ACTIONS: Final[dict[str, Action]] = {
    **dict.fromkeys(("PUT-002", "PUT-016", "GET-010", "LST-020", "QRY-013", "HAND-022"), "retry"),
    **dict.fromkeys(("HAND-002", "HAND-005", "GET-006"), "stop"),
    **dict.fromkeys(("PUT-003", "PUT-008", "PUT-010", "PUT-011", "PUT-012", "PUT-013", "PUT-018"), "stop"),
}
"""What the codes of the known catalogue mean; any other is an alarm."""


class ClientOptions(ConnectionOptions):
    """The service of a peer. `certificate` and `key` are of the TLS connection; messages are signed apart.

    Attributes:
        signing: who signs what.
        path: where the service is.
        soap: version of SOAP.
        poll_s: how often the list is asked for while nothing is new.
        correlated: whether responses name the request they answer. Otherwise they must be of this moment.
        compress_above_kb: larger XML documents are put as Compressed.
        actions: what error codes of this peer mean, where its catalogue is another.
        problems_format: documents of the peer that are not taken are put back as Compressed with this format;
            without it the peer is not notified.
    """

    signing: SigningOptions
    path: Annotated[str, Field(pattern=r"^/\S*$")]
    soap: Literal["1.1", "1.2"] = "1.2"
    poll_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    correlated: bool = True
    compress_above_kb: Annotated[int, Field(ge=1, le=8192)] = 1024
    actions: dict[str, Action] = Field(default={})
    problems_format: str | None = None

    def action_on(self, code: str) -> Action:
        """What an error code means."""
        return self.actions.get(code) or ACTIONS.get(code, "alarm")


def _open_server(options: ServerOptions, context: ChannelContext) -> Channel:
    from adapters.soap_504.server import ServerChannel  # noqa: PLC0415  (signxml is an extra)

    return ServerChannel(options, context)


def _open_client(options: ClientOptions, context: ChannelContext) -> Channel:
    from adapters.soap_504.client import ClientChannel  # noqa: PLC0415  (signxml is an extra)

    return ClientChannel(options, context)


_MODEL: Final = "market documents as XML; compressed also their canonical JSON, or bids as CSV"

SERVER: Final = Adapter(
    descriptor=Descriptor(
        protocol="IEC 62325-504 web services, as the server",
        information_model=_MODEL,
        carries_json=False,
        inward=Initiative.PEER,
        outward=Initiative.PEER,
        timing="the peer asks; what is for it is ready at once",
        interaction=(
            "the peer asks QueryData for parameterLimits, and keeps them",
            "the peer puts a document: create, with the name of its root element as noun",
            "the gateway stores the document, then replies OK; an Acknowledgement answers what it says",
            "the peer lists the messages after the last code it knows",
            "the peer gets each by its code; now it counts as delivered",
        ),
    ),
    options=ServerOptions,
    open=_open_server,
    extra="soap",
)
"""The service of the gateway."""

CLIENT: Final = Adapter(
    descriptor=Descriptor(
        protocol="IEC 62325-504 web services, as the client",
        information_model=_MODEL,
        carries_json=False,
        inward=Initiative.GATEWAY,
        outward=Initiative.GATEWAY,
        timing="the list is asked for every few seconds; answers are put at once",
        interaction=(
            "the gateway asks QueryData for parameterLimits, and keeps them",
            "the gateway lists the messages after the last code it stored, and gets each",
            "the gateway stores each document, then remembers its code",
            "the gateway puts what is for the peer; the CorrelationID names the message it answers",
        ),
    ),
    options=ClientOptions,
    open=_open_client,
    extra="soap",
)
"""The service of a peer."""
