# Bids in the order in which they are to be activated (IEC 62325-451-7).

family MeritOrderList

root MeritOrderList_MarketDocument
version 6.0  urn:iec62325.351:tc57wg16:451-7:moldocument:6:0
version 7.1  urn:iec62325.351:tc57wg16:451-7:moldocument:7:1
version 7.2  urn:iec62325.351:tc57wg16:451-7:moldocument:7:2
version 7.3  urn:iec62325.351:tc57wg16:451-7:moldocument:7:3

type ID_String/35                  ..7.1
type ResourceID_String/18          6.0

class MeritOrderList_MarketDocument
  mRID                                             1  ID_String
  revisionNumber                                   1  ESMPVersion_String
  type                                             1  MessageKind_String
  process.processType                              ?  ProcessKind_String
  sender_MarketParticipant.mRID                    1  PartyID_String
  sender_MarketParticipant.marketRole.type         1  MarketRoleKind_String
  receiver_MarketParticipant.mRID                  1  PartyID_String
  receiver_MarketParticipant.marketRole.type       1  MarketRoleKind_String
  createdDateTime                                  1  ESMP_DateTime
  valid_Time_Period.timeInterval                   1  ESMP_DateTimeInterval  6.0
  period.timeInterval                              1  ESMP_DateTimeInterval  7.1..
  domain.mRID                                      ?  AreaID_String
  MOL_TimeSeries                                   *  MOL_TimeSeries         6.0
  relatedReserveBid_MarketDocument.mRID            ?  ID_String              7.3
  relatedReserveBid_MarketDocument.revisionNumber  ?  ESMPVersion_String     7.3
  TimeSeries                                       *  BidTimeSeries          7.1..
  Reason                                           *  Reason                 7.3

class MOL_TimeSeries  [6.0]
  marketAgreement.mRID                             1  ID_String
  marketAgreement.createdDateTime                  ?  ESMP_DateTime
  orderNumber_AttributeInstanceComponent.position  ?  Position_Integer
  resourceProvider_MarketParticipant.mRID          1  PartyID_String
  registeredResource.mRID                          ?  ResourceID_String
  acquiring_Domain.mRID                            1  AreaID_String
  connecting_Domain.mRID                           1  AreaID_String
  auction.mRID                                     1  ID_String
  businessType                                     1  BusinessKind_String
  bid_Period.timeInterval                          1  ESMP_DateTimeInterval
  quantityMeasurement_Unit.name                    1  MeasurementUnitKind_String
  currency_Unit.name                               ?  CurrencyCode_String
  priceMeasurement_Unit.name                       ?  MeasurementUnitKind_String
  energyPriceMeasurement_Unit.name                 ?  MeasurementUnitKind_String
  flowDirection.direction                          1  DirectionKind_String
  minimumActivation_Quantity.quantity              ?  xs:decimal
  stepIncrement_Quantity.quantity                  ?  xs:decimal
  marketObjectStatus.status                        1  Status_String
  Period                                           +  Series_Period
  Reason                                           *  Reason

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position                     1  Position_Integer
  quantity                     1  xs:decimal        6.0
  quantity.quantity            1  xs:decimal        7.1..
  price.amount                 ?  Amount_Decimal
  energy_Price.amount          ?  Amount_Decimal
  activated_Quantity.quantity  ?  xs:decimal

class BidTimeSeries  [7.1..]
  marketAgreement.mRID                     1  ID_String
  marketAgreement.createdDateTime          ?  ESMP_DateTime
  priority                                 ?  xs:integer
  resourceProvider_MarketParticipant.mRID  ?  PartyID_String
  registeredResource.mRID                  ?  ResourceID_String
  acquiring_Domain.mRID                    1  AreaID_String
  connecting_Domain.mRID                   1  AreaID_String
  auction.mRID                             1  ID_String
  auction.paymentTerms                     ?  PaymentTerms_String         7.2..
  businessType                             1  BusinessKind_String
  bid_Period.timeInterval                  1  ESMP_DateTimeInterval
  quantity_Measurement_Unit.name           1  MeasurementUnitKind_String
  currency_Unit.name                       ?  CurrencyCode_String
  price_Measurement_Unit.name              ?  MeasurementUnitKind_String
  energyPrice_Measurement_Unit.name        ?  MeasurementUnitKind_String
  direction                                1  DirectionKind_String
  minimumActivation_Quantity.quantity      ?  xs:decimal
  stepIncrement_Quantity.quantity          ?  xs:decimal
  marketObjectStatus.status                1  Status_String
  Period                                   +  Series_Period
  Reason                                   *  Reason
