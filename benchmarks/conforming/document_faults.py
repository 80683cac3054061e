"""Faults of documents, made of valid ones by chance; each knows the verdict and codes that must show it.

They are slips of people and programs, written from the schemas and the standard, not from the kit's rules.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from lxml import etree

from contract_tests.sample_documents import Situation, sample, written
from esmp.codes import code_set
from esmp.profiles import Profile, profiles

Change = Callable[[Any, Profile, random.Random], str | None]
"""Changes a document; returns the name of the element that a verdict must name, None: any."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A kind of fault: the verdict that must fail, and codes of which one must be named."""

    name: str
    verdict: str
    codes: Sequence[str]
    change: Change
    families: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Faulty:
    """A document with one fault."""

    slip: Slip
    version: Profile
    element: str | None
    data: bytes


class NotHereError(Exception):
    """This version has nowhere to make the slip."""


def _leaves(root: etree._Element) -> list[etree._Element]:
    return [each for each in root.iter(etree.Element) if not len(each)]


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _pick(
    root: etree._Element, chance: random.Random, fits: Callable[[etree._Element], bool]
) -> etree._Element:
    found = [each for each in root.iter(etree.Element) if each is not root and fits(each)]
    if not found:
        raise NotHereError
    return chance.choice(found)


def _named(*names: str) -> Callable[[etree._Element], bool]:
    return lambda each: _local(each) in names


def _forget_a_required_element(root: etree._Element, version: Profile, chance: random.Random) -> str | None:
    required = {
        (kind, child.name)
        for kind, children in version.classes.items()
        for child in children
        if child.required
    }
    names = {name for _, name in required} - {
        child.name for children in version.classes.values() for child in children if not child.required
    }
    element = _pick(root, chance, lambda each: _local(each) in names)
    element.getparent().remove(element)
    return _local(element)


