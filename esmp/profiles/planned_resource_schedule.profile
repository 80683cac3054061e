# Planned schedules of resources and unavailable reserves (IEC 62325-451-7).

family PlannedResourceSchedule

root PlannedResourceSchedule_MarketDocument
version 6.0  urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:0
version 6.1  urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:1
version 6.2  urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:2
version 6.3  urn:iec62325.351:tc57wg16:451-7:plannedresourcescheduledocument:6:3

type ID_String/35                  6.0
type ResourceID_String/18          6.0

class PlannedResourceSchedule_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         1  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  schedule_Period.timeInterval                1  ESMP_DateTimeInterval
  domain.mRID                                 ?  AreaID_String
  subject_MarketParticipant.mRID              ?  PartyID_String
  subject_MarketParticipant.marketRole.type   ?  MarketRoleKind_String
  PlannedResource_TimeSeries                  *  PlannedResource_TimeSeries
  UnavailableReserves_TimeSeries              *  UnavailableReserve_TimeSeries

class PlannedResource_TimeSeries
  mRID                                     1  ID_String
  businessType                             1  BusinessKind_String
  flowDirection.direction                  ?  DirectionKind_String
  product                                  1  EnergyProductKind_String
  connecting_Domain.mRID                   1  AreaID_String
  registeredResource.mRID                  ?  ResourceID_String
  resourceProvider_MarketParticipant.mRID  1  PartyID_String
  acquiring_Domain.mRID                    ?  AreaID_String
  marketAgreement.type                     ?  CapacityContractKind_String
  marketAgreement.mRID                     ?  ID_String
  measurement_Unit.name                    1  MeasurementUnitKind_String
  objectAggregation                        ?  ObjectAggregationKind_String
  mktPSRType.psrType                       ?  PsrType_String                6.1..
  curveType                                ?  CurveType_String              6.2..
  Series_Period                            +  Series_Period
  Reason                                   *  Reason                        6.1..

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position  1  Position_Integer
  quantity  1  xs:decimal
  Reason    *  Reason

class UnavailableReserve_TimeSeries
  mRID                                                          1  ID_String
  businessType                                                  1  BusinessKind_String
  flowDirection.direction                                       ?  DirectionKind_String
  product                                                       1  EnergyProductKind_String
  connecting_Domain.mRID                                        1  AreaID_String
  registeredResource.mRID                                       ?  ResourceID_String            6.3
  substitute_RegisteredResource.mRID                            ?  ResourceID_String            6.3
  resourceProvider_MarketParticipant.mRID                       1  PartyID_String
  substituteResourceProvider_MarketParticipant.mRID             ?  PartyID_String
  substituteResourceProvider_MarketParticipant.marketRole.type  ?  MarketRoleKind_String        6.3
  acquiring_Domain.mRID                                         1  AreaID_String
  marketAgreement.type                                          ?  CapacityContractKind_String
  marketAgreement.mRID                                          ?  ID_String
  measurement_Unit.name                                         1  MeasurementUnitKind_String
  curveType                                                     ?  CurveType_String             6.2..
  Series_Period                                                 +  Series_Period
