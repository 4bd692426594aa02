import base64
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from kiosk.units import WallTime
from sync.central.vault import ClosedVault, KeyDestroyed, KeyMissing, Vault, VaultClosed
from sync.sealing import CannotUnseal, MonthSealer
from tests.sync.central.kiosks import NOON_US
from tests.sync.central.vaults import MONTHS, PASSPHRASE, sealer_of, vault_in

WHO = b'{"name":"Zhang Wei"}'


def sealed(folder: Path) -> bytes:
    return sealer_of(vault_in(folder)).seal(WHO, WallTime(NOON_US)).data


def test_what_is_sealed_to_a_key_opens_again_and_again_in_any_server(tmp_path: Path) -> None:
    part = sealed(tmp_path)
    for _ in range(2):
        assert vault_in(tmp_path).unseal("riverside", part) == WHO


def test_a_compounds_keys_open_nothing_for_another(tmp_path: Path) -> None:
    part = sealed(tmp_path)
    vault = vault_in(tmp_path)
    vault.create("lakeside", MONTHS, NOON_US)
    with pytest.raises(KeyMissing):
        vault.unseal("lakeside", part)


def test_keys_are_made_once_and_listed_by_compound_and_month(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    assert [made.key.month for made in vault.create("riverside", ["2026-12", "2026-11"], 1)] == ["2026-12", "2026-11"]
    before = (tmp_path / "vault").read_bytes()
    assert vault.create("riverside", ["2026-11"], 2) == []
    assert (tmp_path / "vault").read_bytes() == before
    vault.create("lakeside", ["2026-11"], 3)
    found = [(one.compound, one.key.month, one.created_us) for one in vault.records()]
    assert found == [("lakeside", "2026-11", 3), ("riverside", "2026-11", 1), ("riverside", "2026-12", 1)]
    assert len({one.key.id for one in vault.records()}) == 3


def test_the_index_differs_by_compound_and_by_vault(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    vaults = [vault_in(tmp_path), vault_in(tmp_path / "other")]
    digests = set()
    for vault in vaults:
        for compound in ("riverside", "lakeside"):
            vault.create(compound, ["2026-11"], NOON_US)
            digests.add(vault.mac(compound, b"zhangwei"))
            assert vault.mac(compound, b"zhangwei") in digests
    assert len(digests) == 4
    assert vault_in(tmp_path).mac("riverside", b"zhangwei") == vaults[0].mac("riverside", b"zhangwei")
    with pytest.raises(KeyMissing):
        vaults[0].mac("nowhere", b"zhangwei")


def test_a_destroyed_key_opens_nothing_is_in_no_file_and_leaves_its_record(tmp_path: Path) -> None:
    part = sealed(tmp_path)
    vault = vault_in(tmp_path)
    other = vault_in(tmp_path)
    (key,) = [one for one in vault.records() if one.key.month == "2026-11"]
    held = os.open(tmp_path / "vault", os.O_RDONLY)
    gone = vault.destroy(key.key.id, 77)
    assert (gone.destroyed_us, gone.key) == (77, key.key)
    for one in (vault, other, vault_in(tmp_path)):
        with pytest.raises(KeyDestroyed):
            one.unseal("riverside", part)
        assert [found.destroyed_us for found in one.records()] == [None, 77, None]
    # What the file held before was overwritten, for whoever still has it open.
    assert set(os.pread(held, 1 << 20, 0)) == {0}
    os.close(held)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vault", "vault.lock"]
    # It is destroyed once, and no new key takes the month's place.
    assert vault.destroy(key.key.id, 99).destroyed_us == 77
    assert vault.create("riverside", ["2026-11"], 99) == []
    with pytest.raises(KeyMissing):
        vault.destroy("0" * 16, 1)


def test_nothing_of_the_content_can_be_read_without_the_passphrase(tmp_path: Path) -> None:
    sealed(tmp_path)
    vault = vault_in(tmp_path)
    data = (tmp_path / "vault").read_bytes()
    for word in (b"riverside", b"2026-11", bytes.fromhex(vault.records()[0].key.public_key)):
        assert word not in data
        assert base64.b64encode(word)[:-4] not in data
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600
    with pytest.raises(VaultClosed, match="does not open with this passphrase"):
        vault_in(tmp_path, PASSPHRASE + b".")


def test_a_file_that_is_no_vault_or_asks_too_much_stays_closed(tmp_path: Path) -> None:
    sealed(tmp_path)
    path = tmp_path / "vault"
    good = msgspec.json.decode(path.read_bytes())
    for change, words in (
        ({"vault": 2}, "of a version"),
        ({"kdf": "scrypt"}, "of a version"),
        ({"salt": ""}, "of a version"),
        ({"mem": 2**40}, "more work"),
        ({"ops": 10**6}, "more work"),
        ({"box": good["box"][:-8] + "AAAAAAA="}, "does not open"),
        ({"box": ""}, "does not open"),
        ({"box": 7}, "is no vault"),
    ):
        path.write_bytes(msgspec.json.encode({**good, **change}))
        with pytest.raises(VaultClosed, match=words):
            vault_in(tmp_path)
    path.write_bytes(b"\xff")
    with pytest.raises(VaultClosed, match="is no vault"):
        vault_in(tmp_path)


def test_a_vault_that_goes_away_is_closed_and_one_that_comes_back_is_open(tmp_path: Path) -> None:
    part = sealed(tmp_path)
    vault = vault_in(tmp_path)
    (tmp_path / "vault").rename(tmp_path / "elsewhere")
    with pytest.raises(VaultClosed, match="has gone"):
        vault.unseal("riverside", part)
    (tmp_path / "elsewhere").rename(tmp_path / "vault")
    assert vault.unseal("riverside", part) == WHO


def test_several_servers_that_make_keys_at_once_lose_none(tmp_path: Path) -> None:
    vault_in(tmp_path).create("riverside", ["2026-01"], 1)
    vaults = [vault_in(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: vaults[number].create("riverside", [f"2026-{number + 2:02}"], 1), range(4)))
    assert [one.key.month for one in vaults[0].records()] == [f"2026-{month:02}" for month in range(1, 6)]


def test_what_is_of_no_known_form_is_no_question_of_keys(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    sealer_of(vault)
    with pytest.raises(CannotUnseal):
        vault.unseal("riverside", b"\2" + b"x" * 80)


def test_what_a_key_is_said_to_be_is_what_seals_to_it(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    vault.create("riverside", MONTHS, NOON_US)
    for record in vault.records():
        part = MonthSealer([record.key]).seal(WHO, WallTime(NOON_US))
        assert part.key_id == record.key.id
        assert vault.unseal("riverside", part.data) == WHO


def test_a_closed_vault_says_why_whatever_it_is_asked() -> None:
    vault: Vault = ClosedVault("no vault is configured")
    asked: list[Callable[[], object]] = [
        lambda: vault.unseal("riverside", b""),
        lambda: vault.mac("riverside", b""),
        vault.records,
        lambda: vault.create("riverside", [], 1),
        lambda: vault.destroy("0" * 16, 1),
    ]
    for ask in asked:
        with pytest.raises(VaultClosed, match="no vault is configured"):
            ask()
