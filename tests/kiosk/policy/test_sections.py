"""Which rules the sections of a document become, in which order, and what each of their keys changes."""

import tomllib
from typing import Any

import pytest

from kiosk import policy
from kiosk.errors import UsageError
from kiosk.model import Answer
from tests.kiosk.policy.visitors import POLICIES, parsed, person

LEVEL_2 = """
temperature-lost      hold   temperature_unavailable
temperature-raised    hold   temperature_high
temperature-ambient   hold   temperature_unreliable
temperature-uncertainty hold temperature_unreliable
temperature-again     -      temperature_unreliable
temperature-doubted   hold   temperature_unreliable
temperature-borderline -     temperature_borderline
pass-lost             hold   pass_unavailable
clock-unset           hold   clock_unset
pass-malformed        refuse pass_malformed
pass-unsupported      hold   pass_unsupported
pass-untrusted-issuer refuse pass_untrusted
pass-bad-signature    refuse pass_forged
pass-not-yet-valid    refuse pass_not_yet_valid
pass-expired          refuse pass_expired
pass-revoked          refuse pass_revoked
pass-used             refuse pass_used
travel-listed         hold   travel_listed
identity-differs      hold   identity_differs
first-return          hold   first_return_unregistered
vehicle               hold   vehicle_not_allowed
health-code-lost      hold   health_unavailable
health-red            refuse health_red
health-yellow         hold   health_yellow
health-expired        refuse health_expired
health-unknown        hold   health_unknown
consent-lost          hold   consent_unavailable
consent-declined      refuse consent_declined
filing-lost           hold   filing_unavailable
not-filed             hold   not_filed
no-undertaking        hold   no_undertaking
resident              admit  resident
staff                 admit  staff
guest                 admit  guest_green
courier               admit  courier_green
domestic-help         admit  visitor_green
utility-repair        admit  visitor_green
estate-agent          admit  visitor_green
renovation-time       hold   time_unknown
renovation-hours      hold   outside_hours
renovation            admit  visitor_green
other                 admit  visitor_green
"""
"""The rules of response level 2 in the order in which they are asked; records and explanations name them so."""


def test_the_sections_become_rules_in_the_order_of_importance() -> None:
    tree = tomllib.loads((POLICIES / "response-level-2.toml").read_text(encoding="utf-8"))
    rules = policy.parse(tree, "response-level-2").rules
    expected = [tuple(line.split()) for line in LEVEL_2.strip().splitlines()]
    assert [(rule.id, rule.then or "-", rule.reason) for rule in rules] == expected


EVERYTHING = person("guest", needs=["health_code", "form", "consent", "filing"], hours="08:00-18:00")
CHANGED: list[tuple[Any, str, Answer]] = [
    *(
        ({"pass": {name: then}}, f"pass-{name.replace('_', '-')}", Answer(then))
        for name, then in (
            ("malformed", "hold"),
            ("unsupported", "refuse"),
            ("untrusted_issuer", "hold"),
            ("bad_signature", "hold"),
            ("not_yet_valid", "hold"),
            ("expired", "hold"),
            ("revoked", "hold"),
            ("used", "hold"),
        )
    ),
    *(
        ({"health_code": {name: then}}, f"health-{name}", Answer(then))
        for name, then in (("red", "hold"), ("yellow", "refuse"), ("expired", "hold"), ("unknown", "refuse"))
    ),
    ({"consent": {"declined": "hold"}}, "consent-declined", Answer.HOLD),
    ({"filing": {"not_filed": "refuse"}}, "not-filed", Answer.REFUSE),
    ({"filing": {"no_undertaking": "refuse"}}, "no-undertaking", Answer.REFUSE),
    *(
        ({"offline": {need: "refuse"}}, f"{need.replace('_', '-')}-lost", Answer.REFUSE)
        for need in ("pass", "health_code", "form", "consent", "filing")
    ),
    ({"temperature": {"raised": 37.3}, "offline": {"temperature": "refuse"}}, "temperature-lost", Answer.REFUSE),
    ({"travel": {"regions": ["IT"], "days": 14, "then": "refuse"}}, "travel-listed", Answer.REFUSE),
    ({"travel": {"regions": ["IT"], "days": 14}}, "travel-listed", Answer.HOLD),
    ({"first_return": {"then": "refuse"}}, "first-return", Answer.REFUSE),
    ({"first_return": {}}, "first-return", Answer.HOLD),
    ({"vehicles": {"allowed": ["car"], "then": "refuse"}}, "vehicle", Answer.REFUSE),
    ({"group": {"most": 6, "then": "refuse"}}, "group", Answer.REFUSE),
    *(
        ({"temperature": {"raised": 37.3, key: value, "unreliable": "refuse"}}, f"temperature-{key}", Answer.REFUSE)
        for key, value in (("ambient", [10, 35]), ("uncertainty", 0.8))
    ),
]


@pytest.mark.parametrize(("section", "rule", "then"), CHANGED, ids=lambda part: str(part))
def test_a_key_of_a_section_changes_what_is_answered(section: dict[str, Any], rule: str, then: Answer) -> None:
    rules = {one.id: one for one in parsed(person=[EVERYTHING], **section).rules}
    assert rules[rule].then is then


@pytest.mark.parametrize(("section", "rule", "then"), CHANGED, ids=lambda part: str(part))
def test_a_mistake_in_a_section_is_told_with_its_name(section: dict[str, Any], rule: str, then: Answer) -> None:
    ((name, table), *_) = section.items()
    wrong = {**section, name: {**table, "mistake": 1}}
    with pytest.raises(UsageError, match=rf"test\.toml: \[{name}\].*'mistake'"):
        parsed(person=[EVERYTHING], **wrong)
