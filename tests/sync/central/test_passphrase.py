from pathlib import Path

import pytest

from kiosk.errors import UsageError
from sync.central.passphrase import read_passphrase
from tests.sync.central.vaults import write_passphrase


def test_it_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    write_passphrase(tmp_path, "口令 correct horse\r\n".encode())
    assert read_passphrase(f"file:{tmp_path}/passphrase") == "口令 correct horse".encode()


def test_it_is_read_from_systemds_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gatepost-vault").write_bytes(b"correct horse battery")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_passphrase("credential:gatepost-vault") == b"correct horse battery"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(UsageError, match="systemd has given no credentials"):
        read_passphrase("credential:gatepost-vault")


def test_it_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT", "correct horse battery")
    assert read_passphrase("env:VAULT") == b"correct horse battery"
    monkeypatch.delenv("VAULT")
    with pytest.raises(UsageError, match="the environment has no VAULT"):
        read_passphrase("env:VAULT")


def test_a_file_that_is_not_there_is_named_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_passphrase(f"file:{tmp_path}/passphrase")
    write_passphrase(tmp_path, b"sesame")
    with pytest.raises(UsageError, match="at least 12") as caught:
        read_passphrase(f"file:{tmp_path}/passphrase")
    assert "sesame" not in str(caught.value)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    write_passphrase(tmp_path).chmod(0o640)
    with pytest.raises(UsageError, match="can be read by others; chmod 600 it"):
        read_passphrase(f"file:{tmp_path}/passphrase")
