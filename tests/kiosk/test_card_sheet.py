"""Many gates' cards from one spreadsheet."""

import tomllib
from pathlib import Path

import pytest

from kiosk.card import read_card
from kiosk.card_sheet import write_cards
from kiosk.errors import UsageError
from tests.command_line import gatepost
from tests.kiosk.cards import CARD, CODE

SHEET = f"""\
gate.device,server.enrolment_code,gate.pulse_s,network.wifi_password,relay.active_high
gate-2,{CODE},1.5,12345678,false
gate-3,,,,
"""


def cards(tmp_path: Path, sheet: str, *, encoding: str = "utf-8") -> list[Path]:
    (tmp_path / "template.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "gates.csv").write_text(sheet, encoding=encoding)
    return write_cards(tmp_path / "template.toml", tmp_path / "gates.csv", tmp_path / "out", tmp_path)


def test_each_row_is_a_card_and_an_empty_cell_leaves_what_all_have(tmp_path: Path) -> None:
    second, third = cards(tmp_path, SHEET)
    assert [path.parent.name for path in (second, third)] == ["gate-2", "gate-3"]
    card = read_card(second, tmp_path)
    assert (card.gate.device, card.gate.pulse_s, card.relay.active_high) == ("gate-2", 1.5, False)
    assert card.network.wifi_password == "12345678"
    assert tomllib.loads(third.read_text(encoding="utf-8")) == {
        **tomllib.loads(CARD),
        "gate": {"compound": "riverside", "device": "gate-3"},
    }
    assert second.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("sheet", "encoding"), [(SHEET.replace(",", ";"), "utf-8-sig"), (SHEET, "utf-8-sig")])
def test_a_spreadsheet_s_own_csv_will_do(tmp_path: Path, sheet: str, encoding: str) -> None:
    assert len(cards(tmp_path, sheet, encoding=encoding)) == 2


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("gate.name\ngate-2\n", "names no gate.device"),
        ("gate.device,code\ngate-2,1\n", "'code'"),
        ("gate.device\n../gate\n", "row 2"),
        ("gate.device,gate.pulse_s\ngate-2,1\ngate-3,long\n", "row 3"),
        ("gate.device\ngate-2\ngate-2\n", "row 3"),
        ("gate.device,server.enrolment_code\ngate-2,13K7Q\n", "row 2"),
    ],
    ids=["no device", "a column that is no key", "a path", "no number", "twice the same", "half a code"],
)
def test_a_row_that_is_wrong_is_named(tmp_path: Path, sheet: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"gates\.csv") as raised:
        cards(tmp_path, sheet)
    assert said in str(raised.value)


def test_what_cannot_be_read_or_written_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "template.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "gates.csv").write_text(SHEET, encoding="utf-8")
    template, sheet, out = tmp_path / "template.toml", tmp_path / "gates.csv", tmp_path / "out"
    for arguments, said in (
        ((template, sheet, template), "Not a directory"),
        ((template, tmp_path / "none.csv", out), "none.csv: cannot be read: No such file or directory"),
        ((tmp_path, sheet, out), "cannot be read: Is a directory"),
    ):
        with pytest.raises(UsageError, match=said):
            write_cards(*arguments, tmp_path / "etc")


def test_the_commands_write_cards_and_take_one_over(tmp_path: Path) -> None:
    (tmp_path / "template.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "gates.csv").write_text(SHEET, encoding="utf-8")
    made = gatepost("card", tmp_path / "template.toml", tmp_path / "gates.csv", "--to", tmp_path / "out")
    assert (made.returncode, made.stderr) == (0, "")
    places: list[str | Path] = ["--etc", tmp_path / "etc", "--connections", tmp_path / "connections"]
    for said in ("the card was taken over\n", "nothing new on the card\n"):
        taken = gatepost("first-boot", "--card", tmp_path / "out" / "gate-2", *places)
        assert (taken.returncode, taken.stdout) == (0, said)
