"""Descriptions of formats as their files write them: one TOML file for formats that have much in common.

version = "1"
schema = "registration.schema.json"

[formats.PodRegistration]
recognise = { keys = ["/registrationId", "/pods"] }

[header]
id = "/registrationId"
sender = "/aggregator"
created = "/sentAt"

What stands above holds for every format of the file that does not say otherwise in its own table.
"""

import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.party import EIC_SCHEME
from gateway.formats.faults import FormatsRefused

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
"""Kinds: grants and routes name them."""

_PATH: Final = re.compile(r"/(?:\*|[^\W\d][\w.-]*)(?:/[^\W\d][\w.-]*)*(?:/@[^\W\d][\w.-]*)?")
_POINTER: Final = re.compile(r"(?:/(?:[^/~]|~[01])+)+")
_MEDIA_TYPE: Final = re.compile(r"application/[a-z0-9][a-z0-9!#$&^_.+-]*\+(?:xml|json)")
ANY_ROOT: Final = "*"
"""Begins a path that several formats share, each with a root of its own."""
MOST_BYTES: Final = 32 * 2**20


class Form(StrEnum):
    """What the bytes of a document are."""

    XML = "XML"
    JSON = "JSON"
    CSV = "CSV"


class Answer(StrEnum):
    """What answers a document."""

    ACKNOWLEDGEMENT = "acknowledgement"
    OWN = "own"
    """A document that a template describes, of a format itself."""
    NOTHING = "nothing"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Texts = Annotated[tuple[str, ...], Field(strict=False)]


class RecogniseTable(_Table):
    """How documents are recognised: the root of XML, members of JSON, columns of a table, a media type."""

    root: str | None = None
    namespace: str = ""
    keys: Texts = ()
    values: dict[str, str | int | bool] = {}
    columns: Texts = ()
    media_types: Texts = ()


class PeriodTable(_Table):
    """Where the period that a document is about begins and ends."""

    start: str
    end: str


class HeaderTable(_Table):
    """Where a document states what. A place that is not described: the gateway's own knowledge counts.

    `scheme` is the coding scheme of the parties, `zone` that of times without an offset.
    """

    id: str
    revision: str | None = None
    sender: str | None = None
    receiver: str | None = None
    created: str | None = None
    process: str | None = None
    market: str | None = None
    period: PeriodTable | None = None
    scheme: str = EIC_SCHEME
    zone: str | None = None

    @property
    def places(self) -> dict[str, str]:
        """Every described place, by its key."""
        named = {key: getattr(self, key) for key in SINGLE}
        if self.period is not None:
            named |= {"period.start": self.period.start, "period.end": self.period.end}
        return {key: place for key, place in named.items() if place is not None}


SINGLE: Final = ("id", "revision", "sender", "receiver", "created", "process", "market")


class AnswerTable(_Table):
    """What answers a document; of an own answer its kind, its text, and its words for the outcome."""

    by: Annotated[Answer, Field(strict=False)] = Answer.ACKNOWLEDGEMENT
    kind: str | None = None
    template: str | None = None
    accepted: str = "accepted"
    refused: str = "refused"


class LimitsTable(_Table):
    """Bounds of documents of a format."""

    bytes: Annotated[int, Field(ge=1, le=MOST_BYTES)] = 4 * 2**20
    findings: Annotated[int, Field(ge=1, le=1000)] = 100


class ColumnsTable(_Table):
    """Columns of a table: each a JSON Schema of its cells, all of them needed but those named optional."""

    columns: dict[str, dict[str, Any]]
    optional: Texts = ()
    decimal: Literal[".", ","] = "."


class FormatTable(_Table):
    """A format."""

    version: Annotated[str, Field(min_length=1, max_length=60)]
    recognise: RecogniseTable
    header: HeaderTable
    schema_file: Annotated[str | None, Field(alias="schema")] = None
    table: ColumnsTable | None = None
    answer: AnswerTable = AnswerTable()
    limits: LimitsTable = LimitsTable()

    @property
    def form(self) -> Form:
        """What its documents are, by its schema."""
        if self.table is not None:
            return Form.CSV
        return Form.XML if (self.schema_file or "").endswith(".xsd") else Form.JSON


