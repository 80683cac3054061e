# Which bids were accepted, and how much of them (IEC 62325-451-7).
# RESERVATION-6.0 is the first publication of 6.0 under another root and namespace.
# 6.5 is from generated classes, not compared with a schema.
# 6.1 nests what every other edition writes flat: its classes are at the end.

family ReserveAllocationResult

root ReserveAllocationResult_MarketDocument
version RESERVATION-6.0  urn:iec62325.351:tc57wg16:451-7:reservationallocationresultdocument:6:0  ReserveAllocation_MarketDocument
version 6.0              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:0
version 6.1              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:1
version 6.2              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:2
version 6.3              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:3
version 6.4              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:4
version 6.5              urn:iec62325.351:tc57wg16:451-7:reserveallocationresultdocument:6:5
unverified 6.5

type ID_String/35                  ..6.0
type ResourceID_String/18          RESERVATION-6.0

class ReserveAllocationResult_MarketDocument  [..6.0 6.2..]
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         ?  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  reserveBid_Period.timeInterval              1  ESMP_DateTimeInterval
  domain.mRID                                 1  AreaID_String
  TimeSeries                                  *  TimeSeries
  Reason                                      *  Reason

class TimeSeries  [..6.0 6.2..]
  mRID                                                          1  ID_String
  bid_Original_MarketDocument.mRID                              1  ID_String                    ..6.0
  bid_Original_MarketDocument.mRID                              ?  ID_String                    6.2..
  bid_Original_MarketDocument.revisionNumber                    1  ESMPVersion_String           ..6.0
  bid_Original_MarketDocument.revisionNumber                    ?  ESMPVersion_String           6.2..
  bid_Original_MarketDocument.bid_TimeSeries.mRID               1  ID_String                    ..6.0
  bid_Original_MarketDocument.bid_BidTimeSeries.mRID            ?  ID_String                    6.2..
  bid_Original_MarketDocument.tendering_MarketParticipant.mRID  1  PartyID_String               ..6.0 6.2..6.3
  bid_Original_MarketDocument.tendering_MarketParticipant.mRID  ?  PartyID_String               6.4..
  auction.mRID                                                  1  ID_String                    ..6.0 6.2..6.3
  auction.mRID                                                  ?  ID_String                    6.4..
  businessType                                                  1  BusinessKind_String
  acquiring_Domain.mRID                                         1  AreaID_String
  connecting_Domain.mRID                                        1  AreaID_String
  marketAgreement.type                                          1  CapacityContractKind_String  ..6.0 6.2..6.3
  marketAgreement.type                                          ?  CapacityContractKind_String  6.4..
  marketAgreement.mRID                                          1  ID_String                    ..6.0 6.2..6.3
  marketAgreement.mRID                                          ?  ID_String                    6.4..
  marketAgreement.createdDateTime                               ?  ESMP_DateTime
  quantity_Measure_Unit.name                                    1  MeasurementUnitKind_String   ..6.0 6.2
  quantity_Measurement_Unit.name                                1  MeasurementUnitKind_String   6.3..
  currency_Unit.name                                            ?  CurrencyCode_String
  price_Measure_Unit.name                                       ?  MeasurementUnitKind_String   ..6.0 6.2
  price_Measurement_Unit.name                                   ?  MeasurementUnitKind_String   6.3..
  energy_Measurement_Unit.name                                  ?  MeasurementUnitKind_String
  registeredResource.mRID                                       ?  ResourceID_String
  flowDirection.direction                                       1  DirectionKind_String
  minimumActivation_Quantity.quantity                           ?  xs:decimal
  stepIncrement_Quantity.quantity                               ?  xs:decimal
  orderNumber_AttributeInstanceComponent.position               ?  Position_Integer
  activation_ConstraintDuration.duration                        ?  xs:duration
  resting_ConstraintDuration.duration                           ?  xs:duration
  minimum_ConstraintDuration.duration                           ?  xs:duration
  maximum_ConstraintDuration.duration                           ?  xs:duration
  curveType                                                     ?  CurveType_String             6.2..
  standard_MarketProduct.marketProductType                      ?  MarketProductKind_String     6.5
  Period                                                        +  Series_Period
  Reason                                                        *  Reason

