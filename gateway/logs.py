"""Logs: JSON lines for machines, colours on a terminal; never a message that could quote a payload.

Libraries log by `logging`. The gateway's own log bypasses it at a fifth of the cost, because every document
is worth two lines.
"""

import json
import logging
import os
import sys
import traceback
from contextlib import suppress
from pathlib import PurePath
from types import TracebackType

import msgspec
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_FRAMES = 12
_STDERR = 2


def configure_logs() -> None:
    """Send everything that is logged, also by libraries, to stderr in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_exception_text,
    ]
    renderer: Processor = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else as_json
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Lines:
    """Lines of one logger, each written in one piece. A failure to write them stops nothing."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        with suppress(OSError):
            os.write(_STDERR, line.encode(errors="backslashreplace") + b"\n")

    debug = info = warning = error = critical = msg


_encoder = msgspec.json.Encoder(enc_hook=repr)


def as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """An event as one line, whatever is in it."""
    try:
        return _encoder.encode(event).decode()
    except (TypeError, ValueError):  # e.g. a name of bytes that are no text
        return json.dumps(event, default=repr, skipkeys=True)


def without_exception_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Log of an exception what it is and where it came from; its message may quote a document."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if isinstance(raised, tuple) and raised[0] is not None:
        event["fault"] = raised[0].__name__
        event["trace"] = places(raised[2])
    return event


def places(trace: TracebackType | None) -> list[str]:
    """Where it went, innermost last: file, line, function."""
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
