"""What the composition root makes of a configuration."""

from pathlib import Path

import pytest
from nacl.public import PrivateKey

from kiosk.bootstrap.documents import load_sealer
from kiosk.config import Config, GateSection, LogSection, PolicySection
from kiosk.errors import UsageError
from sync.sealing import MonthKey, encode_month_keys, unseal
from tests.kiosk.fakes import NOON

SECRET = PrivateKey(bytes(range(32)))


def config(month_keys: str | None) -> Config:
    return Config(
        gate=GateSection(compound="riverside", device="gate-1"),
        policy=PolicySection(file="shipped:normal-times"),
        log=LogSection(month_keys=month_keys),
    )


def test_without_month_keys_there_is_no_sealer(tmp_path: Path) -> None:
    assert load_sealer(config(None), tmp_path) is None


def test_month_keys_beside_the_configuration_are_sealed_to(tmp_path: Path) -> None:
    key = MonthKey(month="2026-11", public_key=bytes(SECRET.public_key).hex())
    (tmp_path / "keys.json").write_bytes(encode_month_keys("riverside", [key]))
    sealer = load_sealer(config("keys.json"), tmp_path)
    assert sealer is not None
    sealed = sealer.seal(b"{}", NOON)
    assert sealed.key_id == key.id
    assert unseal(SECRET, sealed.data) == b"{}"


def test_month_keys_of_another_compound_are_an_error_of_configuration(tmp_path: Path) -> None:
    key = MonthKey(month="2026-11", public_key=bytes(SECRET.public_key).hex())
    (tmp_path / "keys.json").write_bytes(encode_month_keys("lakeside", [key]))
    with pytest.raises(UsageError, match="month keys of lakeside"):
        load_sealer(config("keys.json"), tmp_path)
