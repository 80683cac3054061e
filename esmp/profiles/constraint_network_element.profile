# Constraining network elements and remedial actions (IEC 62325-451-n).
# 1.0 was published twice under one namespace; FIRST-1.0 is the earlier edition, whose decimals need a point.

family ConstraintNetworkElement

root ConstraintNetworkElement_MarketDocument
version 1.0        urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0
version FIRST-1.0  urn:iec62325.351:tc57wg16:451-n:constraintnetworkelementdocument:1:0

type ID_String/35
type MeasurementPointID_String/35
type ESMP_Float/pointed          FIRST-1.0

class ConstraintNetworkElement_MarketDocument
  mRID                                        1  ID_String
  revisionNumber                              1  ESMPVersion_String
  type                                        1  MessageKind_String
  process.processType                         1  ProcessKind_String
  sender_MarketParticipant.mRID               1  PartyID_String
  sender_MarketParticipant.marketRole.type    1  MarketRoleKind_String
  receiver_MarketParticipant.mRID             1  PartyID_String
  receiver_MarketParticipant.marketRole.type  1  MarketRoleKind_String
  createdDateTime                             1  ESMP_DateTime
  time_Period.timeInterval                    1  ESMP_DateTimeInterval
  Domain                                      ?  Domain
  TimeSeries                                  *  TimeSeries

class Domain
  mRID  1  AreaID_String

class TimeSeries
  mRID          1  ID_String
  businessType  1  BusinessKind_String
  In_Domain     ?  Domain
  Out_Domain    ?  Domain
  curveType     1  CurveType_String
  Period        +  Series_Period
  Reason        *  Reason

class Series_Period
  timeInterval  1  ESMP_DateTimeInterval
  resolution    1  xs:duration
  Point         +  Point

class Point
  position               1  Position_Integer
  Constraint_TimeSeries  +  Constraint_Series
  Reason                 *  Reason

class Constraint_Series
  mRID                          1  ID_String
  businessType                  1  BusinessKind_String
  name                          ?  xs:string
  Party_MarketParticipant       *  Party_MarketParticipant
  ExternalConstraint_Series     *  ExternalConstraint_Series
  Outage_RegisteredResource     *  Outage_RegisteredResource
  Monitored_RegisteredResource  *  Monitored_RegisteredResource
  RemedialAction_Series         *  RemedialAction_Series
  Reason                        *  Reason

class Party_MarketParticipant
  mRID  1  PartyID_String

class ExternalConstraint_Series
  mRID                   1  ID_String
  businessType           1  BusinessKind_String
  name                   ?  xs:string
  measurement_Unit.name  1  MeasurementUnitKind_String
  in_Domain.mRID         1  AreaID_String
  out_Domain.mRID        1  AreaID_String
  quantity.quantity      1  xs:decimal
  quantity.quality       ?  Quality_String

class Outage_RegisteredResource
  mRID        1  ResourceID_String
  name        ?  xs:string
  Out_Domain  ?  Domain
  In_Domain   ?  Domain

class Monitored_RegisteredResource
  mRID                    ?  ResourceID_String
  name                    ?  xs:string
  Measurements            *  Analog
  In_Domain               ?  Domain
  Out_Domain              ?  Domain
  in_AggregateNode.mRID   ?  MeasurementPointID_String
  out_AggregateNode.mRID  ?  MeasurementPointID_String

class Analog
  measurementType  1  AnalogType_String
  unitSymbol       1  UnitSymbol
  positiveFlowIn   ?  ESMPBoolean_String
  AnalogValues     +  AnalogValue

class AnalogValue
  value        1  ESMP_Float
  timeStamp    ?  xs:dateTime
  description  ?  xs:string

class RemedialAction_Series
  mRID                                       1  ID_String
  name                                       ?  xs:string
  In_Domain                                  ?  Domain
  Out_Domain                                 ?  Domain
  quantity.quantity                          ?  xs:decimal
  quantity.quality                           ?  Quality_String
  applicationMode_MarketObjectStatus.status  1  Status_String
  RegisteredResource                         +  RegisteredResource

class RegisteredResource
  mRID                              1  ResourceID_String
  name                              ?  xs:string
  pSRType.psrType                   1  PsrType_String
  In_Domain                         ?  Domain
  Out_Domain                        ?  Domain
  Shared_Domain                     +  Domain
  marketObjectStatus.status         1  Status_String
  resourceCapacity.capacityType     ?  BusinessKind_String
  resourceCapacity.maximumCapacity  ?  ESMP_Float
  resourceCapacity.minimumCapacity  ?  ESMP_Float
  resourceCapacity.defaultCapacity  ?  ESMP_Float
