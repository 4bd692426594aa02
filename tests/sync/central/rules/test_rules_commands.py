"""`gatepost central policy`, as somebody at the server calls it."""

import json
import subprocess
from pathlib import Path

import pytest

from kiosk.model import Facts, VisitId
from kiosk.records import decision_draft
from kiosk.weighing import decided
from sync.central.opening import wall_us
from sync.central.store import Store
from tests.command_line import gatepost
from tests.kiosk.policy.test_check import BROKEN
from tests.kiosk.policy.visitors import RESIDENT, SHIPPED, reading
from tests.sync.central.documents import policy
from tests.sync.central.kiosks import LOG_ID, KioskLog

OF = ("--compound", "riverside")


def run(folder: Path, command: str, document: str = "", *more: str) -> subprocess.CompletedProcess[str]:
    named = [str(folder / document) if document.endswith(".toml") else document] if document else []
    return gatepost("central", "--config", folder / "central.toml", "policy", command, *named, *OF, *more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "central.toml").write_text(
        f"[database]\nurl = {json.dumps(f'sqlite:///{tmp_path}/central.sqlite')}\n"
        f"[documents]\nkey = {json.dumps(str(tmp_path / 'document-key'))}\n",
        encoding="utf-8",
    )
    store = Store(f"sqlite:///{tmp_path}/central.sqlite")
    log = KioskLog()
    for place, body_c in enumerate((36.0, 36.9, 37.5)):
        facts = Facts(reading(body_c), RESIDENT)
        answer = decided(SHIPPED["response-level-2"], facts, {})
        log.append(decision_draft(log.stamp(wall_us() - 1_000_000), VisitId(f"v{place}"), answer, facts, {}))
    store.append("riverside", "gate-1", LOG_ID, log.upload())
    store.close()
    (tmp_path / "new.toml").write_bytes(policy(2, "response-level-2").replace(b"= 37.1", b"= 36.7").replace(b"37.3", b"36.8"))
    return tmp_path


def test_a_document_is_looked_at_signed_and_followed_to_the_gates(folder: Path) -> None:
    ran = run(folder, "check", "new.toml")
    assert (ran.returncode, ran.stdout) == (0, f"{folder / 'new.toml'}: response-level-2@2, 42 rules\n")
    ran = run(folder, "diff", "new.toml")
    assert (ran.returncode, ran.stdout.splitlines()) == (
        1,
        ["version: 1 -> 2", "temperature.raised: 37.3 -> 36.8", "temperature.borderline: 37.1 -> 36.7"],
    )
    ran = run(folder, "replay", "new.toml", "--as", "Wang Fang")
    summary, line = ran.stdout.splitlines()
    assert (ran.returncode, summary) == (0, "1 of 3 visits of the last 7 days would have ended differently")
    assert line.endswith("gate-1/00c0ffee/2  resident  admit (resident) -> hold (temperature_high)")
    ran = run(folder, "upload", "new.toml", "--as", "Wang Fang")
    assert (ran.returncode, ran.stdout) == (0, "draft 1 of riverside: response-level-2@2\n")
    ran = run(folder, "push", "1", "--as", "Li Na")
    assert (ran.returncode, ran.stdout.partition(" published, ")[2][:14]) == (0, "in force from ")
    ran = run(folder, "drafts")
    told = json.loads(ran.stdout)
    assert (told["by"], told["signed_by"], told["document"]) == ("Wang Fang", "Li Na", "response-level-2@2")
    ran = run(folder, "gates")
    assert (ran.returncode, json.loads(ran.stdout)["has"]) == (1, "unheard")


def test_what_is_wrong_is_said_and_nothing_is_published(folder: Path) -> None:
    (folder / "bad.toml").write_bytes((BROKEN / "people-left-out.toml").read_bytes())
    ran = run(folder, "check", "bad.toml")
    assert (ran.returncode, len(ran.stdout.splitlines())) == (1, 3)
    ran = run(folder, "replay", "7", "--as", "Wang Fang")
    assert (ran.returncode, ran.stderr) == (2, "gatepost: riverside has no draft 7\n")


def test_a_replay_is_told_as_one_json_line_too(folder: Path) -> None:
    told = json.loads(run(folder, "replay", "new.toml", "--json", "--as", "Wang Fang").stdout)
    assert (told["visits"], [one["event"] for one in told["different"]]) == (3, ["gate-1/00c0ffee/2"])
