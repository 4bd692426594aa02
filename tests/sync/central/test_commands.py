"""`gatepost central ...`, as whoever looks after the server calls it."""

import json
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.units import WallTime
from sync.central.store import Store
from sync.sealing import MonthSealer, read_month_keys
from tests.command_line import gatepost
from tests.sync.central.kiosks import LOG_ID, KioskLog
from tests.sync.central.vaults import vault_in, write_passphrase

ZHANG = {"name": "Zhang Wei", "phone": "13800138000", "unit": "12-301"}
ASKED = ("--as", "Wang Fang", "--reason", "she asked for it")
OLD_US = 1_735_732_800_000_000
"""2025-01-01: past any retention."""


class Place:
    """A server's machine: a configuration, a vault, a passphrase, a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_passphrase(folder)
        self.url = f"sqlite:///{folder / 'central.sqlite'}"
        self.config = folder / "central.toml"
        self.config.write_text(
            f"[database]\nurl = {json.dumps(self.url)}\n[vault]\nfile = {json.dumps(str(folder / 'vault'))}\n"
            f"passphrase = {json.dumps(f'file:{folder}/passphrase')}\nmonths_ahead = 2\n",
            encoding="utf-8",
        )
        Store(self.url).close()
        # Made cheaply here; what the command line opens costs what the file says.
        vault_in(folder).create("lakeside", ["2026-11"], 1)

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return gatepost("central", "--config", self.config, *arguments, given=given)

    def lines(self, *arguments: str, given: str = "") -> list[str]:
        ran = self.run(*arguments, given=given)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    def refused(self, *arguments: str, given: str = "") -> tuple[int, str]:
        """The status and the one sentence of a command that does nothing."""
        ran = self.run(*arguments, given=given)
        assert ran.stdout == ""
        assert len(ran.stderr.splitlines()) == 1, ran.stderr
        assert ran.stderr.startswith("gatepost: ")
        return ran.returncode, ran.stderr

    def come(self, *people: dict[str, str], at_us: int) -> None:
        """People pass a gate whose keys were published, and the server takes it in while its vault is closed."""
        vault = vault_in(self.folder)
        vault.create("riverside", ["2024-12", "2025-01", "2026-11"], 1)
        sealer = MonthSealer([one.key for one in vault.records() if one.compound == "riverside"])
        log = KioskLog()
        for person in people:
            log.passage(at_us=at_us, sealer=sealer, person=person)
        store = Store(self.url)
        store.append("riverside", "gate-1", LOG_ID, log.upload())
        store.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def now_us(place: Place) -> int:
    import time

    return time.time_ns() // 1000


def test_keys_are_made_listed_and_published_to_kiosks(place: Place) -> None:
    assert "3 keys made for riverside" in place.lines("keys", "create", "--compound", "riverside")[0]
    assert "no key made for riverside: it has" in place.lines("keys", "create", "--compound", "riverside")[0]
    listed = [json.loads(line) for line in place.lines("keys", "list", "--json")]
    assert [one["compound"] for one in listed] == ["lakeside", *["riverside"] * 3]
    assert {one["state"] for one in listed if one["compound"] == "riverside"} == {"kept"}
    (document,) = place.lines("keys", "publish", "--compound", "riverside")
    (place.folder / "keys.json").write_text(document, encoding="utf-8")
    published = read_month_keys(place.folder / "keys.json", "riverside")
    assert [key.id for key in published] == [one["id"] for one in listed if one["compound"] == "riverside"]
    sealed = MonthSealer(published).seal(b"{}", WallTime(now_us(place)))
    assert vault_in(place.folder).unseal("riverside", sealed.data) == b"{}"
    assert "private" not in document


def test_who_an_event_is_about_is_told_and_recorded(place: Place) -> None:
    place.come(ZHANG, at_us=now_us(place))
    event = f"riverside/gate-1/{LOG_ID}/1"
    (told,) = place.lines("reveal", event, *ASKED)
    assert json.loads(told)["person"] == ZHANG
    (as_guard,) = place.lines("reveal", event, *ASKED, "--role", "guard")
    assert json.loads(as_guard)["person"] == {"name": "Zhang Wei", "unit": "12-301"}
    found = [json.loads(line) for line in place.lines("access", "--compound", "riverside")]
    assert [(one["act"], one["who"], one["role"], one["subject"]["event"]) for one in found] == [
        ("reveal", "Wang Fang", "manager", event),
        ("reveal", "Wang Fang", "guard", event),
    ]


def test_a_person_is_exported_and_erased_and_the_chain_holds(place: Place) -> None:
    place.come(ZHANG, {"name": "Li Na", "phone": "13900139000"}, ZHANG, at_us=now_us(place))
    searched = ("--compound", "riverside", "--field", "phone", "--field", "name", *ASKED)
    told = [json.loads(line) for line in place.lines("export", *searched, given="138 0013 8000\nzhang wei\n")]
    assert [one["person"] for one in told] == [ZHANG, ZHANG]
    erased = place.lines("erase", *searched, given="13800138000\nZhang Wei\n")
    assert erased == [one["event"] for one in told]
    for command in ("export", "erase"):
        again = place.run(command, *searched, given="13800138000\nZhang Wei\n")
        assert (again.returncode, again.stdout) == (0, "")
        assert again.stderr == "nothing is held in riverside of such a person\n"
    assert place.lines("erase", f"riverside/gate-1/{LOG_ID}/2", *ASKED) == [f"riverside/gate-1/{LOG_ID}/2"]
    assert place.lines("verify-log") == [f"riverside/gate-1/{LOG_ID}: 3 events, 3 erased, whole"]


def test_what_is_past_its_time_goes_and_then_the_months_key(place: Place) -> None:
    place.come(ZHANG, at_us=OLD_US)
    assert place.lines("retain") == ["personal data erased from 1 events"]
    states = {line.split()[1]: line.split()[-1] for line in place.lines("keys", "list") if line.startswith("riverside")}
    assert states["2024-12"] == states["2025-01"] == "due"
    gone = place.lines("keys", "destroy", "--due", *ASKED)
    assert [line.split()[1] for line in gone if line.startswith("riverside")][:2] == ["2024-12", "2025-01"]
    acts = [json.loads(line)["act"] for line in place.lines("access", "--compound", "riverside")]
    assert acts[:3] == ["retention", "destroy_key", "destroy_key"]


def test_what_is_there_is_erased_also_beside_an_event_that_is_not(place: Place) -> None:
    place.come(ZHANG, at_us=now_us(place))
    event = f"riverside/gate-1/{LOG_ID}/1"
    ran = place.run("erase", "riverside/gate-1/nowhere/7", event, *ASKED)
    assert (ran.returncode, ran.stdout) == (1, f"{event}\n")
    assert ran.stderr == "gatepost: the server has no event riverside/gate-1/nowhere/7\n"


def test_where_there_is_nothing_a_command_says_so(place: Place) -> None:
    assert place.lines("devices") == ["no device has enrolled yet; `gatepost central enrol` lets one in"]
    assert place.lines("verify-log") == ["there is no log yet to verify: no kiosk has sent anything"]
    place.lines("keys", "create", "--compound", "riverside")
    assert place.lines("keys", "destroy", "--due", *ASKED) == ["no key is due to be destroyed"]
    as_json = place.run("devices", "--json")
    assert (as_json.returncode, as_json.stdout) == (0, "")


COMMANDS = {
    "enrol": ("enrol", "--compound", "riverside", "--gate", "north"),
    "devices": ("devices",),
    "verify-log": ("verify-log",),
    "documents": ("documents", "--compound", "riverside"),
    "cases": ("cases", "--compound", "riverside"),
    "erase": ("erase", "a/b/c/1", *ASKED),
    "access": ("access", "--compound", "riverside"),
    "backup": ("backup", "copy.sqlite"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_makes_a_database_where_there_is_none(tmp_path: Path, command: str) -> None:
    config = tmp_path / "central.toml"
    config.write_text("[tls]\nnames = ['127.0.0.1']\n", encoding="utf-8")
    ran = gatepost("central", "--config", config, *COMMANDS[command])
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"there is no database there: {tmp_path}/central.sqlite" in ran.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["central.toml"]


def test_a_broken_chain_is_status_1_and_one_sentence(place: Place) -> None:
    place.come(ZHANG, ZHANG, at_us=now_us(place))
    with closing(sqlite3.connect(place.folder / "central.sqlite")) as database:
        database.execute("UPDATE event SET header = replace(header, 'admit', 'hold ') WHERE seq = 2")
        database.commit()
    status, sentence = place.refused("verify-log", "--device", "gate-1", "--log", LOG_ID)
    assert status == 1
    assert f"riverside/gate-1/{LOG_ID}/2: event 2 does not have the hash it claims" in sentence


def test_a_backup_is_whole_private_and_takes_no_others_place(place: Place) -> None:
    place.come(ZHANG, at_us=now_us(place))
    copy = place.folder / "copy.sqlite"
    assert place.lines("backup", str(copy)) == []
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT count(*) FROM event").fetchone() == (1,)
    assert place.refused("backup", str(copy))[0] == 2
    assert place.refused("backup", "/proc/nowhere/copy")[0] == 2


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such event": (("reveal", "a/b/c/1", *ASKED), 1, "has no event a/b/c/1"),
    "no event at all": (("reveal", "x", *ASKED), 2, "write compound/device/log_id/seq"),
    "no such event to erase": (("erase", "a/b/c/1", *ASKED), 1, "has no event a/b/c/1"),
    "no event at all to erase": (("erase", "foo", *ASKED), 2, "write compound/device/log_id/seq"),
    "no reason": (("reveal", "a/b/c/1", "--as", "x"), 2, "--reason"),
    "an empty reason": (("reveal", "a/b/c/1", "--as", "x", "--reason", " "), 2, "a reason must be given"),
    "an unknown role": (("reveal", "a/b/c/1", *ASKED, "--role", "king"), 2, "there are manager"),
    "no field": (("export", "--compound", "riverside", *ASKED), 2, "--field"),
    "an unknown field": (("export", "--compound", "riverside", "--field", "age", *ASKED), 2, "there are name"),
    "no value": (("export", "--compound", "riverside", "--field", "name", *ASKED), 2, "read from standard input"),
    "nothing to erase": (("erase", *ASKED), 2, "name either events, or"),
    "no such log": (("verify-log", "--device", "nobody"), 2, "no such log"),
    "a bad name": (("keys", "create", "--compound", "River Side"), 2, "is no compound's name"),
    "no keys": (("keys", "publish", "--compound", "nowhere"), 2, "has no keys of nowhere"),
    "no key named": (("keys", "destroy", *ASKED), 2, "name the keys"),
    "an unknown key": (("keys", "destroy", "0" * 16, *ASKED), 2, "has no key"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_one_sentence(place: Place, case: str) -> None:
    arguments, status, words = REFUSED[case]
    found, sentence = place.refused(*arguments)
    assert found == status
    assert words in sentence


@pytest.mark.parametrize(
    ("passphrase", "words"),
    [
        (b"", "is empty"),
        (b"short\n", "at least 12 characters"),
        (b"another passphrase\n", "does not open with this passphrase"),
    ],
)
def test_a_vault_that_does_not_open_is_one_sentence(place: Place, passphrase: bytes, words: str) -> None:
    (place.folder / "passphrase").write_bytes(passphrase)
    assert words in place.refused("keys", "list")[1]