def _misspell(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(root, chance, lambda _: True)
    element.tag = f"{element.tag}s"
    return _local(element)


def _swap(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(
        root, chance, lambda each: each.getnext() is not None and _local(each.getnext()) != _local(each)
    )
    other = element.getnext()
    other.addnext(element)
    return None


def _words(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(
        root,
        chance,
        lambda each: (
            not len(each)
            and re.fullmatch(r"\d+(\.\d+)?", each.text or "") is not None
            and _local(each) != "revisionNumber"
        ),
    )
    element.text = f"{element.text},0 MW"
    return _local(element)


def _day(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(
        root,
        chance,
        lambda each: not len(each) and "T" in (each.text or "") and (each.text or "").endswith("Z"),
    )
    element.text = (element.text or "")[:10]
    return _local(element)


def _offset(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(root, chance, _named("createdDateTime"))
    element.text = (element.text or "").replace("Z", "+01:00")
    return _local(element)


def _invented_code(root: etree._Element, version: Profile, chance: random.Random) -> str | None:
    coded = {
        child.name
        for children in version.classes.values()
        for child in children
        if (known := version.types.get(child.type)) is not None and known.code_list
    }
    element = _pick(root, chance, lambda each: not len(each) and _local(each) in coded)
    element.text = "Q0Q"
    return _local(element)


def _no_scheme(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(
        root, chance, lambda each: each.get("codingScheme") is not None and _local(each) != "attributeValue"
    )
    del element.attrib["codingScheme"]
    return _local(element)


def _wrong_scheme(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(root, chance, lambda each: each.get("codingScheme") is not None)
    element.set("codingScheme", "EIC")
    return _local(element)


def _long(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(
        root,
        chance,
        lambda each: (
            each.get("codingScheme") is not None and _local(each).startswith(("sender", "receiver", "mRID"))
        ),
    )
    element.text = f"{element.text}-LONG-{'X' * 60}"
    return _local(element)


def _twice(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    element = _pick(root, chance, _named("createdDateTime"))
    copy = etree.fromstring(etree.tostring(element))
    element.addnext(copy)
    return _local(element)


def _set(name: str, value: Callable[[str], str]) -> Change:
    def change(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
        element = _pick(root, chance, _named(*name.split()))
        element.text = value(element.text or "")
        return _local(element)

    return change


def _backwards(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    interval = _pick(root, chance, lambda each: {_local(child) for child in each} >= {"start", "end"})
    interval[0].text, interval[1].text = interval[1].text, interval[0].text
    return None


def _same_series(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    series = _pick(root, chance, _named("Bid_TimeSeries"))
    series.addnext(etree.fromstring(etree.tostring(series)))
    return "mRID"


def _drop(*names: str) -> Change:
    def change(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
        element = _pick(root, chance, _named(*names))
        element.getparent().remove(element)
        return None

    return change


def _longer_period(root: etree._Element, _: Profile, chance: random.Random) -> str | None:
    period = _pick(root, chance, _named("Period", "Series_Period"))
    end = period[0][1]
    end.text = (end.text or "").replace(":15Z", ":30Z")
    return None


_BIDS: Final = ("ReserveBid",)
_TIMED: Final = ("ReserveBid", "Activation", "PlannedResourceSchedule", "ReserveAllocationResult")
SLIPS: Final = (
    Slip("a required element is forgotten", "conformance", ("A69", "A94"), _forget_a_required_element),
    Slip("an element is misspelled", "conformance", ("A94", "A69"), _misspell),
    Slip("two elements change places", "conformance", ("A94", "A69"), _swap),
    Slip("a number has words in it", "conformance", ("A94",), _words),
    Slip("a time is a day", "conformance", ("A94",), _day),
    Slip("a time has an offset", "conformance", ("A94",), _offset),
    Slip(
        "a code is invented",
        "conformance",
        ("999", "A79", "A62", "A61", "A42", "A78", "A53", "A94"),
        _invented_code,
    ),
    Slip("a coding scheme is missing", "conformance", ("A69",), _no_scheme),
    Slip(
        "a coding scheme is invented",
        "conformance",
        ("A78", "A53", "A80", "A23", "A64", "999"),
        _wrong_scheme,
    ),
    Slip("a code is too long", "conformance", ("A94",), _long),
    Slip("an element is there twice", "conformance", ("A94",), _twice),
    Slip(
        "a quantity is negative",
        "compatibility",
        ("A46",),
        _set("quantity.quantity", lambda t: f"-{t}"),
        _BIDS,
    ),
    Slip(
        "a power is in watts",
        "compatibility",
        ("B45",),
        _set("quantity.quantity", lambda t: f"{t}000000"),
        _BIDS,
    ),
    Slip(
        "a price has lost its point",
        "compatibility",
        ("B45",),
        _set("energy_Price.amount", lambda t: f"{t.replace('.', '')}00000"),
        _BIDS,
    ),
    Slip(
        "the minimum is above the quantity",
        "compatibility",
        ("A42",),
        _set("minimum_Quantity.quantity", lambda _: "11"),
        _BIDS,
    ),
    Slip(
        "a quantity is in MWh",
        "compatibility",
        ("A42",),
        _set("quantity_Measurement_Unit.name quantity_Measure_Unit.name", lambda _: "MWH"),
        _BIDS,
    ),
    Slip(
        "a clock is a year ahead",
        "compatibility",
        ("A04",),
        _set("createdDateTime", lambda t: f"2098{t[4:]}"),
    ),
    Slip("a period is backwards", "compatibility", ("A04",), _backwards, _TIMED),
    Slip("a bid is there twice", "compatibility", ("A55",), _same_series, _BIDS),
    Slip(
        "a price is forgotten", "compatibility", ("A69",), _drop("energy_Price.amount", "price.amount"), _BIDS
    ),
    Slip(
        "the currency is forgotten", "compatibility", ("A61",), _drop("currency_Unit.name"), ("ReserveBid",)
    ),
    Slip("points are missing", "compatibility", ("A49", "A41"), _longer_period, _TIMED),
    Slip(
        "a resolution is a month",
        "compatibility",
        ("A41", "A49", "A04"),
        _set("resolution", lambda _: "P1M"),
        _TIMED,
    ),
    Slip("an id is blank", "compatibility", ("A69",), _set("mRID", lambda _: " "), _BIDS),
)


def faulty_documents(count: int, seed: int) -> Iterator[Faulty]:
    """So many documents with one fault each, of every kind in turn, in versions by chance."""
    chance = random.Random(seed)
    made = 0
    while made < count:
        slip = SLIPS[made % len(SLIPS)]
        known = [each for each in profiles() if not slip.families or each.family in slip.families]
        version = chance.choice(known)
        root = sample(version, Situation(), series=2)
        try:
            element = slip.change(root, version, chance)
        except NotHereError:
            continue
        made += 1
        yield Faulty(slip, version, element, written(root))


def valid_documents(count: int, seed: int) -> Iterator[tuple[Profile, bytes]]:
    """So many valid documents, of every version in turn."""
    chance = random.Random(seed)
    versions = profiles()
    for number in range(count):
        version = versions[number % len(versions)]
        start = Situation().start + timedelta(days=chance.randrange(300))
        situation = Situation(
            mrid=f"TEST-{seed}-{number}",
            start=start,
            end=start + timedelta(days=1),
            currency=chance.choice(sorted(code_set().lists["CurrencyTypeList"])),
        )
        yield version, written(sample(version, situation, series=chance.randint(1, 5)))
