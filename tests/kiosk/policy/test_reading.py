"""A document as it is written: every mistake gets one sentence."""

import contextlib
import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import policy
from kiosk.errors import UsageError
from kiosk.model import ReasonCode
from kiosk.policy.check import between
from kiosk.units import WallTime
from tests.kiosk.policy.visitors import TITLE, parsed, person, rule
from tests.kiosk.policy.visitors import tree as document

WORDS = dict.fromkeys(policy.LANGUAGES, "…")
LISTED = {"regions": ["IT", "CN-HB"], "days": 14}


MISTAKES: dict[str, tuple[dict[str, object], str]] = {
    "another schema": (document(rule(), schema=2), "schema is 2"),
    "schema true": (document(rule(), schema=True), "schema is True"),
    "no schema": ({k: v for k, v in document(rule()).items() if k != "schema"}, "'schema' is missing"),
    "unknown key": (document(rule(), requires=["pass"]), "'requires'"),
    "bad id": (document(rule(), id="Bad Id"), "id must be a name"),
    "version zero": (document(rule(), version=0), "version must be a whole number"),
    "version text": (document(rule(), version="1"), "version must be a whole number"),
    "a language missing": (document(rule(), title={"zh": "规则"}), "title: the key 'en' is missing"),
    "an empty title": (document(rule(), title=TITLE | {"ko": " "}), "title.ko must be a text"),
    "a notice": (document(rule(), notice=TITLE), "write the notices as [[notice]] tables"),
    "a notice in two languages": (
        document(rule(), notice=[TITLE, {"zh": "请", "en": "Do"}]),
        "[[notice]] number 2: the key 'ja'",
    ),
    "a long notice": (document(rule(), notice=[TITLE | {"ko": "가" * 161}]), "[[notice]] number 1.ko has 161 characters"),
    "thirteen notices": (document(rule(), notice=[TITLE] * 13), "13 notices are more"),
    "title a text": (document(rule(), title="Rules"), "title must be a table"),
    "no rules": (document(), "1 to 200"),
    "rules a table": (document(rule=rule()), "[[rule]]"),
    "rule a text": (document(rule="one"), "[[rule]]"),
    "a rule that is no table": (document(rule=["one"]), "rule number 1 must be a [[rule]] table"),
    "rule without id": (document({"when": {"always": True}}), "rule number 1 must have the key 'id'"),
    "rule without reason": (document({"id": "x", "when": {}, "then": "hold"}), "rule 'x': the key 'reason'"),
    "unknown rule key": (document(rule(otherwise="hold")), "rule 'one': there is no key 'otherwise'"),
    "rule called default": (document(rule(id="default")), "'default'"),
    "the same id twice": (document(rule(when={"pass": ["valid"]}), rule()), "rule 'one' is there twice"),
    "after always": (document(rule(), rule(id="two")), "rule 'two' is never reached after 'one'"),
    "unknown answer": (document(rule(then="open")), "then must be one of admit, refuse, hold, not 'open'"),
    "answer a list": (document(rule(then=["admit"])), "then must be one of"),
    "bad reason": (document(rule(reason="Too hot!")), "reason must be a name"),
    "when a text": (document(rule(when="always")), "when must be a table"),
    "when empty": (document(rule(when={})), "when has no condition"),
    "unknown condition": (
        document(rule(when={"colour": "green"})),
        "'colour' is no condition; the conditions are",
    ),
    "always false": (document(rule(when={"always": False})), "when.always can only be true"),
    "always one": (document(rule(when={"always": 1})), "when.always can only be true"),
    "always with another": (document(rule(when={"always": True, "pass": ["valid"]})), "stands alone"),
    "temperature a text": (document(rule(when={"temperature_at_least": "hot"})), "degrees Celsius from 30 to 45"),
    "temperature true": (document(rule(when={"temperature_below": True})), "degrees Celsius"),
    "temperature in Fahrenheit": (document(rule(when={"temperature_at_least": 99.1})), "not 99.1"),
    "temperature not a number": (document(rule(when={"temperature_below": float("nan")})), "degrees Celsius"),
    "visitor a text": (document(rule(when={"visitor": "resident"})), "when.visitor must be a list"),
    "visitor none": (document(rule(when={"visitor": []})), "when.visitor must be a list"),
    "visitor unknown": (document(rule(when={"visitor": ["cat"]})), "lists 'cat'; it can list resident"),
    "verdict twice": (document(rule(when={"pass": ["valid", "valid"]})), "lists a name twice"),
    "verdict a list": (document(rule(when={"pass": [["valid"]]})), "it can list malformed"),
    "status unknown": (document(rule(when={"health": ["blue"]})), "lists 'blue'"),
    "finding unknown": (document(rule(when={"certificate": ["green"]})), "lists 'green'; it can list vaccination"),
    "need unknown": (document(rule(when={"unavailable": ["camera"]})), "lists 'camera'"),
    "samples too many": (
        document(rule(when={"samples_below": 13})),
        "when.samples_below must be a whole number from 2 to 12",
    ),
    "samples a half": (document(rule(when={"samples_below": 2.5})), "not 2.5"),
    "air one figure": (document(rule(when={"ambient_outside": 10})), "two temperatures such as [14, 32]"),
    "air the wrong way round": (document(rule(when={"ambient_outside": [32, 14]})), "begin with the lower"),
    "air in kelvin": (document(rule(when={"ambient_outside": [283, 308]})), "degrees Celsius from -40 to 60, not 283"),
    "uncertainty nothing": (document(rule(when={"uncertainty_above": 0})), "degrees Celsius from 0.1 to 3"),
    "doubt unknown": (document(rule(when={"reading_doubted": ["hot"]})), "it can list warming_up"),
    "strictness unknown": (
        document(rule(when={"identity": {"strictness": "lax", "found": ["differs"]}})),
        "strictness must be one of exact, usual",
    ),
    "found nothing": (
        document(rule(when={"identity": {"strictness": "usual", "found": []}})),
        "found must be a list with some of agrees, differs, undecided",
    ),
    "form false": (document(rule(when={"form": False})), "when.form can only be true"),
    "group of nobody": (document(rule(when={"group_above": 0})), "from 1 to 50, not 0"),
    "hours a number": (document(rule(when={"outside_hours": 8})), 'hours such as "08:00-18:00"'),
    "hours of no length": (document(rule(when={"outside_hours": "08:00-08:00"})), "not '08:00-08:00'"),
    "hours past midnight": (document(rule(when={"outside_hours": "20:00-24:00"})), "not '20:00-24:00'"),
    "hours on no day": (
        document(rule(when={"outside_hours": ["08:00-18:00", "Monday"]})),
        "lists 'Monday'; the days are mon",
    ),
    "words too long for the screen": (
        document(rule(), reason={"own": {"visitor": dict.fromkeys(TITLE, "x" * 161), "say": TITLE, "do": TITLE}}),
        "has 161 characters, and there is room for 160",
    ),
    "a version that no number is": (
        document(rule(), version=10**9 + 1),
        "version must be a whole number from 1 to 1000000000",
    ),
    "kept for longer than ten years": (document(rule(), retention_days=3661), "must be a whole number from 1 to 3660"),
    "air of the wrong order": (
        document(rule(), temperature={"raised": 37.3, "ambient": [35, 10]}),
        "gate.toml: [temperature] ambient must begin with the lower",
    ),
    "hours of no place": (document(rule(when={"outside_hours": "08:00-18:00"})), "say of which place with zone"),
    "hours in an empty list": (document(rule(when={"outside_hours": []})), "not []"),
    "travel without days": (document(rule(when={"stayed_in": {"regions": ["IT"]}})), "the key 'days' is missing"),
    "travel to nowhere": (document(rule(when={"stayed_in": {"regions": [], "days": 14}})), "must be a list of regions"),
    "travel to Italy": (document(rule(when={"stayed_in": {"regions": ["Italy"], "days": 14}})), "'Italy'; write ISO 3166"),
    "site unknown": (document(rule(), site="castle"), "site must be one of residential, office, campus"),
    "zone unknown": (document(rule(), zone="Asia/Nowhere"), "there is no zone 'Asia/Nowhere'"),
    "zone a path": (document(rule(), zone="../etc"), "zone must be a name"),
    "a time in quotes": (document(rule(), zone="Asia/Shanghai", **{"from": "2020-03-24"}), "from must be a local time"),
    "a time with its offset": (
        document(rule(), zone="Asia/Shanghai", until=datetime(2020, 3, 24, tzinfo=UTC)),
        "without quotes and offset",
    ),
    "a time of no place": (document(rule(), **{"from": datetime(2020, 3, 24)}), "say of which place with zone"),
    "a time before all clocks": (
        document(rule(), zone="Asia/Shanghai", **{"from": datetime(1, 1, 1)}),
        "that every clock has",
    ),
    "notices unknown": (document(rule(), notices="holidays"), "notices must be one of epidemic, normal"),
    "kept for ever": (document(rule(), retention_days=0), "retention_days must be a whole number from 1"),
    "old as nothing known": (document(rule(), stale_after_h={"weather": 3}), "there is no key 'weather'"),
    "old at once": (document(rule(), stale_after_h={"trust": 0}), "[stale_after_h] trust must be a whole number"),
    "override by the guard": (document(rule(), override={"one_guard": ["because"]}), "there is no key 'one_guard'"),
    "override a text": (document(rule(), override={"nobody": "because"}), "must be a list of reasons"),
    "override twice": (document(rule(), override={"nobody": ["a"], "two_people": ["a"]}), "names 'a' twice"),
    "reason a list": (document(rule(), reason=["a"]), "reason must be tables"),
    "reason no name": (document(rule(), reason={"No!": {}}), "the reason 'No!' must be a name"),
    "reason without a card": (document(rule(), reason={"a": {"visitor": WORDS}}), "[reason.a]: the key 'say' is missing"),
    "reason with a blank": (
        document(rule(), reason={"a": {"visitor": WORDS | {"ja": " "}, "say": WORDS, "do": WORDS}}),
        "[reason.a] visitor.ja must be a text",
    ),
    "reason calls the moon": (
        document(rule(), reason={"a": {"visitor": WORDS, "say": WORDS, "do": WORDS, "call": "moon"}}),
        "call must be one of none, host",
    ),
    "temperature without a figure": (document(rule(), temperature={}), "[temperature]: the key 'raised' is missing"),
    "borderline above raised": (
        document(rule(), temperature={"raised": 37.3, "borderline": 37.3}),
        "borderline must be below raised, 37.3",
    ),
    "unreliable admits": (document(rule(), temperature={"raised": 37.3, "unreliable": "admit"}), "one of refuse, hold"),
    "expired pass admits": (
        document(person=[person("guest")], **{"pass": {"expired": "admit"}}),
        "[pass] expired must be one",
    ),
    "offline admits": (
        document(rule(), offline={"health_code": "admit"}),
        "[offline] health_code must be one of refuse, hold",
    ),
    "offline what": (document(rule(), offline={"camera": "hold"}), "there is no key 'camera'"),
    "travel admits": (document(rule(), travel=LISTED | {"then": "admit"}), "[travel] then must be one of refuse, hold"),
    "vehicles a text": (document(rule(), vehicles={"allowed": "car"}), "[vehicles] allowed must be a list"),
    "group a text": (document(rule(), group={"most": "few"}), "[group] most must be a whole number"),
    "person a table": (document(person={"who": ["guest"]}), "[[person]] tables"),
    "person a text": (document(person=["guest"]), "[[person]] number 1 must be a table"),
    "person unknown": (document(person=[person("ghost")]), "number 1 who lists 'ghost'"),
    "person twice": (document(person=[person("guest"), person("other", "guest")]), "number 2: guest is in an earlier"),
    "person without reason": (document(person=[{"who": ["guest"]}]), "number 1: the key 'reason' is missing"),
    "need that is no person's": (
        document(person=[person("guest", needs=["pass"])]),
        "needs lists 'pass'; it can list health_code",
    ),
    "needs of the refused": (
        document(person=[person("guest", needs=["form"], then="refuse")]),
        "whoever is not let in needs nothing",
    ),
    "a rule called like a section's": (
        document(rule(id="guest"), person=[person("guest")]),
        "rule 'guest' is there twice",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_that_names_it(mistake: str) -> None:
    tree, sentence = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        policy.parse(tree, "gate.toml")
    assert str(caught.value).startswith("gate.toml: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


SECTIONS = [
    *("schema", "id", "version", "title", "rule", "person", "temperature", "pass", "travel", "first_return", "vehicles"),
    *("group", "health_code", "consent", "filing", "offline", "override", "reason", "site", "zone", "from", "until"),
    *("notices", "retention_days", "stale_after_h"),
]


@given(st.sampled_from(SECTIONS), trees, st.sampled_from(["", "when", "then", "reason", "id"]))
def test_nothing_but_a_usage_error_comes_of_a_wrong_tree(key: str, value: object, within: str) -> None:
    made = document(rule(**{within: value})) if within else document(rule(), **{key: value})
    with contextlib.suppress(UsageError):
        policy.parse(made, "gate.toml")


@given(st.sampled_from(SECTIONS), st.dictionaries(st.sampled_from(["who", "needs", "hours", "raised", "regions"]), trees))
def test_nothing_but_a_usage_error_comes_of_a_wrong_section(key: str, table: dict[str, object]) -> None:
    for value in (table, [table]):
        with contextlib.suppress(UsageError):
            policy.parse(document(rule(), **{key: value}), "gate.toml")


def test_a_local_time_is_that_of_the_sites_zone() -> None:
    text = """
schema = 1
id = "march"
version = 2
title = { zh = "三月", en = "March", ja = "三月", ko = "삼월" }
zone = "Europe/Rome"
from = 2020-03-29T01:30:00
until = 2020-03-29T03:30:00
rule = [{ id = "all", when = { always = true }, then = "hold", reason = "march" }]
"""
    found = policy.parse(tomllib.loads(text), "march.toml")
    # The clocks went forward in between, from 2 to 3.
    assert (found.begins_at, found.ends_at) == (1_585_441_800_000_000, 1_585_445_400_000_000)
    assert [found.in_force(WallTime(at)) for at in (1_585_441_799_999_999, 1_585_441_800_000_000)] == [False, True]
    assert [found.in_force(WallTime(at)) for at in (1_585_445_399_999_999, 1_585_445_400_000_000)] == [True, False]


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (datetime(2020, 10, 25, 2, 30), datetime(2020, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2020, 10, 25, 3, 0), datetime(2020, 10, 25, 2, 0, tzinfo=UTC)),
        (datetime(2020, 3, 29, 2, 30), datetime(2020, 3, 29, 1, 30, tzinfo=UTC)),
    ],
    ids=["shown twice: the first", "after both", "skipped: as much later as the clock was put forward"],
)
def test_a_time_when_the_clock_is_changed_is_one_moment(local: datetime, expected: datetime) -> None:
    found = parsed(rule(), zone="Europe/Rome", **{"from": local})
    assert found.begins_at == int(expected.timestamp()) * 1_000_000


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "Europe/Rome", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_one_that_begins_at_the_local_time_when_the_other_ends_leaves_no_gap(turn: datetime, zone: str) -> None:
    one, other = parsed(rule(), zone=zone, until=turn), parsed(rule(), id="other", zone=zone, **{"from": turn})
    assert between([one, other]) == ()
    assert one.ends_at is not None
    for at in (one.ends_at - 1, one.ends_at):
        assert [each.in_force(WallTime(at)) for each in (one, other)] == [at < one.ends_at, at >= one.ends_at]


def test_a_document_without_dates_is_always_in_force() -> None:
    assert all(parsed(rule()).in_force(WallTime(at)) for at in (0, 1 << 60))


def test_what_goes_with_a_document_is_read() -> None:
    words = {"visitor": WORDS, "say": WORDS, "do": WORDS}
    found = parsed(
        rule(reason="own"),
        site="campus",
        notices="normal",
        retention_days=14,
        stale_after_h={"policy": 48},
        override={"two_people": ["own"], "nobody": ["never"]},
        reason={"own": words},
    )
    assert (found.site, found.notices, found.retention_days) == (policy.SiteKind.CAMPUS, "normal", 14)
    assert found.stale_after_h == {"policy": 48}
    assert found.overrides == {"own": policy.Override.TWO_PEOPLE, "never": policy.Override.NOBODY}
    assert found.words[ReasonCode("own")].call is policy.Contact.NONE
    assert found.reasons == ("own", policy.NO_RULE_APPLIES)


@pytest.mark.parametrize("then", ["admit", "refuse"])
def test_a_colour_that_was_seen_neither_admits_nor_refuses(then: str) -> None:
    with pytest.raises(UsageError, match="a colour that was seen is no proof; with colour_seen a rule can only hold"):
        parsed(rule(when={"unavailable": ["health_code"], "colour_seen": ["green"]}, then=then))


def test_a_document_brings_notices_of_its_own() -> None:
    assert parsed(rule()).own_notices == ()
    assert policy.parse(document(rule(), notice=[TITLE, WORDS] * 6), "p").own_notices == (TITLE, WORDS) * 6
