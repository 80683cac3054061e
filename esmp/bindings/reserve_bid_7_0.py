from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from xsdata.models.datatype import XmlDateTime, XmlDuration

from .codes import (
    BusinessTypeList,
    CodingSchemeTypeList,
    ContractTypeList,
    CurrencyTypeList,
    DirectionTypeList,
    IndicatorTypeList,
    MessageTypeList,
    ProcessTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    StatusTypeList,
    UnitOfMeasureTypeList,
)

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0"


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )


@dataclass(slots=True, kw_only=True)
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    quantity_quantity: Decimal = field(
        metadata={
            "name": "quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    minimum_quantity_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "minimum_Quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    price_amount: None | Decimal = field(
        default=None,
        metadata={
            "name": "price.amount",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    energy_price_amount: None | Decimal = field(
        default=None,
        metadata={
            "name": "energy_Price.amount",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class ActionStatus:
    class Meta:
        name = "Action_Status"

    value: StatusTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class ResourceIdString:
    class Meta:
        name = "ResourceID_String"

    value: str = field(default="")
    coding_scheme: CodingSchemeTypeList = field(
        metadata={
            "name": "codingScheme",
            "type": "Attribute",
        }
    )


@dataclass(slots=True, kw_only=True)
class SeriesPeriod:
    class Meta:
        name = "Series_Period"

    time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "timeInterval",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class MbaDomain:
    class Meta:
        name = "MBA_Domain"

    m_rid: AreaIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )


@dataclass(slots=True, kw_only=True)
class BidTimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    auction_m_rid: str = field(
        metadata={
            "name": "auction.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    acquiring_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "acquiring_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    connecting_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "connecting_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    provider_market_participant_m_rid: None | PartyIdString = field(
        default=None,
        metadata={
            "name": "provider_MarketParticipant.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    quantity_measure_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "quantity_Measure_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    currency_unit_name: None | CurrencyTypeList = field(
        default=None,
        metadata={
            "name": "currency_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    price_measure_unit_name: None | UnitOfMeasureTypeList = field(
        default=None,
        metadata={
            "name": "price_Measure_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    divisible: IndicatorTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    linked_bids_identification: None | str = field(
        default=None,
        metadata={
            "name": "linkedBidsIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    multipart_bid_identification: None | str = field(
        default=None,
        metadata={
            "name": "multipartBidIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    exclusive_bids_identification: None | str = field(
        default=None,
        metadata={
            "name": "exclusiveBidsIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    block_bid: None | IndicatorTypeList = field(
        default=None,
        metadata={
            "name": "blockBid",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    status: None | ActionStatus = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    priority: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    registered_resource_m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "registeredResource.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    flow_direction_direction: DirectionTypeList = field(
        metadata={
            "name": "flowDirection.direction",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        }
    )
    step_increment_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "stepIncrementQuantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    energy_price_measure_unit_name: None | UnitOfMeasureTypeList = field(
        default=None,
        metadata={
            "name": "energyPrice_Measure_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    market_agreement_type: None | ContractTypeList = field(
        default=None,
        metadata={
            "name": "marketAgreement.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    market_agreement_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "marketAgreement.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    market_agreement_created_date_time: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "marketAgreement.createdDateTime",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    activation_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "activation_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    resting_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "resting_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    minimum_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "minimum_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    maximum_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "maximum_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
            "min_occurs": 1,
        },
    )
    available_mba_domain: list[MbaDomain] = field(
        default_factory=list,
        metadata={
            "name": "AvailableMBA_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReserveBidMarketDocument:
    class Meta:
        name = "ReserveBid_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0"

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
    process_process_type: None | ProcessTypeList = field(
        default=None,
        metadata={
            "name": "process.processType",
            "type": "Element",
        },
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
    reserve_bid_period_time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "reserveBid_Period.timeInterval",
            "type": "Element",
        }
    )
    domain_m_rid: AreaIdString = field(
        metadata={
            "name": "domain.mRID",
            "type": "Element",
        }
    )
    subject_market_participant_m_rid: PartyIdString = field(
        metadata={
            "name": "subject_MarketParticipant.mRID",
            "type": "Element",
        }
    )
    subject_market_participant_market_role_type: RoleTypeList = field(
        metadata={
            "name": "subject_MarketParticipant.marketRole.type",
            "type": "Element",
        }
    )
    bid_time_series: list[BidTimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "Bid_TimeSeries",
            "type": "Element",
        },
    )