def read_descriptions(file: Path) -> dict[str, FormatTable]:
    """Read a file of descriptions; the formats by kind.

    Raises:
        FormatsRefused: every fault that the file shows by itself, by key.
    """
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FormatsRefused([f"{file.name}: not UTF-8 at byte {error.start}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise FormatsRefused([f"{file.name}: not TOML: {error}"]) from None
    own = content.pop("formats", None)
    if not isinstance(own, dict) or not own or not all(isinstance(one, dict) for one in own.values()):
        raise FormatsRefused([f"{file.name}: formats: there is no table [formats.KIND]"])
    read: dict[str, FormatTable] = {}
    faults: list[str] = []
    for kind, table in own.items():
        try:
            read[kind] = FormatTable.model_validate({**content, **table})
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_url=False):
                steps = [str(step) for step in fault["loc"]]
                place = ".".join(["formats", kind, *steps] if steps[0] in table else steps)
                faults.append(f"{file.name}: {place}: {fault['msg']}")
            continue
        faults += [f"{file.name}: formats.{kind}.{fault}" for fault in _faults(kind, read[kind])]
    if faults:
        raise FormatsRefused(list(dict.fromkeys(faults)))
    return read


def _faults(kind: str, table: FormatTable) -> Iterator[str]:
    """Contradictions in one description."""
    if NAME.fullmatch(kind) is None:
        yield "name: a kind has up to 60 letters, digits, '.', '_' and '-', the first a letter"
    if (table.schema_file is None) is (table.table is None):
        yield "schema: one of `schema` (a file) and `table` (columns) is needed, not both"
        return
    if table.schema_file is not None and not table.schema_file.endswith((".xsd", ".json")):
        yield f"schema: {table.schema_file}: neither an .xsd nor a .json file"
        return
    yield from _recognise_faults(table)
    yield from _place_faults(table)
    yield from _answer_faults(table.answer)
    zone = table.header.zone
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"header.zone: {zone!r} is no time zone"


_MARKS: Final = {
    Form.XML: frozenset({"root", "namespace"}),
    Form.JSON: frozenset({"keys", "values"}),
    Form.CSV: frozenset({"columns"}),
}


def _recognise_faults(table: FormatTable) -> Iterator[str]:
    recognise, form = table.recognise, table.form
    given = recognise.model_fields_set - {"media_types"}
    for key in sorted(given - _MARKS[form]):
        yield f"recognise.{key}: nothing by which a {form} document is recognised"
    if form is Form.XML and recognise.root is None:
        yield "recognise.root: an XML document is recognised by its root"
    elif not given and not recognise.media_types:
        yield "recognise: by what? No mark is named"
    for pointer in (*recognise.keys, *recognise.values):
        if _POINTER.fullmatch(pointer) is None:
            yield f"recognise: {pointer!r} is no JSON pointer"
    for column in recognise.columns:
        if table.table is not None and column not in table.table.columns:
            yield f"recognise.columns: the table has no column {column!r}"
    for media_type in recognise.media_types:
        found = _MEDIA_TYPE.fullmatch(media_type)
        if form is Form.CSV or found is None or not media_type.endswith(f"+{form.lower()}"):
            yield f"recognise.media_types: {media_type!r} is no type of its own of a {form} document"


def _place_faults(table: FormatTable) -> Iterator[str]:
    form = table.form
    for key, place in table.header.places.items():
        if form is Form.CSV and table.table is not None and place not in table.table.columns:
            yield f"header.{key}: the table has no column {place!r}"
        elif form is Form.JSON and _POINTER.fullmatch(place) is None:
            yield f"header.{key}: {place!r} is no JSON pointer"
        elif form is Form.XML:
            if _PATH.fullmatch(place) is None:
                yield f"header.{key}: {place!r} is no path of names from the root on, such as /Order/Head/@id"
            elif place.split("/")[1] not in (ANY_ROOT, table.recognise.root):
                yield f"header.{key}: {place!r} does not begin with the root {table.recognise.root!r}"


def _answer_faults(answer: AnswerTable) -> Iterator[str]:
    is_own = answer.by is Answer.OWN
    for key, given in (("kind", answer.kind), ("template", answer.template)):
        if (given is not None) is not is_own:
            yield f"answer.{key}: {'is missing' if is_own else 'belongs to an answer of its own'}"
