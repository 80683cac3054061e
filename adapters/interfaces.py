"""Write `docs/connecting-a-platform/interfaces.md`, the catalogue: `python -m adapters.interfaces FILE`.

From the declarations of the adapters of this distribution. Without a file it goes to the screen.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from adapters.channels import GROUP
from adapters.rest.interface import REST
from gateway.domain.messaging import Action, MessageInterface
from gateway.extras import DISTRIBUTION
from gateway.ports import Descriptor, Initiative

_BEGINS: Final = {Initiative.PEER: "the peer begins", Initiative.GATEWAY: "the gateway begins"}
_DIRECTIONS: Final = {Action.RECEIVE: "to the gateway", Action.SEND: "from the gateway"}
_HEAD: Final = """\
# Every interface, in its own words

Written by `python -m adapters.interfaces`. All of this is declared beside the code of each adapter; `GET
/v1/channels` shows it too. Names, properties and bindings of messages are in
[asyncapi.yaml](../../asyncapi.yaml), the REST interface is in [openapi.yaml](../../openapi.yaml).
"""


def descriptors() -> Mapping[str, Descriptor]:
    """Of our own adapters by name, and of the REST interface."""
    ours = [
        entry
        for entry in entry_points(group=GROUP)
        if entry.dist is not None and entry.dist.name == DISTRIBUTION
    ]
    adapters = {entry.name: entry.load().descriptor for entry in sorted(ours, key=lambda entry: entry.name)}
    return {**adapters, "rest": REST}


def catalogue_text() -> str:
    """The page: the same text for the same declarations."""
    pages = ("\n".join(_section(name, descriptor)) for name, descriptor in descriptors().items())
    return "\n".join([_HEAD, *pages])


def _section(name: str, descriptor: Descriptor) -> Iterator[str]:
    yield f"## {descriptor.protocol}"
    yield ""
    yield f"`{name}`" if name == "rest" else f'`adapter = "{name}"`'
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| messages hold | {descriptor.information_model} |"
    yield f"| to the gateway | {_BEGINS[descriptor.inward]} |"
    yield f"| from the gateway | {_BEGINS[descriptor.outward]} |"
    yield f"| when | {descriptor.timing} |"
    yield ""
    yield from (f"{number}. {_escaped(step)}" for number, step in enumerate(descriptor.interaction, 1))
    yield ""
    if descriptor.messages:
        yield from _addresses(descriptor.messages)


def _addresses(interfaces: tuple[MessageInterface, ...]) -> Iterator[str]:
    yield "| in `asyncapi.yaml` | address | way | what |"
    yield "|---|---|---|---|"
    for interface in interfaces:
        for operation in interface.operations:
            address = f"`{operation.address}`" if operation.address else "yours"
            name, direction = f"`{interface.name}` {operation.name}", _DIRECTIONS[operation.action]
            yield f"| {name} | {address} | {direction} | {_escaped(operation.title)} |"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(catalogue_text(), "utf-8")
    else:
        sys.stdout.write(catalogue_text())
