"""The profiles `folder`, `mqtt` and `amqp091`: a platform that exchanges documents by a channel.

A channel has no statuses and no lists: what it shows are acknowledgements and results.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from contract_tests.cases import Case, Side, cases
from contract_tests.emulators.answers import Acknowledgement, InvalidDocumentError, read_acknowledgement
from contract_tests.emulators.client import WaitedTooLongError
from contract_tests.emulators.exchanges import Exchange
from contract_tests.emulators.exchanges.folder import FolderExchange
from contract_tests.http_target import TargetError
from contract_tests.outcomes import Evidence, Outcome, State
from contract_tests.profiles.judging import accepted, expectation, has_values, judge_case, refused
from contract_tests.profiles.participant import Participant
from contract_tests.run import Failed, NotShown, Step, run
from contract_tests.sample_documents import Situation, sample_document
from esmp.profiles import Family, Profile, profile

_VERSION: Final = profile(Family.RESERVE_BID, "7.4")
_PAGE: Final = "docs/connecting-a-platform/README.md"
_NO_MESSAGE: Final = "empty"
_SCHEMES: Final = {"mqtt": "mqtt", "amqp091": "amqp"}


class ExchangeSession:
    """What steps share: the exchange, and what went to and fro."""

    def __init__(self, exchange: Exchange, participant: Participant, patience_s: float) -> None:
        self.participant = participant
        self._exchange = exchange
        self._patience_s = patience_s
        self._recorded: list[Evidence] = []
        self._run = uuid.uuid4().hex[:8]
        self._count = 0

    def recorded(self) -> tuple[Evidence, ...]:
        """What went to and fro since the last call."""
        recorded, self._recorded = tuple(self._recorded), []
        return recorded

    def name(self) -> str:
        """A name that no other document of any run has."""
        self._count += 1
        return f"TEST-{self._run}-{self._count}"

    def situation(self) -> Situation:
        """What a new document says; bids are for the gate that the participant's file names."""
        me = self.participant
        now = datetime.now(UTC).replace(microsecond=0)
        known = Situation(
            self.name(), me.party, me.gateway, me.area, me.resource, created=now - timedelta(seconds=1)
        )
        if me.start is None or me.end is None:
            return known
        return replace(known, start=_moment(me.start), end=_moment(me.end))

    def gate_situation(self) -> Situation:
        """The same, which must be for a gate.

        Raises:
            NotShown: the participant's file names none.
        """
        if self.participant.start is None or self.participant.end is None:
            raise NotShown("the participant's file names no delivery of an open gate (start, end)")
        return self.situation()

    def acknowledged(self, document: bytes, name: str) -> Acknowledgement:
        """The answer to a document that is sent under a name.

        Raises:
            TargetError: none came in time, or the channel failed.
            Failed: it is not valid.
        """
        self._recorded.append(Evidence.of(f"sent: {name}", document))
        try:
            answer = self._exchange.acknowledgement(self._exchange.send(document, name), self._patience_s)
        except (WaitedTooLongError, OSError, RuntimeError) as silence:
            raise TargetError(str(silence) or type(silence).__name__) from None
        self._recorded.append(Evidence.of("received", answer))
        try:
            return read_acknowledgement(answer)
        except InvalidDocumentError as invalid:
            raise Failed(f"the acknowledgement is not valid: {invalid}") from None


def _is_accepted(session: ExchangeSession) -> None:
    situation, me = session.gate_situation(), session.participant
    acknowledgement = session.acknowledged(sample_document(_VERSION, situation), situation.mrid)
    accepted(acknowledgement)
    has_values(
        {
            "received mRID": (acknowledgement.received_mrid, situation.mrid),
            "sender": (acknowledgement.sender, me.gateway),
            "receiver": (acknowledgement.receiver, me.party),
        },
    )


def _comes_again(session: ExchangeSession) -> None:
    situation = session.gate_situation()
    document = sample_document(_VERSION, situation)
    for _ in range(2):
        accepted(session.acknowledged(document, situation.mrid))
    accepted(session.acknowledged(document, session.name()))


def _other_content(session: ExchangeSession) -> None:
    situation = session.gate_situation()
    accepted(session.acknowledged(sample_document(_VERSION, situation), situation.mrid))
    other = sample_document(_VERSION, situation, series=2)
    refused(session.acknowledged(other, session.name()), "A51", "revisionNumber")


def _no_gate(session: ExchangeSession) -> None:
    situation = session.situation()
    early = replace(
        situation, start=situation.start - timedelta(days=400), end=situation.end - timedelta(days=400)
    )
    refused(session.acknowledged(sample_document(_VERSION, early), early.mrid), "A57")


