"""Errors of processes as problems of HTTP: one table."""

from fastapi import FastAPI, Request, Response

from adapters.kit.http.problems import ProblemError, ProblemResponse, ProblemType, answer
from gateway.delivery import CannotGiveUpError, CannotRedriveError, UnknownDeadLetterError
from gateway.grids.findings import GridModelError
from gateway.processes import errors
from gateway.web.gate_versions import etag_of

_KINDS: dict[type[Exception], ProblemType] = {
    errors.UnknownGateError: ProblemType.NOT_FOUND,
    errors.UnknownGridError: ProblemType.NOT_FOUND,
    errors.UnknownModelError: ProblemType.NOT_FOUND,
    errors.UnknownRunError: ProblemType.NOT_FOUND,
    errors.NoEarlierRunError: ProblemType.NOT_FOUND,
    errors.ForgottenError: ProblemType.NOT_FOUND,
    errors.NoDemandError: ProblemType.NOT_FOUND,
    UnknownDeadLetterError: ProblemType.NOT_FOUND,
    CannotGiveUpError: ProblemType.CONFLICT,
    CannotRedriveError: ProblemType.CONFLICT,
    errors.NotOfTheGateError: ProblemType.FORBIDDEN,
    errors.RunNotPublishedError: ProblemType.NOT_READY,
    errors.GateExistsError: ProblemType.CONFLICT,
    errors.GateNameError: ProblemType.CONFLICT,
    errors.GateClashError: ProblemType.CONFLICT,
    errors.GateTermsError: ProblemType.CONFLICT,
    errors.DemandOverlapError: ProblemType.CONFLICT,
    errors.GateClosedError: ProblemType.CONFLICT,
    errors.StaleGateError: ProblemType.STALE,
    errors.GridOwnedError: ProblemType.CONFLICT,
    errors.ResourceOwnedError: ProblemType.CONFLICT,
    errors.GateInvalidError: ProblemType.INVALID,
    errors.DemandInvalidError: ProblemType.INVALID,
    errors.GridMismatchError: ProblemType.INVALID,
    errors.ResourcesInvalidError: ProblemType.INVALID,
    GridModelError: ProblemType.INVALID,
}


_PLACED = (
    errors.DemandInvalidError,
    errors.DemandOverlapError,
    errors.GateInvalidError,
    errors.GridMismatchError,
)
"""Errors that have a place in the request."""


def install(app: FastAPI) -> None:
    """Let the app answer what processes refuse."""
    for error in _KINDS:
        app.add_exception_handler(error, _refused)


def _refused(request: Request, error: Exception) -> Response:
    headers = {}
    if isinstance(error, errors.RunNotPublishedError):
        headers["Retry-After"] = "1"
    elif isinstance(error, errors.StaleGateError):
        headers["ETag"] = etag_of(error.version)
    problem = ProblemResponse(_KINDS[type(error)], str(error), errors=_places(error), headers=headers)
    return answer(request, problem)


def _places(error: Exception) -> list[ProblemError]:
    if isinstance(error, GridModelError):
        return [ProblemError(pointer=each.pointer, detail=each.message) for each in error.findings]
    if isinstance(error, _PLACED):
        return [ProblemError(pointer=error.place, detail=str(error))]
    if isinstance(error, errors.ResourcesInvalidError):
        return [ProblemError(pointer=each.place, detail=each.message) for each in error.faults]
    return []
