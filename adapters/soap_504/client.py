"""One thread polls a peer's service for what is new; sending threads put to it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from lxml import etree

from adapters.kit.base_channel import BaseChannel
from adapters.kit.http.client import CallError
from adapters.kit.http.problems import ProblemResponse, ProblemType
from adapters.kit.inbound import Message
from adapters.kit.poll_loop import PollLoop
from adapters.soap_504 import ClientOptions, schemas
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.identities import warn_of_ends
from adapters.soap_504.messages import ANY, COMPRESSED, CREATE, GET, LIST, QUERY, Content, Response
from adapters.soap_504.payloads import content_of, deflated, document_in
from adapters.soap_504.signed_client import Pace, PeerFaultError, PeerService, TooLargeError
from adapters.soap_504.tables import MESSAGES
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, DeliveryError

_NAMES: Final = {"m": MESSAGES}
_LONGEST_ID: Final = 200

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """One entry of the peer's list."""

    code: int
    identification: str


class ClientChannel(BaseChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: ClientOptions, context: ChannelContext) -> None:
        super().__init__(context)
        self._options = options
        self._service = PeerService(options, context.clock, context.largest_bytes, self._stopping)
        self._paces = {noun: Pace(self._stopping) for noun in (LIST, ANY, QUERY, CREATE)}
        self._limits: Mapping[str, float] | None = None
        self._poll_loop = PollLoop(
            context.name, self._poll, self._health, self._stopping, options.reconnect_s
        )

    def start(self) -> None:
        """See `ports.Channel.start`."""
        warn_of_ends(self.name, self._options.signing.certificates, self._context.clock.now())
        self._poll_loop.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._poll_loop.join()
        self._service.close()
        self._health.stopped()

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`. The MessageID is the same when it is repeated."""
        most_mb = (self._limits or {}).get("MaxPayloadSizeInMBInPutRequest")
        if most_mb is not None and len(envelope.payload) > most_mb * 2**20:
            raise DeliveryError(f"the peer accepts {most_mb:g} MB", final=True)
        plain = self._options.compress_above_kb * 1024
        noun, content = content_of(envelope.payload, envelope.content_type, plain)
        try:
            self._put(noun, content, envelope.message_id, envelope.correlation_id)
        except PeerFaultError as fault:
            action = self._options.action_on(fault.code)
            if action == "alarm":
                self._alarm(fault)
            blocked = fault.code == Code.PUT_LIMIT.code
            raise DeliveryError(str(fault), final=action == "stop", alone=not blocked) from fault
        except CallError as error:
            raise DeliveryError(str(error)) from error

    def _put(self, noun: str, content: Content, message_id: str, correlation_id: str | None) -> None:
        self._paces[CREATE].wait_for_turn()
        self._service.request(
            CREATE, noun, content=content, message_id=message_id, correlation_id=correlation_id
        )

    def _poll(self) -> float:
        """Submit new messages; return the pause before the next query, in seconds."""
        if self._limits is None or not self._health.is_up:
            self._limits = self._fetched_limits()
        if not self._context.receives:
            self._get(QUERY, ("DataType", "serverTimestamp"))
            return self._options.poll_s
        begun = int(self._context.bookmark.read() or 0)
        code = begun
        for listed in self._listed(begun):
            if not self._accept(listed):
                return 0  # the channel stops
            self._context.bookmark.write(str(listed.code))
            code = listed.code
        return self._options.poll_s if code == begun else 0

    def _get(self, noun: str, *options: tuple[str, str]) -> Response:
        self._paces[noun].wait_for_turn()
        try:
            return self._service.request(GET, noun, options)
        except PeerFaultError as fault:
            if self._options.action_on(fault.code) == "alarm":
                self._alarm(fault)
            raise

    def _alarm(self, fault: PeerFaultError) -> None:
        _log.error("soap fault needs attention", channel=self.name, code=fault.code[:40])

    def _fetched_limits(self) -> Mapping[str, float]:
        """The limits of the peer; none where it does not state them."""
        try:
            response = self._get(QUERY, ("DataType", "parameterLimits"))
        except PeerFaultError as fault:
            if fault.code != Code.QUERY_TYPE.code:
                raise
            return {}
        limits: dict[str, float] = {}
        for answer in response.content.elements:
            for parameter in answer.iter(f"{{{MESSAGES}}}Parameter"):
                value = parameter.findtext("m:value", "", _NAMES).strip()
                if value.isascii() and value.replace(".", "", 1).isdigit():
                    limits[parameter.findtext("m:name", "", _NAMES).strip()] = float(value)
        for noun, name in ((LIST, "List"), (ANY, "Get"), (CREATE, "Put"), (QUERY, "Query")):
            most = limits.get(f"Max{name}RequestPerMinute")
            self._paces[noun].per_minute = None if most is None else max(1, int(most))
        return limits

    def _listed(self, code: int) -> list[ListedDocument]:
        """Messages after a code, each once and in the order of the codes."""
        found: dict[int, ListedDocument] = {}
        for listed in self._get(LIST, ("Code", str(code))).content.elements:
            wrong = schemas.list_rules().fault(listed)
            if wrong is not None or etree.QName(listed).localname != LIST:
                raise CallError(f"the list is not valid: {wrong}")
            for entry in listed:
                each = ListedDocument(
                    int(entry.findtext("m:Code", "", _NAMES)),
                    entry.findtext("m:MessageIdentification", "", _NAMES).strip(),
                )
                if each.code > code:
                    found.setdefault(each.code, each)
        return [found[each] for each in sorted(found)]

    def _accept(self, listed: ListedDocument) -> bool:
        """Whether a message is stored, or refused for good, and the peer's next one may follow."""
        try:
            message = self._fetched(listed)
            return message is None or self._receiver.hand_in_patiently(message) is not None
        except ProblemResponse as problem:
            self._refuse(listed, problem)
            return True

    def _fetched(self, listed: ListedDocument) -> Message | None:
        """The message behind an entry; None when the peer does not return it any more.

        Raises:
            ProblemResponse: it can never be taken.
        """
        try:
            response = self._get(ANY, ("Code", str(listed.code)))
            payload, content_type = document_in(None, response.content, self._context.largest_bytes)
        except PeerFaultError as fault:
            if self._options.action_on(fault.code) != "stop":
                raise
            _log.warning("a listed message is not given", channel=self.name, code=fault.code[:40])
            return None
        except TooLargeError as error:
            raise ProblemResponse(ProblemType.TOO_LARGE, str(error)) from error
        except FaultError as error:
            too_large = error.code is Code.PUT_TOO_LARGE
            kind = ProblemType.TOO_LARGE if too_large else ProblemType.INVALID
            raise ProblemResponse(kind, str(error)) from error
        return Message(
            payload,
            f"code-{listed.code}",
            content_type,
            correlation_id=listed.identification[:_LONGEST_ID] or None,
        )

    def _problem_id(self, listed: ListedDocument) -> str:
        """The same when notified again; codes are the service's, so other clients of it have the same."""
        whose = (self._context.tenant.tenant_id, *map(str, self._context.tenant.parties), self.name)
        named = "\n".join((*whose, str(listed.code)))
        return f"problem-{hashlib.sha256(named.encode()).hexdigest()[:32]}"

    def _refuse(self, listed: ListedDocument, problem: ProblemResponse) -> None:
        """Notify the peer, where it accepts problems, before the next code."""
        refusal = self._receiver.refusal(problem)
        if self._options.problems_format is None:
            return
        content = Content(compressed=deflated(refusal), format=self._options.problems_format)
        try:
            self._put(COMPRESSED, content, self._problem_id(listed), listed.identification or None)
        except PeerFaultError as fault:  # it cannot be notified; the message must not come for ever
            if self._options.action_on(fault.code) != "stop":
                raise
            _log.warning("refusal not reported", channel=self.name, code=fault.code[:40])
