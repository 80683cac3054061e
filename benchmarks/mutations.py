"""Valid documents, broken in every way a schema can notice, and in some it must not."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from esmp.codes import CodeSet
from esmp.profiles import Profile
from esmp.sample_documents import specimen

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
TEXTS = (
    *(
        "",
        " ",
        "abc",
        "0",
        "1",
        "-5",
        "+1",
        "007",
        " 7 ",
        "1E1",
        "1.",
        ".5",
        "1,5",
        "NaN",
        "INF",
        "1000",
        "999999",
    ),
    *(
        "1000000",
        "12345678901234567",
        "123456789012345678",
        "0.12345678901234567",
        "true",
        "A01",
        "a01",
        "A01 ",
        "A99",
    ),
    *(
        "A01 A02",
        "Z01",
        "Z14",
        "Z58",
        "Q77",
        "QQQ",
        "MAW",
        "EUR",
        "B74",
        "A47",
        "A75",
        "\tA01\n",
        "\u00a0A01",
        "Ä",
    ),
    *(
        "2026-03-29T01:00Z",
        "2026-03-29T01:00:00Z",
        "2026-02-29T01:00Z",
        "2024-02-29T01:00Z",
        "2026-13-01T00:00Z",
    ),
    *(
        "2026-03-29T24:00Z",
        "2026-03-29T01:00",
        "2026-03-29T01:00:00.5Z",
        "2026-03-29T01:00:00+00:00",
        "2026-03-29",
    ),
    *(
        "1900-02-29T00:00Z",
        "2000-02-29T00:00:00Z",
        " 2026-03-29T01:00Z",
        "01:00:00Z",
        "PT15M",
        "PT0S",
        "P1Y",
        "P",
        "15",
    ),
)
LENGTHS = (15, 16, 17, 18, 19, 34, 35, 36, 59, 60, 61, 150, 151, 512, 513, 5000)

Change = Callable[[random.Random, Any], None]


def mutants(profile: Profile, codes: CodeSet, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` documents, each with what was done to it; the first two are valid and untouched."""
    bases = [specimen(profile, codes, full=full, series=4) for full in (True, False)]
    chance = random.Random(f"{profile.family}/{profile.version}/{codes.name}/{seed}")
    for base in bases:
        yield "untouched", etree.tostring(base)
    names = sorted(CHANGES)
    for number in range(count - len(bases)):
        name = names[number % len(names)]
        root = copy.deepcopy(chance.choice(bases))
        data = b""
        while not data:
            try:
                CHANGES[name](chance, root)
                data = _bytes(chance, name, root)
            except (ValueError, IndexError):  # not every change fits every place
                root = copy.deepcopy(chance.choice(bases))
        yield name, data


def _bytes(chance: random.Random, name: str, root: etree._Element) -> bytes:
    data = etree.tostring(root)
    if name == "cdata":
        leaf = _leaf(chance, root)
        old = etree.tostring(leaf, with_tail=False).split(b">", 1)[1].rsplit(b"</", 1)[0]
        return data.replace(b">" + old + b"</", b"><![CDATA[" + old + b"]]></", 1)
    if name == "character reference":
        return data.replace(b">A", b">&#65;", 1)
    if name == "prefixed":
        marked = data.replace(b"</", b"\0").replace(b"<", b"<e:").replace(b"\0", b"</e:")
        return marked.replace(b"xmlns=", b"xmlns:e=")
    if name == "encoding":
        return etree.tostring(root, encoding=chance.choice(["UTF-16", "ISO-8859-1", "UTF-8", "US-ASCII"]))
    if name == "cut off":
        return data[: chance.randrange(len(data))]
    return data


def _any(chance: random.Random, root: etree._Element) -> etree._Element:
    return chance.choice(list(root.iterdescendants(etree.Element)))


def _leaf(chance: random.Random, root: etree._Element) -> etree._Element:
    return chance.choice([e for e in root.iterdescendants(etree.Element) if not len(e) and e.text])


def _parent(chance: random.Random, root: etree._Element) -> etree._Element:
    return chance.choice([root, *(e for e in root.iterdescendants(etree.Element) if len(e))])


def _remove(chance: random.Random, root: etree._Element) -> None:
    element = _any(chance, root)
    element.getparent().remove(element)


def _remove_all_like(chance: random.Random, root: etree._Element) -> None:
    element = _any(chance, root)
    for twin in list(element.getparent().iterchildren(element.tag)):
        twin.getparent().remove(twin)


def _repeat(chance: random.Random, root: etree._Element) -> None:
    element = _any(chance, root)
    element.addnext(copy.deepcopy(element))


def _swap(chance: random.Random, root: etree._Element) -> None:
    parent = _parent(chance, root)
    first, second = sorted(chance.sample(range(len(parent)), 2))
    children = list(parent)
    children[first], children[second] = children[second], children[first]
    parent[:] = children


def _move(chance: random.Random, root: etree._Element) -> None:
    parent, element = _parent(chance, root), _any(chance, root)
    parent.insert(chance.randrange(len(parent) + 1), copy.deepcopy(element))


