"""Checks of the arrays of a problem, and the error that names the fault."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Scalar = TypeVar("Scalar", np.float64, np.int64, np.bool_)


class InvalidProblemError(ValueError):
    """Input that makes no problem; names the culprit as far as it is known.

    Attributes:
        grid_id, bid_id, element_id: the object at fault, or None.
        mtu: index of the market time unit at fault, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        grid_id: str | None = None,
        bid_id: str | None = None,
        element_id: str | None = None,
        mtu: int | None = None,
    ) -> None:
        named = (("grid", grid_id), ("bid", bid_id), ("element", element_id), ("MTU", mtu))
        place = ", ".join(f"{what} {which!r}" for what, which in named if which is not None)
        super().__init__(f"{place}: {message}" if place else message)
        self.grid_id, self.bid_id, self.element_id, self.mtu = grid_id, bid_id, element_id, mtu


def floats(
    values: ArrayLike, shape: tuple[int | None, ...], what: str, grid_id: str | None = None
) -> FloatArray:
    """`values` as a read-only float64 array of `shape` (None: any length).

    Raises:
        InvalidProblemError: not numeric, or another shape.
    """
    return _frozen(values, np.float64, shape, what, grid_id)


def indices(
    values: ArrayLike, shape: tuple[int | None, ...], what: str, grid_id: str | None = None
) -> IntArray:
    """`values` as a read-only int64 array of `shape`; floats are refused, never truncated."""
    kind = np.asarray(values).dtype
    if np.size(values) and kind.kind not in "iu":
        raise InvalidProblemError(f"{what} must be integers, got {kind}", grid_id=grid_id)
    return _frozen(values, np.int64, shape, what, grid_id)


def flags(values: ArrayLike, shape: tuple[int | None, ...], what: str) -> BoolArray:
    """`values` as a read-only boolean array of `shape`."""
    kind = np.asarray(values).dtype
    if np.size(values) and kind.kind != "b":
        raise InvalidProblemError(f"{what} must be true or false, got {kind}")
    return _frozen(values, np.bool_, shape, what, None)


def unique(ids: Sequence[str], what: str, grid_id: str | None = None) -> tuple[str, ...]:
    """`ids` as a tuple; raises InvalidProblemError on a duplicate or an empty name."""
    names = tuple(ids)
    if len(set(names)) != len(names):
        ordered = sorted(names)
        twice = next(a for a, b in pairwise(ordered) if a == b)
        raise InvalidProblemError(f"{what} {twice!r} appears twice", grid_id=grid_id)
    if "" in names:
        raise InvalidProblemError(f"empty {what}", grid_id=grid_id)
    return names


def first(bad: BoolArray) -> tuple[int, ...]:
    """Index of the first True of `bad` in row-major order."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))


def _frozen(
    values: ArrayLike,
    dtype: type[Scalar],
    shape: tuple[int | None, ...],
    what: str,
    grid_id: str | None,
) -> NDArray[Scalar]:
    try:
        array = np.ascontiguousarray(values, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InvalidProblemError(f"{what} is not an array of numbers", grid_id=grid_id) from error
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
        raise InvalidProblemError(f"{what} has shape {array.shape}, expected {wanted}", grid_id=grid_id)
    view = array.view()
    view.flags.writeable = False
    return view
