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

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0"


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class TimePeriod:
    class Meta:
        name = "Time_Period"

    time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "timeInterval",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class MktActivityRecord:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    in_error_period: list[TimePeriod] = field(
        default_factory=list,
        metadata={
            "name": "InError_Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class Series:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    version: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )
    in_error_period: list[TimePeriod] = field(
        default_factory=list,
        metadata={
            "name": "InError_Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class TimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        }
    )
    version: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )
    in_error_period: list[TimePeriod] = field(
        default_factory=list,
        metadata={
            "name": "InError_Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class AcknowledgementMarketDocument:
    class Meta:
        name = "Acknowledgement_MarketDocument"
        namespace = (
            "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0"
        )

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
        }
    )
    created_date_time: XmlDateTime = field(
        metadata={
            "name": "createdDateTime",
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
    receiver_market_participant_market_role_type: None | RoleTypeList = field(
        default=None,
        metadata={
            "name": "receiver_MarketParticipant.marketRole.type",
            "type": "Element",
        },
    )
    received_market_document_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "received_MarketDocument.mRID",
            "type": "Element",
        },
    )
    received_market_document_revision_number: None | str = field(
        default=None,
        metadata={
            "name": "received_MarketDocument.revisionNumber",
            "type": "Element",
        },
    )
    received_market_document_type: None | MessageTypeList = field(
        default=None,
        metadata={
            "name": "received_MarketDocument.type",
            "type": "Element",
        },
    )
    received_market_document_process_process_type: None | ProcessTypeList = (
        field(
            default=None,
            metadata={
                "name": "received_MarketDocument.process.processType",
                "type": "Element",
            },
        )
    )
    received_market_document_title: None | str = field(
        default=None,
        metadata={
            "name": "received_MarketDocument.title",
            "type": "Element",
        },
    )
    received_market_document_created_date_time: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "received_MarketDocument.createdDateTime",
            "type": "Element",
        },
    )
    rejected_time_series: list[TimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "Rejected_TimeSeries",
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
    in_error_period: list[TimePeriod] = field(
        default_factory=list,
        metadata={
            "name": "InError_Period",
            "type": "Element",
        },
    )
    rejected_series: list[Series] = field(
        default_factory=list,
        metadata={
            "name": "Rejected_Series",
            "type": "Element",
        },
    )
    rejected_mkt_activity_record: list[MktActivityRecord] = field(
        default_factory=list,
        metadata={
            "name": "Rejected_MktActivityRecord",
            "type": "Element",
        },
    )
