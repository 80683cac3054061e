# A question about the state of another document (IEC 62325-451-5).

family StatusRequest

root StatusRequest_MarketDocument
version 4.0  urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:0
version 4.1  urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1

type ID_String/35                  4.0

class StatusRequest_MarketDocument
  mRID                                        1  ID_String
  type                                        1  MessageKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  AttributeInstanceComponent                  +  AttributeInstanceComponent

class AttributeInstanceComponent
  attribute       1  xs:string
  attributeValue  1  AttributeValue_String
