"""The card's file: taken over whole, or answered beside it; the code taken off it; power may fail in between."""

import tomllib
from pathlib import Path

import pytest

from kiosk.card import WRONG as WRONG_CARD
from kiosk.card import read_answer, read_card, take_over, without_code
from kiosk.config import load
from kiosk.errors import UsageError
from tests.kiosk.cards import CARD, CODE, WIFI_PASSWORD, Machine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "kiosk")
    machine.card.write_text(CARD, encoding="utf-8")
    return machine


def taken(machine: Machine) -> bool:
    return take_over(machine.fat, machine.etc, machine.connections)


def everything(machine: Machine) -> dict[str, bytes]:
    return {str(path.relative_to(machine.root)): path.read_bytes() for path in machine.root.rglob("*") if path.is_file()}


def test_a_kiosk_takes_its_configuration_from_the_card(machine: Machine) -> None:
    assert taken(machine)
    config = load(machine.etc / "kiosk.toml")
    assert (config.gate.compound, config.gate.device) == ("riverside", "gate-1")
    assert config.server.enrolment_code == f"file:{machine.etc / 'enrolment-code'}"
    assert (machine.etc / "enrolment-code").read_text(encoding="utf-8").strip() == CODE


def test_the_code_is_off_the_card_and_everything_else_still_on_it(machine: Machine) -> None:
    taken(machine)
    left = machine.card.read_text(encoding="utf-8")
    assert CODE not in left
    assert left.splitlines()[0] == "# our gate at the river"
    before, after = tomllib.loads(CARD), tomllib.loads(left)
    before["server"].pop("enrolment_code")
    assert after == before


def test_what_is_secret_is_readable_by_nobody_else(machine: Machine) -> None:
    taken(machine)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [*machine.connections.iterdir(), *machine.etc.iterdir()]}
    assert modes == {
        "gatepost-wired.nmconnection": 0o600,
        "gatepost-wifi.nmconnection": 0o600,
        "enrolment-code": 0o640,
        "kiosk.toml": 0o640,
        "card.sha256": 0o640,
    }
    assert WIFI_PASSWORD.encode() not in (machine.etc / "kiosk.toml").read_bytes()


def test_a_card_that_was_taken_is_not_taken_again(machine: Machine) -> None:
    assert taken(machine)
    before = everything(machine)
    assert not taken(machine)
    assert everything(machine) == before


def test_a_card_that_was_edited_is_taken_again_and_keeps_its_code(machine: Machine) -> None:
    taken(machine)
    machine.card.write_text(machine.card.read_text(encoding="utf-8").replace("gate-1", "gate-2"), encoding="utf-8")
    assert taken(machine)
    config = load(machine.etc / "kiosk.toml")
    assert config.gate.device == "gate-2"
    assert config.server.enrolment_code == f"file:{machine.etc / 'enrolment-code'}"


def test_a_network_that_is_no_longer_on_the_card_is_forgotten(machine: Machine) -> None:
    taken(machine)
    others = machine.connections / "office.nmconnection"
    others.touch()
    machine.card.write_text(machine.card.read_text(encoding="utf-8").partition("[network]")[0], encoding="utf-8")
    assert taken(machine)
    assert list(machine.connections.iterdir()) == [others]


def test_what_cannot_be_written_is_answered_too(machine: Machine) -> None:
    machine.connections.touch()
    with pytest.raises(UsageError, match="cannot be written"):
        taken(machine)
    assert "cannot be written" in machine.errors.read_text(encoding="utf-8-sig")
    machine.connections.unlink()
    assert taken(machine)


