"""Documents over the MADES web service of an ECP endpoint: the gateway calls, for both directions.

The WSDL of the service is not public. Names of operations and elements are those that public clients show;
what they do not show is configuration.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from adapters.kit.ecp import PartnerOptions
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative

_PATHS: Final = {"newer": "/ws/madesInWSInterface", "older": "/ECP_MODULE/services/ECPEndpointService"}
_NAMESPACES: Final = {"newer": "http://mades.entsoe.eu/", "older": "http://ecp.entso-e.eu/"}


class MadesOptions(PartnerOptions):
    """The web service of the local endpoint.

    Attributes:
        generation: which of the two known paths and namespaces; `path` and `namespace` replace them.
        qualified: whether elements below an operation are in the namespace too.
        action: SOAP action, for a service that asks for one.
        business_type: of the messages to receive; `*` for all.
        poll_s: how often the inbox is looked into while it is empty.
        status_s: how often the state of a sent message is asked for.
        states: what further words for the state of a message mean.
        final_faults: error codes after which a message is given up; after any other it is tried again.
        connectivity_type: a business type with which the way to the partner is tested at each connection.
    """

    generation: Literal["newer", "older"] = "newer"
    path: Annotated[str, Field(pattern=r"^/\S*$")] | None = None
    namespace: str | None = None
    qualified: bool = False
    action: str | None = None
    business_type: str = "*"
    poll_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    status_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    states: dict[str, Literal["accepted", "delivered", "received", "failed"]] = Field(default={})
    final_faults: Annotated[frozenset[str], Field(strict=False)] = frozenset()
    connectivity_type: str | None = None

    @property
    def service_path(self) -> str:
        """Where the service is."""
        return self.path or _PATHS[self.generation]

    @property
    def service_namespace(self) -> str:
        """The namespace of its operations."""
        return self.namespace or _NAMESPACES[self.generation]


def _open(options: MadesOptions, context: ChannelContext) -> Channel:
    from adapters.mades.channel import MadesChannel  # noqa: PLC0415  (as every adapter: only if enabled)

    return MadesChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="MADES web service (SOAP 1.2) of an ECP endpoint",
        information_model="market documents as XML",
        carries_json=False,
        inward=Initiative.GATEWAY,
        outward=Initiative.GATEWAY,
        timing="the inbox is looked into every few seconds; the network keeps what cannot be delivered yet",
        interaction=(
            "the gateway asks for a message by ReceiveMessage; the endpoint keeps it",
            "the gateway stores it, then says so by ConfirmReceiveMessage",
            "the gateway hands the answer over by SendMessage, with receiver, business type and baMessageID",
            "the gateway asks by CheckMessageStatus until the partner has it, or the network failed",
        ),
    ),
    options=MadesOptions,
    open=_open,
)
"""ECP, the second way."""
