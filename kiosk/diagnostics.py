"""What a process writes on standard error: structured lines that say what happened, when and where, and to nobody whom.

Our own lines name what they tell. Everything else may quote what a person showed or sent, as in `KeyError: 'Zhang Wei'`.
So an error is written as its kind and the places that it passed, without its message or any value, and what a library
logs or warns of as its name and place. Nor does a crash leave a core file: the memory is full of codes.
"""

import faulthandler
import io
import logging
import os
import resource
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

STDERR = 2
FRAMES = 20
"""The innermost places that are told of each error."""
CHAIN = 8
"""The errors that are told of those that led to one another."""

Trace = list[dict[str, Any]]


def configure(level_name: str) -> None:
    """Write lines from this level on (`debug`, `info` ...; info for any other name), also for errors nobody caught."""
    level = logging.getLevelNamesMapping().get(level_name.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_errors,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Lines())),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_ended
    sys.unraisablehook = _ignored
    # Which functions were running when a library's own code crashed; it shows no values either.
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def crash(error: BaseException) -> None:
    """Tell of an error that ends the process."""
    structlog.get_logger().critical("process crashed", exception=traced(error))


def traced(error: BaseException | None) -> Trace:
    """Return the kinds of an error and of those that led to it, newest first, each with its places, innermost last."""
    told: Trace = []
    while error is not None and len(told) < CHAIN:
        kind = type(error)
        entry: dict[str, Any] = {"kind": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}
        entry["at"] = [
            _place(frame.f_code.co_filename, line, frame.f_code.co_name)
            for frame, line in list(traceback.walk_tb(error.__traceback__))[-FRAMES:]
        ]
        if isinstance(error, BaseExceptionGroup):
            entry["several"] = [traced(one) for one in error.exceptions[:CHAIN]]
        told.append(entry)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told


def _trace_errors(_logger: Any, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Take the place of structlog's own tracebacks, which have messages and can have values."""
    given = line.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exception()
        line["exception"] = traced(error)
    return line


class _Lines(io.TextIOBase):
    """Standard error for log lines. One that cannot be written, such as to a full disk, is dropped and breaks nothing."""

    def write(self, text: str) -> int:
        """Write past every buffer: what one kept would fail again, at the end of the process too."""
        with suppress(OSError):
            os.write(STDERR, text.encode("utf-8", "backslashreplace"))
        return len(text)


class _Libraries(logging.Handler):
    """Tells that a library has something to say, and where."""

    def emit(self, record: logging.LogRecord) -> None:
        given = {} if not record.exc_info else {"exception": traced(record.exc_info[1])}
        structlog.get_logger().warning(
            "library message",
            library=record.name,
            severity=record.levelname.lower(),
            at=_place(record.pathname, record.lineno, record.funcName),
            **given,
        )


def _crashed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        crash(error)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        name = None if ended.thread is None else ended.thread.name
        structlog.get_logger().critical("thread crashed", thread=name, exception=traced(ended.exc_value))


def _ignored(unraisable: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger().error("error ignored", exception=traced(unraisable.exc_value))


def _place(filename: str, line: int | None, function: str | None) -> str:
    """`kiosk/worker.py:62 _run`: enough of the path to find it, and nothing of this machine's own."""
    return f"{'/'.join(Path(filename).parts[-2:])}:{line} {function}"
