"""Comparison of our schemas with the published ones, element by element; every difference is listed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lxml import etree

from esmp.code_list_reader import PublishedCodes, code_files
from esmp.codes import code_set, code_set_names
from esmp.profiles import DataType, Profile, profiles
from esmp.schemas import schema_text
from esmp.xsd_reader import SchemaNotUnderstood, profile_of, schema_files


@dataclass(frozen=True, slots=True)
class Difference:
    """One point in which a published file and our schema differ."""

    file: str
    family: str
    version: str
    path: str
    aspect: str
    """names, order, cardinality, type, facets, attributes, codes or schema."""
    ours: str
    published: str

    def __str__(self) -> str:
        """Return one line of text."""
        what = f"{self.family}/{self.version} {self.path}: {self.aspect}"
        return f"{what}: ours {self.ours or 'nothing'}, published {self.published or 'nothing'} ({self.file})"


@dataclass(frozen=True, slots=True)
class Verification:
    """Compared schemas, as `family` and `family/version`, their differences, and missing ones."""

    families: tuple[str, ...]
    versions: tuple[str, ...]
    code_sets: tuple[str, ...]
    differences: tuple[Difference, ...]
    not_found: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return plain lists and dictionaries, ready for `json.dumps`."""
        return asdict(self)


def verify(directory: Path) -> Verification:
    """Compare our schemas, and code sets, with every published one found below a directory.

    A file belongs to a profile by namespace and root; where we have two editions under one name, to the
    nearer. Files of other documents are passed over. Raises NotADirectoryError.
    """
    if not directory.is_dir():
        raise NotADirectoryError(f"{directory} is not a directory")
    found: dict[str, Profile] = {}
    differences: list[Difference] = []
    for path, schema in schema_files(directory):
        candidates = _candidates(schema)
        if not candidates:
            continue
        compared = [(profile, list(_compare(path.name, profile, schema))) for profile in candidates]
        profile, nearest = min(compared, key=lambda pair: len(pair[1]))
        found[_name(profile)] = profile
        differences += nearest
    sets: list[str] = []
    for path, published in code_files(directory):
        if f"v{published.version}" in code_set_names():
            sets.append(f"v{published.version}")
            differences += _compare_codes(path.name, published)
    return Verification(
        tuple(sorted({p.family for p in found.values()})),
        tuple(_name(p) for p in profiles() if _name(p) in found),
        tuple(sets),
        tuple(differences),
        tuple(_name(p) for p in profiles() if _name(p) not in found),
    )


def _name(profile: Profile) -> str:
    return f"{profile.family}/{profile.version}"


def _candidates(schema: etree._Element) -> list[Profile]:
    namespace = schema.get("targetNamespace", "")
    roots = {element.get("name") for element in schema.findall("{http://www.w3.org/2001/XMLSchema}element")}
    return [p for p in profiles() if p.namespace == namespace and p.root in roots]


def _compare(file: str, profile: Profile, schema: etree._Element) -> Iterator[Difference]:
    try:
        published = profile_of(schema)
    except SchemaNotUnderstood as error:
        yield Difference(file, profile.family, profile.version, "/", "schema", "", str(error))
        return
    ours = profile_of(etree.fromstring(schema_text(profile).encode()))
    seen: set[tuple[str, str]] = set()

    def differs(path: str, aspect: str, mine: object, theirs: object) -> Iterator[Difference]:
        if mine != theirs:
            yield Difference(file, profile.family, profile.version, path, aspect, str(mine), str(theirs))

    def classes(path: str, mine: str, theirs: str) -> Iterator[Difference]:
        if (mine, theirs) in seen:
            return
        seen.add((mine, theirs))
        own, other = ours.classes[mine], published.classes[theirs]
        names, other_names = [c.name for c in own], [c.name for c in other]
        counts, other_counts = Counter(names), Counter(other_names)
        if counts != other_counts:
            yield from differs(path, "names", *map(_listed, (counts - other_counts, other_counts - counts)))
        elif names != other_names:
            yield from differs(path, "order", " ".join(names), " ".join(other_names))
        by_name = {c.name: c for c in other}
        for child in (c for c in own if c.name in by_name):
            twin, below = by_name[child.name], f"{path}/{child.name}"
            yield from differs(below, "cardinality", child.cardinality, twin.cardinality)
            if child.type in ours.classes and twin.type in published.classes:
                yield from classes(below, child.type, twin.type)
            elif child.type in ours.classes or twin.type in published.classes:
                yield from differs(below, "type", child.type, twin.type)
            else:
                yield from leaves(below, child.type, twin.type)

    def leaves(path: str, mine: str, theirs: str) -> Iterator[Difference]:
        own, other = (
            p.types.get(name) or DataType(name, name) for p, name in ((ours, mine), (published, theirs))
        )
        yield from differs(path, "type", own.base, other.base)
        yield from differs(path, "facets", _facets(own), _facets(other))
        yield from differs(path, "attributes", _attribute(own), _attribute(other))

    yield from classes(f"/{published.root}", ours.root_class, published.root_class)


def _listed(names: Counter[str]) -> str:
    return " ".join(sorted(names.elements()))


def _facets(data_type: DataType) -> str:
    return ", ".join(" ".join(facet) for facet in sorted(data_type.facets))


def _attribute(data_type: DataType) -> str:
    attribute = data_type.attribute
    if attribute is None:
        return ""
    fixed = f" fixed {attribute.fixed}" if attribute.fixed else ""
    return f"{attribute.name} {attribute.code_list} {'required' if attribute.required else 'optional'}{fixed}"


def _compare_codes(file: str, published: PublishedCodes) -> Iterator[Difference]:
    name = f"v{published.version}"
    ours = code_set(name)
    aliases = {"CodingSchemeType": "CodingSchemeTypeList"}  # one list under two names
    for code_list in sorted({*published.lists, *ours.lists}):
        twin = aliases.get(code_list, code_list)
        mine, theirs = frozenset(ours.lists.get(twin, ())), published.lists.get(code_list, frozenset())
        if code_list not in published.lists and not mine:
            continue  # came with a later standard; we leave it open, so that later documents can be judged
        opened = (twin in ours.open, code_list in published.open)
        if mine != theirs:
            extra, missing = " ".join(sorted(mine - theirs)), " ".join(sorted(theirs - mine))
            yield Difference(file, "codes", name, code_list, "codes", extra, missing)
        if opened[0] != opened[1]:
            kinds = ["any token" if is_open else "enumerated" for is_open in opened]
            yield Difference(file, "codes", name, code_list, "codes", *kinds)
