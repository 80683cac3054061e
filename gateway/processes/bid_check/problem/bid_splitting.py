"""Bids as the optimiser sees them: cut into pieces where their unit shares change in time.

The optimiser knows one set of unit shares per bid. A bid whose shares change becomes several, each offered
only while its shares hold. Nothing is lost: quantities, prices, minimum and divisibility count within one
market time unit, and so do groups; their members are cut at the same places. Links from one market time unit
to another name the piece of that unit. Only a block cannot be cut (see `links`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gateway.optimiser.model.links import Condition, Links
from gateway.processes.bid_check.problem.unit_shares import SharesInTime

Indices = NDArray[np.intp]
Number = TypeVar("Number", np.float64, np.bool_)
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class SplitBids:
    """R pieces of D bids over T market time units.

    Attributes:
        bid: the bid each is a piece of, (R,); pieces of one bid are adjacent.
        shares: unit shares of each piece, summing to 1.
        at: the piece that represents a bid in each market time unit, (D, T).
    """

    bid: Indices
    shares: Sequence[Mapping[str, float]]
    at: Indices

    def cut(self, values: NDArray[Number]) -> NDArray[Number]:
        """Values of bids (D, T) as values of pieces (R, T): 0 while another piece represents the bid."""
        if len(self.bid) == len(values):  # nothing is cut
            return values
        mine = self.at[self.bid] == np.arange(len(self.bid))[:, None]
        return np.where(mine, values[self.bid], values.dtype.type(0))

    def joined(self, values: NDArray[Number]) -> NDArray[Number]:
        """Values of pieces (R, T) as values of bids (D, T)."""
        return values[self.at, np.arange(self.at.shape[1])]

    def number(self, piece: int) -> int | None:
        """Number of a piece among those of its bid, from 1; None where the bid is not split."""
        split_bids = self._of(int(self.bid[piece]))
        return None if len(split_bids) == 1 else piece - split_bids.start + 1

    def links(self, links: Links) -> Links:
        """Links between bids as links between their pieces."""
        return Links(
            exclusive=self._groups(links.exclusive),
            multipart=self._groups(links.multipart),
            inclusive=self._groups(links.inclusive),
            technical=tuple(
                tuple((int(self.at[bid, mtu]), mtu) for bid, mtu in chain) for chain in links.technical
            ),
            conditional=tuple(
                replace(
                    link,
                    bid=int(self.at[link.bid, link.mtu]),
                    conditions=tuple(
                        Condition(int(self.at[one.bid, one.mtu]), one.mtu, one.activated)
                        for one in link.conditions
                    ),
                )
                for link in links.conditional
            ),
            blocks=tuple(int(self.at[bid, 0]) for bid in links.blocks),
            technical_rule=links.technical_rule,
            skippable=tuple(piece for bid in links.skippable for piece in self._of(bid)),
        )

    def _groups(self, groups: Groups) -> Groups:
        return tuple(
            tuple(same) for group in groups for same in zip(*(self._of(bid) for bid in group), strict=True)
        )

    def _of(self, bid: int) -> range:
        first, end = np.searchsorted(self.bid, [bid, bid + 1])
        return range(int(first), int(end))


def pieces_of(shares: Sequence[SharesInTime], offered: NDArray[np.bool_], links: Links) -> SplitBids:
    """Cut bids that have these shares and are offered in these market time units, (D, T)."""
    labels = {number: one.at for number, one in enumerate(shares) if one.change}
    for group in (*links.exclusive, *links.multipart, *links.inclusive):
        if any(member in labels for member in group):
            labels.update(dict.fromkeys(group, _together([shares[m].at for m in group], offered[[*group]])))
    bids: list[int] = []
    split_bids: list[Mapping[str, float]] = []
    at = np.empty(offered.shape, np.intp)
    for number, one in enumerate(shares):
        label = labels.get(number)
        if label is None:
            at[number] = len(bids)
            bids.append(number)
            split_bids.append(one.patterns[0])
            continue
        at[number] = len(bids) + label
        pattern = np.zeros(label.max() + 1, np.intp)
        np.maximum.at(pattern, label, one.at)  # one for each label, or the first where it is not offered
        bids.extend([number] * len(pattern))
        split_bids.extend(one.patterns[which] for which in pattern)
    return SplitBids(np.array(bids, np.intp), split_bids, at)


def _together(patterns: Sequence[Indices], offered: NDArray[np.bool_]) -> Indices:
    """Number each combination of patterns; time in which no member is offered goes with the first."""
    live = offered.any(axis=0)
    stacked = np.where(offered, np.stack(patterns), -1)
    label = np.zeros(offered.shape[1], np.intp)
    label[live] = np.unique(stacked[:, live], axis=1, return_inverse=True)[1].ravel()
    return label
