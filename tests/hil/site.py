"""Who comes to the guest's gate, and what the gate is told: passes, trust, configuration, pictures of codes."""

import base64
import json
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from kiosk.calibration import FACTORY
from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import PASS_ID_BYTES, encode
from kiosk.people import VisitorKind
from kiosk.units import WallTime
from tests.hil.guest.camera import FPS, HEIGHT, TAKES, WIDTH

COMPOUND, DEVICE = "riverside", "gate-1"
HOUR_US = 3_600_000_000
RELAY, PASSAGE, EXIT, FIRE, TAMPER = 17, 27, 16, 20, 21
PULSE_S = 0.8
WALL_C, AIR_C = 23.0, 22.0
"""What the thermometer sees of an empty gate, and the air it hangs in."""
NOBODY = "nobody"
NOISE = 1.5
"""Standard deviation of the camera's noise, in steps of its 256."""
CONFIGURATION = f"""\
[gate]
compound = "{COMPOUND}"
device = "{DEVICE}"
pulse_s = {PULSE_S}

[policy]
file = "shipped:response-level-2"
trust = ["trust.json"]

[camera]
source = "device:0"
width = {WIDTH}
height = {HEIGHT}
fps = {FPS}
idle_fps = {FPS}

[thermometer]
source = "i2c:1"

[relay]
source = "lgpio"
pin = {RELAY}
passage_pin = {PASSAGE}
exit_pin = {EXIT}
fire_pin = {FIRE}
tamper_pin = {TAMPER}

[screen]
language = "zh"
diagonal_in = 7.0
dim_after_s = 3600.0
"""
Grey = NDArray[np.uint8]


class Site:
    """A throw-away site: its key, and a pass of each kind, drawn. A visitor's picture is called like their pass."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._public = self._key.public_key().public_bytes_raw()
        self._stranger = Ed25519PrivateKey.generate()
        self._foreign = self._stranger.public_key().public_bytes_raw()
        self.passes = {
            **{f"resident-{number}": self._pass() for number in range(4)},
            "expired": self._pass(expired=True),
            "forged": self._pass(by=self._stranger),
            "foreign": self._pass(by=self._stranger, named=self._foreign),
        }

    def write(self, folder: Path) -> None:
        """Write everything that the guest is given."""
        (folder / "pictures").mkdir(parents=True)
        (folder / "kiosk.toml").write_text(CONFIGURATION, encoding="utf-8")
        (folder / "trust.json").write_text(json.dumps(self._trust()), encoding="utf-8")
        for source in (Path(__file__).parent / "guest").glob("*.py"):
            shutil.copy(source, folder)
        noise = np.random.default_rng(1)
        for name, text in {**self.passes, NOBODY: None}.items():
            seen = scene(text)
            for take in range(TAKES):
                taken = np.clip(seen + noise.normal(0.0, NOISE, seen.shape), 0, 255).astype(np.uint8)
                (folder / "pictures" / f"{name}.{take}.yuyv").write_bytes(yuyv(taken))

    def _pass(self, *, expired: bool = False, by: Ed25519PrivateKey | None = None, named: bytes | None = None) -> str:
        now = int(datetime.now(UTC).timestamp()) * 1_000_000
        begins, ends = (now - 3 * HOUR_US, now - HOUR_US) if expired else (now - HOUR_US, now + 24 * HOUR_US)
        claims = PassClaims(
            pass_id=secrets.token_bytes(PASS_ID_BYTES),
            compound=COMPOUND,
            visitor=VisitorKind.RESIDENT,
            not_before=WallTime(begins),
            not_after=WallTime(ends),
            uses=Uses.MULTIPLE,
            unit="12-301",
            holder=None,
        )
        return encode(claims, (by or self._key).sign, key_id(named or self._public))

    def _trust(self) -> dict[str, object]:
        issuer = {
            "kind": "pass",
            "id": "hil-passes",
            "key": base64.b64encode(self._public).decode(),
            "compounds": [COMPOUND],
            "visitors": [str(VisitorKind.RESIDENT)],
        }
        issued_at = datetime.now(UTC).isoformat(timespec="seconds")
        return {"schema": 1, "id": "hil", "issued_at": issued_at, "issuers": [issuer]}


def scene(text: str | None) -> Grey:
    """What the camera sees: a wall that grows darker to one side, and the code of a pass held before it."""
    picture = np.tile(np.linspace(70, 120, WIDTH), (HEIGHT, 1)).astype(np.uint8)
    if text is not None:
        symbol = segno.make(text, error="m", micro=False, boost_error=False)
        modules = np.array([list(row) for row in symbol.matrix_iter(border=4)], np.uint8)
        pixels = round(0.95 * HEIGHT) // len(modules)
        code = np.kron(1 - modules, np.full((pixels, pixels), 235, np.uint8)) + 12
        top, left = (HEIGHT - len(code)) // 2, (WIDTH - len(code)) // 2
        picture[top : top + len(code), left : left + len(code)] = cv2.GaussianBlur(code, (3, 3), 0)
    return picture


def yuyv(picture: Grey) -> bytes:
    """Return a grey picture as a camera's packed bytes: brightness and, between, no colour."""
    return np.dstack([picture, np.full_like(picture, 128)]).tobytes()


def raw(celsius: float) -> str:
    """Return degrees as the chip's register has them: 0.02 K a step."""
    return str(round((celsius + 273.15) / 0.02))


def forehead(core_c: float) -> float:
    """What a forehead radiates whose body has this temperature, by the formula that the kiosk turns round."""
    return (core_c + FACTORY.share * AIR_C) / (1 + FACTORY.share)
