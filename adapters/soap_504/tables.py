"""The elements of IEC 62325-504 messages and of the IEC 61968-100 envelope around them, as tables.

A row is an element: name, type, how often. `?` is optional, `*` any number, `+` one or more. `any` accepts
elements of other namespaces, `|` separates the alternatives of a choice, `->` refers to an element. Types
with a small letter are those of XML Schema, `a/b/c` lists the values of a code, `[…]` is a type without a
name, `string@IDatts` is text with the attributes of that group.
"""

from typing import Final

MESSAGE: Final = "http://iec.ch/TC57/2011/schema/message"
"""Namespace of the IEC 61968-100 envelope."""

MESSAGES: Final = "urn:iec62325.504:messages:1:0"
"""Namespace of lists and queries."""

SERVICE: Final = "urn:iec62325.504:wss:1:0"
"""Namespace of the service."""

ATTRIBUTES: Final = """
IDatts
    idType       string
    idAuthority  string
    kind         IDKindType
    objectType   string
"""

MESSAGE_TYPES: Final = """
RequestType
    StartTime  dateTime       ?
    EndTime    dateTime       ?
    Option     OptionType     *
    ID         string@IDatts  *
    any        ##other,lax    *

ReplyType
    Result       OK/PARTIAL/FAILED
    Error        ErrorType      *
    ID           string@IDatts  *
    any          ##other,lax    *
    operationId  integer        ?

PayloadType
    | any           ##other,skip   *
    | OperationSet  OperationSet   ?
    | Compressed    string         ?
    | ID            string@IDatts  *
    Format  string  ?

OperationType
    operationId       integer
    noun              string        ?
    verb              string        ?
    elementOperation  boolean=false ?
    any               ##other,skip  ?

OperationSet
    enforceMsgSequence             boolean        ?
    enforceTransactionalIntegrity  boolean        ?
    Operation                      OperationType  *

ReplayDetectionType
    Nonce    string
    Created  dateTime

UserType
    UserID        string
    Organization  string  ?

HeaderType
    Verb             cancel/canceled/change/changed/create/created/close/closed/delete/deleted/get/reply/execute/executed
    Noun             string
    Revision         string               ?
    ReplayDetection  ReplayDetectionType  ?
    Context          string               ?
    Timestamp        dateTime             ?
    Source           string               ?
    AsyncReplyFlag   boolean              ?
    ReplyAddress     string               ?
    AckRequired      boolean              ?
    User             UserType             ?
    MessageID        string               ?
    CorrelationID    string               ?
    Comment          string               ?
    Property         MessageProperty      *
    any              ##other,lax          *

MessageProperty
    Name   string
    Value  string  ?

MessageType
    Header   HeaderType
    Request  RequestType  ?
    Reply    ReplyType    ?
    Payload  PayloadType  ?

RequestMessageType
    Header   HeaderType
    Request  RequestType  ?
    Payload  PayloadType  ?

ResponseMessageType
    Header   HeaderType
    Reply    ReplyType
    Payload  PayloadType  ?

FaultMessageType
    Reply  ReplyType

EventMessageType
    Header   HeaderType
    Payload  PayloadType  ?

ErrorType
    code         string
    level        INFORM/WARNING/FATAL/CATASTROPHIC  ?
    reason       string         ?
    details      string         ?
    xpath        QName          ?
    stackTrace   string         ?
    Location     LocationType   ?
    ID           string@IDatts  ?
    relatedID    string@IDatts  ?
    object       ObjectType     ?
    operationId  integer        ?

OptionType
    name   string
    value  string  ?

LocationType
    node      string  ?
    pipeline  string  ?
    stage     string  ?

ObjectType
    mRID        string  ?
    Name        Name    *
    objectType  string  ?

NameType
    name               string
    description        string             ?
    NameTypeAuthority  NameTypeAuthority  ?

Name
    name      string
    NameType  NameType  ?

NameTypeAuthority
    name         string
    description  string  ?

IDKindType = name/uuid/transaction/other
"""  # noqa: E501

MESSAGE_ELEMENTS: Final = """
Message          MessageType
RequestMessage   RequestMessageType
ResponseMessage  ResponseMessageType
EventMessage     EventMessageType
FaultMessage     FaultMessageType
"""

LIST_TYPES: Final = """
TimeIntervalType
    start  dateTime
    end    dateTime  ?

StatusType = OK/FAILED

[Parameter]
    name   string
    value  string  ?

[MessageList]
    Message  [Entry]  *

[Entry]
    Code                     positiveInteger
    MessageIdentification    string
    MessageVersion           positiveInteger   ?
    Status                   StatusType        ?
    ApplicationTimeInterval  TimeIntervalType
    ServerTimestamp          dateTime
    Type                     string
    Owner                    string

[QueryData]
    RequestParameters  [RequestParameters]
    any                ##any,lax            ?

[RequestParameters]
    -> Parameter  +

[ParameterList]
    -> Parameter  +
"""

LIST_ELEMENTS: Final = """
Parameter      [Parameter]
MessageList    [MessageList]
QueryData      [QueryData]
ParameterList  [ParameterList]
"""
