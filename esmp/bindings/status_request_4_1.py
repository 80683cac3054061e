from __future__ import annotations

from dataclasses import dataclass, field

from xsdata.models.datatype import XmlDateTime

from .codes import (
    CodingSchemeTypeList,
    MessageTypeList,
    RoleTypeList,
)

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1"


@dataclass(slots=True, kw_only=True)
class AttributeValueString:
    class Meta:
        name = "AttributeValue_String"

    value: str = field(default="")
    coding_scheme: None | CodingSchemeTypeList = field(
        default=None,
        metadata={
            "name": "codingScheme",
            "type": "Attribute",
        },
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
class AttributeInstanceComponent:
    attribute: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1",
        }
    )
    attribute_value: AttributeValueString = field(
        metadata={
            "name": "attributeValue",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class StatusRequestMarketDocument:
    class Meta:
        name = "StatusRequest_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1"

    m_rid: str = field(
        metadata={
            "name": "mRID",
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
    attribute_instance_component: list[AttributeInstanceComponent] = field(
        default_factory=list,
        metadata={
            "name": "AttributeInstanceComponent",
            "type": "Element",
            "min_occurs": 1,
        },
    )
