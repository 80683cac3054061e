"""Check that a grant allows a document, before anything of it is applied or forwarded.

The finding names what its sender needs, and nothing of what others may do or how they are configured.
"""

from typing import Final

from gateway.domain.grant import Grants, Missing
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.tenant import Tenant
from gateway.intake.check.examination import Examination

_FAULTS: Final = {
    Missing.GRANT: (ReasonCode.SENDER_WITHOUT_CONTRACT, Part.SENDER),
    Missing.MARKET: (ReasonCode.SENDER_WITHOUT_CONTRACT, Part.SENDER),
    Missing.PROCESS_SENDER: (ReasonCode.SENDER_WITHOUT_CONTRACT, Part.SENDER),
    Missing.PROCESS: (ReasonCode.PROCESS_INVALID, Part.PROCESS),
}


def grant_finding(
    grants: Grants,
    examination: Examination,
    sender: Tenant,
    receiver: Tenant | None = None,
    market: str | None = None,
) -> Finding | None:
    """Why no grant allows a document; None: one does, or too little of it could be read to ask.

    Args:
        sender: the tenant of the credential, whatever the document names.
        receiver: the tenant that a route leads to; None: the gateway itself.
        market: of that route, where it has one.
    """
    label, process = examination.label, examination.received.process
    if label is None:
        return None
    missing = grants.missing(label.family, sender, receiver, process, market)
    if missing is None:
        return None
    code, part = _FAULTS[missing]
    to = "the gateway" if receiver is None else _receiver(examination)
    if missing is Missing.PROCESS_SENDER:
        message = (
            f"the gateway does not take {label.family} documents from a {' and '.join(sender.role_names)}"
        )
    else:
        of_process = f" of process type {process}" if process and missing is Missing.PROCESS else ""
        message = f"no grant lets {sender.name} send {label.family} documents{of_process} to {to}"
    return Finding(Stage.PROCESS, code, message, place=Place(part))


def _receiver(examination: Examination) -> str:
    """As the document names it: which tenant that is, is not its sender's to know."""
    return "its receiver" if examination.receiver is None else examination.receiver.named


def other_market(examination: Examination, market: str | None) -> Finding | None:
    """That a document states another market than its route belongs to; None: it does not."""
    stated = examination.market
    if stated is None or market is None or stated == market:
        return None
    message = f"the document is of market {stated}, and its route of market {market}"
    return Finding(Stage.PROCESS, ReasonCode.LOCAL_MARKET_RULE, message)
