"""Limits of a peer's requests, and of their rate: published to it as `parameterLimits`, and enforced."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from adapters.soap_504 import ServerOptions
from adapters.soap_504.faults import Code, FaultError

MINUTE_S = 60.0


def parameter_limits(options: ServerOptions, largest_bytes: int) -> Mapping[str, str]:
    """The limits by the names of the standard."""
    return {
        "MaxNumMessagesInListResponse": str(options.list_messages),
        "NumberOfDaysForLowCodeInListResponse": str(options.message_days),
        "MaxApplicationTimeIntervalInDaysInListRequest": str(options.list_days),
        "MaxServerTimeIntervalInDaysInListRequest": str(options.list_days),
        "MaxPayloadSizeInMBInPutRequest": f"{largest_bytes / 2**20:g}",
        "MaxGetRequestPerMinute": str(options.get_per_minute),
        "MaxPutRequestPerMinute": str(options.put_per_minute),
        "MaxListRequestPerMinute": str(options.list_per_minute),
        "MaxQueryRequestPerMinute": str(options.query_per_minute),
        "MaxMessageAgeInDays": str(options.message_days),
        "MaxDiffServerTimestampInSeconds": str(options.signing.window_s),
        "GetXmlAsBinaryThresholdInKb": str(options.compress_above_kb),
    }


class Rate:
    """At most so many requests in any minute."""

    def __init__(self, per_minute: int, code: Code, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._code = code
        self._clock = clock
        self._lock = threading.Lock()
        self._times: deque[float] = deque()

    def check(self) -> None:
        """Count a request.

        Raises:
            FaultError: it is one too many.
        """
        now = self._clock()
        with self._lock:
            while self._times and now - self._times[0] >= MINUTE_S:
                self._times.popleft()
            if len(self._times) >= self._per_minute:
                wait = MINUTE_S - (now - self._times[0])
                raise FaultError(
                    self._code, f"{self._per_minute} a minute are taken", retry_after_s=int(wait) + 1
                )
            self._times.append(now)
