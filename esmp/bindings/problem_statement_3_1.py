from __future__ import annotations

from dataclasses import dataclass, field

from xsdata.models.datatype import XmlDateTime

from .codes import (
    CodingSchemeTypeList,
    MessageTypeList,
    ProcessTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
)

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1"


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class AreaIdString:
    class Meta:
        name = "AreaID_String"

    value: str = field(default="")
    coding_scheme: CodingSchemeTypeList = field(
        metadata={
            "name": "codingScheme",
            "type": "Attribute",
        }
    )


@dataclass(slots=True, kw_only=True)
class PartyIdString:
    class Meta:
        name = "PartyID_String"

    value: str = field(default="")
    coding_scheme: CodingSchemeTypeList = field(
        metadata={
            "name": "codingScheme",
            "type": "Attribute",
        }
    )


@dataclass(slots=True, kw_only=True)
class Reason:
    code: ReasonCodeTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1",
        },
    )


@dataclass(slots=True, kw_only=True)
class ProblemStatementMarketDocument:
    class Meta:
        name = "ProblemStatement_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
        }
    )
    revision_number: str = field(
        metadata={
            "name": "revisionNumber",
            "type": "Element",
        }
    )
    type_value: MessageTypeList = field(
        metadata={
            "name": "type",
            "type": "Element",
        }
    )
    sender_market_participant_m_rid: PartyIdString = field(
        metadata={
            "name": "sender_MarketParticipant.mRID",
            "type": "Element",
        }
    )
    sender_market_participant_market_role_type: RoleTypeList = field(
        metadata={
            "name": "sender_MarketParticipant.marketRole.type",
            "type": "Element",
        }
    )
    receiver_market_participant_m_rid: PartyIdString = field(
        metadata={
            "name": "receiver_MarketParticipant.mRID",
            "type": "Element",
        }
    )
    receiver_market_participant_market_role_type: RoleTypeList = field(
        metadata={
            "name": "receiver_MarketParticipant.marketRole.type",
            "type": "Element",
        }
    )
    created_date_time: XmlDateTime = field(
        metadata={
            "name": "createdDateTime",
            "type": "Element",
        }
    )
    period_time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "period.timeInterval",
            "type": "Element",
        }
    )
    expected_market_document_type: MessageTypeList = field(
        metadata={
            "name": "expected_MarketDocument.type",
            "type": "Element",
        }
    )
    expected_market_document_created_date_time: XmlDateTime = field(
        metadata={
            "name": "expected_MarketDocument.createdDateTime",
            "type": "Element",
        }
    )
    expected_market_document_process_process_type: None | ProcessTypeList = (
        field(
            default=None,
            metadata={
                "name": "expected_MarketDocument.process.processType",
                "type": "Element",
            },
        )
    )
    delivery_market_document_created_date_time: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "delivery_MarketDocument.createdDateTime",
            "type": "Element",
        },
    )
    domain_m_rid: None | AreaIdString = field(
        default=None,
        metadata={
            "name": "domain.mRID",
            "type": "Element",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "min_occurs": 1,
        },
    )
