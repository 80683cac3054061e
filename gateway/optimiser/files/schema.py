"""The fields of a problem file, as in JSON.

They are those of `Problem`, `Bids`, `GridArrays` and `Links`, with bids and nodes by name. An `Array` is
nested lists of numbers or, in a directory, the string `"file.npz#name"`.
"""

from typing import Any, Literal

import msgspec

FORMAT: Literal["flexgate-problem/1"] = "flexgate-problem/1"
Array = str | list[Any]
Name = str


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    pass


class BidsFile(_File):
    """Columns over bids; quantities, minima, prices and caps are (B, T)."""

    ids: list[Name]
    direction: list[Literal["up", "down"]]
    quantity_mw: Array
    price_eur_per_mwh: Array
    minimum_mw: Array | None = None
    divisible: list[bool] | None = None
    cap_mw: Array | None = None
    listed: list[Name] | None = msgspec.field(default=None, name="list")
    scheduled: list[bool] | None = None
    direct: list[bool] | None = None
    contracted: list[bool] | None = None
    provider: list[Name] | None = None
    platform: list[Name] | None = None


class ListFile(_File):
    """One list and its demand, (T,)."""

    name: Name
    direction: Literal["up", "down"]
    demand_mw: list[float]


class InjectionsFile(_File):
    """One entry per bid and node: names, and MW injected per MW of the bid."""

    bid: list[Name]
    node: list[Name]
    factor: Array


class GridFile(_File):
    """One reduced grid model; shapes as in `GridArrays`."""

    grid_id: Name
    element_ids: list[Name]
    node_ids: list[Name]
    point_names: list[Name]
    ptdf: Array
    base_mw: Array
    lower_mw: Array
    upper_mw: Array
    injections: InjectionsFile
    levels_mw: list[float] | None = None
    emergency_lower_mw: list[float | None] | None = None
    emergency_upper_mw: list[float | None] | None = None
    of_element: list[Name] | None = None
    scale: Array | None = None
    accuracy: Array | None = None
    margin_mw: Array | None = None
    band_rows: int = 0


class ConditionFile(_File):
    """One condition of a conditional link."""

    bid: Name
    mtu: int
    activated: bool


class ConditionalFile(_File):
    """One conditional link."""

    bid: Name
    mtu: int
    conditions: list[ConditionFile]
    any_of: bool = False


class LinksFile(_File):
    """Links by bid names."""

    exclusive: list[list[Name]] = []
    multipart: list[list[Name]] = []
    inclusive: list[list[Name]] = []
    technical: list[list[tuple[Name, int]]] = []
    conditional: list[ConditionalFile] = []
    blocks: list[Name] = []
    technical_rule: Literal["direct-blocks", "may-not-follow", "must-follow"] = "direct-blocks"
    activated_before: list[tuple[Name, int]] = []


class ProblemFile(_File):
    """The whole file."""

    format: Literal["flexgate-problem/1"]
    mtu_hours: float
    bids: BidsFile
    demand_up_mw: list[float] | None = None
    demand_down_mw: list[float] | None = None
    lists: list[ListFile] | None = None
    grids: list[GridFile] = []
    links: LinksFile = msgspec.field(default_factory=LinksFile)
    surplus_mw: float = 0.0
    relief_share: float = 1.0
    rule: Literal["keep-limits", "meet-demand"] = "keep-limits"
    objective: Literal["volume", "price-order"] = "volume"
    one_buyer: bool = False
