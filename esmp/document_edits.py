"""Changes of one value of a document, by the path of its element, in any version that has the element.

A path is element names from below the root, `Bid_TimeSeries/Period[2]/Point/quantity.quantity`, a number
counting siblings of the name from 1, and `…/@codingScheme` an attribute. Versions call and nest things
differently, so alternatives are separated by blanks; the first that the version has is meant.
"""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Final

from lxml import etree

from esmp.codes import CodeSet
from esmp.profiles import Element, Profile
from esmp.sample_documents import SampleWriter

_STEP: Final = re.compile(r"([\w.]+)(?:\[(\d+)\])?")


class NoSuchElement(LookupError):  # noqa: N818  (what happened, not what kind of class it is)
    """The version has no element of this path, or the document has not this one."""


def put(root: etree._Element, profile: Profile, codes: CodeSet, path: str, text: str) -> None:
    """Set a value; elements on the way to it that the document lacks are made, at their place.

    Raises:
        NoSuchElement: the version does not have it, or siblings before it are missing.
    """
    steps, attribute = _steps(profile, path)
    at, kind = root, profile.root_class
    for name, number in steps:
        children = profile.classes[kind]
        element = next(each for each in children if each.name == name)
        siblings = _named(at, name)
        if number == len(siblings) + 1:
            made = SampleWriter(profile, codes, full=False).write(at, element)
            before = sum(len(_named(at, each.name)) for each in _up_to(children, name)) - 1
            at.insert(before, made)
            siblings.append(made)
        if number > len(siblings):
            raise NoSuchElement(f"the document has {len(siblings)} {name}, not {number}")
        at, kind = siblings[number - 1], element.type
    if attribute is None:
        at.text = text
    else:
        at.set(attribute, text)


def drop(root: etree._Element, profile: Profile, path: str) -> None:
    """Remove an element or an attribute.

    Raises:
        NoSuchElement: the version or the document does not have it.
    """
    steps, attribute = _steps(profile, path)
    found = _find(root, steps, path)
    if attribute is not None:
        del found.attrib[attribute]
        return
    parent = found.getparent()
    if parent is None:
        raise NoSuchElement("the root is no element that could be removed")
    parent.remove(found)


def repeat(root: etree._Element, profile: Profile, path: str) -> None:
    """Add a copy of an element behind it.

    Raises:
        NoSuchElement: the version or the document does not have it.
    """
    found = _find(root, _steps(profile, path)[0], path)
    found.addnext(deepcopy(found))


def name_of(profile: Profile, path: str) -> str:
    """The name of the element that a path leads to in this version.

    Raises:
        NoSuchElement: the version has none.
    """
    return _steps(profile, path)[0][-1][0]


def is_element(profile: Profile, path: str) -> bool:
    """Whether a version has an element of this path."""
    try:
        _steps(profile, path)
    except NoSuchElement:
        return False
    return True


def _steps(profile: Profile, path: str) -> tuple[Sequence[tuple[str, int]], str | None]:
    """Names and numbers of the first alternative that the version has, and an attribute at its end."""
    for alternative in path.split():
        elements, _, attribute = alternative.partition("/@")
        steps = []
        kind = profile.root_class
        for step in elements.split("/"):
            if (parsed := _STEP.fullmatch(step)) is None:
                raise ValueError(f"{step!r} is no step of a path")
            steps.append((parsed[1], int(parsed[2] or 1)))
            element = next((each for each in profile.classes.get(kind, ()) if each.name == parsed[1]), None)
            if element is None:
                break
            kind = element.type
        else:
            return steps, attribute or None
    raise NoSuchElement(f"{profile.family} {profile.version} has no {path}")


def _find(root: etree._Element, steps: Sequence[tuple[str, int]], path: str) -> etree._Element:
    at = root
    for name, number in steps:
        siblings = _named(at, name)
        if number > len(siblings):
            raise NoSuchElement(f"the document has no {path}")
        at = siblings[number - 1]
    return at


def _named(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if etree.QName(child).localname == name]


def _up_to(children: Sequence[Element], name: str) -> Sequence[Element]:
    names = [each.name for each in children]
    return children[: names.index(name) + 1]
