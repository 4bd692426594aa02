"""A throw-away site for the demo: keys, passes, health codes, trust list and configurations in one folder."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drivers.simulated.issuer import opaque_token
from drivers.simulated.script import CardScript, Script, UpsetScript, VisitorScript, save
from kiosk.credentials import PassClaims, Uses, key_id
from kiosk.credentials.passes import PASS_ID_BYTES, encode
from kiosk.demo import vectors
from kiosk.demo.cases import HEALTH_HOST
from kiosk.demo.scenarios import Case, Made, Scenario
from kiosk.demo.vault import DemoVault, make_vault
from kiosk.model import VisitId
from kiosk.people import VisitorKind
from kiosk.units import WallTime
from ui.cache import personal_cache

COMPOUND = "riverside"
DEVICE = "gate-1"
HEALTH_ISSUER = "demo-health"
UNIT = "12-301"
"""Whom every visitor of the demo visits."""
STATUSES = {"00": "green", "01": "yellow", "10": "red", "20": "expired"}
TOUCHES_S = 0.6
"""How long somebody who wants the form stands there before they touch the screen."""
HOUR_US = 3_600_000_000
Fsync = Literal["machine", "card"]
"""What is under the durable log: this machine's disk as it is, or as slow as an SD card."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor of the demo: the case, and the script that the world plays."""

    name: str
    case: Case
    script: VisitorScript


