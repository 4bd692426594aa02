"""What is left of the gate process when it is over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from gpiozero import OutputDevice

from drivers.simulated.observer import Observer
from drivers.simulated.pins import WorldPinFactory
from drivers.simulated.protocol import PinEdge
from drivers.simulated.script import Script
from kiosk import config as configuration
from kiosk.bootstrap.gate import turn_line_off
from tests.drivers.worlds import living_world, next_event


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may go before others")
def test_the_gates_process_goes_before_others() -> None:
    code = "import os; from kiosk.bootstrap.gate import go_first; go_first(); print(os.getpriority(os.PRIO_PROCESS, 0))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) == -10


def test_a_line_that_was_left_active_is_made_inactive(tmp_path: Path) -> None:
    world, file = tmp_path / "world.sock", tmp_path / "kiosk.toml"
    file.write_text(
        '[gate]\ncompound = "c"\ndevice = "d"\n[policy]\nfile = "shipped:normal-times"\n'
        f'[relay]\nsource = "simulated"\n[simulation]\nworld = "{world}"\n',
        encoding="utf-8",
    )
    with living_world(Script(open_ended=True), world), WorldPinFactory(world) as left_behind:
        observer = Observer(world)
        OutputDevice(17, initial_value=True, pin_factory=left_behind)
        turn_line_off(configuration.load(file))
        edges = [next_event(observer) for _ in range(2)]
        assert [edge.level for edge in edges if isinstance(edge, PinEdge)] == [True, False]
        observer.close()
