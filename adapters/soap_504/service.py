"""The four services behind one operation: List, Get, Put and Query."""

import threading
import uuid
from typing import Any, Final

from lxml import etree

from adapters.kit.http.body import XML
from adapters.kit.http.problems import ProblemResponse
from adapters.kit.inbound import Message, Receiver
from adapters.soap_504 import ServerOptions
from adapters.soap_504.faults import Code, FaultError, of_problem
from adapters.soap_504.limits import Rate, parameter_limits
from adapters.soap_504.lists import MessageLists, options_of
from adapters.soap_504.messages import (
    ANY,
    CREATE,
    GET,
    LIST,
    QUERY,
    REPLY,
    Content,
    Header,
    Request,
    Response,
    written,
)
from adapters.soap_504.payloads import content_of, document_in
from adapters.soap_504.tables import MESSAGES
from gateway.ports import BusyError, ChannelContext
from mappings.header_peek import header_peek

_GET_OPTIONS: Final = frozenset({"Code", "MessageIdentification", "MessageVersion", "Queue"})
_QUERY_OPTIONS: Final = frozenset({"DataType"})
_DATA_TYPES: Final = ("listOfDataTypes", "serverTimestamp", "parameterLimits")
_OK: Final = "OK"
_DEFAULT: Final[Any] = {None: MESSAGES}

OURS: Final = "message"
"""Kind of id in a reply to Get: the id of the message, the same however often it is fetched."""

THEIRS: Final = "answers"
"""Kind of id in a reply to Get: what the message answers, by the MessageID of the Put."""

STORED: Final = "transaction"
"""Kind of id in a reply to Put: under which the gateway stores the document."""


