"""The queues of one tenant, as they are declared: replicated, bounded in repetitions, losing nothing."""

from dataclasses import dataclass
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractQueue

from adapters.amqp091 import RabbitOptions

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Queues:
    """Their names."""

    incoming: str
    outgoing: str
    problems: str
    dead: str

    @classmethod
    def of(cls, options: RabbitOptions, tenant: str) -> "Queues":
        """The queues of a tenant."""
        base = options.queues or f"flexgate.{tenant}"
        return cls(f"{base}.in", f"{base}.out", f"{base}.problems", f"{base}.in.dead")

    def arguments(self, options: RabbitOptions) -> dict[str, Arguments]:
        """Declarations of all queues, the dead letters first because others refer to them."""
        plain: Arguments = {"x-queue-type": "quorum"}
        incoming = plain | {
            "x-delivery-limit": options.delivery_limit,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.dead,
            # Dead letters are handed over with confirms, which require this overflow policy.
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        return {self.dead: plain, self.outgoing: plain, self.problems: plain, self.incoming: incoming}


async def incoming_queue(channel: AbstractChannel, queues: Queues, options: RabbitOptions) -> AbstractQueue:
    """The queue documents come by; the others are there too.

    Raises:
        aio_pika.exceptions.AMQPError: a queue is missing, or was declared with other arguments.
    """
    found: dict[str, AbstractQueue] = {}
    for name, arguments in queues.arguments(options).items():
        if options.declare:
            found[name] = await channel.declare_queue(name, durable=True, arguments=arguments)
        else:
            found[name] = await channel.get_queue(name)
    return found[queues.incoming]
