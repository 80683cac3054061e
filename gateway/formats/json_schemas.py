"""JSON Schemas of a format: files of its own set, compiled by jsonschema-rs.

Its patterns are those of Rust's `regex`, whose time is linear in the text: no pattern is catastrophic, and
one that it cannot have (with look-around or back-references), or that grows beyond `_LARGEST_PATTERN` bytes,
is refused.
Formats of texts (`format`) are remarks, as JSON Schema says, not judged.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

import jsonschema_rs

from esmp.error_messages import clipped
from esmp.findings import DocumentLimits, SchemaFinding, Stage
from gateway.domain.json_text import JsonTextError, decode, pointer, steps_of, walk
from gateway.formats.content import JsonContent

_BASE: Final = "https://set.invalid/"
"""Where files of a set seem to lie for their references; a name that can never exist (RFC 2606)."""
_LARGEST_PATTERN: Final = 2**20
_OPTIONS: Final = jsonschema_rs.RegexOptions(size_limit=_LARGEST_PATTERN, dfa_size_limit=_LARGEST_PATTERN)
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


class JsonSchemas:
    """The JSON Schema of a format in the folder of its set.

    Args:
        name: of the file that documents follow, below the folder.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._validator: Any = None

    def read(
        self, data: bytes, limits: DocumentLimits
    ) -> tuple[JsonContent | None, tuple[SchemaFinding, ...]]:
        """The content of a document, and what its schema finds in it."""
        try:
            value = decode(data)
        except JsonTextError as error:
            return None, tuple(
                SchemaFinding(Stage.WELL_FORMED, "not-well-formed", fault.message, path=fault.pointer or None)
                for fault in error.faults
            )
        if self._validator is None:
            self.compile()
        return JsonContent(value), tuple(findings_in(self._validator, value, limits.findings))

    def compile(self) -> None:
        """Compile the schema.

        Raises:
            OSError, JsonTextError, jsonschema_rs.ValidationError: it cannot be read, or makes no sense.
        """
        files = {name: decode((self._folder / name).read_bytes()) for name in _json_files(self._folder)}
        self._validator = _compiled(self._name, files)

    def faults(self, places: Mapping[str, str]) -> Iterator[str]:
        """Faults that show before a document comes, each with its file and pointer, or the description's key.

        Args:
            places: pointers into documents, by the key of the description.
        """
        if not (self._folder / self._name).is_file():
            yield f"schema: there is no file {self._name}"
            return
        files: dict[str, Any] = {}
        faults: list[str] = []
        for name in _json_files(self._folder):
            try:
                files[name] = decode((self._folder / name).read_bytes())
            except JsonTextError as error:
                faults += [f"{name}: {fault.pointer}: {fault.message}" for fault in error.faults]
        if not faults:
            known = {_uri_of(name, content) for name, content in files.items()}
            known |= {_BASE + name for name in files}
            for name, content in files.items():
                faults += _reference_faults(name, content, known)
        if not faults:
            faults += [fault for name in files if (fault := _fault_of(name, files))]
        yield from faults
        if faults:
            return
        members = _members(files)
        for key, place in places.items():
            step = place.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            if not step.isdecimal() and step not in members:
                yield f"header.{key}: no schema of the set has a member {step!r}"


def findings_in(validator: Any, value: Any, most: int) -> Iterator[SchemaFinding]:
    """What a schema finds in a value, each at its pointer and once; at most `most`."""
    seen: set[tuple[str, str, str]] = set()
    for error in validator.iter_errors(value):
        kind = error.kind.name
        code = "missing-element" if kind == "required" else "invalid-value"
        at = pointer(*error.instance_path)
        finding = SchemaFinding(Stage.SCHEMA, code, clipped(error.message), path=at or None)
        if (at, kind, finding.message) in seen:
            continue
        seen.add((at, kind, finding.message))
        yield finding
        if len(seen) >= most:
            return


def row_validator(columns: Mapping[str, Any]) -> Any:
    """The validator of one row of a table, whose cells are members.

    Raises:
        jsonschema_rs.ValidationError: a column's schema makes no sense.
    """
    return _validator({"type": "object", "properties": dict(columns)}, _refuse)


def _json_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))


def _uri_of(name: str, content: Any) -> str:
    """The base of a file's references: its `$id`, or where it lies in the set."""
    own = content.get("$id", content.get("id")) if isinstance(content, dict) else None
    return urldefrag(urljoin(_BASE + name, own))[0] if isinstance(own, str) else _BASE + name


def _compiled(name: str, files: Mapping[str, Any]) -> Any:
    by_uri = {_BASE + each: content for each, content in files.items()}
    by_uri |= {_uri_of(each, content): content for each, content in files.items()}

    def retrieve(uri: str) -> Any:
        if uri not in by_uri:
            raise LookupError(f"{uri} is no file of the set, and nothing is fetched")
        return by_uri[uri]

    return _validator(files[name], retrieve, base_uri=_uri_of(name, files[name]))


def _validator(schema: Any, retrieve: Any, **more: Any) -> Any:
    return jsonschema_rs.validator_for(
        schema, pattern_options=_OPTIONS, retriever=retrieve, validate_formats=False, **more
    )


def _refuse(uri: str) -> Any:
    raise LookupError(f"{uri}: nothing is fetched")


def _fault_of(name: str, files: Mapping[str, Any]) -> str | None:
    """Why a file is no JSON Schema; None: it is one."""
    try:
        _compiled(name, files)
    except jsonschema_rs.ValidationError as error:
        return f"{name}: {pointer(*error.instance_path)}: {clipped(error.message)}"
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        return f"{name}: {clipped(str(error))}"
    return None


def _reference_faults(name: str, content: Any, known: set[str]) -> Iterator[str]:
    base = _uri_of(name, content)
    own = {base} | {
        urldefrag(urljoin(base, value))[0]
        for node, value in walk(content)
        if node is not None and node[1] in ("$id", "id") and isinstance(value, str)
    }
    for node, value in walk(content):
        if node is None or node[1] not in _REFERENCES or not isinstance(value, str):
            continue
        target = urldefrag(urljoin(base, value))[0]
        if target not in known | own:
            place = pointer(*steps_of(node))
            yield f"{name}: {place}: {value} is no file of the set, and nothing is fetched"


def _members(files: Mapping[str, Any]) -> set[str]:
    """Names of all members that schemas describe."""
    return {
        name
        for content in files.values()
        for node, value in walk(content)
        if node is not None and node[1] == "properties" and isinstance(value, dict)
        for name in value
    }
