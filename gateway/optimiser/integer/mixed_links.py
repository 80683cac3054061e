"""Groups and links as rows of the mixed-integer model, against what was offered (see `links`)."""

from itertools import pairwise
from typing import Protocol

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.links import ConditionalLink
from gateway.optimiser.model.problem import Problem, blocking_pairs, following_pairs


class Model(Protocol):
    """Interface of a model for rows of links: the column of each bid, and additions to it (see `mixed`)."""

    problem: Problem
    mtus: list[int]
    available: FloatArray
    place: IntArray
    past: BoolArray | None

    def switch(self, bid: int, mtu: int) -> int | None:
        """The 0/1 column of a bid's activation, None if it is not offered."""
        ...

    def terms(self, bid: int, mtu: int) -> dict[int, float]:
        """The accepted quantity as columns and coefficients."""
        ...

    def row(self, terms: dict[int, float], *, upper: float, lower: float = ...) -> None:
        """Append a row."""
        ...

    def new_columns(self, cost: FloatArray, upper: FloatArray | None = ..., *, integer: bool = ...) -> int:
        """Append columns from zero; the first one's position."""
        ...


def add_links(model: Model) -> None:
    """The rows of all groups and links of the model's MTUs."""
    _groups(model)
    _chains(model)


def _groups(model: Model) -> None:
    links, offered = model.problem.links, model.problem.bids.quantity_mw
    for mtu in model.mtus:
        for group in links.exclusive:
            switches = [on for b in group if (on := model.switch(b, mtu)) is not None]
            model.row(dict.fromkeys(switches, 1.0), upper=1.0)
        for group in links.multipart:
            for parent, part in pairwise([b for b in group if offered[b, mtu] > 0]):
                _only_after(model, parent, part, mtu)
        for group in links.inclusive:
            _same_share(model, [(b, mtu) for b in group])
    for bid in links.blocks:
        _same_share(model, [(bid, mtu) for mtu in model.mtus])


def _only_after(model: Model, parent: int, part: int, mtu: int) -> None:
    """The part only if the parent is accepted in full, which a capped one cannot be."""
    if model.place[part, mtu] < 0:
        return
    offered = float(model.problem.bids.quantity_mw[parent, mtu])
    if model.available[parent, mtu] < offered:
        model.row(model.terms(part, mtu), upper=0.0)
        return
    full = model.new_columns(np.zeros(1), np.ones(1), integer=True)
    above = model.terms(parent, mtu)
    model.row({c: -v for c, v in above.items()} | {full: offered}, upper=0.0)
    model.row(model.terms(part, mtu) | {full: -float(model.available[part, mtu])}, upper=0.0)


def _same_share(model: Model, members: list[tuple[int, int]]) -> None:
    """One share of what each member offered; none if one of them is withheld."""
    quantity = model.problem.bids.quantity_mw
    offered = [member for member in members if quantity[member] > 0]
    withheld = any(model.place[member] < 0 for member in offered)
    share = model.new_columns(np.zeros(1), np.full(1, 0.0 if withheld else 1.0))
    for b, t in offered:
        if model.place[b, t] >= 0:
            row = model.terms(b, t) | {share: -float(quantity[b, t])}
            model.row(row, upper=0.0, lower=0.0)


def _chains(model: Model) -> None:
    for (b, t), (c, u) in blocking_pairs(model.problem):
        both = [model.switch(b, t), model.switch(c, u)]
        switches = [on for on in both if on is not None]
        if len(switches) == 2 or (switches and (_was_active(model, b, t) or _was_active(model, c, u))):
            model.row(dict.fromkeys(switches, 1.0), upper=len(switches) - 1.0)
    for (b, t), (c, u) in following_pairs(model.problem):
        first, second = model.switch(b, t), model.switch(c, u)
        if first is not None:
            model.row({first: 1.0} | ({} if second is None else {second: -1.0}), upper=0.0)
    for link in model.problem.links.conditional:
        _condition(model, link)


def _condition(model: Model, link: ConditionalLink) -> None:
    on = model.switch(link.bid, link.mtu)
    elsewhere = any(one.mtu >= 0 and one.mtu not in model.mtus for one in link.conditions)
    if on is None or (elsewhere and model.past is None):
        return
    terms: list[tuple[dict[int, float], float]] = []  # each condition as row · x + constant ∈ {0, 1}
    for condition in link.conditions:
        other = model.switch(condition.bid, condition.mtu)
        sign = 1.0 if condition.activated else -1.0
        constant = sign * _was_active(model, condition.bid, condition.mtu) + (not condition.activated)
        terms.append(({other: sign} if other is not None else {}, constant))
    if link.any_of:
        merged: dict[int, float] = {}
        for row, _ in terms:
            for column, value in row.items():
                merged[column] = merged.get(column, 0.0) + value
        terms = [(merged, sum(constant for _, constant in terms))]
    for row, constant in terms:
        model.row({on: 1.0} | {c: -v for c, v in row.items()}, upper=constant)


def _was_active(model: Model, bid: int, mtu: int) -> bool:
    if mtu < 0:
        return (bid, mtu) in model.problem.links.activated_before
    return model.past is not None and mtu not in model.mtus and bool(model.past[bid, mtu])
