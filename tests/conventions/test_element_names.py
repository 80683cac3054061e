"""What a version of a document calls its elements is known to `esmp` and `mappings` alone."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from esmp.profiles import profiles
from tests.conventions.test_structure import ROOT

OUTSIDE: Final = ("gateway", "adapters")

FOR_PEOPLE: Final = frozenset({"mRID"})
"""Also the word for what it names, in sentences for people."""

EXCEPTIONS: Final = {
    ("adapters/amqp10", "businessType"): "a property of ECP's messages",
    ("adapters/mades", "businessType"): "an element of MADES, IEC 62325-503",
    ("adapters/mades/service.py", "Reason"): "an element of SOAP's faults",
    ("adapters/soap_504/soap.py", "Reason"): "an element of SOAP's faults",
    ("adapters/rest/document_views.py", "Bid_TimeSeries"): "an example of what a loss looks like",
    ("gateway/cli/run_results.py", "createdDateTime"): "the heading of a column for people",
    ("gateway/cli/inbox.py", "mRID"): "the heading of a column for people",
    ("gateway/cli/outbox.py", "mRID"): "the heading of a column for people",
    ("gateway/cli/schemas.py", "businessType"): "an example of what to ask the schemas for",
    ("gateway/web/activation_views.py", "createdDateTime"): "says for people which time is meant",
}

_TOKEN: Final = re.compile(r"[A-Za-z_.]\w*(?:\.\w+)*")


@cache
def element_names() -> frozenset[str]:
    """Elements and attributes of every version that are no ordinary words: with a point, or a capital."""
    found: set[str] = set()
    for profile in profiles():
        found.add(profile.root)
        found.update(element.name for children in profile.classes.values() for element in children)
        found.update(each.attribute.name for each in profile.types.values() if each.attribute)
    pieces = {piece for name in found for piece in name.split(".")}
    return frozenset(name for name in found | pieces if re.search(r"\.|[A-Z]", name))


@cache
def is_end(fragment: str) -> bool:
    """Whether names end in it: the rest may be put before it."""
    return fragment[0] in "_." and any(name.endswith(fragment) for name in element_names())


def literals(source: str) -> Iterator[str]:
    """Texts that a module works with: no docstrings, and no comments."""
    tree = ast.parse(source)
    reported = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reported:
            yield node.value


def names_in(source: str) -> set[str]:
    """The names of elements that the texts of a module contain."""
    found: set[str] = set()
    for text in literals(source):
        is_sentence = " " in text.strip()
        for token in _TOKEN.findall(text):
            if token not in element_names() and not is_end(token):
                continue
            if is_sentence and (token in FOR_PEOPLE or re.fullmatch(r"[A-Z][a-z]+", token)):
                continue
            found.add(token)
    return found


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('path = "mRID"', {"mRID"}),
        ('root.find("{*}createdDateTime")', {"createdDateTime"}),
        ('path = f"{side}_Domain.mRID"', {"_Domain.mRID"}),
        ('path = "Period[1]/Point[2]/quantity.quantity"', {"Period", "Point", "quantity.quantity"}),
        ('step = re.compile(r"(Bid_TimeSeries|Period)(?=/)")', {"Bid_TimeSeries", "Period"}),
        ('message = "createdDateTime is missing"', {"createdDateTime"}),
        ('message = "the mRID is empty. Reason: none"', set()),
        ('"""An mRID."""\n\n\ndef read() -> None:\n    """Read `createdDateTime`."""  # mRID', set()),
        ('MOST = 3\n"""Of one mRID."""', set()),
        ('names = "type", "status", "quantity", "mrid"', set()),
    ],
)
def test_names_are_found_in_texts_alone(source: str, names: set[str]) -> None:
    assert names_in(source) == names


def test_no_other_module_knows_the_names_of_elements() -> None:
    found = {
        (str(module.relative_to(ROOT)), name)
        for package in OUTSIDE
        for module in (ROOT / package).rglob("*.py")
        for name in names_in(module.read_text())
    }
    excused = {
        (module, name): (place, of)
        for module, name in found
        for place, of in EXCEPTIONS
        if name == of and (module == place or module.startswith(f"{place}/"))
    }
    assert found - excused.keys() == set()
    assert set(excused.values()) == EXCEPTIONS.keys(), "an exception that is not needed"