def _rename(chance: random.Random, root: etree._Element) -> None:
    element, other = _any(chance, root), _any(chance, root)
    element.tag = chance.choice([other.tag, element.tag + "x", element.tag.lower(), root.tag])


def _rename_root(chance: random.Random, root: etree._Element) -> None:
    root.tag = chance.choice([root.tag + "s", root.tag.lower(), _any(chance, root).tag])


def _other_namespace(chance: random.Random, root: etree._Element) -> None:
    element = chance.choice([_any(chance, root), root])
    element.tag = chance.choice(["", "{urn:other}"]) + etree.QName(element).localname


def _add(chance: random.Random, root: etree._Element) -> None:
    parent = _parent(chance, root)
    name = chance.choice(["note", "mRID", "Reason", "quantity", "type"])
    child = etree.Element(chance.choice([f"{{{etree.QName(root).namespace}}}", ""]) + name)
    child.text = "A01"
    parent.insert(chance.randrange(len(parent) + 1), child)


def _text(chance: random.Random, root: etree._Element) -> None:
    _leaf(chance, root).text = chance.choice(TEXTS)


def _other_text(chance: random.Random, root: etree._Element) -> None:
    _leaf(chance, root).text = _leaf(chance, root).text


def _length(chance: random.Random, root: etree._Element) -> None:
    _leaf(chance, root).text = chance.choice("xäŁ7 ") * chance.choice(LENGTHS)


def _blanks(chance: random.Random, root: etree._Element) -> None:
    leaf = _leaf(chance, root)
    leaf.text = chance.choice([" {}", "{} ", "\n\t{}\r\n", "{}\u00a0"]).format(leaf.text)


def _stray(chance: random.Random, root: etree._Element) -> None:
    element = _any(chance, root)
    setattr(
        element,
        chance.choice(["text", "tail"]) if len(element) else "tail",
        chance.choice([" ", "\n", "x", "\u00a0"]),
    )


def _attribute(chance: random.Random, root: etree._Element) -> None:
    element = chance.choice([_any(chance, root), root])
    namespace = etree.QName(root).namespace
    name, value = chance.choice(
        [
            ("codingScheme", "A01"),
            ("note", "x"),
            (f"{{{namespace}}}codingScheme", "A01"),
            ("{http://www.w3.org/XML/1998/namespace}lang", "en"),
            (f"{XSI}schemaLocation", f"{namespace} x.xsd"),
            (f"{XSI}nil", "true"),
            (f"{XSI}nil", "false"),
            (
                f"{XSI}type",
                chance.choice(["ID_String", "Reason", "Point", "nothing", etree.QName(root).localname]),
            ),
        ]
    )
    element.set(name, value)


def _attribute_value(chance: random.Random, root: etree._Element) -> None:
    element = chance.choice([e for e in root.iterdescendants(etree.Element) if e.attrib])
    element.set("codingScheme", chance.choice(["A01", "A10", "NFI", "A99", "", " A01 ", "a01", "Z01"]))


def _no_attribute(chance: random.Random, root: etree._Element) -> None:
    chance.choice([e for e in root.iterdescendants(etree.Element) if e.attrib]).attrib.clear()


def _comment(chance: random.Random, root: etree._Element) -> None:
    _insert(chance, root, etree.Comment(" <mRID>x</mRID> "))


def _instruction(chance: random.Random, root: etree._Element) -> None:
    _insert(chance, root, etree.ProcessingInstruction("note", "x"))


def _insert(chance: random.Random, root: etree._Element, node: etree._Element) -> None:
    """Put a node among children, or into the middle of a text."""
    place = _any(chance, root)
    text = place.text or ""
    if not len(place):
        cut = chance.randrange(len(text) + 1)
        place.text, node.tail = text[:cut], text[cut:]
    place.insert(0, node)


def _empty(chance: random.Random, root: etree._Element) -> None:
    element = _any(chance, root)
    attributes = dict(element.attrib)
    element.clear()
    element.attrib.update(attributes)


def _nest(chance: random.Random, root: etree._Element) -> None:
    leaf = _leaf(chance, root)
    leaf.append(copy.deepcopy(_leaf(chance, root)))


def _nothing(_: random.Random, __: etree._Element) -> None:
    """What is done is done to the bytes."""


CHANGES: dict[str, Change] = {
    "missing": _remove,
    "all missing": _remove_all_like,
    "repeated": _repeat,
    "swapped": _swap,
    "copied elsewhere": _move,
    "renamed": _rename,
    "root renamed": _rename_root,
    "other namespace": _other_namespace,
    "added": _add,
    "other value": _text,
    "value of another": _other_text,
    "length": _length,
    "blanks": _blanks,
    "stray text": _stray,
    "attribute added": _attribute,
    "attribute value": _attribute_value,
    "attribute missing": _no_attribute,
    "comment": _comment,
    "instruction": _instruction,
    "emptied": _empty,
    "nested": _nest,
    "cdata": _nothing,
    "character reference": _nothing,
    "prefixed": _nothing,
    "encoding": _nothing,
    "cut off": _nothing,
}
