"""The published JSON Schema of canonical documents, made from the types that read them.

python -m mappings.json_schema            writes canonical.schema.json
python -m mappings.json_schema --check    fails where the file differs
"""

import sys
from importlib import resources
from pathlib import Path
from typing import Any, Final

import msgspec

from mappings.canonical_json import json_type

FILE: Final = "canonical.schema.json"
SCHEMA_ID: Final = "urn:flexgate:canonical-document:1"


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of all canonical documents."""
    (root,), definitions = msgspec.json.schema_components(
        [json_type()], schema_hook=_numbers, ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
            definition["required"] = [
                name
                for name in definition.get("required", ())
                if not _nullable(definition["properties"][name])
            ]
        for member in definition.get("properties", {}).values():
            if isinstance(member.get("additionalProperties"), dict):  # only the terms of a bid
                member["propertyNames"] = {"$ref": "#/$defs/BidTerm"}
        if "description" in definition:
            definition["description"] = definition["description"].partition("\n")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Canonical market document",
        **root,
        "$defs": definitions,
    }


def _numbers(_: Any) -> dict[str, Any]:
    """Arrays are the only values that need their own words."""
    return {"type": "array", "items": {"type": ["number", "null"]}}


def _nullable(definition: dict[str, Any]) -> bool:
    return {"type": "null"} in definition.get("anyOf", ())


def published() -> bytes:
    """Return the schema file as it is published."""
    return (resources.files("mappings") / FILE).read_bytes()


def text() -> bytes:
    """Return the schema as the file should be."""
    return msgspec.json.format(msgspec.json.encode(schema(), order="deterministic"), indent=2) + b"\n"


def main(arguments: list[str]) -> int:
    """Write the schema file, or check it."""
    if "--check" in arguments:
        if published() == text():
            return 0
        sys.stderr.write(f"{FILE} is not what the types say; run python -m mappings.json_schema\n")
        return 1
    Path(str(resources.files("mappings") / FILE)).write_bytes(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
