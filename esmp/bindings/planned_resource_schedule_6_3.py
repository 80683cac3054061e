from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from xsdata.models.datatype import XmlDateTime, XmlDuration

from .codes import (
    AssetTypeList,
    BusinessTypeList,
    CodingSchemeTypeList,
    ContractTypeList,
    CurveTypeList,
    DirectionTypeList,
    EnergyProductTypeList,
    MessageTypeList,
    ObjectAggregationTypeList,
    ProcessTypeList,
    ReasonCodeTypeList,
    RoleTypeList,
    UnitOfMeasureTypeList,
)

__NAMESPACE__ = (
    "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3"
)


@dataclass(slots=True, kw_only=True)
class EsmpDateTimeInterval:
    class Meta:
        name = "ESMP_DateTimeInterval"

    start: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    end: str = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    text: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
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
class Point:
    position: int = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    quantity: Decimal = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
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
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    resolution: XmlDuration = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    point: list[Point] = field(
        default_factory=list,
        metadata={
            "name": "Point",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class PlannedResourceTimeSeries:
    class Meta:
        name = "PlannedResource_TimeSeries"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    flow_direction_direction: None | DirectionTypeList = field(
        default=None,
        metadata={
            "name": "flowDirection.direction",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    product: EnergyProductTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    connecting_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "connecting_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    registered_resource_m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "registeredResource.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    resource_provider_market_participant_m_rid: PartyIdString = field(
        metadata={
            "name": "resourceProvider_MarketParticipant.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    acquiring_domain_m_rid: None | AreaIdString = field(
        default=None,
        metadata={
            "name": "acquiring_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    market_agreement_type: None | ContractTypeList = field(
        default=None,
        metadata={
            "name": "marketAgreement.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    market_agreement_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "marketAgreement.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    measurement_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    object_aggregation: None | ObjectAggregationTypeList = field(
        default=None,
        metadata={
            "name": "objectAggregation",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    mkt_psrtype_psr_type: None | AssetTypeList = field(
        default=None,
        metadata={
            "name": "mktPSRType.psrType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    curve_type: None | CurveTypeList = field(
        default=None,
        metadata={
            "name": "curveType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    series_period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Series_Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
            "min_occurs": 1,
        },
    )
    reason: list[Reason] = field(
        default_factory=list,
        metadata={
            "name": "Reason",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )


@dataclass(slots=True, kw_only=True)
class UnavailableReserveTimeSeries:
    class Meta:
        name = "UnavailableReserve_TimeSeries"

    m_rid: str = field(
        metadata={
            "name": "mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    business_type: BusinessTypeList = field(
        metadata={
            "name": "businessType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    flow_direction_direction: None | DirectionTypeList = field(
        default=None,
        metadata={
            "name": "flowDirection.direction",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    product: EnergyProductTypeList = field(
        metadata={
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    connecting_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "connecting_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    registered_resource_m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "registeredResource.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    substitute_registered_resource_m_rid: None | ResourceIdString = field(
        default=None,
        metadata={
            "name": "substitute_RegisteredResource.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    resource_provider_market_participant_m_rid: PartyIdString = field(
        metadata={
            "name": "resourceProvider_MarketParticipant.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    substitute_resource_provider_market_participant_m_rid: (
        None | PartyIdString
    ) = field(
        default=None,
        metadata={
            "name": "substituteResourceProvider_MarketParticipant.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    substitute_resource_provider_market_participant_market_role_type: (
        None | RoleTypeList
    ) = field(
        default=None,
        metadata={
            "name": "substituteResourceProvider_MarketParticipant.marketRole.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    acquiring_domain_m_rid: AreaIdString = field(
        metadata={
            "name": "acquiring_Domain.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    market_agreement_type: None | ContractTypeList = field(
        default=None,
        metadata={
            "name": "marketAgreement.type",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    market_agreement_m_rid: None | str = field(
        default=None,
        metadata={
            "name": "marketAgreement.mRID",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    measurement_unit_name: UnitOfMeasureTypeList = field(
        metadata={
            "name": "measurement_Unit.name",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        }
    )
    curve_type: None | CurveTypeList = field(
        default=None,
        metadata={
            "name": "curveType",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
        },
    )
    series_period: list[SeriesPeriod] = field(
        default_factory=list,
        metadata={
            "name": "Series_Period",
            "type": "Element",
            "namespace": "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3",
            "min_occurs": 1,
        },
    )


@dataclass(slots=True, kw_only=True)
class PlannedResourceScheduleMarketDocument:
    class Meta:
        name = "PlannedResourceSchedule_MarketDocument"
        namespace = "urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3"

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
    schedule_period_time_interval: EsmpDateTimeInterval = field(
        metadata={
            "name": "schedule_Period.timeInterval",
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
    planned_resource_time_series: list[PlannedResourceTimeSeries] = field(
        default_factory=list,
        metadata={
            "name": "PlannedResource_TimeSeries",
            "type": "Element",
        },
    )
    unavailable_reserves_time_series: list[UnavailableReserveTimeSeries] = (
        field(
            default_factory=list,
            metadata={
                "name": "UnavailableReserves_TimeSeries",
                "type": "Element",
            },
        )
    )
