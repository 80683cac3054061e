"""Refused requests of participants, with texts that state the remedy."""

from collections.abc import Sequence
from dataclasses import dataclass


class RequestRefusedError(Exception):
    """The request was understood and is refused; the text states the reason and the remedy."""


class UnknownGateError(RequestRefusedError, LookupError):
    """No such gate, or the caller does not participate in it."""

    def __init__(self, gate_id: str) -> None:
        super().__init__(f"there is no gate {gate_id!r} in which you take part")


class NotOfTheGateError(RequestRefusedError):
    """The gate names the caller, but not as what the caller would have to be."""

    def __init__(self, gate_id: str, wanted: str = "system operators") -> None:
        super().__init__(f"gate {gate_id!r} does not name you among its {wanted}")


class GateExistsError(RequestRefusedError):
    """A gate of this name exists."""

    def __init__(self, gate_id: str) -> None:
        super().__init__(f"gate {gate_id!r} exists already; amend it, or choose another name")


class GateNameError(RequestRefusedError):
    """A name that the caller cannot give a gate; why, is not its business."""

    def __init__(self, gate_id: str) -> None:
        super().__init__(f"the name {gate_id!r} cannot be used for a gate; choose another")


class GateInvalidError(RequestRefusedError, ValueError):
    """A gate that names what does not exist, or tenants that cannot have that role.

    `place` is a JSON pointer to what is wrong.
    """

    def __init__(self, message: str, place: str) -> None:
        self.place = place
        super().__init__(message)


class GateClashError(RequestRefusedError):
    """Another gate collects the same bids already."""


class GateTermsError(RequestRefusedError):
    """Terms of a gate that cannot change, because bids were accepted on them."""


class GateClosedError(RequestRefusedError):
    """The gate accepts nothing any more."""


class StaleGateError(RequestRefusedError):
    """Another client has changed the gate since the caller read it."""

    def __init__(self, gate_id: str, state: str, version: int) -> None:
        self.version = version
        super().__init__(
            f"gate {gate_id!r} has changed since: it is {state}, in version {version}; look at it again"
        )


class DemandInvalidError(RequestRefusedError, ValueError):
    """A demand of the wrong length or with numbers that are no demand.

    `place` is a JSON pointer to what is wrong; empty where the gate accepts no demand.
    """

    def __init__(self, message: str, place: str = "") -> None:
        self.place = place
        super().__init__(message)


class DemandOverlapError(RequestRefusedError):
    """A demand that may or may not be a part of another one that was stated.

    `place` is a JSON pointer to what is named by only one of the two.
    """

    def __init__(self, message: str, place: str) -> None:
        self.place = place
        super().__init__(message)


class NoDemandError(RequestRefusedError, LookupError):
    """Nothing was stated for these lists."""

    def __init__(self, gate_id: str, zone: str, product: str) -> None:
        lists = f"zone {zone or 'left out'} and product {product or 'left out'}"
        super().__init__(f"you stated no demand of gate {gate_id!r} with {lists}")


class GridOwnedError(RequestRefusedError):
    """The grid belongs to another operator."""

    def __init__(self, grid_id: str) -> None:
        super().__init__(f"grid {grid_id!r} is registered by another operator")


class GridMismatchError(RequestRefusedError, ValueError):
    """The model names another grid than the one it was put to."""

    def __init__(self, named: str, grid_id: str) -> None:
        self.place = "/grid"
        super().__init__(f"the model is of grid {named!r}, but was put to grid {grid_id!r}")


class UnknownGridError(RequestRefusedError, LookupError):
    """No such grid in the caller's store."""

    def __init__(self, grid_id: str) -> None:
        super().__init__(f"you have no grid {grid_id!r}")


class UnknownModelError(RequestRefusedError, LookupError):
    """No such model in the caller's store."""

    def __init__(self, grid_id: str, model_id: int) -> None:
        super().__init__(f"grid {grid_id!r} has no model {model_id}")


@dataclass(frozen=True, slots=True)
class ResourceFault:
    """One fault of a resource mapping.

    `place` is a JSON pointer (empty for the complete file) or, in a CSV, `line 7`.
    """

    place: str
    message: str


class ResourcesInvalidError(RequestRefusedError, ValueError):
    """A resource mapping that is not accepted; `faults` lists all its faults."""

    def __init__(self, faults: Sequence[ResourceFault]) -> None:
        self.faults = tuple(faults)
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        super().__init__(f"{self.faults[0].place or '/'}: {self.faults[0].message}{more}")


class ResourceOwnedError(RequestRefusedError):
    """A resource is assigned by another TSO: there is one assignment across all markets."""

    def __init__(self, resources: Sequence[str]) -> None:
        self.resources = tuple(resources)
        named = ", ".join(resources[:5]) + (" and more" if len(resources) > 5 else "")
        super().__init__(f"assigned by another system operator: {named}")


class UnknownRunError(RequestRefusedError, LookupError):
    """No such run, or the caller does not participate in its gate."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no run {run_id!r} of a gate in which you take part")


class NoEarlierRunError(RequestRefusedError, LookupError):
    """No run of the gate was published before one."""

    def __init__(self, gate_id: str, number: int) -> None:
        super().__init__(f"no run of gate {gate_id!r} was published before run {number}")


class ForgottenError(RequestRefusedError):
    """The data existed, and its retention period is over."""


class RunNotPublishedError(RequestRefusedError):
    """The run has not published its results yet."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"run {run_id!r} has not published its results yet; ask again later")
