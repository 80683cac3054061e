"""A target with one fault: what it is asked or answers is changed between it and the kit.

The faults were listed before anybody looked at which steps there are; which step is to find each was added
then.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from contract_tests.http_target import Answer, HttpTarget

Forward = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
Change = Callable[[str, str, dict[str, str], bytes | None, Forward], Answer]
ACKNOWLEDGED: Final = re.compile(r"^/v1/documents/[^/]+/acknowledgement$")
MESSAGE: Final = re.compile(r"^/v1/outbox/\d+$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        worst: whether it is of the worst kind: loss, leak, double effect, unsafe list.
        steps: which of the kit may name it.
    """

    name: str
    worst: bool
    steps: Sequence[str]
    make: Callable[[], Change]


class FaultyTarget(HttpTarget):
    """A target with one fault."""

    def __init__(self, base_url: str, change: Change) -> None:
        super().__init__(base_url)
        self._change = change

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """See `HttpTarget.request`."""

        def forward(m: str, p: str, h: Mapping[str, str], b: bytes | None) -> Answer:
            return super(FaultyTarget, self).request(m, p, headers=h, body=b)

        return self._change(method, path, dict(headers or {}), body, forward)


def answers(
    when: Callable[[str, str, Answer], bool], change: Callable[[Answer], Answer]
) -> Callable[[], Change]:
    """A fault of answers."""

    def make() -> Change:
        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            answer = forward(m, p, h, b)
            return change(answer) if when(m, p, answer) else answer

        return work

    return make


def at(
    pattern: str, method: str | None = None, status: int | None = None
) -> Callable[[str, str, Answer], bool]:
    found = re.compile(pattern)

    def when(m: str, p: str, answer: Answer) -> bool:
        return bool(found.search(p)) and method in (None, m) and status in (None, answer.status)

    return when


def text(old: str, new: str) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=re.sub(old.encode(), new.encode(), answer.body))


def status(code: int, body: bytes | None = None) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, status=code, body=answer.body if body is None else body)


def header(name: str, value: str | None) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        kept = {each: old for each, old in answer.headers.items() if each != name}
        return replace(answer, headers=kept if value is None else {**kept, name: value})

    return change


def in_json(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=json.dumps(change(json.loads(answer.body))).encode())


def without(name: str) -> Callable[[Any], Any]:
    return lambda value: {each: old for each, old in value.items() if each != name}


def requests(
    when: Callable[[str, str, Mapping[str, str], bytes], bool],
    change: Callable[[dict[str, str], bytes | None], tuple[dict[str, str], bytes | None]],
) -> Callable[[], Change]:
    """A fault of what the gateway makes of requests."""

    def make() -> Change:
        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            return forward(m, p, *(change(h, b) if when(m, p, h, b or b"") else (h, b)))

        return work

    return make


def submits(pattern: bytes = b"") -> Callable[[str, str, Mapping[str, str], bytes], bool]:
    return lambda m, p, _, b: (m, p) == ("POST", "/v1/documents") and re.search(pattern, b) is not None


def body(old: bytes, new: bytes) -> Callable[..., tuple[dict[str, str], bytes | None]]:
    return lambda h, b: (h, None if b is None else re.sub(old, new, b, flags=re.DOTALL))


def loses(every: int) -> Callable[[], Change]:
    def make() -> Change:
        count = 0

        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            nonlocal count
            if (m, p) == ("POST", "/v1/documents"):
                count += 1
                if count % every == 0:
                    lost = "/v1/documents/00000000-0000-0000-0000-00000000ffff"
                    return Answer(202, {"location": lost}, b"{}", f"{m} {p}")
            return forward(m, p, h, b)

        return work

    return make


def stale_answer() -> Change:
    """Each document gets the acknowledgement of the one before."""
    last: list[Answer] = []

    def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
        answer = forward(m, p, h, b)
        if ACKNOWLEDGED.match(p) and answer.status == 200:
            last.append(answer)
            return last[-2] if len(last) > 1 else answer
        return answer

    return work


def as_the_first(pattern: str) -> Callable[[], Change]:
    """Whoever asks for these gets what the first one may see."""

    def make() -> Change:
        first: list[str] = []

        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            bearer = h.get("Authorization", "")
            if bearer.startswith("Bearer ey") and not first:
                first.append(bearer)
            if first and re.search(pattern, p) and m == "GET":
                h["Authorization"] = first[0]
            return forward(m, p, h, b)

        return work

    return make


def takes(bearer: Callable[[str], bool]) -> Callable[[], Change]:
    """A token that is none counts as the last good one."""

    def make() -> Change:
        good: list[str] = []

        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            answer = forward(m, p, h, b)
            own = h.get("Authorization", "")
            if answer.status == 200 and own.startswith("Bearer"):
                good.append(own)
            if answer.status == 401 and p.startswith("/v1/") and bearer(own):
                return (
                    forward(m, p, {**h, "Authorization": good[-1]}, b) if good else status(200, b"{}")(answer)
                )
            return answer

        return work

    return make


def any_secret() -> Change:
    good: list[Answer] = []

    def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
        answer = forward(m, p, h, b)
        if p == "/oauth/token" and answer.status == 200:
            good.append(answer)
        return good[-1] if p == "/oauth/token" and answer.status == 401 and good else answer

    return work


def own_key() -> Change:
    """Every message counts as a new one."""
    count = 0

    def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
        nonlocal count
        if (m, p) == ("POST", "/v1/documents"):
            count += 1
            h["Idempotency-Key"] = f"fault-{id(work)}-{count}"
        return forward(m, p, h, b)

    return work


def confirmed_is_gone() -> Change:
    gone: set[str] = set()

    def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
        if p.endswith("/confirm"):
            gone.add(p.removesuffix("/confirm"))
        answer = forward(m, p, h, b)
        return status(404)(answer) if m == "GET" and p in gone else answer

    return work


def ignored(pattern: bytes) -> Callable[[], Change]:
    """Documents like this are answered with A01, and nothing comes of them."""

    def make() -> Change:
        old: list[str] = []

        def work(m: str, p: str, h: dict[str, str], b: bytes | None, forward: Forward) -> Answer:
            if (m, p) == ("POST", "/v1/documents"):
                if old and b is not None and re.search(pattern, b):
                    return Answer(202, {"location": old[-1]}, b"{}", f"{m} {p}")
                answer = forward(m, p, h, b)
                old.append(answer.headers.get("location", ""))
                return answer
            return forward(m, p, h, b)

        return work

    return make


ACKNOWLEDGEMENT: Final = at(ACKNOWLEDGED.pattern, "GET", 200)
LIST: Final = at(r"^/v1/outbox\?", "GET", 200)
ANY_REFUSAL: Final = r"<code>A0[23]</code>|<code>[AB]\d\d</code>|<code>999</code>"


def other_code(old: str, new: str, *steps: str, worst: bool = False) -> Fault:
    change = text(f"<code>{old}</code>", f"<code>{new}</code>")
    return Fault(f"answers {new} for {old}", worst, steps, answers(ACKNOWLEDGEMENT, change))


def messages(change: Callable[[list[Any]], list[Any]]) -> Callable[[Answer], Answer]:
    return in_json(lambda page: {**page, "messages": change(page["messages"])})
