"""Whoever fails to say who it is waits longer and longer; nobody else does."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from adapters.kit.http.authentication_throttle import Failures
from tests.web.local_gateway import SECRET, LocalGateway, served

GRANT = {"grant_type": "client_credentials"}


class Clock:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failures(clock: Clock) -> Failures:
    return Failures(per_s=4, at_once=10, now=clock)


class TestFailures:
    @pytest.mark.feature(id="E5")
    def test_a_few_cost_nothing_then_each_waits_for_its_turn(self, failures: Failures) -> None:
        assert [failures.delay_s("192.0.2.1") for _ in range(10)] == [0] * 10
        waits = [failures.delay_s("192.0.2.1") for _ in range(5)]
        assert waits == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.25])

    def test_a_rest_gives_them_back(self, failures: Failures, clock: Clock) -> None:
        for _ in range(20):
            failures.delay_s("192.0.2.1")
        clock.s += 5
        assert [failures.delay_s("192.0.2.1") for _ in range(10)] == [0] * 10
        assert failures.delay_s("192.0.2.1") > 0

    def test_of_others_do_not_count(self, failures: Failures) -> None:
        for _ in range(100):
            failures.delay_s("192.0.2.1")
        assert failures.delay_s("192.0.2.2") == 0
        for each in range(100):
            failures.delay_s(f"2001:db8::{each:x}")
        assert failures.delay_s("2001:db8::abcd") > 0
        assert failures.delay_s("2001:db8:0:1::1") == 0

    def test_are_logged_once_a_minute(self, failures: Failures, clock: Clock) -> None:
        with capture_logs() as logs:
            for _ in range(1000):
                failures.delay_s("192.0.2.1")
            assert len(logs) == 1
            clock.s += 61
            failures.delay_s("192.0.2.1")
            assert [line["peer"] for line in logs] == ["192.0.2.1"] * 2

    def test_do_not_fill_the_memory(self, failures: Failures) -> None:
        for number in range(30_000):
            failures.delay_s(f"192.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        assert len(failures._next) <= 10_000


async def wrong_secret(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/oauth/token", data=GRANT, auth=("east", "wrong"))


async def no_token(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.get("/v1/gates")


async def forged_token(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/v1/documents", content=b"<a/>", headers={"Authorization": "Bearer a.b.c"})


async def nowhere(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.get("/wp-login.php")


@pytest.mark.feature(id="E5")
@pytest.mark.parametrize("fail", [wrong_secret, no_token, forged_token, nowhere])
def test_others_are_answered_while_sixty_strangers_wait(
    tmp_path: Path, fail: Callable[[httpx2.AsyncClient], "asyncio.Future[httpx2.Response]"]
) -> None:
    """All from one address; strangers beyond the first wait for hours, so whoever is answered did not."""
    with served(tmp_path, failures=Failures(per_s=1e-4, at_once=1)) as local:
        asyncio.run(flooded(local, fail))


async def flooded(local: LocalGateway, fail: Callable[[httpx2.AsyncClient], object]) -> None:
    transport = httpx2.ASGITransport(local.anonymous.app, client=("192.0.2.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        bearer = {"Authorization": f"Bearer {local.token('east')}"}
        assert (await fail(client)).status_code >= 400  # the first costs nothing
        strangers = [asyncio.ensure_future(fail(client)) for _ in range(60)]
        for _ in range(3):
            assert (await client.get("/v1/gates", headers=bearer)).status_code == 200
            assert (await client.get("/v1/gates/none", headers=bearer)).status_code == 404
            assert (await client.get("/nothing", headers=bearer)).status_code == 404
            granted = await client.post("/oauth/token", data=GRANT, auth=("north", SECRET))
            assert granted.status_code == 200
            assert (await client.get("/healthz")).status_code == 200
        assert not any(stranger.done() for stranger in strangers)
        for stranger in strangers:
            stranger.cancel()
        await asyncio.gather(*strangers, return_exceptions=True)