class Service:
    """Answers verified requests. Any number of threads may use it; blocking."""

    def __init__(self, options: ServerOptions, context: ChannelContext, stopping: threading.Event) -> None:
        self._options = options
        self._context = context
        self._receiver = Receiver(context, stopping)
        parties = context.tenant.parties
        owner = parties[0].code if parties else context.tenant.tenant_id
        self._lists = MessageLists(options, context.mailbox, context.clock, owner)
        self._rates = {
            LIST: Rate(options.list_per_minute, Code.LIST_LIMIT),
            ANY: Rate(options.get_per_minute, Code.GET_LIMIT),
            QUERY: Rate(options.query_per_minute, Code.QUERY_LIMIT),
            CREATE: Rate(options.put_per_minute, Code.PUT_LIMIT),
        }

    def answer(self, request: Request) -> Response:
        """The response to a request.

        Raises:
            FaultError: it is refused.
        """
        verb, noun = request.header.verb, request.header.noun
        services = {(GET, LIST): self._list, (GET, ANY): self._get, (GET, QUERY): self._query}
        service = self._put if verb == CREATE else services.get((verb, noun))
        if service is None:
            raise FaultError(Code.NOT_OFFERED, f"{verb} {noun}"[:100])
        if noun in (LIST, ANY) and not self._context.sends:
            raise FaultError(Code.NOT_OFFERED, "what is for you leaves by another channel")
        self._rates[CREATE if verb == CREATE else noun].check()
        return service(request)

    def _reply(self, request: Request, noun: str, content: Content, ids: dict[str, str]) -> Response:
        header = Header(
            REPLY,
            noun,
            timestamp=self._context.clock.now(),
            message_id=str(uuid.uuid4()),
            correlation_id=request.header.message_id,
        )
        return Response(header, _OK, ids=ids, content=content)

    def _list(self, request: Request) -> Response:
        return self._reply(request, LIST, Content((self._lists.answer(request),)), {})

    def _get(self, request: Request) -> Response:
        code = self._wanted(request)
        envelope = None if code is None else self._context.mailbox.fetch(code)
        if code is None or envelope is None:
            raise FaultError(Code.GET_NONE)
        plain = self._options.compress_above_kb * 1024
        noun, content = content_of(envelope.payload, envelope.content_type, plain)
        ids = {OURS: envelope.message_id}
        if envelope.correlation_id is not None:
            ids[THEIRS] = envelope.correlation_id
        reply = self._reply(request, noun, content, ids)
        self._context.mailbox.confirm(code)
        return reply

    def _wanted(self, request: Request) -> int | None:
        options = options_of(request, _GET_OPTIONS, Code.GET_TWICE, Code.GET_UNKNOWN)
        selectors = options.keys() & {"Code", "MessageIdentification", "Queue"}
        if not selectors:
            raise FaultError(Code.GET_NOTHING)
        if len(selectors) > 1 or ("MessageVersion" in options and "MessageIdentification" not in options):
            raise FaultError(Code.GET_CHOICE)
        if "Code" in options:
            code = _number(options["Code"], Code.GET_CODE)
            return code if self._lists.is_there(code) else None
        if "Queue" in options:
            if options["Queue"] != "NEXT":
                raise FaultError(Code.GET_QUEUE)
            letter = self._lists.next_waiting()
        else:
            named = options.get("MessageVersion")
            version = None if named is None else _number(named, Code.GET_VERSION)
            letter = self._lists.named(options["MessageIdentification"], version)
        return None if letter is None else letter.code

    def _put(self, request: Request) -> Response:
        if not self._context.receives:
            raise FaultError(Code.PUT_RIGHT)
        header = request.header
        payload, content_type = document_in(header.noun, request.content, self._context.largest_bytes)
        if content_type == XML:
            self._check_sender(payload)
        try:
            receipt = self._receiver.hand_in(Message(payload, header.message_id, content_type, header.noun))
        except ProblemResponse as problem:
            raise of_problem(problem) from None
        except BusyError as busy:
            raise FaultError(Code.PUT_WAIT, str(busy), retry_after_s=busy.retry_after_s) from None
        return self._reply(request, header.noun, Content(), {STORED: receipt.envelope_id})

    def _check_sender(self, payload: bytes) -> None:
        """The signer is this tenant's peer, so the sender is one of the tenant's parties."""
        sender = None if b"<!DOCTYPE" in payload[:4096] else header_peek(payload).sender
        parties = self._context.tenant.parties
        if sender is not None and parties and sender not in parties:
            raise FaultError(Code.PUT_IDENTITY, "the document's sender is not a party of the signer")

    def _query(self, request: Request) -> Response:
        options = options_of(request, _QUERY_OPTIONS, Code.QUERY_TWICE, Code.QUERY_UNKNOWN)
        data_type = options.get("DataType")
        if not data_type:
            raise FaultError(Code.QUERY_NO_TYPE)
        if data_type not in _DATA_TYPES:
            raise FaultError(Code.QUERY_TYPE, f"there are {', '.join(_DATA_TYPES)}")
        values: dict[str, str | None]
        if data_type == "listOfDataTypes":
            values = dict.fromkeys(_DATA_TYPES)
        elif data_type == "serverTimestamp":
            values = {data_type: written(self._context.clock.now())}
        else:
            values = dict(parameter_limits(self._options, self._context.largest_bytes))
        answer = etree.Element(f"{{{MESSAGES}}}QueryData", nsmap=_DEFAULT)
        parameters = etree.SubElement(answer, f"{{{MESSAGES}}}RequestParameters")
        _add_parameter(parameters, "DataType", data_type)
        listed = etree.SubElement(answer, f"{{{MESSAGES}}}ParameterList")
        for name, value in values.items():
            _add_parameter(listed, name, value)
        return self._reply(request, QUERY, Content((answer,)), {})


def _number(text: str, code: Code) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0:
        return int(text)
    raise FaultError(code)


def _add_parameter(parent: etree._Element, name: str, value: str | None) -> None:
    parameter = etree.SubElement(parent, f"{{{MESSAGES}}}Parameter")
    etree.SubElement(parameter, f"{{{MESSAGES}}}name").text = name
    if value is not None:
        etree.SubElement(parameter, f"{{{MESSAGES}}}value").text = value
