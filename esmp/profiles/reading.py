"""Reads profile tables (`*.profile`) and cuts one version out of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from types import MappingProxyType

from esmp.profiles.model import Attribute, DataType, Element, Family, Profile
from esmp.tables import Line, lines, split_ranges, versions_in

CARDINALITIES = "1?*+"


@dataclass(slots=True)
class _Row:
    element: Element
    versions: frozenset[str]


@dataclass(slots=True)
class _Block:
    """One `class` block; a class may have several with disjoint versions."""

    name: str
    versions: frozenset[str]
    where: Line
    rows: list[_Row] = field(default_factory=list)


@dataclass(slots=True)
class ProfileTable:
    """A table: definitions of one file for all versions of a family, or shared by families."""

    family: str = ""
    root: str = ""
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)  # version → namespace, root element
    unverified: frozenset[str] = frozenset()
    types: dict[str, DataType] = field(default_factory=dict)  # by name, or name/variant
    variants: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=list)

    @property
    def order(self) -> tuple[str, ...]:
        """The versions, as ranges run along them; a shared table has one nameless version."""
        return tuple(self.versions) or ("",)

    def classes(self, version: str) -> dict[str, tuple[Element, ...]]:
        """Return the classes of one version with their elements in order."""
        return {
            block.name: tuple(row.element for row in block.rows if version in row.versions)
            for block in self.blocks
            if version in block.versions
        }


def read_table(source: Traversable) -> ProfileTable:
    """Read a table.

    Raises TableError, with file and line, for anything it does not understand.
    """
    table = ProfileTable()
    pattern_of = ""
    for line in lines(source):
        if line.indented:
            if pattern_of:
                _continue_pattern(table, pattern_of, line.text)
            else:
                _row(table, line)
            continue
        pattern_of = ""
        match line.words:
            case ["family", name]:
                table.family = name
            case ["root", name]:
                table.root = name
            case ["version", version, namespace, *root] if version not in table.versions and len(root) <= 1:
                table.versions[version] = (namespace, root[0] if root else table.root)
            case ["unverified", *ranges]:
                table.unverified = versions_in(" ".join(ranges), table.order, line)
            case ["class", *_]:
                _class(table, line)
            case ["type", name, *ranges] if table.family:
                table.variants.append((name, versions_in(" ".join(ranges), table.order, line)))
            case ["type", name, base, *rest] if name not in table.types:
                table.types[name] = _data_type(name, base, rest, line)
                pattern_of = name if rest == ["pattern"] else ""
            case _:
                raise line.error(f"not understood, or stated twice: {line.text!r}")
    return table


def _class(table: ProfileTable, line: Line) -> None:
    text, ranges = split_ranges(line.text, line)
    block = _Block(text.split()[1], versions_in(ranges, table.order, line), line)
    for other in table.blocks:
        if other.name == block.name and other.versions & block.versions:
            raise line.error(
                f"class {block.name} is already given at line {other.where.number} for these versions"
            )
    table.blocks.append(block)


def _row(table: ProfileTable, line: Line) -> None:
    if not table.blocks:
        raise line.error("a row before the first class")
    block = table.blocks[-1]
    name, cardinality, type_name, *ranges = [*line.words, "", ""][: max(3, len(line.words))]
    if cardinality not in CARDINALITIES or not type_name:
        raise line.error(f"expected 'name cardinality type [versions]', found {line.text!r}")
    versions = versions_in(" ".join(ranges), table.order, line) if ranges else block.versions
    if not versions <= block.versions:
        raise line.error(f"versions {sorted(versions - block.versions)} are none of class {block.name}")
    for row in block.rows:
        if row.element.name == name and row.versions & versions:
            raise line.error(f"element {name} occurs twice in class {block.name} of one version")
    block.rows.append(_Row(Element(name, type_name, cardinality), versions))


def _data_type(name: str, base: str, rest: list[str], line: Line) -> DataType:
    attribute = None
    if len(rest) >= 3 and rest[-3].startswith("@"):
        at_name, use, code_list = rest[-3:]
        if use not in {"required", "optional"}:
            raise line.error(f"an attribute is required or optional, not {use!r}")
        attribute = Attribute(at_name[1:], code_list, use == "required")
        rest = rest[:-3]
    if rest == ["pattern"]:
        rest = ["pattern", ""]
    if len(rest) % 2:
        raise line.error(f"facet {rest[-1]!r} has no value")
    facets = tuple(zip(rest[::2], rest[1::2], strict=True))
    return DataType(name.partition("/")[0], base, facets, attribute)


def _continue_pattern(table: ProfileTable, name: str, text: str) -> None:
    known = table.types[name]
    (facet, value), *_ = known.facets
    table.types[name] = DataType(known.name, known.base, ((facet, value + text),), known.attribute)


def profiles_of(table: ProfileTable, shared: ProfileTable) -> Iterable[Profile]:
    """Yield one profile per version of a family's table.

    Raises TableError for a class or type that is used and nowhere given.
    """
    for version, (namespace, root) in table.versions.items():
        known_classes = shared.classes("") | table.classes(version)
        known_types = dict(shared.types)
        for name, versions in table.variants:
            if version in versions:
                known_types[name.partition("/")[0]] = shared.types[name]
        classes: dict[str, tuple[Element, ...]] = {}
        types: dict[str, DataType] = {}
        wanted = [table.root]
        while wanted:
            name = wanted.pop(0)
            if name in classes or name in types or name.startswith("xs:"):
                continue
            if name in known_classes:
                classes[name] = known_classes[name]
                wanted += [e.type for e in known_classes[name]]
            elif name in known_types:
                types[name] = known_types[name]
            else:
                raise table.blocks[0].where.error(f"{table.family} {version}: type {name} is given nowhere")
        yield Profile(
            Family(table.family),
            version,
            namespace,
            root,
            table.root,
            MappingProxyType(classes),
            MappingProxyType(dict(sorted(types.items()))),
            version not in table.unverified,
        )
