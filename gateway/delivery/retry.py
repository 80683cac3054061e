"""When to try again."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Pauses that double up to a longest one, each shortened by chance, so that peers do not return in step.

    Attributes:
        attempts: after so many failures a message is given up (it can still be pulled).
    """

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=15)
    attempts: int = 30

    def pause(self, failures: int) -> timedelta | None:
        """Pause after this many failures; None when the message is to be given up."""
        if failures >= self.attempts:
            return None
        pause = self.first
        for _ in range(failures - 1):
            pause = min(2 * pause, self.longest)
        return pause * _random.uniform(0.5, 1.0)
