# Bids for balancing capacity and balancing energy (IEC 62325-451-7).
# NBM-7.2 is the Nordic balancing model's edition of 7.2, TERRE-7.0 the replacement-reserve platform's of 7.0.
# The namespace of TERRE-7.0 really ends in a colon.

family ReserveBid

root ReserveBid_MarketDocument
version 6.0        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:6:0
version 7.0        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:0
version TERRE-7.0  urn:iec62325.351:tc57wg16:451-7_TERRE:reservebiddocument:7:
version 7.1        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:1
version 7.2        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:2
version NBM-7.2    urn:iec62325:ediel:nbm:reservebiddocument:7:2
version 7.3        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:3
version 7.4        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4
version 7.5        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:5
version 7.6        urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:6

type ID_String/35                  ..7.1
type ResourceID_String/18          6.0

class ReserveBid_MarketDocument
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
  subject_MarketParticipant.mRID              1  PartyID_String         ..7.1
  subject_MarketParticipant.mRID              ?  PartyID_String         7.2..
  subject_MarketParticipant.marketRole.type   1  MarketRoleKind_String  ..7.1
  subject_MarketParticipant.marketRole.type   ?  MarketRoleKind_String  7.2..
  Bid_TimeSeries                              *  BidTimeSeries

class BidTimeSeries
  mRID                                      1  ID_String
  auction.mRID                              1  ID_String                    ..7.1
  auction.mRID                              ?  ID_String                    7.2..
  businessType                              1  BusinessKind_String
  acquiring_Domain.mRID                     1  AreaID_String
  connecting_Domain.mRID                    1  AreaID_String
  provider_MarketParticipant.mRID           ?  PartyID_String               7.0 7.1..
  quantity_Measure_Unit.name                1  MeasurementUnitKind_String   ..NBM-7.2
  quantity_Measurement_Unit.name            1  MeasurementUnitKind_String   7.3..
  currency_Unit.name                        ?  CurrencyCode_String
  price_Measure_Unit.name                   ?  MeasurementUnitKind_String   ..NBM-7.2
  price_Measurement_Unit.name               ?  MeasurementUnitKind_String   7.3..
  divisible                                 1  ESMPBoolean_String
  linkedBidsIdentification                  ?  ID_String
  multipartBidIdentification                ?  ID_String                    7.0 7.1..
  exclusiveBidsIdentification               ?  ID_String                    7.0..
  blockBid                                  1  ESMPBoolean_String           6.0 TERRE-7.0
  blockBid                                  ?  ESMPBoolean_String           7.0 7.1..
  status                                    ?  Action_Status                7.0..
  priority                                  ?  xs:integer                   7.0..
  registeredResource.mRID                   ?  ResourceID_String            ..7.5
  RegisteredResource                        ?  RegisteredResource           7.6
  flowDirection.direction                   1  DirectionKind_String
  minimumActivationQuantity                 ?  xs:decimal                   6.0
  stepIncrementQuantity                     ?  xs:decimal
  energyPrice_Measure_Unit.name             ?  MeasurementUnitKind_String   ..NBM-7.2
  energyPrice_Measurement_Unit.name         ?  MeasurementUnitKind_String   7.3..
  marketAgreement.type                      ?  CapacityContractKind_String
  marketAgreement.mRID                      ?  ID_String
  marketAgreement.createdDateTime           ?  ESMP_DateTime                7.0 7.1..
  activation_ConstraintDuration.duration    ?  xs:duration
  resting_ConstraintDuration.duration       ?  xs:duration
  minimum_ConstraintDuration.duration       ?  xs:duration
  maximum_ConstraintDuration.duration       ?  xs:duration
  standard_MarketProduct.marketProductType  ?  MarketProductKind_String     7.1..
  original_MarketProduct.marketProductType  ?  MarketProductKind_String     7.1..
  validity_Period.timeInterval              ?  ESMP_DateTimeInterval        7.1..
  inclusiveBidsIdentification               ?  ID_String                    7.4..
  mktPSRType.psrType                        ?  PsrType_String               7.4..
  curveType                                 ?  CurveType_String             7.6
  original_MarketDocument.mRID              ?  ID_String                    7.6
  original_MarketDocument.revisionNumber    ?  ESMPVersion_String           7.6
  Period                                    +  Series_Period
  AvailableMBA_Domain                       *  MBA_Domain                   ..7.1
  AvailableBiddingZone_Domain               *  BiddingZone_Domain           7.2..
  Reason                                    *  Reason                       7.0..
  Linked_BidTimeSeries                      *  Linked_BidTimeSeries         7.2..
  ProcuredFor_MarketParticipant             ?  Origin_MarketParticipant     7.2..
  SharedWith_MarketParticipant              *  Origin_MarketParticipant     7.2..
  ExchangedWith_MarketParticipant           *  Origin_MarketParticipant     7.2..
  inclusiveBidsIdentification               ?  ID_String                    NBM-7.2

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position                   1  Position_Integer
  quantity                   1  xs:decimal        6.0
  quantity.quantity          1  xs:decimal        7.0..
  quality                    ?  Quality_String    7.5..
  minimum_Quantity.quantity  ?  xs:decimal        7.0..
  price.amount               ?  Amount_Decimal
  energy_Price.amount        ?  Amount_Decimal

class MBA_Domain  [..7.1]
  mRID  1  AreaID_String

class BiddingZone_Domain  [7.2..]
  mRID  1  AreaID_String
  name  ?  xs:string

class Linked_BidTimeSeries  [7.2..]
  mRID    1  ID_String
  status  ?  Action_Status

class Origin_MarketParticipant  [7.2..]
  mRID  1  PartyID_String

class RegisteredResource  [7.6]
  mRID          1  ResourceID_String
  Measurements  *  Analog

class Analog  [7.6]
  measurementType     1  AnalogType_String
  unitSymbol          1  UnitSymbol
  analogValues.value  1  ESMP_Float