class Site:
    """The demo's folder. Everything in it is made from the seed, but for the keys, which are always new."""

    def __init__(
        self, folder: Path, scenario: Scenario, seed: int, fsync: Fsync = "machine", *, window: str | None = None
    ) -> None:
        self.window = window
        self.folder = folder
        self.scenario = scenario
        self.seed = seed
        self.fsync = fsync
        self.tokens: dict[str, str | tuple[str, float]] = {}
        self._chance = random.Random(seed)  # noqa: S311 - the world's chance must repeat; keys are not made of it
        self._key = Ed25519PrivateKey.generate()
        self._public = self._key.public_key().public_bytes_raw()
        self._stranger = Ed25519PrivateKey.generate()
        self._pass_before = ""

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

    @cached_property
    def vault(self) -> DemoVault:
        """The keys to which what names a person is sealed."""
        return make_vault(self.folder, COMPOUND)

    @property
    def code_path(self) -> Path:
        """Where the kiosk finds the code that lets it enrol."""
        return self.folder / "enrolment-code"

    @property
    def site_ca(self) -> Path:
        """The CA that the site's server makes."""
        return self.folder / "tls" / "site-ca.pem"

    @property
    def screen_figures(self) -> Path:
        """Where the screen writes how smoothly it ran."""
        return self.folder / "screen.json"

    def screen_pace(self) -> dict[str, Any] | None:
        """Return how smoothly the screen ran; None when there was none, or it was killed."""
        if not self.screen_figures.exists():
            return None
        pace: dict[str, Any] = json.loads(self.screen_figures.read_text(encoding="utf-8"))
        return pace

    def guest(self, number: int, parked: VisitId | None = None) -> Guest:
        """Make the next visitor; `parked` is the visit that one who resumes has been given."""
        case = self.scenario.cases[number % len(self.scenario.cases)]
        name = f"{number + 1:03d} {case.title}"
        script = VisitorScript(
            name=name,
            cards=tuple(self._cards(case, parked)),
            core_c=case.core_c + self._chance.uniform(-0.15, 0.15),
            gap_s=case.gap_s,
            queues=case.queues,
            simultaneous=case.both_hands,
            patience_s=case.patience_s,
            touches_s=TOUCHES_S if case.form else None,
            passes=case.passes,
            passage_s=case.passage_s,
            followers=case.followers,
            upsets=()
            if case.upset is None
            else (UpsetScript(part=case.upset.part, after_s=case.upset.after_s, for_s=case.upset.for_s),),
        )
        return Guest(name, case, script)

    def write_script(self) -> None:
        """Write the world's script, to which visitors are added one by one, and the issuer's table."""
        save(Script(seed=self.seed, open_ended=True), self.script_path)
        self.write_tokens()

    def write_tokens(self) -> None:
        """Write what the simulated issuer knows."""
        self._write_json(self.tokens_path, self.tokens)

    def write_central(self, port: int = 0) -> Path:
        """Write the central server's configuration: this port or any free one; database and vault in the folder."""
        path = self.folder / "central.toml"
        path.write_text(
            f'[server]\nhost = "127.0.0.1"\nport = {port}\n\n'
            f'[tls]\nnames = ["127.0.0.1"]\nfolder = {json.dumps(str(self.site_ca.parent))}\n\n'
            f"[database]\nurl = {json.dumps('sqlite:///' + str(self.folder / 'central.sqlite'))}\n\n"
            f"{self.vault.section}\n"
            f"[documents]\nkey = {json.dumps(str(self.folder / 'document-key'))}\n\n"
            "[simulation]\nallowed = true\n",
            encoding="utf-8",
        )
        return path

    def write_kiosk(self, server: str | None, issuer: str, *, screen: bool = False) -> Path:
        """Write the trust list and the kiosk's configuration; without a server the kiosk is to work alone."""
        trust = self.folder / "trust.json"
        self._write_json(trust, self._trust())
        others = vectors.trust_files(self.scenario.vectors)
        for name, data in others.items():
            (self.folder / name).write_bytes(data)
        sections: dict[str, dict[str, object]] = {
            "gate": {"compound": COMPOUND, "device": DEVICE, "run_dir": str(self.folder / "run")},
            "policy": {"file": self.scenario.policy, "trust": [trust.name, *others]},
            "policy.issuers": {HEALTH_ISSUER: issuer},
            "camera": {"source": "simulated"},
            "thermometer": {"source": "simulated"},
            "relay": {"source": "simulated"},
            "screen": {
                "fitted": screen,
                "cache": str(personal_cache()),
                "statistics": str(self.screen_figures),
                "guard_phone": "021 5555 0100",
                **({} if self.window is None else {"window": self.window}),
            },
            "log": {"path": str(self.log_path), "month_keys": str(self.vault.month_keys)},
            "server": {} if server is None else {"url": server, "enrolment_code": f"file:{self.code_path}"},
            "simulation": {
                "world": str(self.world_socket),
                "clock": self.scenario.surroundings.clock,
                "fsync": self.fsync,
                "seed": self.seed,
            },
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

    def _cards(self, case: Case, parked: VisitId | None) -> Iterator[CardScript]:
        if case.visitor is not None:
            text = self._pass(case.visitor, case.made, holder=parked)
            yield CardScript(text=text, medium=case.pass_medium, torn=case.torn)
        if case.health is not None:
            yield CardScript(text=self._health_code(case.health, case.issuer_s), medium=case.health_medium)
        for text in case.shows:
            yield CardScript(text=text)
        if case.vector is not None:
            yield CardScript(text=vectors.text_of(case.vector))

    def _pass(self, visitor: VisitorKind, made: Made, holder: str | None) -> str:
        if made == "again":
            return self._pass_before
        now = WallTime(int(self._now().timestamp()) * 1_000_000)
        begins, ends = (now - 3 * HOUR_US, now - HOUR_US) if made == "expired" else (now - HOUR_US, now + 24 * HOUR_US)
        claims = PassClaims(
            pass_id=self._chance.randbytes(PASS_ID_BYTES),
            compound=COMPOUND,
            visitor=visitor,
            not_before=WallTime(begins),
            not_after=WallTime(ends),
            uses=Uses.MULTIPLE if visitor is VisitorKind.RESIDENT else Uses.SINGLE,
            unit=UNIT,
            holder=holder,
        )
        # A forger knows the name of the key, but has only a key of his own.
        signer = self._key if made in {"good", "expired"} else self._stranger
        named = self._stranger.public_key().public_bytes_raw() if made == "foreign" else self._public
        self._pass_before = encode(claims, signer.sign, key_id(named))
        return self._pass_before

    def _now(self) -> datetime:
        """The time by which the visitors' passes were made."""
        clock = self.scenario.surroundings.clock
        return datetime.now(UTC) if clock in {"machine", "never_set"} else datetime.fromisoformat(clock)

    def _health_code(self, health: str, takes_s: float) -> str:
        token = opaque_token(self._chance)
        status = next((code for code, status in STATUSES.items() if status == health), "99")
        self.tokens[token] = (status, takes_s) if takes_s else status
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

    def write_code(self, code: str) -> None:
        """Write the code that lets the kiosk enrol."""
        self._write(self.code_path, code)

    def _write_json(self, path: Path, content: object) -> None:
        self._write(path, json.dumps(content, indent=1))

    @staticmethod
    def _write(path: Path, text: str) -> None:
        # Whole or not at all: others read these files while the demo goes on.
        draft = path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.rename(path)
