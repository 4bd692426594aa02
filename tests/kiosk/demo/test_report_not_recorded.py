"""What the demo's report makes of an admission that is known by now, and opened nothing at the gate."""

from typing import Any

import pytest

from drivers.simulated.protocol import PinEdge, VisitorReport
from drivers.simulated.script import VisitorScript
from kiosk.demo.cases import DISK_FULL, RESIDENT
from kiosk.demo.report import Stored, as_expected, visit_row
from kiosk.demo.scenarios import Case
from kiosk.demo.site import Guest

ADMISSION = "gate-1/standby/2"
NOT_RECORDED = next(case for case in DISK_FULL.cases if case.server_away)


def stored(kind: str, at: float, **fields: Any) -> Stored:
    name = ADMISSION if kind == "decision" else f"gate-1/standby/{round(at * 10)}"
    return Stored(name, {"kind": kind, "mono_us": round(at * 1e6), "visit": "v", **fields})


def events(outcome: str, *, guard: bool = True) -> list[Stored]:
    decision = stored("decision", 11.0, answer="admit", reasons=["resident"])
    called = [stored("guard_called", 11.2)] if guard else []
    return [decision, *called, stored("gate_outcome", 11.3, admission=ADMISSION, outcome=outcome)]


def row(case: Case, found: list[Stored], *, opens: bool = False) -> tuple[dict[str, Any], bool]:
    """The report's row of a visitor who was there from 10 to 14 s, and whether it is as the case wants it."""
    edges = (PinEdge(17, True, 11.1, "driven"),) if opens else ()
    at = 11.1 if opens else None
    seen = VisitorReport(
        name="one",
        arrived_at=10.0,
        code_in_frame_at=10.5,
        forehead_at=10.5,
        in_position_at=10.5,
        relay_at=at,
        passed_at=at,
        set_off_at=13.0,
        left_at=14.0,
        line_trace=edges,
    )
    guest = Guest("one", case, VisitorScript(name="one"))
    made = visit_row(guest, seen, found)
    return made, as_expected(made, guest)


def test_it_was_a_call_for_the_guard_that_nobody_could_record_in_time() -> None:
    made, good = row(NOT_RECORDED, events("not_opened"))
    assert (made["decision"], made["reasons"]) == ("hold", ["not_recorded"])
    assert (made["gate_outcome"], made["openings"], made["clear_s"]) == ("not_opened", 0, None)
    assert good


def test_the_line_must_not_have_moved_for_it() -> None:
    assert not row(NOT_RECORDED, events("not_opened"), opens=True)[1]


@pytest.mark.parametrize(
    "found", [events("passed"), events("not_opened", guard=False)], ids=["opened", "left before it was durable"]
)
def test_any_other_admission_is_one(found: list[Stored]) -> None:
    made, good = row(NOT_RECORDED, found)
    assert made["decision"] == "admit"
    assert not good


def test_a_resident_who_was_held_so_is_not_as_expected_elsewhere() -> None:
    assert not row(RESIDENT, events("not_opened"))[1]
    assert row(RESIDENT, events("passed"), opens=True)[1]
