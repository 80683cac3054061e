from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from xsdata.models.datatype import XmlDateTime, XmlDuration

from .codes import (
    AssetTypeList,
    BusinessTypeList,
    CodingSchemeTypeList,
    ContractTypeList,
    CurrencyTypeList,
    DirectionTypeList,
    IndicatorTypeList,
    MarketProductTypeList,
    MessageTypeList,
    ProcessTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    StatusTypeList,
    UnitOfMeasureTypeList,
)

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4"


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )


@dataclass(slots=True, kw_only=True)
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    quantity_quantity: Decimal = field(
        metadata={
            "name": "quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    minimum_quantity_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "minimum_Quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    price_amount: None | Decimal = field(
        default=None,
        metadata={
            "name": "price.amount",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    energy_price_amount: None | Decimal = field(
        default=None,
        metadata={
            "name": "energy_Price.amount",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )


@dataclass(slots=True, kw_only=True)
class ActionStatus:
    class Meta:
        name = "Action_Status"

    value: StatusTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class BiddingZoneDomain:
    class Meta:
        name = "BiddingZone_Domain"

    m_rid: AreaIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )


@dataclass(slots=True, kw_only=True)
class LinkedBidTimeSeries:
    class Meta:
        name = "Linked_BidTimeSeries"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    status: None | ActionStatus = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )


@dataclass(slots=True, kw_only=True)
class OriginMarketParticipant:
    class Meta:
        name = "Origin_MarketParticipant"

    m_rid: PartyIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )


@dataclass(slots=True, kw_only=True)
class BidTimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    auction_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "auction.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    acquiring_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "acquiring_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    connecting_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "connecting_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    provider_market_participant_m_rid: None | PartyIdString = field(
        default=None,
        metadata={
            "name": "provider_MarketParticipant.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    quantity_measurement_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "quantity_Measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    currency_unit_name: None | CurrencyTypeList = field(
        default=None,
        metadata={
            "name": "currency_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    price_measurement_unit_name: None | UnitOfMeasureTypeList = field(
        default=None,
        metadata={
            "name": "price_Measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    divisible: IndicatorTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    linked_bids_identification: None | str = field(
        default=None,
        metadata={
            "name": "linkedBidsIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    multipart_bid_identification: None | str = field(
        default=None,
        metadata={
            "name": "multipartBidIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    exclusive_bids_identification: None | str = field(
        default=None,
        metadata={
            "name": "exclusiveBidsIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    block_bid: None | IndicatorTypeList = field(
        default=None,
        metadata={
            "name": "blockBid",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    status: None | ActionStatus = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    priority: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    registered_resource_m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "registeredResource.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    flow_direction_direction: DirectionTypeList = field(
        metadata={
            "name": "flowDirection.direction",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        }
    )
    step_increment_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "stepIncrementQuantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    energy_price_measurement_unit_name: None | UnitOfMeasureTypeList = field(
        default=None,
        metadata={
            "name": "energyPrice_Measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    market_agreement_type: None | ContractTypeList = field(
        default=None,
        metadata={
            "name": "marketAgreement.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    market_agreement_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "marketAgreement.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    market_agreement_created_date_time: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "marketAgreement.createdDateTime",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    activation_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "activation_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    resting_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "resting_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    minimum_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "minimum_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    maximum_constraint_duration_duration: None | XmlDuration = field(
        default=None,
        metadata={
            "name": "maximum_ConstraintDuration.duration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    standard_market_product_market_product_type: (
        None | MarketProductTypeList
    ) = field(
        default=None,
        metadata={
            "name": "standard_MarketProduct.marketProductType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    original_market_product_market_product_type: (
        None | MarketProductTypeList
    ) = field(
        default=None,
        metadata={
            "name": "original_MarketProduct.marketProductType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    validity_period_time_interval: None | EsmpDateTimeInterval = field(
        default=None,
        metadata={
            "name": "validity_Period.timeInterval",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    inclusive_bids_identification: None | str = field(
        default=None,
        metadata={
            "name": "inclusiveBidsIdentification",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    mkt_psrtype_psr_type: None | AssetTypeList = field(
        default=None,
        metadata={
            "name": "mktPSRType.psrType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
            "min_occurs": 1,
        },
    )
    available_bidding_zone_domain: list[BiddingZoneDomain] = field(
        default_factory=list,
        metadata={
            "name": "AvailableBiddingZone_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    linked_bid_time_series: list[LinkedBidTimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "Linked_BidTimeSeries",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    procured_for_market_participant: None | OriginMarketParticipant = field(
        default=None,
        metadata={
            "name": "ProcuredFor_MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    shared_with_market_participant: list[OriginMarketParticipant] = field(
        default_factory=list,
        metadata={
            "name": "SharedWith_MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )
    exchanged_with_market_participant: list[OriginMarketParticipant] = field(
        default_factory=list,
        metadata={
            "name": "ExchangedWith_MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReserveBidMarketDocument:
    class Meta:
        name = "ReserveBid_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4"

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
    subject_market_participant_m_rid: None | PartyIdString = field(
        default=None,
        metadata={
            "name": "subject_MarketParticipant.mRID",
            "type": "Element",
        },
    )
    subject_market_participant_market_role_type: None | RoleTypeList = field(
        default=None,
        metadata={
            "name": "subject_MarketParticipant.marketRole.type",
            "type": "Element",
        },
    )
    bid_time_series: list[BidTimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "Bid_TimeSeries",
            "type": "Element",
        },
    )
