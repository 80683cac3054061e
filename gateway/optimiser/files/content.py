"""The content of a problem file, and its arrays, inline or in other files."""

import codecs
import json
import zipfile
import zlib
from pathlib import Path

import msgspec
import numpy as np

from gateway.optimiser.files.schema import Array, ProblemFile
from gateway.optimiser.model.checks import FloatArray, InvalidProblemError

NUMBERS = "iuf"
"""Kinds of arrays that hold real numbers."""

UNREADABLE = (
    OSError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Errors of NumPy for a file that is no archive of arrays, or a damaged one."""


def decoded(data: bytes) -> ProblemFile:
    """The content; NaN and Infinity, which JSON has not, are let in to be refused at their place."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InvalidProblemError("is in UTF-16, needs UTF-8")
    try:
        json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise InvalidProblemError(f"is not in UTF-8: byte {error.start} cannot be read") from error
    except (json.JSONDecodeError, RecursionError):
        pass  # reported below, with its place
    try:
        return msgspec.json.decode(data, type=ProblemFile)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            raise error from None
        return msgspec.convert(content, type=ProblemFile)


def _once(pairs: list[tuple[str, object]]) -> None:
    """Refuse a key that is twice in one object: one of the two values would be lost."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidProblemError(f"the key {key!r} occurs twice in one object")
        seen.add(key)


def array_of(given: Array, place: str, folder: Path) -> FloatArray:
    """The numbers at `place`, or in an archive inside the folder of the problem.

    Raises:
        InvalidProblemError: no rectangular array of real numbers.
    """
    if isinstance(given, list):
        try:
            array = np.array(given)
            numbers = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidProblemError(f"{place}: not a rectangular array of numbers") from error
        if array.size and array.dtype.kind not in NUMBERS + "O":  # O: null, refused with its place
            raise InvalidProblemError(f"{place}: not a rectangular array of numbers")
        return numbers
    name, _, key = given.partition("#")
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise InvalidProblemError(f"{place}: {name} is outside the directory of the problem")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            array = arrays[key]
    except UNREADABLE as error:
        raise InvalidProblemError(f"{place}: no array {key!r} can be read from {name}") from error
    if array.dtype.kind not in NUMBERS:
        raise InvalidProblemError(f"{place}: {key!r} of {name} holds {array.dtype}, not real numbers")
    return np.asarray(array, np.float64)
