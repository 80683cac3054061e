from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from xsdata.models.datatype import XmlDateTime, XmlDuration

from .codes import (
    AssetTypeList,
    BusinessTypeList,
    ClassificationTypeList,
    CodingSchemeTypeList,
    CurrencyTypeList,
    CurveTypeList,
    EnergyProductTypeList,
    FlowCommodityOptionTypeList,
    MessageTypeList,
    ObjectAggregationTypeList,
    ProcessTypeList,
    QualityTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    SettlementMethodTypeList,
    StatusTypeList,
    UnitOfMeasureTypeList,
)

__NAMESPACE__ = "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2"


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )


@dataclass(slots=True, kw_only=True)
class ActionStatus:
    class Meta:
        name = "Action_Status"

    value: StatusTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
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
class MeasurementPointIdString:
    class Meta:
        name = "MeasurementPointID_String"

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
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )


@dataclass(slots=True, kw_only=True)
class PartyMarketParticipant:
    class Meta:
        name = "Party_MarketParticipant"

    m_rid: PartyIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    party_market_role_type: None | RoleTypeList = field(
        default=None,
        metadata={
            "name": "party_MarketRole.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )


@dataclass(slots=True, kw_only=True)
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    in_quantity_quantity: Decimal = field(
        metadata={
            "name": "in_Quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    in_quantity_quality: None | QualityTypeList = field(
        default=None,
        metadata={
            "name": "in_Quantity.quality",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    out_quantity_quantity: Decimal = field(
        metadata={
            "name": "out_Quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    out_quantity_quality: None | QualityTypeList = field(
        default=None,
        metadata={
            "name": "out_Quantity.quality",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    price_amount: None | Decimal = field(
        default=None,
        metadata={
            "name": "price.amount",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )


@dataclass(slots=True, kw_only=True)
class SeriesPeriod:
    class Meta:
        name = "Series_Period"

    time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "timeInterval",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class TimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    product: EnergyProductTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    object_aggregation: ObjectAggregationTypeList = field(
        metadata={
            "name": "objectAggregation",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    curve_type: CurveTypeList = field(
        metadata={
            "name": "curveType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    area_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "area_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    market_participant: list[PartyMarketParticipant] = field(
        default_factory=list,
        metadata={
            "name": "MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    market_agreement_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "marketAgreement.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    measurement_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        }
    )
    currency_unit_name: None | CurrencyTypeList = field(
        default=None,
        metadata={
            "name": "currency_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    market_evaluation_point_m_rid: None | MeasurementPointIdString = field(
        default=None,
        metadata={
            "name": "marketEvaluationPoint.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    market_evaluation_point_flow_commodity_option: (
        None | FlowCommodityOptionTypeList
    ) = field(
        default=None,
        metadata={
            "name": "marketEvaluationPoint.flowCommodityOption",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    mkt_psrtype_psr_type: None | AssetTypeList = field(
        default=None,
        metadata={
            "name": "mktPSRType.psrType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )
    accounting_point_settlement_method: None | SettlementMethodTypeList = (
        field(
            default=None,
            metadata={
                "name": "accountingPoint.settlementMethod",
                "type": "Element",
                "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
            },
        )
    )
    period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
            "min_occurs": 1,
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2",
        },
    )


@dataclass(slots=True, kw_only=True)
class EnergyAccountMarketDocument:
    class Meta:
        name = "EnergyAccount_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2"

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
    doc_status: ActionStatus = field(
        metadata={
            "name": "docStatus",
            "type": "Element",
        }
    )
    process_process_type: ProcessTypeList = field(
        metadata={
            "name": "process.processType",
            "type": "Element",
        }
    )
    process_classification_type: ClassificationTypeList = field(
        metadata={
            "name": "process.classificationType",
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
    domain_m_rid: None | AreaIdString = field(
        default=None,
        metadata={
            "name": "domain.mRID",
            "type": "Element",
        },
    )
    time_series: list[TimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "TimeSeries",
            "type": "Element",
            "min_occurs": 1,
        },
    )
