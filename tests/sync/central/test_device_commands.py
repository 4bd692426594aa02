"""`gatepost central enrol`, `devices`, `revoke` and `gatepost enrol`, as people call them."""

import json
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import requests

from kiosk.bootstrap.documents import load_sealer
from kiosk.bootstrap.place import in_place
from kiosk.config import load
from sync.central.site_ca import SiteCA
from sync.central.store import Store
from sync.enrolment_code import NO_CA, fingerprint, read_code
from sync.identity import papers_beside
from tests.command_line import gatepost
from tests.sync.central.enrolling import code_for
from tests.sync.central.serving import WAIT_S
from tests.sync.central.test_serve import central
from tests.sync.central.vaults import vault_in, write_passphrase


class Machines:
    """A server's machine and a kiosk's, both in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "central.toml"
        self.url = f"sqlite:///{folder / 'central.sqlite'}"
        self.config.write_text(
            f"[server]\nport = 0\n[tls]\nnames = ['127.0.0.1']\nfolder = {json.dumps(str(folder / 'tls'))}\n"
            f"[database]\nurl = {json.dumps(self.url)}\n[vault]\nfile = {json.dumps(str(folder / 'vault'))}\n"
            f"passphrase = {json.dumps(f'file:{folder}/passphrase')}\n"
            f"[documents]\nkey = {json.dumps(str(folder / 'document-key'))}\n",
            encoding="utf-8",
        )
        write_passphrase(folder)
        Store(self.url).close()
        self.kiosk = folder / "kiosk.toml"
        self.log = folder / "kiosk" / "log.sqlite"

    def set_up_kiosk(self, url: str, compound: str = "riverside") -> None:
        self.kiosk.write_text(
            f"[gate]\ncompound = {json.dumps(compound)}\ndevice = 'as-flashed'\n[policy]\nfile = 'shipped:normal-times'\n"
            f"[log]\npath = {json.dumps(str(self.log))}\n[server]\nurl = {json.dumps(url)}\n",
            encoding="utf-8",
        )

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return gatepost(*arguments, given=given)

    def said(self, *arguments: str, given: str = "") -> list[str]:
        ran = self.run(*arguments, given=given)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    def of_central(self, *arguments: str) -> list[str]:
        return self.said("central", "--config", str(self.config), *arguments)

    def refused(self, *arguments: str, given: str = "") -> tuple[int, str]:
        ran = self.run(*arguments, given=given)
        assert ran.stdout == ""
        assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
        return ran.returncode, ran.stderr


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


def test_from_the_code_to_the_revocation(machines: Machines) -> None:
    made = vault_in(machines.folder).create("riverside", ["2026-11", "2099-12"], 1)
    code, *rest = machines.of_central(
        "enrol", "--compound", "riverside", "--gate", "north", "--direction", "out", "--as", "Li"
    )
    assert read_code(code).ca != NO_CA
    assert any("█" in line for line in rest)
    with central(machines.config) as running:
        machines.set_up_kiosk(running.url)
        (told,) = machines.said("enrol", "--config", str(machines.kiosk), "--code", "-", given=code + "\n")
        assert told.startswith("enrolled as north-")
        (line,) = machines.of_central("devices", "--json")
        device = json.loads(line)["device"]
        assert device in told
        # The kiosk goes by its place and its keys from its next start on.
        config, gate = in_place(load(machines.kiosk))
        assert (config.gate.device, gate, config.relay.direction) == (device, "north", "out")
        assert load_sealer(config, machines.folder) is not None
        given = papers_beside(machines.log).month_keys
        assert given is not None
        assert made[1].key.public_key in given.read_text(encoding="utf-8")
        (revoked,) = machines.of_central(
            "revoke", device, "--compound", "riverside", "--as", "Wang", "--reason", "it was stolen"
        )
        assert device in revoked
        status, words = machines.refused("enrol", "--config", str(machines.kiosk), "--code", code)
        assert (status, "revoked" in words) == (1, True)
        certificate = str(machines.folder / "tls" / "site-ca.pem")
        assert requests.get(f"{running.url}/healthz", verify=certificate, timeout=WAIT_S).status_code == 200
    assert "revoked" in machines.of_central("devices")[0]
    acts = [json.loads(line) for line in machines.of_central("access", "--compound", "riverside")]
    assert [(act["act"], act["who"]) for act in acts] == [("issue_code", "Li"), ("enrol", "gatepost"), ("revoke", "Wang")]


ENROL = ("enrol", "--compound", "riverside", "--gate")
WRONG = {
    "a gate that is no name": (*ENROL, "North Gate"),
    "a compound that is none": ("enrol", "--compound", "River Side", "--gate", "north"),
    "a gate with a name too long": (*ENROL, "n" * 55),
    "a direction that is none": (*ENROL, "north", "--direction", "up"),
    "a device that was never there": (*ENROL, "north", "--replaces", "north-00000000"),
    "hours that never end": (*ENROL, "north", "--valid-hours", "9999"),
    "nobody to revoke": ("revoke", "north-00000000", "--compound", "riverside", "--as", "Li", "--reason", "lost"),
    "no reason to revoke": ("revoke", "north-00000000", "--compound", "riverside", "--as", "Li", "--reason", " "),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_done_is_one_sentence(machines: Machines, case: str) -> None:
    status, words = machines.refused("central", "--config", str(machines.config), *WRONG[case])
    assert status == 2
    assert words.startswith("gatepost: ")


def test_a_server_without_tls_gives_codes_that_name_no_ca(machines: Machines) -> None:
    machines.config.write_text(f"[database]\nurl = {json.dumps(machines.url)}\n", encoding="utf-8")
    assert read_code(machines.of_central(*ENROL, "north")[0]).ca == NO_CA


def test_the_code_names_the_ca_that_the_server_then_shows(machines: Machines) -> None:
    code = read_code(machines.of_central(*ENROL, "north")[0])
    with central(machines.config) as running:
        shown = requests.get(
            f"{running.url}/api/v1/site-ca", verify=str(machines.folder / "tls" / "site-ca.pem"), timeout=WAIT_S
        )

    assert shown.content == (machines.folder / "tls" / "site-ca.pem").read_bytes()
    assert code.ca == fingerprint(SiteCA(machines.folder / "tls").public_key())


@pytest.mark.parametrize(
    ("code", "words"), [("", "there is no code"), ("1000G-40R40", "has 35 letters"), ("x" * 35, "newer server")]
)
def test_a_kiosk_without_a_good_code_says_what_is_wrong(machines: Machines, code: str, words: str) -> None:
    machines.set_up_kiosk("https://127.0.0.1:9")
    status, said = machines.refused("enrol", "--config", str(machines.kiosk), *(("--code", code) if code else ()))
    assert (status, words in said) == (2, True)


def test_a_kiosk_that_reaches_nobody_says_so_and_may_try_again(machines: Machines) -> None:
    machines.set_up_kiosk("https://127.0.0.1:9")
    with closing(Store(machines.url)) as store:
        code = code_for(store.engine, ca=b"\1" * 10)
    status, said = machines.refused("enrol", "--config", str(machines.kiosk), "--code", str(code))
    assert (status, "does not answer" in said) == (1, True)
