"""Cases as they are opened at a gate."""

from kiosk.credentials.revocations import Revocations
from kiosk.events import Draft
from kiosk.in_force import InForce, Renewed
from kiosk.link import OverrideAsked
from kiosk.model import VisitId
from kiosk.people import Declaration, Stay, VisitorKind
from kiosk.units import Monotonic
from tests.kiosk.runtimes import HEALTH_CODE, Bench, signed_pass, trust_list

GUEST = signed_pass(VisitorKind.GUEST)


def opened(bench: Bench) -> list[tuple[object, object]]:
    return [(note.body["causes"], note.body.get("body_mk")) for note in bench.recorder.notes if note.kind == "case_opened"]


def feverish() -> Bench:
    bench = Bench("response-level-2")
    bench.scan(GUEST)
    bench.stand(38.9)
    return bench


def test_a_high_temperature_opens_one_at_once_with_its_visit() -> None:
    bench = feverish()
    assert opened(bench) == [(["temperature"], 312_050)]
    case = next(note for note in bench.recorder.notes if note.kind == "case_opened")
    assert case.body["visit"] == bench.runtime.visit.id == bench.recorder.decisions[-1][0]


def test_it_is_written_before_its_decision_so_that_no_crash_leaves_one_without() -> None:
    bench = Bench("response-level-2")
    decided_before: list[tuple[str, int]] = []

    def note(visit: VisitId, draft: Draft) -> None:
        decided_before.append((draft.kind, len(bench.recorder.decisions)))

    bench.recorder.note = note  # type: ignore[method-assign]  # it only remembers when it was asked
    bench.scan(GUEST)
    bench.stand(38.9)
    assert ("case_opened", 0) in decided_before
    assert len(bench.recorder.decisions) == 1


def test_it_is_opened_once_whatever_else_is_decided_in_the_visit() -> None:
    bench = feverish()
    bench.durable()
    bench.scan(HEALTH_CODE)
    bench.give(OverrideAsked("Wang Fang", "measured again", bench.clock.now, "Li Wei"))
    assert opened(bench) == [(["temperature"], 312_050)]


def test_whoever_is_let_in_or_merely_lacks_something_opens_none() -> None:
    bench = Bench("response-level-2")
    bench.stand(36.6)
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    assert bench.recorder.decisions
    assert opened(bench) == []


def test_a_stay_in_a_listed_region_opens_one() -> None:
    bench = Bench("response-level-2")
    bench.scan(signed_pass(VisitorKind.RESIDENT))
    bench.runtime._here.evidence.declared(Declaration(stays=(Stay("CN-HB", 3),)), Monotonic(5.0))
    bench.stand(36.6)
    assert [causes for causes, _ in opened(bench)] == [["travel"]]


def test_a_pass_that_was_taken_back_opens_one_without_a_reading() -> None:
    bench = Bench("normal-times")
    site = bench.runtime._site
    taken_back = Revocations(passes=frozenset({"01" * 12}))
    bench.give(Renewed(InForce(site.document, trust_list(), taken_back)))
    bench.scan(GUEST)
    assert opened(bench) == [(["revoked"], None)]
