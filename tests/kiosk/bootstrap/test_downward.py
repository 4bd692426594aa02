"""What a kiosk goes by when it starts, and when nothing can come down."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Raw
from nacl.public import PrivateKey

from kiosk.bootstrap.documents import load_sealer
from kiosk.bootstrap.downward import ComesDown, Parts
from kiosk.config import Config, GateSection, LogSection, PolicySection, ServerSection
from kiosk.direction import Direction
from kiosk.errors import UsageError
from kiosk.in_force import InForce, Renewed
from kiosk.inbox import Downward
from sync.enrolment_wire import Enrolled, Place
from sync.identity import papers_beside
from sync.sealing import MonthKey, encode_month_keys
from tests.captured_lines import capture_logs
from tests.kiosk.fakes import FakeClock
from tests.sync.downward.kiosks import CONFIGURED

NOON_US = 1_800_000_000_000_000
DOCUMENT_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().public_bytes_raw().hex()
MONTH_KEYS = encode_month_keys(
    "riverside", [MonthKey(month="2026-11", public_key=bytes(PrivateKey(bytes(32)).public_key).hex())]
)
ENROLLED = Enrolled(
    enrolled=1,
    place=Place(compound="riverside", gate="north", direction=Direction.BOTH, device="north-00c0ffee", replaces=None),
    time_us=NOON_US,
    month_keys=Raw(MONTH_KEYS),
)


def configured(folder: Path, url: str | None, document_key: str | None = None) -> Config:
    return Config(
        gate=GateSection(compound="riverside", device="gate-1"),
        policy=PolicySection(file="shipped:normal-times"),
        log=LogSection(path=str(folder / "log.sqlite")),
        server=ServerSection(url=url, document_key=document_key),
    )


def comes_down(folder: Path, url: str | None, document_key: str | None = None) -> ComesDown:
    return ComesDown(configured(folder, url, document_key), "gate-1", FakeClock(), lambda: CONFIGURED, lambda _: None)


@pytest.mark.parametrize("url", [None, "https://gatepost.example"], ids=["no server", "a server"])
def test_a_damaged_document_key_keeps_no_kiosk_from_starting(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "document-key").write_bytes(b"\xff torn")
    with capture_logs() as said:
        assert comes_down(tmp_path, url).in_force() == CONFIGURED
    assert [line["event"] for line in said] == ([] if url is None else ["nothing comes down"])


def test_a_wrong_key_in_the_configuration_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="document_key is no document key"):
        comes_down(tmp_path, "https://gatepost.example", "0f").in_force()


@pytest.mark.parametrize("document_key", [DOCUMENT_KEY, None], ids=["a key is configured", "no key at all"])
def test_the_month_keys_of_a_later_enrolment_count_at_once_and_once(tmp_path: Path, document_key: str | None) -> None:
    config = configured(tmp_path, "http://127.0.0.1:9", document_key)
    told: list[Downward] = []

    def now_configured() -> InForce:
        return replace(CONFIGURED, sealer=load_sealer(config, tmp_path))

    kiosk = ComesDown(config, "gate-1", FakeClock(), now_configured, told.append)
    assert kiosk.in_force().sealer is None
    kiosk.enrolled()  # it was no other device before
    papers_beside(tmp_path / "log.sqlite").keep(ENROLLED)
    kiosk.enrolled()
    kiosk.enrolled()
    kiosk.close()
    assert [isinstance(one, Renewed) and one.in_force.sealer is not None for one in told] == [True]


def test_a_kiosk_that_was_enrolled_before_it_started_begins_once(tmp_path: Path) -> None:
    papers_beside(tmp_path / "log.sqlite").keep(ENROLLED)
    told: list[Downward] = []
    config = configured(tmp_path, "http://127.0.0.1:9", DOCUMENT_KEY)
    kiosk = ComesDown(config, "north", FakeClock(), lambda: CONFIGURED, told.append)
    kiosk.in_force()
    kiosk.enrolled()
    kiosk.close()
    assert told == []


def test_a_kiosk_that_listens_when_it_is_enrolled_listens_anew(tmp_path: Path) -> None:
    begun: list[Parts] = []
    kiosk = comes_down(tmp_path, "http://127.0.0.1:9", DOCUMENT_KEY)
    kiosk.in_force()
    kiosk.start(begun.append)
    papers_beside(tmp_path / "log.sqlite").keep(ENROLLED)
    kiosk.enrolled()
    kiosk.close()
    first, second = begun
    assert first.keeper is not second.keeper
    assert not any(thread.name == "downward" for thread in threading.enumerate())
