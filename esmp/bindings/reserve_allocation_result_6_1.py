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
    MessageTypeList,
    ProcessTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    UnitOfMeasureTypeList,
)

__NAMESPACE__ = (
    "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1"
)


@dataclass(slots=True, kw_only=True)
class AttributeInstanceComponent:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Auction:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class BidTimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class ConstraintDuration:
    duration: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Price:
    amount: Decimal = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Quantity:
    quantity: Decimal = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
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
class ContractMarketAgreement:
    class Meta:
        name = "Contract_MarketAgreement"

    type_value: ContractTypeList = field(
        metadata={
            "name": "type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    created_date_time: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "createdDateTime",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )


@dataclass(slots=True, kw_only=True)
class CurrencyUnit:
    class Meta:
        name = "Currency_Unit"

    name: CurrencyTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class FlowDirection:
    direction: DirectionTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class MarketRole:
    type_value: RoleTypeList = field(
        metadata={
            "name": "type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class MeasureUnit:
    class Meta:
        name = "Measure_Unit"

    name: UnitOfMeasureTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
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
class Process:
    process_type: ProcessTypeList = field(
        metadata={
            "name": "processType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Reason:
    code: ReasonCodeTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
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
class TimePeriod:
    class Meta:
        name = "Time_Period"

    time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "timeInterval",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Domain:
    m_rid: AreaIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class MarketParticipant:
    m_rid: PartyIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    market_role: MarketRole = field(
        metadata={
            "name": "MarketRole",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    quantity: Decimal = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    price: None | Price = field(
        default=None,
        metadata={
            "name": "Price",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    secondary_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "secondaryQuantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    bid_price: None | Price = field(
        default=None,
        metadata={
            "name": "Bid_Price",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    bid_energy_price: None | Price = field(
        default=None,
        metadata={
            "name": "BidEnergy_Price",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    energy_price: None | Price = field(
        default=None,
        metadata={
            "name": "Energy_Price",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )


@dataclass(slots=True, kw_only=True)
class RegisteredResource:
    m_rid: ResourceIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class TenderingMarketParticipant:
    class Meta:
        name = "Tendering_MarketParticipant"

    m_rid: PartyIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )


@dataclass(slots=True, kw_only=True)
class OriginalMarketDocument:
    class Meta:
        name = "Original_MarketDocument"

    m_rid: None | str = field(
        default=None,
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    revision_number: None | str = field(
        default=None,
        metadata={
            "name": "revisionNumber",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    bid_bid_time_series: None | BidTimeSeries = field(
        default=None,
        metadata={
            "name": "Bid_BidTimeSeries",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    tendering_market_participant: TenderingMarketParticipant = field(
        metadata={
            "name": "Tendering_MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class TimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    bid_original_market_document: OriginalMarketDocument = field(
        metadata={
            "name": "Bid_Original_MarketDocument",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    auction: Auction = field(
        metadata={
            "name": "Auction",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    acquiring_domain: Domain = field(
        metadata={
            "name": "Acquiring_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    connecting_domain: Domain = field(
        metadata={
            "name": "Connecting_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    market_agreement: ContractMarketAgreement = field(
        metadata={
            "name": "MarketAgreement",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    quantity_measure_unit: MeasureUnit = field(
        metadata={
            "name": "Quantity_Measure_Unit",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    currency_unit: None | CurrencyUnit = field(
        default=None,
        metadata={
            "name": "Currency_Unit",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    price_measure_unit: None | MeasureUnit = field(
        default=None,
        metadata={
            "name": "Price_Measure_Unit",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    energy_measurement_unit: None | MeasureUnit = field(
        default=None,
        metadata={
            "name": "Energy_Measurement_Unit",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    registered_resource: None | RegisteredResource = field(
        default=None,
        metadata={
            "name": "RegisteredResource",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    flow_direction: FlowDirection = field(
        metadata={
            "name": "FlowDirection",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        }
    )
    minimum_activation_quantity: None | Quantity = field(
        default=None,
        metadata={
            "name": "MinimumActivation_Quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    step_increment_quantity: None | Quantity = field(
        default=None,
        metadata={
            "name": "StepIncrement_Quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    order_number_attribute_instance_component: (
        None | AttributeInstanceComponent
    ) = field(
        default=None,
        metadata={
            "name": "OrderNumber_AttributeInstanceComponent",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    activation_constraint_duration: None | ConstraintDuration = field(
        default=None,
        metadata={
            "name": "Activation_ConstraintDuration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    resting_constraint_duration: None | ConstraintDuration = field(
        default=None,
        metadata={
            "name": "Resting_ConstraintDuration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    minimum_constraint_duration: None | ConstraintDuration = field(
        default=None,
        metadata={
            "name": "Minimum_ConstraintDuration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    maximum_constraint_duration: None | ConstraintDuration = field(
        default=None,
        metadata={
            "name": "Maximum_ConstraintDuration",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )
    period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
            "min_occurs": 1,
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReserveAllocationResultMarketDocument:
    class Meta:
        name = "ReserveAllocationResult_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1"

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
    process: None | Process = field(
        default=None,
        metadata={
            "name": "Process",
            "type": "Element",
        },
    )
    sender_market_participant: MarketParticipant = field(
        metadata={
            "name": "Sender_MarketParticipant",
            "type": "Element",
        }
    )
    receiver_market_participant: MarketParticipant = field(
        metadata={
            "name": "Receiver_MarketParticipant",
            "type": "Element",
        }
    )
    created_date_time: XmlDateTime = field(
        metadata={
            "name": "createdDateTime",
            "type": "Element",
        }
    )
    reserve_bid_period: TimePeriod = field(
        metadata={
            "name": "ReserveBid_Period",
            "type": "Element",
        }
    )
    domain: Domain = field(
        metadata={
            "name": "Domain",
            "type": "Element",
        }
    )
    time_series: list[TimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "TimeSeries",
            "type": "Element",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
        },
    )
