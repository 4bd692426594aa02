import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drivers.filter_setting import CONFIG
from drivers.gate import GateLine
from drivers.mlx90614 import Mlx90614
from drivers.simulated.bus import SimulatedBus
from drivers.simulated.filming import Studio
from drivers.simulated.observer import Observer
from drivers.simulated.pins import WorldPinFactory
from drivers.simulated.protocol import AllDone, PinEdge, Transfer, VisitorReport, enter, shm_name
from drivers.simulated.script import CardScript, Script, SensorScript, VisitorScript
from drivers.simulated.world import run_world
from kiosk.errors import DeviceLost, UsageError
from kiosk.units import Seconds
from tests.drivers.worlds import PATIENCE_S, MovedClock, PlainStudio, living_world, next_event

QUICK = VisitorScript(name="quick", cards=(CardScript(text="x"),), gap_s=0.0, patience_s=0.6, passage_s=0.1)


def test_a_thermometer_on_the_worlds_bus_reads_bytes_with_right_checksums(tmp_path: Path) -> None:
    with living_world(Script(), tmp_path / "world"):
        unit = Mlx90614(SimulatedBus(tmp_path / "world"))
        assert unit.probe().pec_right
        assert unit.probe().config == 0x9FB4
        pair = unit.read()
        assert abs(pair.object_c - pair.ambient_c) < 1.0
        unit.close()


def test_an_absent_sensor_is_an_unacknowledged_address(tmp_path: Path) -> None:
    with living_world(Script(sensor=SensorScript(present=False)), tmp_path / "world"):
        unit = Mlx90614(SimulatedBus(tmp_path / "world"))
        with pytest.raises(DeviceLost, match="does not answer"):
            unit.probe()
        unit.close()


def test_a_bus_whose_world_is_gone_fails_as_a_bus_does(tmp_path: Path) -> None:
    with living_world(Script(), tmp_path / "world"):
        bus = SimulatedBus(tmp_path / "world")
    unit = Mlx90614(bus)
    with pytest.raises(DeviceLost) as caught:
        unit.probe()
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EIO
    unit.close()


def test_a_visitor_let_in_is_measured_by_the_worlds_own_clock(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(visitors=(QUICK,)), path), WorldPinFactory(path) as factory:
        observer, line = Observer(path), GateLine(MovedClock(), pin=17, passage_pin=27, pin_factory=factory)
        observer.begin()
        bus = SimulatedBus(path)
        unit = Mlx90614(bus)
        while unit.read().object_c < 30:
            pass
        line.pulse(Seconds(1.0))
        rise = next_event(observer)
        assert isinstance(rise, PinEdge)
        assert (rise.pin, rise.level, rise.cause) == (17, True, "driven")
        covered, uncovered = next_event(observer), next_event(observer)
        assert isinstance(covered, PinEdge)
        assert isinstance(uncovered, PinEdge)
        assert [(edge.pin, edge.level, edge.cause) for edge in (covered, uncovered)] == [
            (27, True, "world"),
            (27, False, "world"),
        ]
        report = next_event(observer)
        assert isinstance(report, VisitorReport)
        assert report.relay_at == rise.at
        assert report.line_trace == (rise,)
        assert report.passed_at is not None
        assert report.passed_at == pytest.approx(covered.at, abs=0.05)
        assert report.forehead_at is not None
        assert report.arrived_at < report.forehead_at < report.left_at
        assert next_event(observer) == AllDone(1)
        line.close()
        unit.close()
        observer.close()


def test_cards_wholly_in_the_frame_are_noted_with_the_frames_time(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(visitors=(QUICK,)), path) as studio:
        observer = Observer(path)
        observer.begin()
        report = next_event(observer)
        assert isinstance(report, VisitorReport)
        assert report.code_in_frame_at in studio.published
        assert report.code_in_frame_at == report.in_position_at
        assert report.code_in_frame_at == pytest.approx(report.arrived_at + 1.4, abs=0.2)
        observer.close()


def test_visitors_may_be_added_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(open_ended=True), path):
        observer = Observer(path)
        observer.begin()
        observer.add(QUICK)
        observer.finish()
        assert isinstance(next_event(observer), VisitorReport)
        assert next_event(observer) == AllDone(1)
        observer.close()


