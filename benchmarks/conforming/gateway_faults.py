"""All faults of a gateway."""

from typing import Final

from benchmarks.conforming.answers import ANSWERS
from benchmarks.conforming.losses import LOSSES
from benchmarks.conforming.protocol import PROTOCOL

FAULTS: Final = (*LOSSES, *ANSWERS, *PROTOCOL)
