"""Do conversions keep the meaning? Numbers per instant, before and after, for all pairs of versions.

Documents are generated from the profile tables with curves, gaps, every resolution and clock-change days.
What they mean is read from the XML by `steps_of`, which shares nothing with the mappings: for each series
and each number of its points, the stretches of time on which it has one value. Every conversion must be
valid, in order by the rules of the intake, and mean the same; a number the target has no element for must
be reported.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, permutations
from zoneinfo import ZoneInfo

from lxml import etree

from esmp.catalogue import own_catalogue
from esmp.codes import code_set
from esmp.profiles import Profile
from esmp.sample_documents import specimen
from gateway.intake.check.examination import examine
from mappings import Conversion, Fate, convert, mapped_kinds

ZONE = ZoneInfo("Europe/Brussels")
DAYS = (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 1))
"""An ordinary day, one of 23 hours, one of 25 hours, another ordinary one."""
MINUTES = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT60M": 60, "PT1H": 60, "P1D": 1440}
RECEIVED = datetime(2026, 12, 1, tzinfo=UTC)
PERIODS = ("Period", "Series_Period")
GROUPS = re.compile(r"(exclusive|multipart|inclusive|linked)Bids?Identification|Linked_BidTimeSeries")
UNITS = {"MAW": Decimal(1), "KWT": Decimal("0.001")}

Steps = list[tuple[datetime, datetime, Decimal]]
Meaning = list[dict[str, Steps]]
"""For each series, in order, and each number of its points: from when to when it has which value."""


@dataclass
class Tally:
    """What was converted, and what came out wrong."""

    documents: int = 0
    pairs: int = 0
    points: int = 0
    written_out: int = 0
    not_in_order: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)


def pairs() -> list[tuple[Profile, Profile]]:
    """Every version of every mapped family, with every other."""
    known = [each for each in own_catalogue().profiles() if each.family in mapped_kinds()]
    return [
        pair
        for _, versions in groupby(known, key=lambda each: each.family)
        for pair in permutations(list(versions), 2)
    ]


def generated(profile: Profile, chance: random.Random) -> bytes:
    """A document in order: specimens of the tables say what may be where, chance the times and numbers."""
    full = profile.family == "ReserveBid" or chance.random() < 0.7
    root = specimen(profile, code_set(), full=full, series=chance.randint(1, 3))
    day = chance.choice(DAYS)
    days = chance.choice((1, 1, 2, 3, 9))
    start, end = midnight(day), midnight(day + timedelta(days))
    # A merit order is dense: few points for very many units are refused.
    least = 60 if days > 1 and profile.family == "MeritOrderList" else 0
    for element in list(root.iter(etree.Element)):
        name = local(element)
        if GROUPS.fullmatch(name):
            element.getparent().remove(element)
        elif name == "createdDateTime" or name.endswith(".createdDateTime"):
            element.text = "2026-03-01T10:00:00Z"
        elif [local(child) for child in element] == ["start", "end"]:
            set_interval(element, start, end)
        elif name.endswith("Unit.name") or (name == "name" and "Unit" in local(element.getparent())):
            element.text = unit(name + local(element.getparent()), chance)
    for series in (each for each in root if any(local(child) in PERIODS for child in each)):
        fill(series, start, end, chance, least)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def unit(name: str, chance: random.Random) -> str:
    """A unit for the element of this name."""
    if "urrency" in name:
        return "EUR"
    if "nergy" in name:
        return "MWH"
    return "MAW" if "rice" in name else chance.choice(list(UNITS))


def fill(
    series: etree._Element, start: datetime, end: datetime, chance: random.Random, least_minutes: int
) -> None:
    """Give a series a curve type, where it has one, and periods that follow one another with gaps."""
    curve = series.find("{*}curveType")
    if curve is not None:
        curve.text = chance.choice(("A01", "A03", "A03"))
    variable = curve is not None and curve.text == "A03"
    least = str(chance.randint(0, 9) / 10)
    for element in series.iter("{*}minimumActivationQuantity", "{*}minimum_Quantity.quantity"):
        element.text = least
    for element in series.iter("{*}stepIncrementQuantity"):
        element.text = "0.5"  # no more than any quantity
    for element in series.iter("{*}minimum_ConstraintDuration.duration"):
        element.text = min(MINUTES, key=MINUTES.__getitem__)  # no more than any time offered
    free = start
    for period in [each for each in series if local(each) in PERIODS]:
        fitting = [
            name
            for name, length in MINUTES.items()
            if length >= least_minutes and edge(name, free, end, 1) <= end
        ]
        if not fitting:
            series.remove(period)
            continue
        name = chance.choice(fitting)
        units = chance.choice((1, 2, 3, 4, 25, 96))
        while edge(name, free, end, units) > end:
            units -= 1
        until = edge(name, free, end, units)
        set_interval(period.find("{*}timeInterval"), free, until)
        period.find("{*}resolution").text = name
        set_points(period, units, variable, chance)
        gap = 0 if name == "P1D" else chance.choice((0, 0, 1, 2, 3))
        free = until + gap * timedelta(hours=1)


def midnight(day: date) -> datetime:
    """When a day begins in Brussels."""
    return datetime.combine(day, datetime.min.time(), ZONE).astimezone(UTC)


def edge(name: str, start: datetime, end: datetime, unit: int) -> datetime:
    """When a unit of a period begins, from 0: between midnights in Brussels, days are as long as they are."""
    first, last = (moment.astimezone(ZONE) for moment in (start, end))
    if name == "P1D" and not (first.hour or first.minute or last.hour or last.minute):
        return midnight(first.date() + timedelta(unit))
    return start + unit * timedelta(minutes=MINUTES[name])


def set_points(period: etree._Element, units: int, variable: bool, chance: random.Random) -> None:
    """A point for every unit, or in variable blocks for the first and some others."""
    template, *others = period.findall("{*}Point")
    for each in others:
        period.remove(each)
    for position in range(1, units + 1):
        if variable and position > 1 and chance.random() < 0.6:
            continue
        point = deepcopy(template)
        point.find("{*}position").text = str(position)
        for name, leaf in numbers_of(point):
            if name != "minimum":
                leaf.text = str(Decimal(chance.randint(10, 40) * 10) / 10)
        period.append(point)
    period.remove(template)


def set_interval(interval: etree._Element, start: datetime, end: datetime) -> None:
    """Write both ends of an interval."""
    interval[0].text, interval[1].text = f"{start:%Y-%m-%dT%H:%MZ}", f"{end:%Y-%m-%dT%H:%MZ}"


def local(element: etree._Element | None) -> str:
    """The name of an element without its namespace."""
    return "" if element is None else etree.QName(element).localname


def numbers_of(point: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """The numbers of a point under one name for all versions, which write them flat or nested."""
    for child in point:
        leaf = child[0] if len(child) == 1 else child
        name = re.sub(r"[^a-z]", "", (local(child) + (local(leaf) if leaf is not child else "")).lower())
        if local(child) not in ("position", "Reason", "quality"):
            yield plain(name), leaf


def plain(name: str) -> str:
    """One name for what versions name differently."""
    known = {"quantityquantity": "quantity", "minimumquantityquantity": "minimum"}
    return known.get(name, name)


def steps_of(data: bytes) -> Meaning:
    """What the series of a document mean, instant by instant."""
    return [
        meaning(series)
        for series in etree.fromstring(data)
        if any(local(child) in PERIODS for child in series)
    ]


def meaning(series: etree._Element) -> dict[str, Steps]:
    """The stretches of one series: fixed blocks last one resolution, variable ones until the next."""
    found: dict[str, Steps] = {}
    variable = series.findtext("{*}curveType") == "A03"
    least = series.findtext("{*}minimumActivationQuantity")
    units = [
        (each[0] if len(each) else each).text or ""
        for each in series.iter(etree.Element)
        if re.fullmatch(r"(quantity_?)?Measure(ment)?_Unit(\.name)?", local(each), re.IGNORECASE)
    ]
    factor = UNITS.get(units[0] if units else "", Decimal(1))
    for period in (each for each in series if local(each) in PERIODS):
        start, end = (
            datetime.strptime(period.findtext(f"{{*}}timeInterval/{{*}}{name}"), "%Y-%m-%dT%H:%M%z")
            for name in ("start", "end")
        )
        name = period.findtext("{*}resolution") or ""
        points = period.findall("{*}Point")
        positions = [int(each.findtext("{*}position")) for each in points]
        begins = [edge(name, start, end, position - 1) for position in positions]
        for number, point in enumerate(points):
            until = edge(name, start, end, positions[number])
            if variable:
                until = begins[number + 1] if number + 1 < len(points) else end
            values = {what: Decimal(leaf.text or "") for what, leaf in numbers_of(point)}
            if least is not None:
                values["minimum"] = Decimal(least)
            for what, value in values.items():
                scaled = value if "price" in what else value * factor
                found.setdefault(what, []).append((begins[number], until, scaled))
    return {name: joined(steps) for name, steps in found.items()}


def joined(steps: Steps) -> Steps:
    """Stretches in order of time, neighbours of one value as one."""
    whole: Steps = []
    for start, end, value in sorted(steps):
        if whole and whole[-1][1] == start and whole[-1][2] == value:
            whole[-1] = (whole[-1][0], end, value)
        else:
            whole.append((start, end, value))
    return whole


def differences(before: Meaning, conversion: Conversion) -> Iterator[str]:
    """Changes of meaning in a converted document that are not reported."""
    after = steps_of(conversion.data)
    left_out = {
        int(found[1])
        for change in conversion.report
        if change.fate is Fate.DROPPED and change.reason.startswith("left out as a whole")
        if (found := re.search(r"TimeSeries\[(\d+)\]/", change.path)) is not None
    }
    kept = [each for number, each in enumerate(before, start=1) if number not in left_out]
    if len(kept) != len(after):
        yield f"{len(before)} series became {len(after)}"
        return
    dropped = {
        plain(re.sub(r"[^a-z]", "", change.path.rpartition("]/")[2].lower()))
        for change in conversion.report
        if change.fate is Fate.DROPPED
    }
    for number, (was, now) in enumerate(zip(kept, after, strict=True), start=1):
        for name in was.keys() | now.keys():
            if was.get(name) != now.get(name) and not (name in was and name not in now and name in dropped):
                yield f"series {number}: {name} means something else"


def run(documents: int, seed: int) -> Tally:
    """Convert so many generated documents, each pair of versions in turn."""
    tally, ways = Tally(), pairs()
    random.Random(seed).shuffle(ways)
    for number in range(documents):
        source, target = ways[number % len(ways)]
        data = generated(source, random.Random(f"{seed}/{number}"))
        where = f"{source.family} {source.version} to {target.version}, document {number}"
        tally.documents += 1
        tally.points += data.count(b"<position>")
        for finding in examine(data, "application/xml", RECEIVED).findings:
            tally.not_in_order.append(f"{where}: before: {finding.message} {finding.path}")
        try:
            conversion = convert(data, source.family, target.version)
        except (ValueError, LookupError) as error:
            tally.different.append(f"{where}: {error}")
            continue
        tally.written_out += conversion.data.count(b"<position>") > data.count(b"<position>")
        for finding in examine(conversion.data, "application/xml", RECEIVED).findings:
            tally.not_in_order.append(f"{where}: after: {finding.message} {finding.path}")
        tally.different += [f"{where}: {each}" for each in differences(steps_of(data), conversion)]
    tally.pairs = min(documents, len(ways))
    return tally


def main() -> int:
    """Run and print; the exit code says whether anything came out wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meaning", description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one line of JSON (the only form)")
    options = parser.parse_args()
    started = time.monotonic()
    tally = run(options.documents, options.seed)
    result = asdict(tally) | {
        "differences": len(tally.different) + len(tally.not_in_order),
        "not_in_order": tally.not_in_order[:20],
        "different": tally.different[:20],
        "seconds": round(time.monotonic() - started, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(result["differences"] > 0)


if __name__ == "__main__":
    sys.exit(main())
