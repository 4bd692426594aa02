"""A throw-away site for the demo: keys, passes, health codes, trust list and configurations in one folder."""

import base64
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.simulated.issuer import opaque_token
from drivers.simulated.script import CardScript, Script, VisitorScript, save
from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import encode
from kiosk.credentials.trust import PASS_ID_BYTES
from kiosk.demo.scenarios import Case, Scenario
from kiosk.model import VisitorKind, WallTime

COMPOUND = "riverside"
DEVICE = "gate-1"
HEALTH_ISSUER = "demo-health"
HEALTH_HOST = "health.example"
STATUSES = {"00": "green", "01": "yellow", "10": "red", "20": "expired"}
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor of the demo: the case, and the script that the world plays."""

    name: str
    case: Case
    script: VisitorScript


class Site:
    """The demo's folder. Everything in it is made from the seed, but for the keys, which are always new."""

    def __init__(self, folder: Path, scenario: Scenario, seed: int) -> None:
        self.folder = folder
        self.scenario = scenario
        self.seed = seed
        self.tokens: dict[str, str] = {}
        self._chance = random.Random(seed)  # noqa: S311 - the world's chance must repeat; keys are not made of it
        self._key = Ed25519PrivateKey.generate()
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def world_socket(self) -> Path:
        """Where the simulated devices find their world."""
        return self.folder / "world.sock"

    @property
    def log_path(self) -> Path:
        """The kiosk's durable log."""
        return self.folder / "log.sqlite"

    @property
    def script_path(self) -> Path:
        """Who comes."""
        return self.folder / "script.json"

    @property
    def tokens_path(self) -> Path:
        """What the simulated issuer knows."""
        return self.folder / "tokens.json"

    def guests(self, count: int, first: int = 0) -> list[Guest]:
        """Make visitors, cycling the scenario's cases."""
        cases = self.scenario.cases
        return [self._guest(number, cases[number % len(cases)]) for number in range(first, first + count)]

    def write_script(self, guests: list[Guest], *, open_ended: bool) -> None:
        """Write the world's script and the issuer's table."""
        visitors = tuple(guest.script for guest in guests)
        save(Script(seed=self.seed, visitors=visitors, open_ended=open_ended), self.script_path)
        self._write_json(self.tokens_path, self.tokens)

    def write_central(self) -> Path:
        """Write the central server's configuration: any free port, a database in the folder."""
        path = self.folder / "central.toml"
        path.write_text(
            '[server]\nhost = "127.0.0.1"\nport = 0\n\n'
            f"[database]\nurl = {json.dumps('sqlite:///' + str(self.folder / 'central.sqlite'))}\n\n"
            "[simulation]\nallowed = true\n",
            encoding="utf-8",
        )
        return path

    def write_kiosk(self, server: str, issuer: str) -> Path:
        """Write the trust list and the kiosk's configuration."""
        trust = self.folder / "trust.json"
        self._write_json(trust, self._trust())
        sections: dict[str, dict[str, object]] = {
            "gate": {"compound": COMPOUND, "device": DEVICE, "run_dir": str(self.folder / "run")},
            "policy": {"file": self.scenario.policy, "trust": [trust.name]},
            "policy.issuers": {HEALTH_ISSUER: issuer},
            "camera": {"source": "simulated"},
            "thermometer": {"source": "simulated"},
            "relay": {"source": "simulated"},
            "log": {"path": str(self.log_path)},
            "server": {"url": server},
            "simulation": {"world": str(self.world_socket)},
        }
        path = self.folder / "kiosk.toml"
        # A JSON string or list of strings is TOML as well.
        lines = [
            line
            for name, keys in sections.items()
            for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), "")
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    def _guest(self, number: int, case: Case) -> Guest:
        cards = [CardScript(text=self._pass(case.visitor), medium=case.pass_medium)]
        if case.health is not None:
            cards.append(CardScript(text=self._health_code(case.health), medium=case.health_medium))
        name = f"{number + 1:03d} {case.title}"
        script = VisitorScript(
            name=name,
            cards=tuple(cards),
            core_c=case.core_c + self._chance.uniform(-0.15, 0.15),
            gap_s=case.gap_s,
            simultaneous=case.both_hands,
        )
        return Guest(name, case, script)

    def _pass(self, visitor: VisitorKind) -> str:
        now = WallTime(int(datetime.now(UTC).timestamp()) * 1_000_000)
        claims = PassClaims(
            pass_id=self._chance.randbytes(PASS_ID_BYTES),
            compound=COMPOUND,
            visitor=visitor,
            not_before=WallTime(now - HOUR_US),
            not_after=WallTime(now + 24 * HOUR_US),
            uses=Uses.MULTIPLE if visitor is VisitorKind.RESIDENT else Uses.SINGLE,
        )
        return encode(claims, self._key.sign, key_id(self._public))

    def _health_code(self, health: str) -> str:
        token = opaque_token(self._chance)
        self.tokens[token] = next((code for code, status in STATUSES.items() if status == health), "99")
        return f"https://{HEALTH_HOST}/code?t={token}"

    def _trust(self) -> dict[str, object]:
        return {
            "schema": 1,
            "id": "demo",
            "issued_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "issuers": [
                {
                    "kind": "pass",
                    "id": "demo-passes",
                    "key": base64.b64encode(self._public).decode(),
                    "compounds": [COMPOUND],
                    "visitors": list(VisitorKind),
                },
                {"kind": "health_token", "id": HEALTH_ISSUER, "hosts": [HEALTH_HOST], "map": STATUSES},
            ],
        }

    @staticmethod
    def _write_json(path: Path, content: object) -> None:
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
