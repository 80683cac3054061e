"""Write the contract for brokers and webhooks: `python -m adapters.asyncapi asyncapi.yaml`.

AsyncAPI 3.0, from what the adapters of this distribution declare. Without a file it goes to the screen.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import msgspec

from adapters.interfaces import descriptors
from adapters.kit.contract_text import contract_yaml
from adapters.kit.http.problems import ProblemDetails
from gateway.domain.gate_notice import GateNotice
from gateway.domain.messaging import MessageForm, MessageInterface, MessageOperation, Named, PayloadKind

_BINDINGS: Final = {"mqtt": "mqtt", "amqp": "amqp", "https": "http"}
_MQTT_BINDING: Final = {"CorrelationData": "correlationData", "ResponseTopic": "responseTopic"}
_BINDING_VERSIONS: Final = {"mqtt": "0.2.0", "amqp": "0.3.0", "http": "0.3.0"}
_DESCRIPTION: Final = """\
The same market documents, answers and rules as over REST (openapi.yaml), over message brokers and webhooks.
`receive` is what the gateway takes, `send` is what it gives.

Headers are what applications name (user properties of MQTT, application properties of AMQP, HTTP headers);
`x-properties` are what the protocol itself names. A property under `required` is on every message.

Every message may come more than once, with the same id. Faults of a document's content are answered by an
Acknowledgement document with standard reason codes; a problem (RFC 9457) says why something was no message.
No market document states that a gate was amended or cancelled: a notice in JSON does.
"""


def contract(interfaces: Sequence[MessageInterface]) -> dict[str, Any]:
    """The contract of these interfaces."""
    operations = [(interface, operation) for interface in interfaces for operation in interface.operations]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Flexgate",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "servers": {interface.name: _server(interface) for interface in interfaces},
        "channels": {_id(*pair): _channel(*pair) for pair in operations},
        "operations": {_id(*pair): _operation(*pair) for pair in operations},
        "components": {
            "messages": {
                name: message for pair in operations for name, message in _messages(*pair, with_body=True)
            },
            "schemas": {
                "gateNotice": _notice_schema(),
                "problem": ProblemDetails.model_json_schema(
                    ref_template="#/components/schemas/problem/$defs/{model}"
                ),
            },
        },
    }


def _notice_schema() -> dict[str, Any]:
    (schema,), parts = msgspec.json.schema_components(
        [GateNotice], ref_template="#/components/schemas/gateNotice/$defs/{name}"
    )
    own = parts.pop(schema["$ref"].rpartition("/")[2])
    for part in (own, *parts.values()):
        part["description"] = cleandoc(part["description"])
    return {**own, "$defs": parts}


def declared_interfaces() -> list[MessageInterface]:
    """Declarations of built-in adapters, and the webhook."""
    return [interface for descriptor in descriptors().values() for interface in descriptor.messages]


def contract_text() -> str:
    """The contract as YAML: the same text for the same declarations."""
    return contract_yaml(contract(declared_interfaces()))


def _server(interface: MessageInterface) -> dict[str, Any]:
    return {
        "host": interface.host,
        "protocol": interface.protocol,
        "protocolVersion": interface.version,
        "description": interface.meaning,
    }


def _channel(interface: MessageInterface, operation: MessageOperation) -> dict[str, Any]:
    parameters = {
        name: _without_nothing(
            description=parameter.meaning,
            default=parameter.default,
            enum=list(parameter.values),
            examples=[parameter.example] if parameter.example else [],
        )
        for name, parameter in operation.parameters.items()
    }
    binding = dict(operation.channel_binding)
    if "queue" in binding:
        binding["queue"] = {"name": operation.address, **binding["queue"]}
    return {
        "address": operation.address,
        **_without_nothing(parameters=parameters),
        "servers": [{"$ref": f"#/servers/{interface.name}"}],
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name, _ in _messages(interface, operation)
        },
        **_bindings(interface, binding),
    }


def _operation(interface: MessageInterface, operation: MessageOperation) -> dict[str, Any]:
    channel = _id(interface, operation)
    described: dict[str, Any] = {
        "action": operation.action.value,
        "channel": {"$ref": f"#/channels/{channel}"},
        "title": operation.title,
        "messages": [
            {"$ref": f"#/channels/{channel}/messages/{name}"} for name, _ in _messages(interface, operation)
        ],
    }
    if operation.answered_by is not None:
        answer = _id(interface, _named(interface, operation.answered_by))
        described["reply"] = {"channel": {"$ref": f"#/channels/{answer}"}}
    return described | _bindings(interface, operation.binding)


def _messages(
    interface: MessageInterface, operation: MessageOperation, *, with_body: bool = False
) -> Iterator[tuple[str, dict[str, Any]]]:
    """One message for each media type: that is how AsyncAPI has them."""
    for form in operation.messages:
        for number, content_type in enumerate(form.content_types or (None,)):
            ending = content_type.rpartition("/")[2].capitalize() if content_type and number else ""
            name = f"{interface.name}{_capital(form.name)}{ending}"
            yield name, _message(interface, form, content_type) if with_body else {}


def _message(interface: MessageInterface, form: MessageForm, content_type: str | None) -> dict[str, Any]:
    message = _without_nothing(
        title=form.title,
        contentType=content_type,
        headers=_object(form.headers),
        payload=_payload(form, content_type),
    )
    message |= _without_nothing(**{"x-properties": _object(form.properties)})
    if interface.protocol == "mqtt":
        binding = {
            _MQTT_BINDING[each.name]: {"type": "string", "description": each.meaning}
            for each in form.properties
            if each.name in _MQTT_BINDING
        }
        message |= _bindings(interface, binding)
    return message


_XML_DOCUMENT: Final = {"type": "string", "description": "a market document as XML, of any version in use"}
_DOCUMENTS: Final = {
    "application/json": {"type": "object", "description": "a market document as canonical JSON"},
    "text/csv": {"type": "string", "description": "bids as a table, a row for each bid and market time unit"},
}


def _payload(form: MessageForm, content_type: str | None) -> dict[str, Any] | None:
    match form.content:
        case PayloadKind.NOTHING:
            return None
        case PayloadKind.NOTICE:
            return {"$ref": "#/components/schemas/gateNotice"}
        case PayloadKind.PROBLEM:
            return {"$ref": "#/components/schemas/problem"}
        case PayloadKind.WORD:
            return {"type": "string", "enum": list(form.words)}
        case PayloadKind.STATUS_DOCUMENT:
            return {"type": "string", "description": "XML, namespace edx.entsoe.eu.StatusDocument.xsd"}
        case PayloadKind.DOCUMENT:
            return _DOCUMENTS.get(content_type or "", _XML_DOCUMENT)


def _object(names: Sequence[Named]) -> dict[str, Any]:
    """The schema of values next to the payload: these and no others."""
    if not names:
        return {}
    return {
        "type": "object",
        "properties": {
            each.name: {
                "type": "string",
                "description": each.meaning,
                **_without_nothing(enum=list(each.values), pattern=each.pattern),
            }
            for each in names
        },
        **_without_nothing(required=[each.name for each in names if each.always]),
        "additionalProperties": False,
    }


def _bindings(interface: MessageInterface, binding: Mapping[str, Any]) -> dict[str, Any]:
    name = _BINDINGS.get(interface.protocol)
    if name is None or not binding:
        return {}
    return {"bindings": {name: {**binding, "bindingVersion": _BINDING_VERSIONS[name]}}}


def _named(interface: MessageInterface, name: str) -> MessageOperation:
    return next(operation for operation in interface.operations if operation.name == name)


def _id(interface: MessageInterface, operation: MessageOperation) -> str:
    return f"{interface.name}{_capital(operation.name)}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _without_nothing(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], {})}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(contract_text(), "utf-8")
    else:
        sys.stdout.write(contract_text())
