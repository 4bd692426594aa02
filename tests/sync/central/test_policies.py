"""What the published rules say: how long a compound keeps what names a person, and the words for reasons of their own."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.model import ReasonCode
from sync.central.policies import Policies
from sync.central.store import Store
from tests.sync.central.documents import COMPOUND, GATE, Site, policy
from tests.sync.central.test_pages import ONE

SIDE_GATE = b"""
[[rule]]
id = "side-gate"
when = { vehicle = ["lorry"] }
then = "hold"
reason = "side_gate"

[reason.side_gate]
visitor = { zh = "zh1", en = "en1", ja = "ja1", ko = "ko1" }
say = { zh = "zh2", en = "en2", ja = "ja2", ko = "ko2" }
do = { zh = "zh3", en = "en3", ja = "ja3", ko = "ko3" }
call = "property_office"
"""


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Site:
    return Site(store, tmp_path)


@pytest.fixture
def policies(site: Site) -> Policies:
    return Policies(site.engine, lambda: site.now_us)


def days(policies: Policies, compound: str = COMPOUND) -> int:
    return policies.retention(lambda _: 7)(compound)


def test_what_names_a_person_is_kept_as_the_rules_in_force_say_and_else_as_configured(site: Site, policies: Policies) -> None:
    assert days(policies) == 7
    site.publish()
    assert (days(policies), days(policies, "lakeside")) == (90, 7)
    site.publish(body=policy(2, "response-level-2"), gate=GATE)
    assert days(policies) == 90  # of the compound, whatever one gate goes by
    site.publish(body=policy(3).replace(b"retention_days = 90\n", b""))
    assert days(policies) == 7


def test_a_gate_goes_by_its_own_before_its_compounds(site: Site, policies: Policies) -> None:
    assert policies.in_force(COMPOUND, GATE) is None
    site.publish(body=policy(1))
    site.publish(body=policy(2, "response-level-2"), gate=GATE)
    found = [policies.in_force(COMPOUND, gate) for gate in ("", GATE, "gate-2")]
    assert [one.name for one in found if one is not None] == ["normal-times@1", "response-level-2@2", "normal-times@1"]


def test_the_words_are_those_of_the_rules_by_which_somebody_was_answered(site: Site, policies: Policies) -> None:
    site.publish(body=policy(1) + SIDE_GATE)
    site.publish(body=policy(2))
    assert policies.words(COMPOUND, "normal-times@1")[ReasonCode("side_gate")].visitor["ja"] == "ja1"
    assert policies.words(COMPOUND, "normal-times@2") == policies.words("lakeside", "normal-times@1") == {}


def test_under_one_name_the_words_that_were_published_last_count(site: Site, policies: Policies) -> None:
    site.publish(body=policy(1) + SIDE_GATE)
    site.publish(body=policy(1) + SIDE_GATE.replace(b"ja1", b"ja9"))
    assert policies.words(COMPOUND, "normal-times@1")[ReasonCode("side_gate")].visitor["ja"] == "ja9"


def test_a_passage_is_shown_with_the_words_of_its_rules(site: Site, policies: Policies) -> None:
    site.publish(body=policy(1) + SIDE_GATE)
    held = [
        replace(ONE, compound=COMPOUND, answer="hold", reasons=("side_gate", "pass_expired"), policy="normal-times@1"),
        replace(ONE, compound=COMPOUND, answer="hold", reasons=("side_gate",), policy="normal-times@5"),
        replace(ONE, compound=COMPOUND, answer="hold", reasons=("side_gate",)),
    ]
    told = policies.told(tuple(held))
    assert [[card.reason for card in one.own] for one in told] == [["side_gate"], [], []]
    assert (told[0].own[0].do["ko"], told[0].own[0].call) == ("ko3", "property_office")
    assert told[1:] == tuple(held[1:])


def test_what_this_software_cannot_read_is_passed_over(site: Site, policies: Policies) -> None:
    site.publish_unread("policy", policy(7).replace(b"schema = 1", b"schema = 2"))
    assert policies.in_force(COMPOUND) is None
    assert policies.words(COMPOUND, "normal-times@7") == {}
