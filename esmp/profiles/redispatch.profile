# Redispatched volumes and their prices (IEC 62325-451-7).

family Redispatch

root Redispatch_MarketDocument
version 6.0  urn:iec62325.351:tc57wg16:451-7:redispatchdocument:6:0
version 6.1  urn:iec62325.351:tc57wg16:451-7:redispatchdocument:6:1

type ID_String/35                  6.0
type ResourceID_String/18          6.0

class Redispatch_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  redispatch_Time_Period.timeInterval         1  ESMP_DateTimeInterval
  domain.mRID                                 1  AreaID_String
  subject_MarketParticipant.mRID              1  PartyID_String
  subject_MarketParticipant.marketRole.type   1  MarketRoleKind_String
  TimeSeries                                  +  TimeSeries
  Reason                                      *  Reason

class TimeSeries
  mRID                               1  ID_String
  dispatcher_MarketParticipant.name  1  xs:string
  businessType                       1  BusinessKind_String
  impacted_Domain.mRID               1  AreaID_String
  flowDirection.direction            1  DirectionKind_String
  measurement_Unit.name              1  MeasurementUnitKind_String
  marketAgreement.mRID               ?  ID_String
  registeredResource.mRID            ?  ResourceID_String
  currency_Unit.name                 ?  CurrencyCode_String
  price_Measurement_Unit.name        ?  MeasurementUnitKind_String
  total_Price.amount                 ?  Amount_Decimal
  total_Price.direction              ?  PriceDirection_String
  curveType                          ?  CurveType_String            6.1
  Period                             +  Series_Period

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position         1  Position_Integer
  quantity         1  xs:decimal
  price.category   ?  PriceCategory_String
  price.amount     ?  Amount_Decimal
  price.direction  ?  PriceDirection_String
