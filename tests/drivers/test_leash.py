"""A process whose decoder hangs or eats memory ends; one that does its work goes on."""

import signal
import subprocess
import sys

RUN = "from drivers.leash import Leash, limit_memory\n"


def ended(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", RUN + program], capture_output=True, text=True, timeout=60, check=False)


def test_a_decoder_that_does_not_come_back_ends_the_process() -> None:
    # A pattern that backtracks for ever holds Python's lock, as a decoder in C++ would.
    assert ended("import re\nwith Leash(0.2): re.match('(a*)*b', 'a' * 60)").returncode == -signal.SIGALRM


def test_one_that_comes_back_does_not() -> None:
    program = "import time\nfor _ in range(3):\n    with Leash(0.5): time.sleep(0.05)\ntime.sleep(0.7)\nprint('well')"
    assert ended(program).stdout == "well\n"


def test_the_leash_is_off_after_an_error_too() -> None:
    program = "import time\ntry:\n    with Leash(0.2): raise ValueError\nexcept ValueError: time.sleep(0.5)\nprint('well')"
    assert ended(program).stdout == "well\n"


def test_memory_beyond_the_limit_is_not_given_and_less_is() -> None:
    assert ended("limit_memory(64)\nbytearray(32 * 2**20)\nprint('well')").stdout == "well\n"
    assert "MemoryError" in ended("limit_memory(64)\nbytearray(256 * 2**20)").stderr
