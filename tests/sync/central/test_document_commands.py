"""`gatepost central publish`, `withdraw`, `documents` and `open`, as somebody at the server calls them."""

import json
import subprocess
from pathlib import Path

import pytest

from kiosk.bootstrap.core import build_core
from kiosk.config import load
from kiosk.credentials import parse_trust
from kiosk.people import OF_THE_HOUSE, VisitorKind
from sync.central.store import Store
from tests.command_line import gatepost
from tests.sync.central.documents import policy, revocations

BY = ("--compound", "riverside", "--as", "Wang Fang")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "central.toml").write_text(
        f"[database]\nurl = {json.dumps(f'sqlite:///{tmp_path}/central.sqlite')}\n"
        f"[documents]\nkey = {json.dumps(str(tmp_path / 'document-key'))}\n"
        "[simulation]\nallowed = true\n",
        encoding="utf-8",
    )
    Store(f"sqlite:///{tmp_path}/central.sqlite").close()
    (tmp_path / "rules.toml").write_bytes(policy(7))
    (tmp_path / "revoked.json").write_bytes(revocations("ab" * 12))
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return gatepost("central", "--config", folder / "central.toml", *arguments, cwd=folder)


def listed(folder: Path) -> list[dict[str, object]]:
    ran = run(folder, "documents", "--compound", "riverside")
    assert (ran.returncode, ran.stderr) == (0, "")
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_what_is_published_and_withdrawn_is_listed_with_the_key_that_kiosks_need(folder: Path) -> None:
    assert run(folder, "publish", *BY, "policy", "rules.toml").returncode == 0
    assert run(folder, "publish", *BY, "policy", "rules.toml", "--from", "2199-01-01T00:00:00+08:00").returncode == 0
    assert run(folder, "publish", *BY, "revocations", "revoked.json", "--gate", "gate-2").returncode == 0
    assert run(folder, "withdraw", *BY, "revocations", "--gate", "gate-2").returncode == 0
    (folder / "quiet.toml").write_text('settings = 1\ncompound = "riverside"\nlanguage = "ko"\n', encoding="utf-8")
    assert run(folder, "publish", *BY, "settings", "quiet.toml", "--gate", "gate-2").returncode == 0
    key, *documents = listed(folder)
    assert [(one["kind"], one["gate"], one["state"]) for one in documents] == [
        ("policy", None, "in force"),
        ("policy", None, "to come"),
        ("revocations", "gate-2", "superseded"),
        ("revocations", "gate-2", "withdrawn"),
        ("settings", "gate-2", "in force"),
    ]
    assert {one["by"] for one in documents} == {"Wang Fang"}
    assert len(str(key["document_key"])) == 64


def test_trust_is_published_as_one_document_of_all_its_files(folder: Path) -> None:
    keys = {"schema": 1, "id": "a", "issued_at": "2026-11-01T00:00:00Z", "issuers": []}
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps({**keys, "id": name}), encoding="utf-8")
    ran = run(folder, "publish", *BY, "trust", "a.json", "b.json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [one["kind"] for one in listed(folder)[1:]] == ["trust"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("publish", *BY, "policies", "rules.toml"), "no such kind of document"),
        (("publish", *BY, "policy", "revoked.json"), "policy: is not TOML"),
        (("publish", *BY, "policy", "rules.toml", "revoked.json"), "one file"),
        (("publish", *BY, "passes", "revoked.json"), "no list of passes"),
        (("publish", *BY, "expected_arrivals", "revoked.json"), "no list of expected arrivals"),
        (("publish", *BY, "policy", "nowhere.toml"), "cannot be read"),
        (("publish", *BY, "policy", "rules.toml", "--from", "tomorrow"), "is no moment"),
        (("publish", *BY, "policy", "rules.toml", "--from", "2999-01-01"), "no time from which"),
        (("publish", *BY, "policy", "rules.toml", "--gate", "Gate 2"), "no gate's name"),
        (("publish", "--compound", "River", "--as", "x", "policy", "rules.toml"), "no compound's name"),
        (("withdraw", *BY, "policy"), "no policy of riverside"),
        (("open", *BY, "--gate", "gate-1", "--reason", " "), "a reason must be given"),
        (("open", *BY, "--gate", "gate-1", "--reason", "x", "--direction", "up"), "there are in, out, both"),
        (("mode", *BY, "--gate", "gate-1", "--reason", "x", "ajar"), "there are normal, held_open, locked"),
        (("mode", *BY, "--gate", "gate-1", "--reason", "x", "held_open"), "with --minutes: from 1 to 15"),
        (("mode", *BY, "--gate", "gate-1", "--reason", "x", "held_open", "--minutes", "16"), "with --minutes: from 1 to 15"),
        (("mode", *BY, "--gate", "gate-1", "--reason", "x", "locked", "--minutes", "5"), "a lock lasts until"),
        (("pass-issuer", "--compound", "riverside"), "names no pass_key"),
    ],
)
def test_bad_usage_is_one_sentence_and_publishes_nothing(folder: Path, arguments: tuple[str, ...], sentence: str) -> None:
    ran = run(folder, *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert sentence in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_gates_believe_the_passes_of_forms_by_the_issuer_that_is_printed(folder: Path) -> None:
    (folder / "central.toml").write_text((folder / "central.toml").read_text() + '\n[forms]\npass_key = "pass-key"\n')
    ran = run(folder, "pass-issuer", "--compound", "riverside")
    assert (ran.returncode, ran.stderr) == (0, "")
    trust = {"schema": 1, "id": "a", "issued_at": "2026-11-01T00:00:00Z", "issuers": [json.loads(ran.stdout)]}
    (issuer,) = parse_trust(json.dumps(trust).encode(), "trust.json").for_compound("riverside").pass_issuers.values()
    assert (issuer.id, set(issuer.visitors)) == ("forms", set(VisitorKind) - OF_THE_HOUSE)


def test_a_command_that_no_kiosk_fetches_expires_and_says_so(folder: Path) -> None:
    ran = run(folder, "open", *BY, "--gate", "gate-1", "--reason", "the courier")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "expired" in ran.stderr


def test_a_kiosk_that_has_the_key_keeps_documents_beside_its_log(folder: Path) -> None:
    key = listed(folder)[0]["document_key"]
    written = (
        f'[gate]\ncompound = "riverside"\ndevice = "gate-1"\nrun_dir = {json.dumps(str(folder))}\n'
        '[policy]\nfile = "shipped:normal-times"\n[thermometer]\nsource = "none"\n'
        f"[log]\npath = {json.dumps(str(folder / 'log.sqlite'))}\n"
        f'[server]\nurl = "http://127.0.0.1:9"\ntimeout_s = 0.2\ndocument_key = "{key}"\n'
    )
    (folder / "kiosk.toml").write_text(written, encoding="utf-8")
    core = build_core(load(folder / "kiosk.toml"), folder)
    core.close()
    assert (folder / "documents" / "memory").exists()
