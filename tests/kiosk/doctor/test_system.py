"""The board, judged from the files of a root that the test writes."""

from pathlib import Path
from typing import Any

import pytest

from kiosk.doctor import system
from kiosk.doctor.clock import examine as examine_clock
from kiosk.doctor.findings import Finding, State
from kiosk.doctor.running import Answer, Running
from kiosk.model import ClockState
from tests.kiosk.fakes import FakeClock

RUNNING = Running(Answer.RUNNING)
STOPPED = Running()


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def only(found: Any) -> Finding:
    (one,) = found
    assert isinstance(one, Finding)
    return one


def test_a_raspberry_pi_is_named(tmp_path: Path) -> None:
    found = only(system.board("0.1.0", tree(tmp_path, {system.MODEL: "Raspberry Pi 4 Model B Rev 1.4\0"})))
    assert found.state is State.FIT
    assert found.measured["model"] == "Raspberry Pi 4 Model B Rev 1.4"
    assert found.detail.startswith("Raspberry Pi 4 Model B Rev 1.4, Linux ")


def test_another_machine_is_no_fault(tmp_path: Path) -> None:
    found = only(system.board("0.1.0", tmp_path))
    assert (found.state, found.measured["model"]) == (State.FIT, None)
    assert found.detail.startswith("no Raspberry Pi: ")


@pytest.mark.parametrize(
    ("throttled", "state", "said", "advised"),
    [
        ("0", State.FIT, "good since the start", ""),
        ("1", State.UNFIT, "too low now", "supply"),
        ("50005", State.UNFIT, "too low now; the board runs slower than it could: throttled", "Cool the board"),
        ("50000", State.FIT, "too low for a moment since the start; the board was slowed down", "stronger supply"),
        ("8", State.UNFIT, "soft temperature limit", "Cool the board"),
        ("80000", State.FIT, "soft temperature limit", ""),
    ],
    ids=["well", "low", "low-and-throttled", "was-low", "hot", "was-hot"],
)
@pytest.mark.parametrize("through", ["sysfs", "vcgencmd"])
def test_the_supply_is_judged_by_the_firmwares_bits(
    tmp_path: Path, through: str, throttled: str, state: State, said: str, advised: str
) -> None:
    if through == "sysfs":
        found = only(system.power(tree(tmp_path, {system.THROTTLED: f"{throttled}\n"}), lambda: None))
    else:
        found = only(system.power(tmp_path, lambda: f"throttled=0x{throttled}\n"))
    assert found.state is state
    assert said in found.detail
    assert advised in found.advice
    assert bool(found.advice) is bool(advised)
    assert found.measured == {"throttled": f"{int(throttled, 16):#x}"}


@pytest.mark.parametrize(("alarm", "state"), [("0\n", State.FIT), ("1\n", State.UNFIT)], ids=["well", "low"])
def test_without_the_firmware_the_kernels_own_alarm_counts(tmp_path: Path, alarm: str, state: State) -> None:
    monitors = {
        "sys/class/hwmon/hwmon0/name": "cpu_thermal\n",
        "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
        "sys/class/hwmon/hwmon1/in0_lcrit_alarm": alarm,
    }
    assert only(system.power(tree(tmp_path, monitors), lambda: None)).state is state


@pytest.mark.parametrize("said", [None, "", "VCHI initialization failed\n"], ids=["none", "empty", "failed"])
def test_a_board_that_says_nothing_of_its_supply_is_in_order(tmp_path: Path, said: str | None) -> None:
    found = only(system.power(tmp_path, lambda: said))
    assert (found.state, found.in_order) == (State.ABSENT, True)


@pytest.mark.parametrize(
    ("millidegrees", "state", "advised"),
    [("48312", State.FIT, ""), ("74000", State.FIT, "some air"), ("80001", State.UNFIT, "Cool the board")],
    ids=["cool", "warm", "hot"],
)
def test_the_processors_heat_is_judged(tmp_path: Path, millidegrees: str, state: State, advised: str) -> None:
    zones = {
        "sys/class/thermal/thermal_zone0/type": "wifi\n",
        "sys/class/thermal/thermal_zone0/temp": "99000\n",
        "sys/class/thermal/thermal_zone1/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone1/temp": f"{millidegrees}\n",
    }
    found = only(system.processor(tree(tmp_path, zones)))
    assert found.state is state
    assert found.measured == {"temperature_c": int(millidegrees) / 1000}
    assert advised in found.advice


def test_a_board_without_a_thermometer_of_its_own_is_in_order(tmp_path: Path) -> None:
    assert only(system.processor(tmp_path)).in_order


@pytest.mark.parametrize(
    ("free_kb", "met", "state"),
    [
        (500_000, STOPPED, State.FIT),
        (300_000, STOPPED, State.UNFIT),
        (300_000, RUNNING, State.FIT),
        (60_000, RUNNING, State.UNFIT),
    ],
    ids=["room", "no-room-for-a-kiosk", "the-kiosk-is-in", "the-kiosk-is-in-and-all-is-full"],
)
def test_memory_is_judged_by_what_is_still_to_come(tmp_path: Path, free_kb: int, met: Running, state: State) -> None:
    files = {"proc/meminfo": f"MemTotal:  1000000 kB\nMemFree:  1 kB\nMemAvailable:  {free_kb} kB\n"}
    found = only(system.memory(met, tree(tmp_path, files)))
    assert found.state is state
    assert found.measured == {"free_mb": free_kb / 1000, "total_mb": 1000.0}
    assert bool(found.advice) is (state is State.UNFIT)


def test_memory_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    assert only(system.memory(STOPPED, tmp_path)).state is State.UNKNOWN


@pytest.mark.parametrize(("free", "state"), [(5_000_000_000, State.FIT), (90_000_000, State.UNFIT)], ids=["room", "full"])
def test_the_systems_disk_is_judged(tmp_path: Path, free: int, state: State) -> None:
    found = only(system.disk(tmp_path, lambda _: (16_000_000_000, 16_000_000_000 - free, free)))
    assert found.state is state
    assert found.measured == {"free_mb": free / 1e6, "total_mb": 16000.0}


@pytest.mark.parametrize(
    ("trusted", "state", "said", "advised"),
    [
        (ClockState.SYNCHRONISED, State.FIT, "synchronised, 2026-11-24 12:00:00 UTC", ""),
        (ClockState.DRIFTING, State.FIT, "nobody keeps it right", "time server"),
        (ClockState.NEVER_SET, State.UNFIT, "never set", "whether a pass is in force"),
    ],
    ids=lambda value: value.value if isinstance(value, ClockState) else "",
)
def test_the_clock_is_judged_by_how_far_it_may_be_believed(
    trusted: ClockState, state: State, said: str, advised: str
) -> None:
    clock = FakeClock()
    clock.trusted = trusted
    found = only(examine_clock(clock))
    assert found.state is state
    assert said in found.detail
    assert advised in found.advice
    assert found.measured["clock"] == trusted.value
