"""Documents that come in another form than XML are held to what the XML they stand for is held to."""

from collections.abc import Callable

import esmp
import mappings
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.reasons import finding_of


def schema_findings(document: CanonicalDocument, validate: Callable[[bytes], esmp.Report]) -> list[Finding]:
    """What schema and code lists of its version find in a document; places are those of the XML form."""
    try:
        writing = mappings.write_as_said(document)
    except (mappings.UnwritableError, LookupError) as error:
        return [Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, str(error))]
    return [*map(_lost, writing.losses), *map(finding_of, validate(writing.data).findings)]


def _lost(change: mappings.Change) -> Finding:
    """What the version cannot carry, or demands and nobody said."""
    missing = change.fate is mappings.Fate.ADDED
    code = ReasonCode.MANDATORY_MISSING if missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, change.reason, path=change.path)
