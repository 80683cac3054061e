"""The service at `/soap/iec62325-504/CHANNEL`: one endpoint for one peer."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from lxml import etree
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Route

from adapters.kit.health import HealthKeeper
from adapters.kit.http.access import know
from adapters.kit.http.body import content_encoding
from adapters.kit.http.problems import ProblemResponse
from adapters.soap_504 import ServerOptions, schemas, soap
from adapters.soap_504.addressing import Addressing
from adapters.soap_504.client_certificates import client_certificate
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.identities import warn_of_ends
from adapters.soap_504.messages import GET, REQUEST, Request, read_request, response_message
from adapters.soap_504.replay import RequestReplayGuard
from adapters.soap_504.service import Service
from adapters.soap_504.signing import is_signed, signer_of, verifier_of
from adapters.soap_504.soap import Soap
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, ChannelHealth, DeliveryError

PATH: Final = "/soap/iec62325-504"
_AROUND_BYTES: Final = 64 * 1024
_LONGEST_BODY_S: Final = 60.0
_SCHEMAS: Final = {"message": schemas.message_schema, "messages": schemas.list_schema}

_log: Final = structlog.get_logger(__name__)


class ServerChannel:
    """Implements `ports.Channel` and `ports.ServesHttp`."""

    def __init__(self, options: ServerOptions, context: ChannelContext) -> None:
        self.name = context.name
        self.max_age = context.max_age
        self._options = options
        self._context = context
        self._signer, self._verifier = signer_of(options.signing), verifier_of(options.signing)
        self._stopping = threading.Event()
        self._service = Service(options, context, self._stopping)
        self._guard = RequestReplayGuard(timedelta(seconds=options.signing.window_s), context.clock.now())
        self._health = HealthKeeper(context.name, context.clock)
        self._started = context.clock.now()
        self._called: datetime | None = None
        self._places = threading.BoundedSemaphore(options.most_at_once)
        # Base64 makes four bytes of three; what else is in a message is small.
        self._largest_body = context.largest_bytes * 4 // 3 + _AROUND_BYTES

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """See `ports.ServesHttp.routes`."""
        path = f"{PATH}/{self.name}"
        return [Route(path, self._post, methods=["POST"]), Route(path, self._describe, methods=["GET"])]

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._health.starting()
        self._started = self._context.clock.now()
        warn_of_ends(self.name, self._options.signing.certificates, self._started)

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._health.stopped()

    def health(self) -> ChannelHealth:
        """See `ports.Channel.health`. Up is a peer that called not long ago."""
        last = self._called or self._started
        silent = self._context.clock.now() - last > timedelta(seconds=self._options.silent_after_s)
        if silent and not self._stopping.is_set():
            self._health.down(f"the peer has not called for {self._options.silent_after_s:g} s")
        return self._health.now()

    largest: int | None = None
    """The peer fetches, and requests no more than it accepts."""

    def is_open(self, tenant: Tenant) -> bool:  # noqa: ARG002  (this channel is of one tenant)
        """See `ports.Outlet.is_open`. Nothing is pushed: the peer fetches."""
        return False

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`."""
        raise DeliveryError("the peer fetches by itself")

    async def _describe(self, request: HttpRequest) -> HttpResponse:
        address = str(request.url.replace(query=""))
        wanted = _SCHEMAS.get(request.query_params.get("xsd", ""))
        if wanted is not None:
            return HttpResponse(wanted(), media_type="text/xml")
        if "wsdl" in {name.lower() for name in request.query_params}:
            return HttpResponse(schemas.wsdl(address), media_type="text/xml")
        return HttpResponse(f"POST SOAP to this address; {address}?wsdl describes the service\n", 400)

    async def _post(self, request: HttpRequest) -> HttpResponse:
        if not self._places.acquire(blocking=False):
            fault = FaultError(Code.FAILED, "too many requests at once", retry_after_s=1)
            return _refused(_requested_version(request), fault, 503)
        try:
            body = await self._body(request)
            certificate = client_certificate(request.headers, self._options.proxy_secret)
            return await run_in_threadpool(self._answered, request, body, certificate)
        except FaultError as fault:
            return _refused(_requested_version(request), fault, 400)
        finally:
            self._places.release()

    async def _body(self, request: HttpRequest) -> bytes:
        """The body, bounded in size and time.

        Raises:
            FaultError: larger, slower, or encoded.
        """
        too_large = FaultError(Code.PUT_TOO_LARGE, problem="urn:flexgate:problem:too-large")
        if content_encoding(request.headers) != "identity":
            raise FaultError(Code.NO_SOAP, "send the body as it is; a payload may be Compressed")
        if request.headers.get("content-type", "").lower().strip().startswith("multipart/"):
            raise FaultError(
                Code.NO_SOAP, "attachments are not taken; send the envelope alone (no MTOM, no XOP)"
            )
        parts, size = [], 0
        try:
            async with asyncio.timeout(_LONGEST_BODY_S):
                async for part in request.stream():
                    parts.append(part)
                    size += len(part)
                    if size > self._largest_body:
                        raise too_large
        except ProblemResponse:
            raise too_large from None
        except (TimeoutError, ClientDisconnect):
            raise FaultError(Code.NO_SOAP, "the body did not come in time") from None
        return b"".join(parts)

    def _answered(self, request: HttpRequest, body: bytes, certificate: bytes | None) -> HttpResponse:
        version, addressing = _requested_version(request), None
        try:
            try:
                came = soap.unwrap(body)
            except FaultError as fault:  # no binding sets a status but for faults of SOAP itself
                _log.warning("soap request refused", channel=self.name, code=fault.code.code)
                return _refused(version, fault, 400 if fault.soap_code is None else 500)
            version, addressing = came.version, came.addressing
            signed = self._respond(request, came, certificate)
        except FaultError as fault:
            _log.warning("soap request refused", channel=self.name, code=fault.code.code)
            return _refused(version, fault, request=addressing)
        except Exception as error:  # noqa: BLE001  (whatever it is, the peer gets a fault and may come again)
            _log.error("soap request failed", channel=self.name, fault=type(error).__name__)
            return _refused(version, FaultError(Code.FAILED), request=addressing)
        return HttpResponse(soap.wrap(version, signed, addressing), media_type=version.media_type)

    def _respond(self, http_request: HttpRequest, came: soap.Unwrapped, certificate: bytes | None) -> bytes:
        if self._stopping.is_set():
            raise FaultError(Code.FAILED, "the gateway stops", retry_after_s=5)
        request = self._verified(came, certificate)
        know(http_request)
        self._called = self._context.clock.now()
        self._health.up()
        response = self._service.answer(request)
        return self._signer.sign(response_message(response))

    def _verified(self, came: soap.Unwrapped, certificate: bytes | None) -> Request:
        """The request that the peer signed, no repetition; or reads by its own TLS connection."""
        if came.root.tag != REQUEST:
            raise FaultError(Code.NOT_VALID, "a RequestMessage is expected")
        wrong = schemas.envelope_rules().fault(came.root)
        if wrong is not None:
            raise FaultError(Code.NOT_VALID, wrong)
        now = self._context.clock.now()
        if certificate is not None and not is_signed(came.root):
            request = _read(came.root)
            if request.header.verb == GET and self._verifier.knows(certificate, now):
                return request
        signed = self._verifier.verify(came, now)
        request = _read(signed.message)
        self._guard.check(request, signed.digest, now)
        return request


def _read(message: etree._Element) -> Request:
    try:
        return read_request(message)
    except ValueError as error:
        raise FaultError(Code.NOT_VALID, str(error)) from None


def _refused(
    version: Soap, fault: FaultError, status: int | None = None, request: Addressing | None = None
) -> HttpResponse:
    """A fault; the status of those of a SOAP 1.1 request is 500, as its binding to HTTP demands."""
    if status is None:
        status = 500 if fault.code.passes or version is Soap.V1_1 else 400
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    return HttpResponse(soap.wrapped_fault(version, fault, request), status, headers, version.media_type)


def _requested_version(request: HttpRequest) -> Soap:
    """By the media type, where there is no envelope to state it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return next((version for version in Soap if version.media_type == kind), Soap.V1_2)
