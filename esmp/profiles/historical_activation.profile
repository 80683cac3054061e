# What was activated, reported afterwards (IEC 62325-451-7).

family HistoricalActivation

root HistoricalActivation_MarketDocument
version 6.0  urn:iec62325.351:tc57wg16:451-7:historicalactivationdocument:6:0
version 6.1  urn:iec62325.351:tc57wg16:451-7:historicalactivationdocument:6:1

type ID_String/35                  6.0
type ResourceID_String/18          6.0

class HistoricalActivation_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         ?  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  time_Period.timeInterval                    1  ESMP_DateTimeInterval
  domain.mRID                                 ?  AreaID_String
  TimeSeries                                  *  TimeSeries

class TimeSeries
  activation_Original_MarketDocument.mRID                                ?  ID_String
  activation_Original_MarketDocument.revisionNumber                      ?  ESMPVersion_String
  activation_Original_MarketDocument.activation_Process.processType      ?  ProcessKind_String
  activation_Original_MarketDocument.requesting_MarketParticipant.mRID   ?  PartyID_String
  activation_Original_MarketDocument.activating_MarketParticipant.mRID   ?  PartyID_String
  activation_Original_MarketDocument.activationTime_Period.timeInterval  ?  ESMP_DateTimeInterval
  mRID                                                                   1  ID_String
  resourceProvider_MarketParticipant.mRID                                1  PartyID_String
  businessType                                                           1  BusinessKind_String
  acquiring_Domain.mRID                                                  1  AreaID_String
  connecting_Domain.mRID                                                 1  AreaID_String
  measurement_Unit.name                                                  1  MeasurementUnitKind_String
  flowDirection.direction                                                1  DirectionKind_String
  marketObjectStatus.status                                              1  Status_String
  registeredResource.mRID                                                ?  ResourceID_String
  curveType                                                              ?  CurveType_String            6.1
  Period                                                                 *  Series_Period
  Reason                                                                 *  Reason

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position  1  Position_Integer
  quantity  1  xs:decimal
  Reason    *  Reason
