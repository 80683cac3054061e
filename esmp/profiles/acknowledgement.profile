# Technical and business acknowledgement of any document (IEC 62325-451-1).
# 9.0 is from generated classes, not compared with a schema.

family Acknowledgement

root Acknowledgement_MarketDocument
version 7.0  urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0
version 8.0  urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:8:0
version 8.1  urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:8:1
version 9.0  urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:9:0
unverified 9.0

type ID_String/35                  ..8.0

class Acknowledgement_MarketDocument
  mRID                                         1  ID_String
  createdDateTime                              1  ESMP_DateTime
  sender_MarketParticipant.mRID                1  PartyID_String
  sender_MarketParticipant.marketRole.type     1  MarketRoleKind_String
  receiver_MarketParticipant.mRID              1  PartyID_String
  receiver_MarketParticipant.marketRole.type   ?  MarketRoleKind_String
  received_MarketDocument.mRID                 ?  ID_String
  received_MarketDocument.revisionNumber       ?  ESMPVersion_String
  received_MarketDocument.type                 ?  MessageKind_String
  received_MarketDocument.process.processType  ?  ProcessKind_String     8.0..
  received_MarketDocument.title                ?  PayloadId_String
  received_MarketDocument.createdDateTime      ?  ESMP_DateTime
  Rejected_TimeSeries                          *  TimeSeries
  Reason                                       +  Reason
  InError_Period                               *  Time_Period
  Rejected_Series                              *  Series                 9.0
  Rejected_MktActivityRecord                   *  MktActivityRecord      9.0

class TimeSeries
  mRID            1  ID_String
  version         ?  ESMPVersion_String
  InError_Period  *  Time_Period
  Reason          *  Reason

class Series  [9.0]
  mRID            1  ID_String
  version         ?  ESMPVersion_String
  InError_Period  *  Time_Period
  Reason          *  Reason

class MktActivityRecord  [9.0]
  mRID            1  xs:string
  InError_Period  *  Time_Period
  Reason          *  Reason

class Time_Period
  timeInterval  1  ESMP_DateTimeInterval
  Reason        +  Reason
