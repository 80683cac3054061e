"""Reading and writing reduced grid models as JSON: fast for tens of megabytes, and every fault located."""

import hashlib
import json
from importlib.resources import files
from typing import Any, Final

import msgspec

from gateway.domain.bounds import MAX_FLOW_MW
from gateway.domain.grid import ReducedGridModel
from gateway.grids.check import check
from gateway.grids.decoding import DECODER, decode
from gateway.grids.document import from_model, to_model
from gateway.grids.findings import GridFinding, GridModelError

__all__ = ["MAX_BYTES", "GridFinding", "GridModelError", "read", "read_stored", "schema", "sha256", "write"]

MAX_BYTES: Final = 32 * 2**20
"""Larger files are refused unread: about 3,000 elements times 500 points at one operating point fit."""

_ENCODER: Final = msgspec.json.Encoder()


def read(data: bytes, most_mw: float = MAX_FLOW_MW) -> ReducedGridModel:
    """Read a model; a topology sent along is used for the check and dropped.

    No flow or limit may be above `most_mw`.

    Raises:
        GridModelError: not a model, or not a sound one; its findings state what and where.
    """
    if len(data) > MAX_BYTES:
        raise GridModelError([GridFinding("", f"{len(data):,} bytes, at most {MAX_BYTES:,} are taken")])
    document = decode(data)
    findings = check(document, most_mw)
    if findings:
        raise GridModelError(findings)
    return to_model(document)


def read_stored(data: bytes, sha256: str) -> ReducedGridModel:
    """Read what `write` returned, which was checked then: the hash proves that it is the same.

    Raises:
        GridModelError: it is not.
    """
    if hashlib.sha256(data).hexdigest() != sha256:
        raise GridModelError([GridFinding("", "is not as stored: its hash has changed")])
    return to_model(DECODER.decode(data))


def write(model: ReducedGridModel) -> bytes:
    """The model as JSON, the same bytes for the same model; reads back equal to the last bit.

    Raises:
        GridModelError: the model would not be taken by `read`.
    """
    document = from_model(model)
    findings = check(document)
    if findings:
        raise GridModelError(findings)
    return _ENCODER.encode(document)


def sha256(model: ReducedGridModel) -> str:
    """Hash of the written model, in hexadecimal digits."""
    return hashlib.sha256(write(model)).hexdigest()


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of the format."""
    text = files("gateway.grids").joinpath("reduced-grid-model.schema.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
