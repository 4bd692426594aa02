"""The site of the emulated gate: its central server on this machine, who comes, and what is put onto the card for it."""

import json
import sqlite3
import subprocess
import tomllib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from drivers.simulated.script import Script, save
from kiosk.demo.admission import issue_code
from kiosk.demo.cases import RESIDENT
from kiosk.demo.scenarios import Scenario
from kiosk.demo.site import Site
from tests.image.card import DATA_AT, ROOT_A_AT, ROOT_B_AT, Card

HOST_SEEN_FROM_GUEST = "10.0.2.2"
WORLD = "/run/gatepost-world/world.sock"
WORLD_UNIT = f"""\
[Unit]
Description=The simulated world of an emulated gate
Before=gatepost-gate.service gatepost-core.service gatepost-eyes.service
ConditionPathExists=/etc/gatepost/script.json

[Service]
Type=exec
Group=gatepost
UMask=0
RuntimeDirectory=gatepost-world
ExecStart=/opt/gatepost/bin/gatepost world --script /etc/gatepost/script.json --socket {WORLD}
Restart=always
"""
VISITOR = replace(RESIDENT, patience_s=900.0)
"""An emulated board is slow; who stands at its gate has time."""
SCENARIO = Scenario("image", "one resident", "shipped:normal-times", (VISITOR,))


class HostSite:
    """A folder with everything of the site, and its server's process. Close it."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._site = Site(folder, SCENARIO, seed=1)
        self._port = port
        self._central = self._site.write_central(port)
        text = self._central.read_text(encoding="utf-8")
        names = f'names = ["127.0.0.1", "{HOST_SEEN_FROM_GUEST}"]'
        self._central.write_text(text.replace('names = ["127.0.0.1"]', names), encoding="utf-8")
        words = [".venv/bin/gatepost", "central", "--config", str(self._central)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        assert "ready" in self._process.stdout.readline()

    def prepare(self, card: Card) -> None:
        """Put the world's unit into both roots, and its script and the configuration onto the data partition."""
        unit = self.folder / "gatepost-world.service"
        unit.write_text(WORLD_UNIT, encoding="utf-8")
        for root in (ROOT_A_AT, ROOT_B_AT):
            card.put(root, unit, "/etc/systemd/system/gatepost-world.service")
            card.link(root, "../gatepost-world.service", "/etc/systemd/system/multi-user.target.wants/gatepost-world.service")
        script = Script(seed=1, visitors=(self._site.guest(0).script,))
        save(script, self._site.script_path)
        config = tomllib.loads(self._site.write_kiosk(f"https://{HOST_SEEN_FROM_GUEST}:{self._port}", "").read_text())
        card.put(DATA_AT, self._site.script_path, "/etc/script.json", mode="0100644")
        card.put(DATA_AT, self.folder / "trust.json", "/etc/trust.json", mode="0100644")
        card.put(DATA_AT, self._site.vault.month_keys, "/etc/month-keys.json", mode="0100644")
        toml = self.folder / "kiosk.toml"
        toml.write_text(tomli_w.dumps(self._kiosk_toml(config)), encoding="utf-8")
        card.put(DATA_AT, toml, "/etc/kiosk.toml")

    def _kiosk_toml(self, config: dict[str, Any]) -> dict[str, Any]:
        # Not by gatepost.toml: a card's is refused that has a simulated world.
        del config["gate"]["run_dir"], config["policy"]["issuers"]
        config["log"] = {"month_keys": "month-keys.json"}
        config["screen"] = {"fitted": True, "guard_phone": "021 5555 0100"}
        config["server"]["enrolment_code"] = issue_code(self._central)
        config["simulation"] = {"world": WORLD, "clock": "machine"}
        return config

    def events(self) -> list[dict[str, Any]]:
        """What the server has of the gate, in order."""
        with closing(sqlite3.connect(f"file:{self.folder / 'central.sqlite'}?mode=ro", uri=True)) as base:
            return [json.loads(header) for (header,) in base.execute("SELECT header FROM event ORDER BY arrival")]

    def close(self) -> None:
        """End the server. Idempotent."""
        self._process.terminate()
        self._process.wait(30)
