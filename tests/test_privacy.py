"""What holds personal data does not show it when it is written out, and sentences about it do not quote it."""

import pickle
from pathlib import Path

import pytest

from drivers.camera import open_camera
from drivers.engines import Found
from kiosk.config import load as load_kiosk
from kiosk.credentials import HealthToken, PassClaims, examine, resolved
from kiosk.credentials.passes import encode, read
from kiosk.errors import UsageError
from kiosk.evidence import HealthStatus, Scan
from kiosk.facts import Evidence, Moment
from kiosk.inbox import TokenAnswered
from kiosk.link import Scanned
from kiosk.model import ClockState, VisitId
from kiosk.people import VisitorKind
from kiosk.units import Monotonic, WallTime
from sync.central.database import open_database
from tests.drivers.pictured import RealClock
from tests.kiosk.fakes import NOON
from tests.kiosk.runtimes import HEALTH_CODE, KEY, PUBLIC, signed_pass, trust_list
from tests.planted import Secret, found_in

HOLDER = Secret("the holder of a pass", "Zhang-Wei-8800")
UNIT = Secret("the unit on a pass", "12-3-Planted")
TOKEN = Secret("a health token", "PlantedToken31010119")
CODE = Secret("a code that is none of ours", "weixin://planted/Zhang-Wei")
SECRETS = [HOLDER, UNIT, TOKEN, CODE]
PASS_ID = b"planted--id!"

CLAIMS = PassClaims(
    pass_id=PASS_ID,
    compound="riverside",
    visitor=VisitorKind.GUEST,
    not_before=WallTime(NOON - 86_400_000_000),
    not_after=WallTime(NOON + 86_400_000_000),
    unit=UNIT.text,
    holder=HOLDER.text,
)
PASS = encode(CLAIMS, KEY.sign, PUBLIC[:8]).encode()
TIME = Monotonic(1.0)


def scan(content: bytes) -> Scan:
    return Scan(content, "QRCode", "zxing", TIME, TIME)


def evidence() -> Evidence:
    """What is known of somebody who has shown everything."""
    known = Evidence()
    for content in (
        signed_pass(VisitorKind.GUEST, holder=HOLDER.text),
        HEALTH_CODE + TOKEN.text.encode(),
        CODE.text.encode(),
    ):
        known.scanned(scan(content), trust_list(), Moment(NOON, ClockState.SYNCHRONISED, TIME), lambda _: False)
    for token in list(known.asked):
        known.answered(token, HealthStatus.GREEN, TIME)
    return known


HOLDERS = {
    "a scan": scan(CODE.text.encode()),
    "a scan on its way": Scanned(scan(CODE.text.encode())),
    "a code that was found": Found(CODE.text.encode(), "zxing", "QRCode", ()),
    "the claims of a pass": CLAIMS,
    "a pass that was read": read(PASS),
    "a pass that was checked": examine(signed_pass(VisitorKind.GUEST, holder=HOLDER.text), trust_list(), NOON),
    "a health token": HealthToken(TOKEN.text, "health"),
    "a health token that was answered for": resolved(HealthToken(TOKEN.text, "health"), HealthStatus.GREEN),
    "an issuer's answer": TokenAnswered(VisitId("v"), TOKEN.text, HealthStatus.GREEN),
    "all that is known of a visitor": evidence(),
}


@pytest.mark.parametrize("held", HOLDERS.values(), ids=HOLDERS.keys())
def test_what_holds_personal_data_does_not_show_it(held: object) -> None:
    shown = f"{held!r}\n{held}\n{held:}".encode()
    assert found_in([*SECRETS, Secret("the id of a pass", PASS_ID.decode())], {"its text": shown}) == []


@pytest.mark.parametrize("held", [held for name, held in HOLDERS.items() if "on its way" not in name])
def test_and_yet_it_is_there(held: object) -> None:
    # Or the test above would prove nothing.
    assert found_in(SECRETS, {"its content": pickle.dumps(held)}) or isinstance(held, Found)


def test_a_camera_with_a_password_in_its_address_is_not_quoted(tmp_path: Path) -> None:
    address = "rtsp://admin:planted-secret@10.0.0.8/stream"
    config = tmp_path / "kiosk.toml"
    config.write_text(
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\n[policy]\nfile = "shipped:normal-times"\n'
        f'[camera]\nsource = "{address}"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as refused:
        load_kiosk(config)
    assert "[camera] source" in str(refused.value)
    assert "planted" not in str(refused.value)
    with pytest.raises(UsageError) as refused:
        open_camera(address, width=640, height=480, fps=30, clock=RealClock())
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://gatepost:planted-secret@127.0.0.1:1/central",
        "postgresql://gatepost:planted@secret@127.0.0.1:1/central",
        "postgresql://gatepost:planted-secret@[broken/central",
        "postgresql://gatepost:planted-secret@127.0.0.1:port/central",
        "planted-secret://gatepost@127.0.0.1/central",
        "mysql://gatepost:planted-secret@127.0.0.1/central",
    ],
)
def test_a_database_that_cannot_be_used_is_no_reason_to_tell_its_password(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        open_database(url, NOON)
    assert "[database] url" in str(refused.value)
    assert "planted-secret" not in str(refused.value)
    assert "secret@" not in str(refused.value)
