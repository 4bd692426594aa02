"""Simulated kiosks for the doctor: a world whose pictures cost nothing, and a folder with a configuration."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from drivers.simulated.filming import Postures, Studio, Whole
from drivers.simulated.frames import FramePublisher
from drivers.simulated.protocol import shm_name
from drivers.simulated.script import Script
from tests.drivers.worlds import PATIENCE_S, PlainStudio, living_world

GREY = np.full((720, 1280, 3), 128, np.uint8)


class Painted(PlainStudio):
    """Films always the same picture, for real cameras to see."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        super().__init__()
        self.picture = picture
        self.rendered = 0
        self.filmed = threading.Event()

    def studio(self, script: Script, socket_path: Path) -> Studio:
        return Studio(self, FramePublisher(shm_name(socket_path)))

    def render(self, postures: Postures, at: float) -> tuple[NDArray[np.uint8], Whole]:
        # The picture before this one is where cameras find it.
        self.rendered += 1
        if self.rendered > 1:
            self.filmed.set()
        return self.picture, (True,) * len(postures)


class Patient:
    """A simulated kiosk's folder. `sections` of its configuration can be changed before it is examined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = folder / "world.sock"
        self.socket = folder / "run" / "core.sock"
        self.log = folder / "log.sqlite"
        self.socket.parent.mkdir()
        self.sections: dict[str, dict[str, Any]] = {
            "gate": {"compound": "riverside", "device": "gate-1", "run_dir": str(self.socket.parent)},
            "policy": {"file": "shipped:normal-times", "trust": ["trust.json"]},
            "camera": {"source": "simulated"},
            "thermometer": {"source": "simulated"},
            "relay": {"source": "simulated"},
            "log": {"path": str(self.log)},
            "server": {},
            "simulation": {"world": str(self.world)},
        }
        public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        issuer = {
            "kind": "pass",
            "id": "passes",
            "key": base64.b64encode(public).decode(),
            "compounds": ["riverside"],
            "visitors": ["resident"],
        }
        issued = datetime.now(UTC).isoformat(timespec="seconds")
        trust = {"schema": 1, "id": "test", "issued_at": issued, "issuers": [issuer]}
        (folder / "trust.json").write_text(json.dumps(trust), encoding="utf-8")

    @property
    def file(self) -> Path:
        """The configuration, written as the sections are now."""
        path = self.folder / "kiosk.toml"
        # A JSON string, number or list of strings is TOML as well.
        lines = [
            line
            for name, keys in self.sections.items()
            for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), "")
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    @contextmanager
    def living(self, script: Script | None = None) -> Iterator[None]:
        """Let the kiosk's world turn for as long as the block lasts."""
        painted = Painted(GREY)
        with living_world(script or Script(), self.world, painted):
            assert painted.filmed.wait(PATIENCE_S)
            yield
