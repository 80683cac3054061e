# Orders to activate, and their answers (IEC 62325-451-7).
# 6.4 and 6.5 are from generated classes, not compared with a schema.

family Activation

root Activation_MarketDocument
version 6.0  urn:iec62325.351:tc57wg16:451-7:activationdocument:6:0
version 6.1  urn:iec62325.351:tc57wg16:451-7:activationdocument:6:1
version 6.2  urn:iec62325.351:tc57wg16:451-7:activationdocument:6:2
version 6.3  urn:iec62325.351:tc57wg16:451-7:activationdocument:6:3
version 6.4  urn:iec62325.351:tc57wg16:451-7:activationdocument:6:4
version 6.5  https://cim4.eu/esmp/ns/activationdocument/6-5
unverified 6.4..

type ID_String/35                  ..6.1
type ResourceID_String/18          6.0

class Activation_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         ?  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  activation_Time_Period.timeInterval         1  ESMP_DateTimeInterval
  domain.mRID                                 ?  AreaID_String
  subject_MarketParticipant.mRID              ?  PartyID_String
  subject_MarketParticipant.marketRole.type   ?  MarketRoleKind_String
  order_MarketDocument.mRID                   ?  ID_String
  order_MarketDocument.revisionNumber         ?  ESMPVersion_String
  TimeSeries                                  +  TimeSeries             6.0
  TimeSeries                                  *  TimeSeries             6.1..

class TimeSeries
  mRID                                       1  ID_String
  resourceProvider_MarketParticipant.mRID    1  PartyID_String
  businessType                               1  BusinessKind_String
  acquiring_Domain.mRID                      1  AreaID_String
  connecting_Domain.mRID                     1  AreaID_String
  measurement_Unit.name                      1  MeasurementUnitKind_String
  related_MarketParticipant.mRID             ?  PartyID_String              6.4..
  related_MarketParticipant.marketRole.type  ?  MarketRoleKind_String       6.4..
  flowDirection.direction                    1  DirectionKind_String
  marketObjectStatus.status                  1  Status_String
  registeredResource.mRID                    ?  ResourceID_String
  auction.mRID                               ?  ID_String                   6.3..
  AccountingPoint                            *  AccountingPoint             6.4..
  curveType                                  ?  CurveType_String            6.5
  Period                                     *  Series_Period
  Reason                                     *  Reason

class AccountingPoint  [6.4..]
  activation_MarketParticipant.mRID             ?  PartyID_String
  activation_MarketParticipant.marketRole.type  ?  MarketRoleKind_String
  flowCommodityOption                           ?  FlowCommodityOption_String

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position  1  Position_Integer
  quantity  1  xs:decimal
  Reason    *  Reason
