"""What is left of the gate process when it is over."""

from pathlib import Path

from gpiozero import OutputDevice

from drivers.simulated.observer import Observer
from drivers.simulated.pins import WorldPinFactory
from drivers.simulated.protocol import PinEdge
from drivers.simulated.script import Script
from kiosk import config as configuration
from kiosk.bootstrap.gate import turn_line_off
from tests.drivers.worlds import living_world, next_event


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