def test_without_a_card_the_kiosk_stays_as_it_is(tmp_path: Path) -> None:
    assert not taken(Machine(tmp_path / "kiosk"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line", ["\n", "\r\n"], ids=["lines", "Windows' lines"])
def test_any_computer_s_editor_will_do(machine: Machine, encoding: str, line: str) -> None:
    machine.card.write_bytes(CARD.replace("\n", line).encode(encoding))
    assert taken(machine)
    assert not taken(machine)
    assert CODE.encode() not in machine.card.read_bytes()


WRONG = {
    "no TOML": ("[gate]", "[gate", "is not TOML"),
    "a key that there is not": ("device =", "devise =", "devise"),
    "a name that is none": ('"gate-1"', '"Gate 1"', "[gate] device"),
    "a policy that is not shipped": ("normal-times", "wild-times", "[policy] file"),
    "a server without TLS": ("https:", "http:", "without TLS"),
    "a code with a slip": (CODE, CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "slip"),
    "a password that is too short": (WIFI_PASSWORD, "short", "wifi_password"),
    "a Wi-Fi without a name": ('wifi = "Gate; house 门"', "", "wifi_password and no wifi"),
    "an address that is none": ("[network]", '[network]\naddress = "here/24"', "no address"),
    "an address without its net": ("[network]", '[network]\naddress = "192.0.2.7"', "192.0.2.7/24"),
    "simulated devices": ("[network]", '[simulation]\nworld = "w"\n[network]', "[simulation]"),
}


@pytest.mark.parametrize(("correct", "wrong", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_answered_beside_the_card_and_changes_nothing_else(
    machine: Machine, correct: str, wrong: str, said: str
) -> None:
    taken(machine)
    before = everything(machine)
    machine.card.write_text(CARD.replace(correct, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=r"\w") as raised:
        taken(machine)
    told = machine.errors.read_text(encoding="utf-8-sig")
    assert said in told
    assert str(raised.value) in told
    assert CODE not in told
    assert WIFI_PASSWORD not in told
    after = everything(machine)
    assert {name: after[name] for name in before if not name.startswith("boot")} == {
        name: content for name, content in before.items() if not name.startswith("boot")
    }


def test_the_answer_goes_once_the_mistake_is_corrected(machine: Machine) -> None:
    machine.card.write_text(CARD.replace("device =", "devise ="), encoding="utf-8")
    with pytest.raises(UsageError, match="devise"):
        taken(machine)
    machine.card.write_text(CARD, encoding="utf-8")
    assert taken(machine)
    assert not machine.errors.exists()


@pytest.mark.parametrize("done", range(6))
def test_whenever_the_power_fails_the_next_start_finishes(machine: Machine, tmp_path: Path, done: int) -> None:
    """Everything is written in one order: a start that was cut off has written the first of it."""
    taken(machine)
    finished = everything(machine)
    order = [
        "connections/gatepost-wired.nmconnection",
        "connections/gatepost-wifi.nmconnection",
        "etc/enrolment-code",
        "etc/kiosk.toml",
        "boot/gatepost.toml",
        "etc/card.sha256",
    ]
    assert set(order) == set(finished)
    for name in order[done:]:
        (machine.root / name).unlink()
    if "boot/gatepost.toml" in order[done:]:
        machine.card.write_text(CARD, encoding="utf-8")
    assert taken(machine)
    assert everything(machine) == finished


def test_a_code_written_in_a_way_of_its_own_comes_off_too() -> None:
    text = f'server = {{ url = "https://gatepost.example", enrolment_code = "{CODE}" }}\n'
    assert tomllib.loads(without_code(text)) == {"server": {"url": "https://gatepost.example"}}


def test_the_example_is_a_card(tmp_path: Path) -> None:
    assert read_card(ROOT / "deploy" / "gatepost.example.toml", tmp_path).gate.device == "gate-1"


def test_what_was_answered_is_read_back_to_be_shown(machine: Machine) -> None:
    with pytest.raises(UsageError, match="no mistake to show"):
        read_answer(machine.fat)
    machine.card.write_text(CARD.replace("device =", "devise ="), encoding="utf-8")
    with pytest.raises(UsageError):
        taken(machine)
    answer = read_answer(machine.fat)
    assert answer.startswith(WRONG_CARD)
    assert "devise" in answer
    assert "\r" not in answer