GATE = """
import sys
from gpiozero import OutputDevice
from drivers.simulated.pins import WorldPinFactory
line = OutputDevice(17, pin_factory=WorldPinFactory(sys.argv[1]))
line.on()
print("on", flush=True)
sys.stdin.read()
"""


def test_the_line_floats_to_inactive_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(), path):
        observer = Observer(path)
        gate = subprocess.Popen([sys.executable, "-c", GATE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with gate:
            rise = next_event(observer)
            os.kill(gate.pid, signal.SIGKILL)
            fall = next_event(observer)
        assert isinstance(rise, PinEdge)
        assert isinstance(fall, PinEdge)
        assert (rise.level, rise.cause, fall.level, fall.cause) == (True, "driven", False, "floating")
        observer.close()


def test_one_clients_nonsense_ends_only_that_client(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(), path):
        bus, observer = SimulatedBus(path), Observer(path)
        rude = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        rude.settimeout(PATIENCE_S)
        rude.connect(str(path))
        rude.send(b"\xc1 nonsense")
        assert rude.recv(100) == b""
        rude.close()
        trespasser, _ = enter(path, "camera")
        trespasser.send(Transfer(()))
        with pytest.raises(DeviceLost):
            trespasser.receive(PATIENCE_S)
        trespasser.close()
        unit = Mlx90614(bus)
        assert unit.probe().config == 0x9FB4
        unit.close()
        observer.close()


def test_nothing_is_left_behind_and_the_pictures_are_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "world"
    with living_world(Script(), path) as studio:
        assert path.is_socket()
    assert not path.exists()
    assert studio.closed.is_set()


def test_a_socket_that_nobody_serves_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "world"
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stale.bind(str(path))
    stale.close()
    with living_world(Script(), path):
        Observer(path).close()


@pytest.mark.parametrize("kind", ["served", "file"])
def test_a_place_that_is_taken_is_a_usage_error_and_stays_as_it_is(kind: str, tmp_path: Path) -> None:
    path, stop = tmp_path / "world", threading.Event()
    if kind == "file":
        path.write_text("precious")
        with pytest.raises(UsageError, match="cannot listen"):
            run_world(Script(), path, stop, studio=PlainStudio().studio)
        assert path.read_text() == "precious"
        return
    with living_world(Script(), path):
        with pytest.raises(UsageError, match="cannot listen"):
            run_world(Script(), path, stop, studio=PlainStudio().studio)
        Observer(path).close()


def test_a_renderer_that_fails_ends_the_world_with_its_error(tmp_path: Path) -> None:
    class Broken(PlainStudio):
        def studio(self, script: Script, socket_path: Path) -> Studio:
            return Studio(self, BrokenPublisher())

    class BrokenPublisher:
        def publish(self, image: object, captured_at: float) -> None:
            raise RuntimeError("no more pictures")

        def close(self) -> None:
            """Nothing to take away."""

    with pytest.raises(RuntimeError, match="no more pictures"):
        run_world(Script(), tmp_path / "world", threading.Event(), studio=Broken().studio)
    assert not (tmp_path / "world").exists()


def test_every_world_has_shared_memory_of_its_own(tmp_path: Path) -> None:
    one, other = shm_name(tmp_path / "one"), shm_name(tmp_path / "other")
    assert one != other
    assert one.startswith("gatepost-")
    with living_world(Script(), tmp_path / "one"):
        observer = Observer(tmp_path / "one")
        assert observer.shm == one
        observer.close()


@pytest.mark.parametrize("module", ["bus", "pins", "observer", "protocol", "script"])
def test_what_gate_and_core_load_of_the_world_is_light(module: str) -> None:
    code = f"import sys, drivers.simulated.{module}; sys.exit(bool({{'numpy', 'cv2'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S).returncode == 0


def test_the_gate_process_loads_nothing_heavy() -> None:
    code = "import sys, drivers.gate, drivers.gate_loop; sys.exit(bool({'numpy', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE_S).returncode == 0


def test_the_configuration_register_is_the_scripts(tmp_path: Path) -> None:
    with living_world(Script(sensor=SensorScript(config=0x9FB0)), tmp_path / "world"):
        unit = Mlx90614(SimulatedBus(tmp_path / "world"))
        assert unit.probe().iir_code == 0
        assert CONFIG == 0x25
        unit.close()
