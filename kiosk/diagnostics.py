"""What a process writes on standard error: structured lines that say what happened, when and where, and to nobody whom.

Our own lines name what they tell. Everything else may quote what a person showed or sent, as in `KeyError: 'Zhang Wei'`.
So an error is written as its kind and the places that it passed, without its message or any value, and what a library
logs or warns of as its name and place. Nor does a crash leave a core file: the memory is full of codes.
"""

import faulthandler
import json
import logging
import os
import resource
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from kiosk.lines import FACTS, NAME, get_logger

STDERR = 2
FRAMES = 20
"""The innermost places that are told of each error."""
CHAIN = 8
"""The errors that are told of those that led to one another."""

Trace = list[dict[str, Any]]

_log = get_logger()


def configure(level_name: str) -> None:
    """Write lines from this level on (`debug`, `info` ...; info for any other name), also for errors nobody caught."""
    logging.getLogger(NAME).setLevel(logging.getLevelNamesMapping().get(level_name.upper(), logging.INFO))
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.WARNING, handlers=[_Writer()], force=True)
    sys.excepthook = _crashed
    threading.excepthook = _thread_ended
    sys.unraisablehook = _ignored
    # Which functions were running when a library's own code crashed; it shows no values either.
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def crash(error: BaseException) -> None:
    """Tell of an error that ends the process."""
    _log.critical("process crashed", exception=traced(error))


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


class _Writer(logging.Handler):
    """Writes each line as JSON to standard error. One that cannot be written, such as to a full disk, is dropped."""

    def emit(self, record: logging.LogRecord) -> None:
        if (facts := getattr(record, FACTS, None)) is None:
            _log.warning("library message", **_of_library(record))
            return
        if record.exc_info:
            facts = {**facts, "exception": traced(record.exc_info[1])}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = {**facts, "event": record.msg, "level": record.levelname.lower(), "timestamp": at}
        text = json.dumps(line, ensure_ascii=False, default=_kind) + "\n"
        with suppress(OSError):
            # Past every buffer: what one kept would fail again, at the end of the process too.
            os.write(STDERR, text.encode("utf-8", "backslashreplace"))


def _kind(value: object) -> str:
    """A value that is none of JSON's: its text may quote somebody, its kind does not."""
    return type(value).__name__


def _of_library(record: logging.LogRecord) -> dict[str, Any]:
    """That a library has something to say, and where."""
    said = {
        "library": record.name,
        "severity": record.levelname.lower(),
        "at": _place(record.pathname, record.lineno, record.funcName),
    }
    return said if not record.exc_info else {**said, "exception": traced(record.exc_info[1])}


def _crashed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    if not isinstance(error, KeyboardInterrupt):
        crash(error)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        name = None if ended.thread is None else ended.thread.name
        _log.critical("thread crashed", thread=name, exception=traced(ended.exc_value))


def _ignored(unraisable: "sys.UnraisableHookArgs") -> None:
    _log.error("error ignored", exception=traced(unraisable.exc_value))


def _place(filename: str, line: int | None, function: str | None) -> str:
    """`kiosk/worker.py:62 _run`: enough of the path to find it, and nothing of this machine's own."""
    return f"{'/'.join(Path(filename).parts[-2:])}:{line} {function}"
