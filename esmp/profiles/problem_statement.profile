# A document was expected and did not come (IEC 62325-451-5).

family ProblemStatement

root ProblemStatement_MarketDocument
version 3.0  urn:iec62325.351:tc57wg16:451-5:problemdocument:3:0
version 3.1  urn:iec62325.351:tc57wg16:451-5:problemdocument:3:1
version 3.2  urn:iec62325.351:tc57wg16:451-5:problemdocument:3:2

type ID_String/35                  3.0

class ProblemStatement_MarketDocument
  mRID                                                    1  ID_String
  revisionNumber                                          1  ESMPVersion_String
  type                                                    1  MessageKind_String
  sender_MarketParticipant.mRID                           1  PartyID_String
  sender_MarketParticipant.marketRole.type                1  MarketRoleKind_String
  receiver_MarketParticipant.mRID                         1  PartyID_String
  receiver_MarketParticipant.marketRole.type              1  MarketRoleKind_String
  createdDateTime                                         1  ESMP_DateTime
  period.timeInterval                                     1  ESMP_DateTimeInterval
  expected_MarketDocument.type                            1  MessageKind_String
  expected_MarketDocument.createdDateTime                 1  ESMP_DateTime
  expected_MarketDocument.process.processType             ?  ProcessKind_String
  expected_MarketDocument.process.energyMarket.timeframe  ?  Timeframe_String       3.2
  delivery_MarketDocument.createdDateTime                 ?  ESMP_DateTime
  domain.mRID                                             ?  AreaID_String
  Reason                                                  +  Reason
