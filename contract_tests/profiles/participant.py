"""Who the kit is at a gateway, and what it may do there: a file, as `flexgate emulate gateway` writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class ParticipantError(ValueError):
    """The file is not what it should be; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A platform at a gateway.

    Attributes:
        target: where the gateway is.
        client_id, client_secret: of the platform's machine.
        party: the EIC under which it sends documents.
        gateway: the EIC of the gateway.
        area, resource: of its bids; the resource is assigned by a system operator there.
        other_id, other_secret, other_party: a second platform, to see that the two are kept apart.
        start, end: delivery of an open gate, for channels, which list none.
        channel: address of the participant's channel, for other protocols than REST.
        acknowledged_in: version in which it gets Acknowledgements, as agreed with the operator.
        closing_gate: a gate for this platform alone that a run may close, to see its results; None: none.
        effects: whether a run may leave bids behind.
    """

    target: str
    client_id: str
    client_secret: str
    party: str = "11XTEST-NORTH--J"
    gateway: str = "11XTEST-GATE---C"
    area: str = "10YTEST-AREA---F"
    resource: str = "11WTEST-UNIT-1-U"
    other_id: str | None = None
    other_secret: str | None = None
    other_party: str | None = None
    start: str | None = None
    end: str | None = None
    channel: str | None = None
    acknowledged_in: str | None = None
    closing_gate: str | None = None
    effects: bool = False


def read_participant(file: Path, target: str | None) -> Participant:
    """Read the file of a participant; credentials as `flexgate init` writes them are enough.

    Raises:
        ParticipantError: it cannot be read, names something else, or leaves out what has no default.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ParticipantError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise ParticipantError(f"{file} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise ParticipantError(f"{file} holds no JSON object")
    content = dict(content)
    token_url = content.pop("token_url", None)
    if isinstance(token_url, str):
        content.setdefault("target", token_url.removesuffix("/oauth/token"))
    if target is not None:
        content["target"] = target
    return _participant(file, content)


def _participant(file: Path, content: Mapping[str, Any]) -> Participant:
    known = {field.name: field.type for field in fields(Participant)}
    if unknown := sorted(content.keys() - known.keys()):
        raise ParticipantError(f"{file}: {unknown[0]} is none of {', '.join(known)}")
    for name, value in content.items():
        wanted = bool if name == "effects" else str
        if not isinstance(value, wanted) and not (value is None and "None" in str(known[name])):
            raise ParticipantError(f"{file}: {name} is no {'truth value' if wanted is bool else 'text'}")
    try:
        return Participant(**content)
    except TypeError:
        missing = [name for name in ("target", "client_id", "client_secret") if name not in content]
        raise ParticipantError(f"{file} lacks {', '.join(missing)}") from None
