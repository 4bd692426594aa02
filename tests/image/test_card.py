"""A card's life, in order: first start, a visitor, an update, a bad one, and the power that goes in between."""

import threading
from collections.abc import Callable
from pathlib import Path

from tests.image.board import Board, BoardSilent
from tests.image.card import ROOT_A_AT, Card
from tests.image.site import HostSite
from tests.image.updates import stick_of

SLOW_S = 1500.0
"""Everything is done by an emulator, on a machine that others use as well."""
GOOD = "rauc mark: marked slot"
MOMENTS = (
    "Determining target install group done",
    "Updating slots",
    "Copying image to rootfs",
    "Copying image to rootfs.1 done",
)
"""What RAUC says on its way."""


def until(look: Callable[[], bool], what: str, within_s: float = SLOW_S) -> None:
    nobody = threading.Event()
    for _ in range(int(within_s)):
        if look():
            return
        nobody.wait(1)
    raise BoardSilent(what)


def kinds(site: HostSite) -> list[str]:
    return [event["kind"] for event in site.events()]


def end(board: Board) -> None:
    """Take the power away once what was said has reached the card: an end like any other."""
    board.cut()


def test_a_card_out_of_the_box_enrols_and_lets_a_visitor_in(card: Card, site: HostSite, run: Path) -> None:
    board = Board(card.path, run / "first")
    try:
        board.wait_for("Gatepost: slot A", SLOW_S)
        until(lambda: "gate_outcome" in kinds(site), "a visitor has passed, and the server knows")
        board.wait_for(GOOD, SLOW_S)
        board.screenshot(run / "idle.png")
    finally:
        end(board)
    assert b"slot_a_left=8" in card.slots()


def test_an_update_from_a_stick_becomes_the_root_and_stays(card: Card, site: HostSite, run: Path) -> None:
    stick = stick_of(card, "0.2.0", run / "good")
    before = card.digest(ROOT_A_AT)
    board = Board(card.path, run / "update", stick)
    try:
        # What is on the card at that moment is what a cut of the power leaves.
        for moment, text in enumerate(MOMENTS):
            board.wait_for(text, SLOW_S)
            board.order("stop")
            card.copied_as(run / f"cut-{moment}.img")
            board.order("cont")
        board.wait_for("Gatepost: slot B", SLOW_S)
        board.wait_for(GOOD, SLOW_S, board.said().index("Gatepost: slot B"))
        board.wait_for("this is what runs already", SLOW_S)
    finally:
        end(board)
    assert b"slot_order=B A" in card.slots()
    for moment in range(len(MOMENTS)):
        cut = Card(run / f"cut-{moment}.img")
        assert b"slot_order=A B" in cut.slots(), MOMENTS[moment]
        assert cut.digest(ROOT_A_AT) == before


def test_a_card_whose_power_went_during_an_update_starts_as_before(card: Card, site: HostSite, run: Path) -> None:
    board = Board(run / f"cut-{len(MOMENTS) // 2}.img", run / "cut")
    try:
        board.wait_for("Gatepost: slot A", SLOW_S)
        board.wait_for(GOOD, SLOW_S)
    finally:
        end(board)


def test_a_root_whose_gate_is_never_ready_is_left_by_itself(card: Card, site: HostSite, run: Path) -> None:
    stick = stick_of(card, "0.3.0", run / "bad", bad=True)
    board = Board(card.path, run / "rollback", stick)
    try:
        begun = board.wait_for("Gatepost: slot A; attempts left: A 1", SLOW_S)
        board.wait_for("Gatepost: slot A; attempts left: A 0", SLOW_S)
        board.wait_for("Gatepost: slot B", SLOW_S, board.said().index("attempts left: A 0"))
        assert begun > 0
    finally:
        end(board)
