# Settled energy per party and area (IEC 62325-451-4).
# 4.2 is from generated classes, not compared with a schema.

family EnergyAccount

root EnergyAccount_MarketDocument
version 3.0  urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:3:0
version 4.0  urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:0
version 4.1  urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:1
version 4.2  urn:iec62325.351:tc57wg16:451-4:energyaccountdocument:4:2
unverified 4.2

type ID_String/35                  ..4.0
type MeasurementPointID_String/35  ..4.0

class EnergyAccount_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  docStatus                                   1  Action_Status
  process.processType                         1  ProcessKind_String
  process.classificationType                  1  ClassificationKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  period.timeInterval                         1  ESMP_DateTimeInterval
  domain.mRID                                 ?  AreaID_String
  TimeSeries                                  +  TimeSeries

class TimeSeries
  mRID                                       1  ID_String
  businessType                               1  BusinessKind_String
  product                                    1  EnergyProductKind_String
  objectAggregation                          1  ObjectAggregationKind_String
  curveType                                  1  CurveType_String              4.1..
  area_Domain.mRID                           1  AreaID_String
  marketParticipant.mRID                     ?  PartyID_String                ..4.1
  MarketParticipant                          *  Party_MarketParticipant       4.2
  marketAgreement.mRID                       ?  ID_String
  measure_Unit.name                          1  MeasurementUnitKind_String    ..4.0
  measurement_Unit.name                      1  MeasurementUnitKind_String    4.1..
  currency_Unit.name                         ?  CurrencyCode_String
  marketEvaluationPoint.mRID                 ?  MeasurementPointID_String
  marketEvaluationPoint.flowCommodityOption  ?  FlowCommodityOption_String    4.2
  mktPSRType.psrType                         ?  PsrType_String                4.2
  accountingPoint.settlementMethod           ?  SettlementMethod_String       4.2
  Period                                     +  Series_Period
  Reason                                     *  Reason                        4.2

class Party_MarketParticipant  [4.2]
  mRID                   1  PartyID_String
  party_MarketRole.type  ?  MarketRoleKind_String

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position               1  Position_Integer
  quantity               1  xs:decimal        3.0
  secondaryQuantity      1  xs:decimal        3.0
  in_Quantity.quantity   1  xs:decimal        4.0..
  in_Quantity.quality    ?  Quality_String    4.0..
  out_Quantity.quantity  1  xs:decimal        4.0..
  out_Quantity.quality   ?  Quality_String    4.0..
  price.amount           ?  Amount_Decimal
  Reason                 *  Reason            4.0..
