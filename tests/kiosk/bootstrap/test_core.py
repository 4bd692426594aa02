"""What the core makes of a configuration, as a screen beside it is shown."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk import config
from kiosk.bootstrap.core import build_core
from kiosk.bootstrap.process import core_socket
from kiosk.link import Connection, ViewChanged, connect_patiently, greet
from kiosk.model import Part
from kiosk.units import Seconds
from kiosk.view import View
from tests.drivers.pictured import RealClock
from tests.kiosk.fakes import FakeLog

PATIENCE_S = 20.0


@contextmanager
def beside(folder: Path, policy: str) -> Iterator[Connection]:
    """A core without a thermometer, and a screen's connection to it."""
    file = folder / "kiosk.toml"
    file.write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = "{folder}"\n'
        f'[policy]\nfile = "shipped:{policy}"\n[thermometer]\nsource = "none"\n',
        encoding="utf-8",
    )
    loaded = config.load(file)
    stop = threading.Event()
    with ThreadPoolExecutor(1, "test-core") as pool:
        core = build_core(loaded, folder, clock=RealClock(), log=FakeLog())
        running = pool.submit(core.run, stop)
        try:
            link = connect_patiently(core_socket(loaded), stop.wait)
            assert link is not None
            with closing(link):
                greet(link, Part.SCREEN, "test")
                yield link
        finally:
            stop.set()
            running.result(PATIENCE_S)
            core.close()


def shown(link: Connection) -> Iterator[View]:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        message = link.receive(Seconds(PATIENCE_S))
        if isinstance(message, ViewChanged):
            yield message.view


@pytest.mark.parametrize(
    ("policy", "lost"), [("response-level-2", True), ("normal-times", False)], ids=["it is wanted", "nobody asks for it"]
)
def test_a_thermometer_that_is_not_configured_is_said_to_be_missing_where_it_is_wanted(
    tmp_path: Path, policy: str, lost: bool
) -> None:
    with beside(tmp_path, policy) as link:
        # The gate is gone from the first heartbeat on: what was posted before it is known by then.
        view = next(view for view in shown(link) if Part.GATE in view.lost)
        assert (Part.THERMOMETER in view.lost) is lost