def _foreign_sender(session: ExchangeSession) -> None:
    other = session.participant.other_party
    if other is None:
        raise NotShown("the participant's file names no second platform (other_party)")
    situation = replace(session.situation(), sender=other)
    refused(session.acknowledged(sample_document(_VERSION, situation), situation.mrid), "A78")


def _of_case(case: Case, version: Profile) -> Callable[[ExchangeSession], None]:
    def work(session: ExchangeSession) -> None:
        document = case.document(version, session.situation())
        judge_case(case, version, session.acknowledged(document, session.name()))

    return work


def steps(*, with_cases: bool) -> list[Step[ExchangeSession]]:
    """The steps of a channel; `with_cases` those of the rules of bids, too."""
    chosen = [
        Step("accepted", "A valid document is acknowledged with A01.", _PAGE, True, _is_accepted),
        Step("once", "A document that comes again is answered again.", _PAGE, True, _comes_again),
        Step("same-revision", "A revision cannot come with other content.", _PAGE, True, _other_content),
        Step("no-gate", "Bids that no gate collects are refused.", _PAGE, False, _no_gate),
        Step(
            "foreign-sender", "Nobody sends in the name of another platform.", _PAGE, False, _foreign_sender
        ),
    ]
    for case in cases() if with_cases else ():
        if case.family is Family.RESERVE_BID and case.rule.name != _NO_MESSAGE:
            effects = case.side is Side.RIGHT or bool(case.rule.given)
            work = _of_case(case, next(case.versions()))
            chosen.append(Step(case.name, expectation(case), case.rule.source, effects, work))
    return chosen


def run_exchange(
    group: str,
    participant: Participant,
    address: str,
    *,
    with_cases: bool,
    effects: bool,
    budget_s: float,
    patience_s: float = 20.0,
) -> Iterator[Outcome]:
    """Try the profile of a channel at its address.

    Raises:
        ValueError: it is no address of this protocol.
    """
    opened = opening(group, address)
    try:
        with opened as exchange:
            session = ExchangeSession(exchange, participant, patience_s)
            chosen = steps(with_cases=with_cases)
            yield from run(chosen, session, group, effects=effects, budget_s=budget_s)
    except (WaitedTooLongError, OSError, RuntimeError) as error:
        why = f"{address} cannot be used: {error or type(error).__name__}"
        yield Outcome("connected", group, State.FAILED, "The channel can be used.", (why,))


def opening(group: str, address: str, *, tidy: bool = False) -> AbstractContextManager[Exchange]:
    """How the exchange at an address is opened: `PATH`, `mqtt://HOST:PORT/PREFIX/TENANT` or
    `amqp://HOST:PORT/QUEUES`.

    Args:
        tidy: whether what the gateway has made at the broker is taken away at the end.

    Raises:
        ValueError: it is no such address.
    """
    if group == "folder":
        return _folder(Path(address))
    parts = urlsplit(address)
    path = parts.path.strip("/")
    scheme = _SCHEMES[group]
    if parts.scheme != scheme or parts.hostname is None or parts.username or not path:
        raise ValueError(f"{address!r} is no address of the form {scheme}://HOST:PORT/NAME")
    if group == "mqtt":
        prefix, slash, tenant = path.rpartition("/")
        if not slash:
            raise ValueError(f"{address!r} names no prefix and tenant, as mqtt://HOST:PORT/PREFIX/TENANT")
        return _mqtt(parts.hostname, parts.port or 1883, prefix, tenant, tidy=tidy)
    return _amqp091(parts.hostname, parts.port or 5672, path, tidy=tidy)


def tidied(address: str) -> AbstractContextManager[Exchange]:
    """The exchange at a broker's address; at the end nothing of its gateway is left there.

    Raises:
        ValueError: it is no address at a broker.
    """
    group = next((group for group, scheme in _SCHEMES.items() if address.startswith(f"{scheme}:")), "mqtt")
    return opening(group, address, tidy=True)


@contextmanager
def _folder(directory: Path) -> Iterator[Exchange]:
    if not (directory / "inbox").is_dir():
        raise OSError(f"{directory} has no inbox: no gateway has it as its folder")
    yield FolderExchange(directory)


@contextmanager
def _mqtt(host: str, port: int, prefix: str, tenant: str, *, tidy: bool) -> Iterator[Exchange]:
    from contract_tests.emulators.exchanges.mqtt import MqttExchange  # noqa: PLC0415  (an extra)

    with MqttExchange(host, port, prefix, tenant, tidy=tidy).connected() as exchange:
        yield exchange


@contextmanager
def _amqp091(host: str, port: int, queues: str, *, tidy: bool) -> Iterator[Exchange]:
    from contract_tests.emulators.exchanges.amqp091 import RabbitExchange  # noqa: PLC0415  (an extra)

    with RabbitExchange(host, port, queues, tidy=tidy).connected() as exchange:
        yield exchange


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
