# Which bids a system operator has limited, and why (IEC 62325-451-n).

family BidAvailability

root BidAvailability_MarketDocument
version 1.0  urn:iec62325.351:tc57wg16:451-n:bidavailabilitydocument:1:0
version 1.1  urn:iec62325.351:tc57wg16:451-n:bidavailabilitydocument:1:1

class BidAvailability_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         1  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  docStatus                                   ?  Action_Status
  time_Period.timeInterval                    1  ESMP_DateTimeInterval
  BidTimeSeries                               +  BidTimeSeries

class BidTimeSeries
  mRID                                               1  ID_String
  bidDocument_MarketDocument.mRID                    1  ID_String
  bidDocument_MarketDocument.revisionNumber          1  ESMPVersion_String
  requestingParty_MarketParticipant.mRID             1  PartyID_String              1.0
  requestingParty_MarketParticipant.mRID             ?  PartyID_String              1.1
  requestingParty_MarketParticipant.name             ?  xs:string
  requestingParty_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  businessType                                       1  BusinessKind_String
  domain.mRID                                        1  AreaID_String
  operationalLimit_Quantity.quantity                 ?  xs:decimal
  limit_Measurement_Unit.name                        ?  MeasurementUnitKind_String
  RegisteredResource                                 *  RegisteredResource
  Reason                                             *  Reason

class RegisteredResource
  mRID  1  ResourceID_String
