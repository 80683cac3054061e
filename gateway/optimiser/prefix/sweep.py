"""Safe lists in one pass: bids in price order, each as far as those before it leave margin.

Later bids of a list never provide margin for earlier ones, as any activation may end before it. So
accepting bids in price order, each as far as it can go without any dearer ones, yields the safe list
that is first in price order. Cheap bids use margin regardless of dearer ones they displace, so the volume
is less than the search finds; but it needs no solver. MTUs that meet are swept in their order: what may still
be delivered in the next one uses margin there first. Bids that a link names get nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.links import tied_bids
from gateway.optimiser.model.problem import least_mw
from gateway.optimiser.prefix.prefixes import Prefix, Stream
from gateway.optimiser.prefix.rows import TOLERANCE_MW, ComponentRows, Sheet
from gateway.optimiser.prefix.tails import Tail

NEARLY = 0.7  # of its minimum
SAFE_SHARE = 1.0 - 1e-9  # of what is left: rounding errors add up
CLOSED_MW = 1e-12  # a margin below this is none
AT_ONCE = 64  # bids between two looks at the clock


def swept(
    rows: ComponentRows,
    mtus: range,
    most: FloatArray | None = None,
    late: Callable[[], bool] = lambda: False,
) -> FloatArray:
    """(b, M) quantities at consecutive `mtus`, `most` (b, M) if given, of which every activation is safe.

    Nothing is available in the MTU before the first; where MTUs meet, the last leaves the next one margin.
    Once it is `late`, dearer bids and later MTUs get nothing.
    """
    least = least_mw(rows.problem)[np.ix_(rows.bids, np.array(mtus))]
    offered = rows.offered[:, mtus.start : mtus.stop].copy()
    if most is not None:  # quantities nearly complete are tried completely
        offered = np.where(most >= NEARLY * least, np.maximum(most, least), 0.0)
    offered[np.isin(rows.bids, list(tied_bids(rows.problem.links)))] = 0.0
    available = np.zeros_like(offered)
    now = _Margin.of(rows, mtus.start)
    for column, mtu in enumerate(mtus):
        then = _Margin.of(rows, mtu + 1) if rows.coupled and mtu + 1 < rows.problem.mtus else None
        available[:, column] = _swept(rows, mtu, (now, then), (offered[:, column], least[:, column]), late)
        if late():
            break
        if mtu + 1 in mtus:
            now = then or _Margin.of(rows, mtu + 1)
    return available


def _swept(
    rows: ComponentRows,
    mtu: int,
    margins: "tuple[_Margin, _Margin | None]",
    wanted: tuple[FloatArray, FloatArray],
    late: Callable[[], bool],
) -> FloatArray:
    """(b,) available at one MTU, between the wanted most and least; it uses margin now and in the next."""
    price, (offered, least) = rows.problem.bids.price_eur_per_mwh[rows.bids, mtu], wanted
    steps: dict[int, list[_Step]] = {}
    for margin, before in zip(margins, (False, True), strict=True):
        for step in margin.steps(rows.bids.size, before=before) if margin else ():
            steps.setdefault(step.bid, []).append(step)
    available = np.where(np.isin(np.arange(offered.size), list(steps)), 0.0, offered)
    for place, bid in enumerate(sorted(steps, key=lambda bid: (price[bid], bid))):
        if place % AT_ONCE == 0 and late():
            break
        quantity = float(offered[bid])
        for step in steps[bid]:
            quantity = min(quantity, step.most(quantity))
        if quantity >= max(least[bid], TOLERANCE_MW):
            available[bid] = quantity
            for step in steps[bid]:
                step.take(quantity)
        for step in steps[bid]:
            step.go_on()
    return available


class _Margin:
    """Margins of the rows of one MTU, and the state of the activations of its lists."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.left = sheet.margin.copy()
        self._courses = [(_course(self, one), one, coefficient) for one, coefficient in sheet.streams]

    @staticmethod
    def of(rows: ComponentRows, mtu: int) -> "_Margin":
        """The rows that anything offered can fill."""
        most = rows.most(rows.offered[:, max(mtu - 1, 0) : mtu + 1])[:, -1]
        return _Margin(rows.sheet(mtu, np.flatnonzero(most > rows.margin[:, mtu] + TOLERANCE_MW)))

    def steps(self, count: int, *, before: bool) -> Iterator["_Step"]:
        """The bids of its lists, or those of the MTU before that may still deliver, in their order."""
        for course, one, coefficient in self._courses:
            if course is None or not isinstance(one, Prefix | Tail) or isinstance(one, Tail) != before:
                continue
            ends = np.diff(one.listed.group, append=-1) != 0
            each = zip(one.columns.tolist(), course.kinds, coefficient, ends.tolist(), strict=True)
            for column, kind, brings, last in each:
                yield _Step(course, column - count * before, kind, brings, last)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A bid in the course of a list: what it brings (R,) per MW, and whether a price group ends with it."""

    course: "_Course"
    bid: int
    kind: int
    brings: FloatArray
    last: bool

    def most(self, wanted: float) -> float:
        """How much of the wanted quantity can be available."""
        return self.course.most(self.kind, self.brings, wanted)

    def take(self, quantity: float) -> None:
        """Accept it."""
        self.course.take(self.kind, self.brings * quantity)

    def go_on(self) -> None:
        """To the next price group, if this one is over."""
        if self.last:
            self.course.end_group()


class _Course(ABC):
    """How much the activations of one list can have brought to the rows so far.

    Attributes:
        margin: the rows.
        kinds: (n,) how each bid of the list is activated, 0 to k − 1.
        best: (R,) the most that any activation of accepted quantities brings.
        whole, part: (k, R) sums over the present price group, by kind: what all of it brings, and the most
            that parts of it do.
    """

    def __init__(self, margin: _Margin, kinds: list[int], count: int) -> None:
        size = margin.left.size
        self.margin, self.kinds, self.best = margin, kinds, np.zeros(size)
        self.whole, self.part = np.zeros((count, size)), np.zeros((count, size))

    def most(self, kind: int, brings: FloatArray, wanted: float) -> float:
        """How many of the `wanted` MW of the next bid, (R,) per MW, the rows have a margin for."""
        rises, base = np.maximum(brings, 0.0), self.base(kind)
        more = np.maximum(base + rises * wanted, self.best) - self.best
        if (self.margin.left - more).min(initial=np.inf) >= 0.0:
            return wanted
        load = rises / np.maximum(self.margin.left + self.best - base, CLOSED_MW)
        return min(wanted, SAFE_SHARE / max(float(load.max(initial=0.0)), CLOSED_MW))

    def take(self, kind: int, brought: FloatArray) -> None:
        """Accept a quantity with effects (R,)."""
        part = np.maximum(brought, 0.0)
        reached = np.maximum(self.base(kind) + part, self.best)
        self.margin.left -= reached - self.best
        self.best = reached
        self.whole[kind] += brought
        self.part[kind] += part

    def end_group(self) -> None:
        """Go on to the next price group."""
        self.go_on()
        self.whole.fill(0.0)
        self.part.fill(0.0)

    @abstractmethod
    def base(self, kind: int) -> FloatArray:
        """(R,) the most that an activation has brought when it comes to the next bid."""

    @abstractmethod
    def go_on(self) -> None:
        """Count the present price group as passed."""


class _Alike(_Course):
    """A prefix of bids that are all activated alike."""

    def __init__(self, margin: _Margin, one: Prefix) -> None:
        super().__init__(margin, [0] * one.columns.size, 1)
        self._before = np.zeros_like(self.best)

    def base(self, kind: int) -> FloatArray:
        """See `_Course.base`."""
        return np.asarray(self._before + self.part[kind])

    def go_on(self) -> None:
        """See `_Course.go_on`."""
        self._before += self.whole[0]


class _Mixed(_Course):
    """A prefix by scheduled and one by direct activation, of which either may end first.

    Kinds: scheduled activation only, direct only, both.
    """

    def __init__(self, margin: _Margin, one: Prefix) -> None:
        super().__init__(margin, np.where(one.scheduled, np.where(one.direct, 2, 0), 1).tolist(), 3)
        self._both, self._scheduled, self._direct = (np.zeros_like(self.best) for _ in range(3))

    def base(self, kind: int) -> FloatArray:
        """See `_Course.base`."""
        base, part = np.asarray(self._both + self.part.sum(axis=0)), self.part
        if kind != 1:
            np.maximum(base, self._scheduled + part[0] + part[2], out=base)
        if kind != 0:
            np.maximum(base, self._direct + part[1] + part[2], out=base)
        return base

    def go_on(self) -> None:
        """See `_Course.go_on`."""
        scheduled, direct, both = self.whole
        stop_direct = np.maximum(self._scheduled, self._both + self.part[1])
        stop_scheduled = np.maximum(self._direct, self._both + self.part[0])
        self._scheduled, self._direct = stop_direct + scheduled + both, stop_scheduled + direct + both
        self._both = self._both + scheduled + direct + both


class _Still(_Course):
    """Delivery by direct activation in the MTU before: from where scheduled activation stopped.

    Kinds: direct activation only, both.
    """

    def __init__(self, margin: _Margin, one: Tail) -> None:
        super().__init__(margin, one.scheduled.astype(np.int64).tolist(), 2)
        self._stopped, self._taking = np.zeros_like(self.best), np.zeros_like(self.best)

    def base(self, kind: int) -> FloatArray:
        """See `_Course.base`."""
        return np.asarray(np.maximum(self._stopped, self._taking) + self.part[kind] + self.part[1 - kind])

    def go_on(self) -> None:
        """See `_Course.go_on`."""
        alone, shared = self.whole
        before = np.maximum(self._stopped, self._taking)
        self._stopped = np.maximum(before + alone + shared, self._taking + alone + self.part[1])
        self._taking = self._taking + alone


def _course(margin: _Margin, one: Stream) -> _Course | None:
    """None for bids that a link ties together: they get nothing."""
    if isinstance(one, Tail):
        return _Still(margin, one)
    if isinstance(one, Prefix):
        return _Alike(margin, one) if one.alike else _Mixed(margin, one)
    return None
