from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from xsdata.models.datatype import XmlDateTime, XmlDuration

from .codes import (
    AnalogTypeList,
    AssetTypeList,
    BusinessTypeList,
    CodingSchemeTypeList,
    CurveTypeList,
    IndicatorTypeList,
    MessageTypeList,
    ProcessTypeList,
    QualityTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    StatusTypeList,
    UnitOfMeasureTypeList,
    UnitSymbol,
)

__NAMESPACE__ = (
    "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0"
)


@dataclass(slots=True, kw_only=True)
class AnalogValue:
    value: float = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    time_stamp: None | XmlDateTime = field(
        default=None,
        metadata={
            "name": "timeStamp",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    description: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )


@dataclass(slots=True, kw_only=True)
class Analog:
    measurement_type: AnalogTypeList = field(
        metadata={
            "name": "measurementType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    unit_symbol: UnitSymbol = field(
        metadata={
            "name": "unitSymbol",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    positive_flow_in: None | IndicatorTypeList = field(
        default=None,
        metadata={
            "name": "positiveFlowIn",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    analog_values: list[AnalogValue] = field(
        default_factory=list,
        metadata={
            "name": "AnalogValues",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
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
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
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
class Domain:
    m_rid: AreaIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )


@dataclass(slots=True, kw_only=True)
class ExternalConstraintSeries:
    class Meta:
        name = "ExternalConstraint_Series"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    measurement_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    in_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "in_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    out_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "out_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    quantity_quantity: Decimal = field(
        metadata={
            "name": "quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    quantity_quality: None | QualityTypeList = field(
        default=None,
        metadata={
            "name": "quantity.quality",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )


@dataclass(slots=True, kw_only=True)
class MonitoredRegisteredResource:
    class Meta:
        name = "Monitored_RegisteredResource"

    m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    measurements: list[Analog] = field(
        default_factory=list,
        metadata={
            "name": "Measurements",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    in_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "In_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Out_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    in_aggregate_node_m_rid: None | MeasurementPointIdString = field(
        default=None,
        metadata={
            "name": "in_AggregateNode.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_aggregate_node_m_rid: None | MeasurementPointIdString = field(
        default=None,
        metadata={
            "name": "out_AggregateNode.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class OutageRegisteredResource:
    class Meta:
        name = "Outage_RegisteredResource"

    m_rid: ResourceIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Out_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    in_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "In_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class RegisteredResource:
    m_rid: ResourceIdString = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    p_srtype_psr_type: AssetTypeList = field(
        metadata={
            "name": "pSRType.psrType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    in_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "In_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Out_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    shared_domain: list[Domain] = field(
        default_factory=list,
        metadata={
            "name": "Shared_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
    )
    market_object_status_status: StatusTypeList = field(
        metadata={
            "name": "marketObjectStatus.status",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    resource_capacity_capacity_type: None | BusinessTypeList = field(
        default=None,
        metadata={
            "name": "resourceCapacity.capacityType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    resource_capacity_maximum_capacity: None | float = field(
        default=None,
        metadata={
            "name": "resourceCapacity.maximumCapacity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    resource_capacity_minimum_capacity: None | float = field(
        default=None,
        metadata={
            "name": "resourceCapacity.minimumCapacity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    resource_capacity_default_capacity: None | float = field(
        default=None,
        metadata={
            "name": "resourceCapacity.defaultCapacity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class RemedialActionSeries:
    class Meta:
        name = "RemedialAction_Series"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    in_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "In_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Out_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    quantity_quantity: None | Decimal = field(
        default=None,
        metadata={
            "name": "quantity.quantity",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    quantity_quality: None | QualityTypeList = field(
        default=None,
        metadata={
            "name": "quantity.quality",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    application_mode_market_object_status_status: StatusTypeList = field(
        metadata={
            "name": "applicationMode_MarketObjectStatus.status",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    registered_resource: list[RegisteredResource] = field(
        default_factory=list,
        metadata={
            "name": "RegisteredResource",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class ConstraintSeries:
    class Meta:
        name = "Constraint_Series"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    name: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    party_market_participant: list[PartyMarketParticipant] = field(
        default_factory=list,
        metadata={
            "name": "Party_MarketParticipant",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    external_constraint_series: list[ExternalConstraintSeries] = field(
        default_factory=list,
        metadata={
            "name": "ExternalConstraint_Series",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    outage_registered_resource: list[OutageRegisteredResource] = field(
        default_factory=list,
        metadata={
            "name": "Outage_RegisteredResource",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    monitored_registered_resource: list[MonitoredRegisteredResource] = field(
        default_factory=list,
        metadata={
            "name": "Monitored_RegisteredResource",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    remedial_action_series: list[RemedialActionSeries] = field(
        default_factory=list,
        metadata={
            "name": "RemedialAction_Series",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    constraint_time_series: list[ConstraintSeries] = field(
        default_factory=list,
        metadata={
            "name": "Constraint_TimeSeries",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class TimeSeries:
    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    in_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "In_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    out_domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Out_Domain",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )
    curve_type: CurveTypeList = field(
        metadata={
            "name": "curveType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        }
    )
    period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
            "min_occurs": 1,
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0",
        },
    )


@dataclass(slots=True, kw_only=True)
class ConstraintNetworkElementMarketDocument:
    class Meta:
        name = "ConstraintNetworkElement_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0"

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
    process_process_type: ProcessTypeList = field(
        metadata={
            "name": "process.processType",
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
    time_period_time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "time_Period.timeInterval",
            "type": "Element",
        }
    )
    domain: None | Domain = field(
        default=None,
        metadata={
            "name": "Domain",
            "type": "Element",
        },
    )
    time_series: list[TimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "TimeSeries",
            "type": "Element",
        },
    )
