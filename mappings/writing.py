"""The canonical model → a document of one version."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import DataType, Family, Profile, profile
from gateway.domain.document import CanonicalDocument, DocumentKind
from mappings.coercion import Coerced, fit
from mappings.element_plan import Plan
from mappings.families import added_plan, mapping_of, plan
from mappings.mapping_context import WritingContext
from mappings.report import Report
from mappings.xml_writer import UnwritableError, XmlWriter

MOST: Final = 10_000
"""Values known to fit into a version: what a document leaves behind does not grow with it."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A document as it leaves.

    Attributes:
        data: XML, UTF-8.
        losses: values that this version cannot hold, changes or requires; places are canonical,
            e.g. `series[2]/inclusive_group`.
    """

    data: bytes
    losses: Report


def write(document: CanonicalDocument, version: str | None = None, *, codes: str = DEFAULT_CODES) -> Writing:
    """Write a canonical document in a version of its family; without one, in the version its header names.

    `codes` names the code set the receiver knows; other codes are dropped where they may be.

    Raises:
        UnwritableError: the version demands something of the document that it does not state, or a unit,
            interval or number is none that a document can have.
        UnmappedFamilyError, esmp.profiles.UnknownVersion: there is no such document.
    """
    version = version or document.header.version
    fitting = _fitting(document.header.kind, version, codes)
    writing = _written(document, version, partial(fit, codes=codes), fitting)
    if len(fitting) > MOST:
        fitting.clear()
    return writing


def write_added(document: CanonicalDocument, target: Profile, *, codes: str = DEFAULT_CODES) -> Writing:
    """Write a canonical document as a version that is none of our tables; otherwise as `write`.

    Raises:
        UnwritableError, UnmappedFamilyError: see `write`.
    """
    return _as_profile(document, target, added_plan(target), partial(fit, codes=codes), {})


def write_unchecked(document: CanonicalDocument) -> Writing:
    """Write a document in the version its header names, whether it fits there or not.

    The result need not be valid: it lets a schema check content of other forms than XML, and missing content.

    Raises:
        UnwritableError: a unit, interval or number is none that a document can have.
        UnmappedFamilyError, esmp.profiles.UnknownVersion: see `write`.
    """
    return _written(document, document.header.version, lambda text, _: Coerced(text), {}, demanding=False)


@cache
def _fitting(kind: DocumentKind, version: str, codes: str) -> dict[tuple[int, str], str]:
    """Values found to fit into documents of a version: small ones are repetitive."""
    profile(Family(kind.value), version)  # both are known, so there are only so many
    code_set(codes)
    return {}


def _written(
    document: CanonicalDocument,
    version: str,
    fitted: Callable[[str, DataType], Coerced],
    fitting: dict[tuple[int, str], str],
    *,
    demanding: bool = True,
) -> Writing:
    kind = document.header.kind
    target = profile(Family(kind.value), version)
    return _as_profile(document, target, plan(kind, version), fitted, fitting, demanding=demanding)


def _as_profile(
    document: CanonicalDocument,
    target: Profile,
    layout: Plan,
    fitted: Callable[[str, DataType], Coerced],
    fitting: dict[tuple[int, str], str],
    *,
    demanding: bool = True,
) -> Writing:
    kind = document.header.kind
    mapping = mapping_of(kind)
    outgoing = WritingContext(f"{kind.value} {target.version}", layout, Report())
    writer = XmlWriter(target, fitted, outgoing.report, mapping.defaults, fitting, demanding)
    try:
        data = writer.document(outgoing.plan, mapping.record_of(document, outgoing))
    except UnwritableError:
        raise
    except (ValueError, ArithmeticError) as error:
        raise UnwritableError(kind.value, str(error)) from None
    return Writing(data, outgoing.report)
