"""What comes down while visitors come: a policy without a restart, and a command that opens once and is recorded."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.demo.cases import scenario_named
from kiosk.demo.site import COMPOUND, DEVICE, Site
from kiosk.demo.stage import Account, Stage
from tests.sync.central.documents import policy
from tests.sync.central.signed_in import staff_cookies

GATEPOST = Path(sys.executable).parent / "gatepost"
WITHIN_S = 30.0
NEW_VERSION = 99


def central(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GATEPOST, "central", "--config", folder / "central.toml", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def events(server: str, site: Site, kind: str) -> list[dict[str, Any]]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(site.site_ca)
        session.cookies.update(staff_cookies(f"sqlite:///{site.folder / 'central.sqlite'}"))
        found = session.get(f"{server}/api/v1/events?compound={COMPOUND}&limit=1000", timeout=10).json()
    fields = [json.loads(entry["header"]) for entry in found["events"]]
    return [one for one in fields if one["kind"] == kind]


def awaited(look: Callable[[], list[dict[str, Any]]], what: str) -> list[dict[str, Any]]:
    """What has come to the server's records; the kiosk's processes are other people's, so time passes by itself."""
    ends = time.monotonic() + WITHIN_S
    pause = threading.Event()
    while time.monotonic() < ends:
        if found := look():
            return found
        pause.wait(0.2)
    raise AssertionError(f"{what} did not come")


@pytest.mark.end_to_end
@pytest.mark.long
def test_a_policy_and_a_command_reach_a_gate_that_is_at_work(tmp_path: Path) -> None:
    scenario = scenario_named("normal")
    site = Site(tmp_path, scenario, 1)
    stage = Stage(site, [str(GATEPOST)])
    name = scenario.policy.removeprefix("shipped:")
    (tmp_path / "new.toml").write_bytes(policy(NEW_VERSION, name))
    seen: list[Account] = []

    def publish_after_the_first(account: Account) -> None:
        seen.append(account)
        if len(seen) == 1:
            published = central(
                tmp_path, "publish", "--compound", COMPOUND, "policy", str(tmp_path / "new.toml"), "--as", "Wang Fang"
            )
            assert (published.returncode, published.stderr) == (0, "")
            awaited(lambda: events(stage.server, site, "document_applied"), "the new policy")

    try:
        stage.open()
        stage.watch(6, threading.Event(), publish_after_the_first)
        policies = [one["policy"] for one in events(stage.server, site, "decision")]
        asked = ("--compound", COMPOUND, "--gate", DEVICE, "--as", "Wang Fang", "--reason", "a courier without a phone")
        opened = central(tmp_path, "open", *asked)
        assert opened.returncode == 0, opened.stderr
        command = opened.stdout.partition(" ")[0]
        ended = awaited(
            lambda: [
                outcome
                for one in events(stage.server, site, "decision")
                if one.get("command") == command
                for outcome in events(stage.server, site, "gate_outcome")
                if outcome["admission"] == f"{one['device']}/{one['log_id']}/{one['seq']}"
            ],
            "the end of the admission from afar",
        )
        restarts = [one["restarts"] for one in stage.processes() if one["kiosk"]]
        stored = stage.finish()
        lost = stage.lost(stored)
        decisions = [one.fields for one in stored if one.fields["kind"] == "decision"]
    finally:
        stage.close()
    assert (policies[0], policies[-1]) == (f"{name}@1", f"{name}@{NEW_VERSION}")
    assert policies == sorted(policies, key=lambda one: int(one.partition("@")[2]))
    assert restarts == [0, 0, 0]
    assert lost == 0
    ((reasons, role),) = {(tuple(one["reasons"]), one["role"]) for one in decisions if one.get("command") == command}
    assert (reasons, role, len(ended)) == (("remote_open",), "guard", 1)
    # Whoever it was for is only in the server's record of access: the demo seals nothing, so the kiosk recorded no name.
    access = central(tmp_path, "access", "--compound", COMPOUND).stdout
    assert json.loads(access.splitlines()[-1])["act"] == "open_gate"