class Series_Period  [..6.0 6.2..]
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point  [..6.0 6.2..]
  position                1  Position_Integer
  quantity                1  xs:decimal
  price.amount            ?  Amount_Decimal
  secondaryQuantity       ?  xs:decimal
  bid_Price.amount        ?  Amount_Decimal
  bidEnergy_Price.amount  ?  Amount_Decimal
  energy_Price.amount     ?  Amount_Decimal
  financial_Price.amount  ?  Amount_Decimal     6.5
  Reason                  *  Reason

class ReserveAllocationResult_MarketDocument  [6.1]
  mRID                        1  ID_String
  revisionNumber              1  ESMPVersion_String
  type                        1  MessageKind_String
  Process                     ?  Process
  Sender_MarketParticipant    1  MarketParticipant
  Receiver_MarketParticipant  1  MarketParticipant
  createdDateTime             1  ESMP_DateTime
  ReserveBid_Period           1  Time_Period
  Domain                      1  Domain
  TimeSeries                  *  TimeSeries
  Reason                      *  Reason

class TimeSeries  [6.1]
  mRID                                    1  ID_String
  Bid_Original_MarketDocument             1  Original_MarketDocument
  Auction                                 1  Auction
  businessType                            1  BusinessKind_String
  Acquiring_Domain                        1  Domain
  Connecting_Domain                       1  Domain
  MarketAgreement                         1  Contract_MarketAgreement
  Quantity_Measure_Unit                   1  Measure_Unit
  Currency_Unit                           ?  Currency_Unit
  Price_Measure_Unit                      ?  Measure_Unit
  Energy_Measurement_Unit                 ?  Measure_Unit
  RegisteredResource                      ?  RegisteredResource
  FlowDirection                           1  FlowDirection
  MinimumActivation_Quantity              ?  Quantity
  StepIncrement_Quantity                  ?  Quantity
  OrderNumber_AttributeInstanceComponent  ?  AttributeInstanceComponent
  Activation_ConstraintDuration           ?  ConstraintDuration
  Resting_ConstraintDuration              ?  ConstraintDuration
  Minimum_ConstraintDuration              ?  ConstraintDuration
  Maximum_ConstraintDuration              ?  ConstraintDuration
  Period                                  +  Series_Period
  Reason                                  *  Reason

class Series_Period  [6.1]
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point  [6.1]
  position           1  Position_Integer
  quantity           1  xs:decimal
  Price              ?  Price
  secondaryQuantity  ?  xs:decimal
  Bid_Price          ?  Price
  BidEnergy_Price    ?  Price
  Energy_Price       ?  Price
  Reason             *  Reason

class Price  [6.1]
  amount  1  Amount_Decimal

class Original_MarketDocument  [6.1]
  mRID                         ?  ID_String
  revisionNumber               ?  ESMPVersion_String
  Bid_BidTimeSeries            ?  BidTimeSeries
  Tendering_MarketParticipant  1  Tendering_MarketParticipant

class BidTimeSeries  [6.1]
  mRID  1  ID_String

class Tendering_MarketParticipant  [6.1]
  mRID  1  PartyID_String

class Auction  [6.1]
  mRID  1  ID_String

class Domain  [6.1]
  mRID  1  AreaID_String

class Contract_MarketAgreement  [6.1]
  type             1  CapacityContractKind_String
  mRID             1  ID_String
  createdDateTime  ?  ESMP_DateTime

class Measure_Unit  [6.1]
  name  1  MeasurementUnitKind_String

class Currency_Unit  [6.1]
  name  1  CurrencyCode_String

class RegisteredResource  [6.1]
  mRID  1  ResourceID_String

class FlowDirection  [6.1]
  direction  1  DirectionKind_String

class Quantity  [6.1]
  quantity  1  xs:decimal

class AttributeInstanceComponent  [6.1]
  position  1  Position_Integer

class ConstraintDuration  [6.1]
  duration  1  xs:duration

class Process  [6.1]
  processType  1  ProcessKind_String

class MarketParticipant  [6.1]
  mRID        1  PartyID_String
  MarketRole  1  MarketRole

class MarketRole  [6.1]
  type  1  MarketRoleKind_String

class Time_Period  [6.1]
  timeInterval  1  ESMP_DateTimeInterval
