"""What the composition root makes of a configuration."""

from importlib.resources import files
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from kiosk.bootstrap.documents import load_policies, load_sealer
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


def put(folder: Path, name: str, *dates: str) -> None:
    text = (files("kiosk") / "policies" / "normal-times.toml").read_text(encoding="utf-8")
    (folder / f"{name}.toml").write_text(f"{chr(10).join(dates)}\n{text.replace('normal-times', name)}", encoding="utf-8")


def test_the_rules_may_be_a_folder_of_documents_that_follow_one_another(tmp_path: Path) -> None:
    put(tmp_path, "march", "until = 2020-04-01T00:00:00")
    put(tmp_path, "april", "from = 2020-04-01T00:00:00")
    (tmp_path / "march.toml.old").write_text("no document")
    assert [one.id for one in load_policies(str(tmp_path), Path())] == ["april", "march"]
    assert [one.id for one in load_policies("shipped:normal-times", tmp_path)] == ["normal-times"]


def test_of_documents_in_force_at_the_same_time_nobody_knows_which_counts(tmp_path: Path) -> None:
    put(tmp_path, "march", "until = 2020-04-02T00:00:00")
    put(tmp_path, "april", "from = 2020-04-01T00:00:00")
    with pytest.raises(UsageError, match="april@1 and march@1 are in force at the same time"):
        load_policies(".", tmp_path)


def test_a_folder_without_a_document_is_an_error_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no policy document in this folder"):
        load_policies(str(tmp_path), Path())
