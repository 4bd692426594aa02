"""Passes for some gates and hours only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.credentials import Here, PassClaims, Uses, examine, key_id, parse_trust, passes
from kiosk.credentials.pass_terms import MOST_GATES, MOST_HOURS, Terms, packed, unpacked
from kiosk.errors import UsageError
from kiosk.evidence import Credential, Verdict
from kiosk.model import LocalTime
from kiosk.operands import Hours
from kiosk.people import VisitorKind
from kiosk.units import WallTime
from tests.kiosk.runtimes import KEY, PUBLIC, trust_list

DAY_US = 86_400_000_000
NOW = WallTime(1_900_000_000_000_000)
MONDAY_TEN = LocalTime(0, 600)
WORKDAYS = Hours(8 * 60, 18 * 60, frozenset(range(5)))
NIGHT = Hours(22 * 60, 6 * 60, frozenset({4}))

gates = st.lists(st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True), max_size=MOST_GATES, unique=True)
minutes = st.integers(0, 1439)
spans = st.builds(Hours, minutes, minutes, st.frozensets(st.integers(0, 6), min_size=1)).filter(
    lambda span: span.begins != span.ends
)
plates = st.none() | st.sampled_from(["沪A12345", "品川 300 あ 12-34", "AB-123-C"])
terms = st.builds(
    Terms, gates.map(tuple), st.lists(spans, max_size=MOST_HOURS, unique=True).map(tuple), plates, st.booleans()
).filter(bool)


def shown(said: Terms, here: Here | None, **more: object) -> Credential:
    claims = PassClaims(
        bytes(12), "riverside", VisitorKind.GUEST, WallTime(NOW - DAY_US), WallTime(NOW + DAY_US), Uses.MULTIPLE, terms=said
    )
    text = passes.encode(replace(claims, **more), KEY.sign, key_id(PUBLIC))  # type: ignore[arg-type]
    found = examine(text.encode(), trust_list(), NOW, here=here)
    assert isinstance(found, Credential)
    return found


@given(terms)
def test_terms_are_read_as_they_were_written(said: Terms) -> None:
    assert unpacked(packed(said)) == said


@given(st.binary(max_size=80))
def test_whatever_is_read_is_written_in_one_way_only(data: bytes) -> None:
    try:
        said = unpacked(data)
    except ValueError:
        return
    assert packed(said) == data


CASES: dict[str, tuple[Terms, Here | None, Verdict, str]] = {
    "its gate": (Terms(("north", "east")), Here("east", MONDAY_TEN), Verdict.VALID, ""),
    "another gate": (Terms(("north",)), Here("south", MONDAY_TEN), Verdict.UNTRUSTED_ISSUER, "it is for other gates"),
    "its hours": (Terms((), (WORKDAYS,)), Here("north", MONDAY_TEN), Verdict.VALID, ""),
    "one of its hours": (Terms((), (WORKDAYS, NIGHT)), Here("north", LocalTime(5, 60)), Verdict.VALID, ""),
    "before them": (
        Terms((), (WORKDAYS,)),
        Here("north", LocalTime(0, 479)),
        Verdict.NOT_YET_VALID,
        "it is for other hours of the week",
    ),
    "on another day": (
        Terms((), (WORKDAYS,)),
        Here("north", LocalTime(6, 600)),
        Verdict.NOT_YET_VALID,
        "it is for other hours of the week",
    ),
    "at a gate without a time": (
        Terms((), (WORKDAYS,)),
        Here("north", None),
        Verdict.NOT_YET_VALID,
        "it is for some hours of the week, and this gate does not know the time",
    ),
    "without hours it needs no time": (Terms(("north",)), Here("north", None), Verdict.VALID, ""),
    "asked of no gate": (Terms(("north",), (WORKDAYS,)), None, Verdict.VALID, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pass_counts_at_its_gates_and_in_its_hours(case: str) -> None:
    said, here, verdict, detail = CASES[case]
    found = shown(said, here)
    assert (found.verdict, found.detail) == (verdict, detail)


def test_what_is_over_is_over_at_every_gate() -> None:
    over = shown(Terms(("north",)), Here("south", None), not_after=WallTime(NOW - DAY_US // 2))
    assert over.verdict is Verdict.EXPIRED


@pytest.mark.parametrize(
    "said",
    [
        Terms(("North",)),
        Terms(("north", "north")),
        Terms(tuple(f"gate-{number}" for number in range(MOST_GATES + 1))),
        Terms((), (WORKDAYS, WORKDAYS)),
        Terms(tuple(f"a-very-long-name-of-a-gate-{number}" for number in range(8))),
        Terms(plate="沪" * 7),
        Terms(plate="沪A\u202e12345"),
    ],
    ids=["capital", "twice", "too many", "hours twice", "too long for a code", "long plate", "plate turned around"],
)
def test_terms_that_a_pass_cannot_have_are_refused_when_it_is_issued(said: Terms) -> None:
    with pytest.raises(UsageError):
        shown(said, None)


def test_the_plate_and_that_it_is_a_companys_are_believed_with_the_pass() -> None:
    found = shown(Terms(plate="沪A12345", company=True), None)
    assert (found.verdict, found.plate, found.asks_name) == (Verdict.VALID, "沪A12345", True)
    assert "沪A12345" not in repr(found)


def test_a_pass_without_terms_is_still_of_version_1_and_one_of_version_2_has_some() -> None:
    plain = PassClaims(bytes(12), "riverside", VisitorKind.GUEST, NOW, WallTime(NOW + DAY_US))
    assert passes.encode(plain, KEY.sign, key_id(PUBLIC)).startswith("GP1:")
    limited = passes.encode(replace(plain, terms=Terms(("north",))), KEY.sign, key_id(PUBLIC))
    assert limited.startswith("GP2:")
    as_version_1 = examine(limited.replace("GP2:", "GP1:").encode(), trust_list(), NOW)
    assert isinstance(as_version_1, Credential)
    assert as_version_1.verdict is Verdict.MALFORMED


def test_no_trust_list_no_terms() -> None:
    empty = parse_trust(b'{"schema": 1, "id": "e", "issued_at": "2020-01-01T00:00:00Z", "issuers": []}', "empty")
    plain = PassClaims(bytes(12), "riverside", VisitorKind.GUEST, NOW, WallTime(NOW + DAY_US), terms=Terms(("north",)))
    found = examine(passes.encode(plain, KEY.sign, key_id(PUBLIC)).encode(), empty, NOW, here=Here("south", None))
    assert isinstance(found, Credential)
    assert found.detail == "no trust list has this key"
