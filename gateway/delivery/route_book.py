"""Documents forwarded by each route, and losses by conversion."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.route import Route, Routes
from gateway.records.engine.stores import Stores
from gateway.records.messages import forwardings
from gateway.records.messages.forwardings import Loss


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """A route and the documents forwarded by it, answers of receivers included, as long as they are stored.

    Attributes:
        waiting: documents that are not in their receiver's outbox yet.
    """

    route: Route
    forwarded: int
    waiting: int
    losses: Sequence[Loss]


class RouteBook:
    """Reads the stores of all tenants."""

    def __init__(self, stores: Stores, routes: Routes) -> None:
        self._stores = stores
        self._routes = routes

    def figures(self) -> Sequence[RouteFigures]:
        """Of every route of the configuration."""
        return [self._of(route) for route in self._routes.routes]

    def _of(self, route: Route) -> RouteFigures:
        forwarded = waiting = 0
        times: Counter[tuple[str, str, str]] = Counter()
        for tenant in self._stores.written():
            with self._stores.of(tenant).reading() as uow:
                number, left = forwardings.counts(uow, route.name)
                for loss in forwardings.losses_by(uow, route.name):
                    times[loss.fate, loss.path, loss.reason] += loss.times
            forwarded, waiting = forwarded + number, waiting + left
        losses = [Loss(*key, number) for key, number in times.most_common()]
        return RouteFigures(route, forwarded, waiting, losses)
