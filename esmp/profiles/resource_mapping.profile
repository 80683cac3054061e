# Which resources a market resource consists of (IEC 62325-451-n).

family ResourceMapping

root ResourceMapping_MarketDocument
version 1.0  urn:iec62325.351:tc57wg16:451-n:resourcemappingdocument:1:0
version 1.1  urn:iec62325.351:tc57wg16:451-n:resourcemappingdocument:1:1

type ID_String/35                  1.0

class ResourceMapping_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  TimeSeries                                  +  TimeSeries

class TimeSeries
  mRID                                   1  ID_String
  description                            ?  xs:string
  cancelledTS                            ?  ESMPBoolean_String
  start_DateAndOrTime.date               1  xs:date
  start_DateAndOrTime.time               ?  xs:time
  end_DateAndOrTime.date                 ?  xs:date
  end_DateAndOrTime.time                 ?  xs:time
  market_RegisteredResource.mRID         1  ResourceID_String
  market_RegisteredResource.name         ?  xs:string
  market_RegisteredResource.description  ?  xs:string
  RegisteredResource                     +  RegisteredResource

class RegisteredResource
  mRID         1  ResourceID_String
  name         ?  xs:string
  description  ?  xs:string
