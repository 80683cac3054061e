"""Is this document valid? Well-formed → identified → schema and code lists, one after the other."""

from esmp.codes import DEFAULT_CODES
from esmp.findings import DocumentRefused, Finding, Identity, Limits, Report, Stage
from esmp.identification import identity_of
from esmp.locating import schema_findings
from esmp.parsing import check_limits, parse, root_tag
from esmp.profiles import Family, profile
from esmp.schemas import compiled


def validate(data: bytes, *, codes: str = DEFAULT_CODES, limits: Limits | None = None) -> Report:
    """Return the verdict on a document, with every finding in place and the tree for whoever reads on.

    `codes` names the code set in force. A bad document is an answer, never an exception.
    Raises UnknownCodeSet.
    """
    bounds = limits or Limits()
    identity: Identity | None = None
    try:
        check_limits(data, bounds)
        identity = identity_of(root_tag(data))
        root = parse(data)
    except DocumentRefused as refused:
        return Report(identity, (refused.finding,))
    if root.getroottree().docinfo.internalDTD is not None:  # never, by root_tag; held here as a second bolt
        return Report(identity, (Finding(Stage.WELL_FORMED, "doctype", "a DOCTYPE is never accepted"),))
    schema = compiled(profile(Family(identity.family), identity.version), codes)
    if schema.validate(root):
        return Report(identity, (), root)
    return Report(identity, schema_findings(schema.error_log, root, codes, bounds.findings), root)
