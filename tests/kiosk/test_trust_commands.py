"""`gatepost trust`, as a user calls it."""

import json
from pathlib import Path
from typing import Any

import pytest

from kiosk.bench.specimens import card_signer, ec_document_signer
from kiosk.bootstrap.documents import load_trust
from kiosk.credentials import read_trust
from kiosk.errors import UsageError
from kiosk.staleness import Kind
from sync.downward.contents import body_of, read_content
from tests.command_line import gatepost
from tests.kiosk.credentials.vectors import ABSENT, SHC
from tests.kiosk.runtimes import trust_document

SNAPSHOT = SHC / "vci_snapshot.json"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "signer.der").write_bytes(ec_document_signer().certificate)
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [dict(card_signer().jwk)]}), encoding="utf-8")
    (tmp_path / "own.json").write_text(json.dumps(trust_document()), encoding="utf-8")
    return [tmp_path / name for name in ("signer.der", "keys.json", "own.json")]


def imported(out: Path, *files: Path, identity: str = "site-trust") -> dict[str, Any]:
    made = gatepost("trust", "import", "--out", out, "--id", identity, "--key", out.parent / "document-key", *files)
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def test_files_of_every_kind_become_one_document_and_each_import_is_a_version(tmp_path: Path, files: list[Path]) -> None:
    out = tmp_path / "trust.json"
    first = imported(out, *files)
    assert first["document"] == "site-trust@1"
    assert (first["pass_keys"], first["health_services"], first["signers"], first["card_keys"]) == (1, 1, 1, 1)
    second = imported(out, files[2])
    assert (second["document"], second["signers"]) == ("site-trust@2", 0)
    shown = json.loads(gatepost("trust", "inspect", out).stdout)
    assert shown["documents"] == ["site-trust@2"]
    assert gatepost("trust", "inspect", out, "--document-key", shown["signed_by"]).returncode == 0
    assert gatepost("trust", "inspect", out, "--document-key", "0" * 64).returncode == 1


def test_the_document_is_one_that_a_server_publishes_and_a_kiosk_goes_by(tmp_path: Path, files: list[Path]) -> None:
    imported(tmp_path / "trust.json", *files)
    body = body_of(Kind.TRUST, [("trust.json", (tmp_path / "trust.json").read_bytes())])
    published = read_content(Kind.TRUST, body, "riverside")
    configured = load_trust(["trust.json"], tmp_path, "riverside")
    assert published == configured
    signer = read_trust((tmp_path / "trust.json").read_bytes(), "trust.json").signed_by
    assert signer is not None
    assert load_trust(["trust.json"], tmp_path, "riverside", signer) == configured


def test_a_kiosk_that_knows_its_site_takes_no_other_sites_document(tmp_path: Path, files: list[Path]) -> None:
    imported(tmp_path / "trust.json", *files)
    with pytest.raises(UsageError, match=r"trust\.json: is signed with another key, but .*; make a signed document"):
        load_trust(["trust.json"], tmp_path, "riverside", "0" * 64)


@pytest.mark.parametrize("place", range(3), ids=["a certificate", "a key set", "our own list"])
def test_a_kiosk_that_knows_its_site_takes_nothing_unsigned(tmp_path: Path, files: list[Path], place: int) -> None:
    name = str(files[place])
    assert load_trust([name], tmp_path, "riverside").documents
    with pytest.raises(UsageError, match=rf"{files[place].name}: is not signed, but .* `gatepost trust import`$") as caught:
        load_trust([name], tmp_path, "riverside", "0" * 64)
    assert "\n" not in str(caught.value)


def test_what_is_no_document_is_not_written_over(tmp_path: Path, files: list[Path]) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("do not lose me", encoding="utf-8")
    made = gatepost("trust", "import", "--out", out, "--id", "site-trust", "--key", tmp_path / "key", *files)
    assert made.returncode == 2
    assert "is there and is no trust document" in made.stderr
    assert out.read_text(encoding="utf-8") == "do not lose me"


def test_a_file_that_cannot_be_used_is_named_and_nothing_is_written(tmp_path: Path, files: list[Path]) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("hello", encoding="utf-8")
    out = tmp_path / "trust.json"
    made = gatepost("trust", "import", "--out", out, "--id", "site-trust", "--key", tmp_path / "key", *files, bad)
    assert made.returncode == 2
    assert "bad.pem: is neither a certificate nor JSON" in made.stderr
    bad.chmod(0o600)
    made = gatepost("trust", "import", "--out", out, "--id", "site-trust", "--key", bad, *files)
    assert (made.returncode, made.stderr) == (2, f"gatepost: {bad} is no document key\n")
    assert not out.exists()


@pytest.mark.skipif(not SNAPSHOT.exists(), reason=ABSENT)
def test_a_snapshot_of_the_vci_directory_keeps_its_issuers(tmp_path: Path) -> None:
    found = imported(tmp_path / "trust.json", SNAPSHOT)
    alone = json.loads(gatepost("trust", "inspect", SNAPSHOT).stdout)
    assert found["card_issuers"] == alone["card_issuers"] > 100
    assert found["bytes"] < SNAPSHOT.stat().st_size
