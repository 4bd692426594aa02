"""The eyes process: camera, decoders and the screen's mirror."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.bootstrap.process import SOFTWARE, core_socket
from kiosk.clock import SystemClock
from kiosk.config import Config
from kiosk.errors import UsageError
from kiosk.garbage import loading
from kiosk.ports import Clock

if TYPE_CHECKING:
    from drivers.camera import Camera


def run_eyes(config: Config, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the eyes process until `stop`: camera and decoders, and the screen's mirror."""
    # Before NumPy is imported: its linear algebra would start a thread for each core, and nothing here does any.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with loading():
        from drivers.engines import formats_of
        from drivers.eyes import run_eyes as look
        from drivers.leash import Leash, limit_memory
        from drivers.mirror import Mirror
        from kiosk.preview import PreviewPublisher

    clock = SystemClock()
    limit_memory()
    ready()
    look(
        core_socket(config),
        camera_factory(config, clock),
        clock,
        stop,
        mirror=Mirror(PreviewPublisher(Path(config.gate.run_dir))),
        idle_fps=config.camera.idle_fps,
        version=SOFTWARE,
        formats=formats_of(config.camera.symbologies),
        leash=Leash(),
    )


def camera_factory(config: Config, clock: Clock) -> "Callable[[], Camera]":
    """Return what opens the configured camera: at the start, and again whenever it was lost."""
    from drivers.camera import open_camera
    from drivers.v4l2 import Controls

    section = config.camera
    simulation = config.simulation

    def simulated() -> Any:
        from drivers.simulated.capture import SimulatedCapture
        from drivers.simulated.protocol import shm_name

        if simulation is None:
            raise UsageError("[camera] is simulated, so the section [simulation] must name its world")
        return SimulatedCapture(shm_name(Path(simulation.world)), clock)

    return lambda: open_camera(
        section.source,
        width=section.width,
        height=section.height,
        fps=section.fps,
        clock=clock,
        simulated=simulated,
        controls=Controls(section.exposure, section.focus, section.gain, section.power_line_hz),
    )
