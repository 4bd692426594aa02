"""What a process says when something goes wrong in it: kinds and places, never a message or a value."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from kiosk.diagnostics import traced
from tests.planted import Secret, found_in

NAME = Secret("a name", "王小明 Zhang-Wei 310101199003071234")
BEGIN = f"""
import asyncio, ctypes, logging, os, resource, sys, threading, warnings
from kiosk import diagnostics
from kiosk.lines import get_logger
diagnostics.configure(os.environ.get("LEVEL", "debug"))
log = get_logger()
who = {NAME.text!r}
def fail(value):
    known = {{"one": value}}
    return known[value]
"""
FAULTS = {
    "in the main thread": "fail(who)",
    "in another thread": "t = threading.Thread(target=fail, args=(who,), name='worker'); t.start(); t.join()",
    "in a task that nobody awaits": """
async def story():
    asyncio.get_running_loop().create_task(asyncio.to_thread(fail, who))
    await asyncio.sleep(0.2)
asyncio.run(story())
""",
    "in a destructor": """
class Odd:
    def __del__(self): fail(who)
del (odd := [Odd()])[0]
""",
    "caught and logged": """
try: fail(who)
except KeyError: log.exception("worker fault", worker="thermometer")
""",
    "that led to another": """
try:
    try: int(who)
    except ValueError as error: raise RuntimeError(f"cannot read {who}") from error
except RuntimeError: log.exception("worker fault")
""",
    "in a group": "raise ExceptionGroup(who, [ValueError(who), KeyError(who)])",
    "with a note": """
try: fail(who)
except KeyError as error:
    error.add_note(who)
    log.error("worker fault", error=error)
""",
    "in a library's log": "logging.getLogger('urllib3').warning('Failed to parse headers (url=%s): %s', who, who)",
    "in a library's log, with its error": """
try: fail(who)
except KeyError: logging.getLogger('uvicorn.error').exception('Exception in %s', who)
""",
    "in a library that sets up a log of its own": "logging.basicConfig(); logging.warning(who)",
    "in a warning": "warnings.warn(f'{who} is deprecated', stacklevel=1); warnings.warn(who, ResourceWarning)",
    "in C": "ctypes.string_at(0)",
}


def run(fault: str, level: str = "debug") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LEVEL": level, "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-c", BEGIN + fault], capture_output=True, timeout=30, check=False, env=environment
    )


def lines(run: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.stderr.decode().splitlines()]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_quotes_nothing_wherever_it_happens(fault: str) -> None:
    ended = run(FAULTS[fault])
    assert ended.stderr, "a fault that nobody hears of proves nothing"
    assert found_in([NAME], {"the output": ended.stdout + ended.stderr}) == []


def test_an_error_is_told_with_its_kind_and_its_places() -> None:
    ended = run(FAULTS["in the main thread"])
    assert ended.returncode == 1
    (line,) = lines(ended)
    assert (line["event"], line["level"]) == ("process crashed", "critical")
    assert line["exception"] == [{"kind": "KeyError", "at": ["<string>:11 <module>", "<string>:10 fail"]}]


def test_what_led_to_an_error_is_told_too() -> None:
    (line,) = lines(run(FAULTS["that led to another"]))
    assert [one["kind"] for one in line["exception"]] == ["RuntimeError", "ValueError"]


def test_the_members_of_a_group_are_told() -> None:
    (line,) = lines(run(FAULTS["in a group"]))
    assert [one[0]["kind"] for one in line["exception"][0]["several"]] == ["ValueError", "KeyError"]


def test_a_thread_that_ends_with_an_error_is_named() -> None:
    (line,) = lines(run(FAULTS["in another thread"]))
    assert (line["event"], line["thread"]) == ("thread crashed", "worker")


def test_a_library_is_named_with_its_place() -> None:
    (line,) = lines(run(FAULTS["in a library's log"]))
    assert (line["event"], line["library"], line["severity"]) == ("library message", "urllib3", "warning")
    assert line["at"].endswith("<module>")


def test_a_crash_in_c_is_told_by_function() -> None:
    ended = run(FAULTS["in C"])
    assert ended.returncode < 0
    assert b"Segmentation fault" in ended.stderr
    assert b"string_at" in ended.stderr


def test_no_core_file_is_left() -> None:
    assert run("print(resource.getrlimit(resource.RLIMIT_CORE))").stdout == b"(0, 0)\n"


@pytest.mark.parametrize(("level", "heard"), [("debug", True), ("info", False), ("nonsense", False)])
def test_the_level_decides_what_is_written(level: str, heard: bool) -> None:
    told = lines(run("log.debug('turn'); log.info('ready')", level))
    assert [line["event"] for line in told] == (["turn", "ready"] if heard else ["ready"])


def test_an_error_that_leads_to_itself_is_told_and_ends() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert len(traced(one)) <= 8
