"""The pages of the cases over HTTP, and the commands that move them on."""

import json
from pathlib import Path

import pytest

from kiosk.cases import Cause
from sync.central.store import Store
from tests.command_line import gatepost
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import server
from tests.sync.central.test_cases import opens
from tests.sync.central.test_store import send


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The configuration of a server that holds a case."""
    file = tmp_path / "commands.toml"
    file.write_text(f"[database]\nurl = 'sqlite:///{tmp_path / 'central.sqlite'}'\n", encoding="utf-8")
    store, log = Store(f"sqlite:///{tmp_path / 'central.sqlite'}"), KioskLog()
    opens(log, Cause.TEMPERATURE)
    send(store, log)
    store.close()
    return file


def test_a_case_is_listed_shown_and_told_and_what_is_not_there_is_not(tmp_path: Path) -> None:
    log = KioskLog()
    name = opens(log, Cause.TEMPERATURE)
    log.add("note")
    with server(tmp_path) as central:
        central.send(log)
        for path in ("/cases?lang=en", f"/cases/{name}?lang=en"):
            answer = central.get(path)
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
            assert "Newly opened" in answer.text
        told = central.get("/api/v1/cases?compound=riverside").json()
        assert [one["case"] for one in told["cases"]] == [str(name)]
        assert central.get("/api/v1/cases?compound=hillside").json()["cases"] == []
        for path in ("/cases/riverside/gate-1/00c0ffee/2", "/cases/riverside/gate-9/00c0ffee/1"):
            assert central.get(path).status_code == 404
        assert central.get("/cases/riverside/gate-1/00c0ffee/0").status_code == 422
        assert central.post("/cases", b"").status_code == 405


def test_a_case_is_moved_on_by_a_command_and_listed_with_who_did_it(settings: Path) -> None:
    case, by = "riverside/gate-1/00c0ffee/1", ("--as", "Wang Fang", "--reason", "rested", "--config", settings)
    ran = gatepost("central", "case", case, "measure", "--celsius", "38.2", *by)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{case} is confirmed\n", "")
    wrong = {
        "close": (1, "gatepost: a guard may not close a case\n"),
        "hand_over": (1, "gatepost: a case that is confirmed takes no hand_over; it takes report or measure\n"),
        "forget": (2, "gatepost: forget: there are measure, report, hand_over, close\n"),
    }
    for deed, said in wrong.items():
        refused = gatepost("central", "case", case, deed, *by)
        assert (refused.returncode, refused.stderr) == said
    assert gatepost("central", "case", case[:-1] + "7", "report", "--to", "x", *by).returncode == 1
    listed = gatepost("central", "cases", "--compound", "riverside", "--config", settings)
    (told,) = map(json.loads, listed.stdout.splitlines())
    assert (told["case"], told["state"], told["next"]) == (case, "confirmed", ["report", "measure"])
    assert [(step["act"], step["who"]) for step in told["steps"]] == [("measure", "Wang Fang")]
