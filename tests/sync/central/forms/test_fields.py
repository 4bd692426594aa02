"""What a visitor may answer, and what is wrong with an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.people import Declaration, FirstReturn, Stay, Vehicle, VisitorKind
from sync.central.forms.fields import CATEGORIES, LONGEST, answers, blank
from tests.sync.central.forms.phones import GUEST

ANYTHING = st.dictionaries(st.sampled_from(sorted(LONGEST)), st.text(max_size=80))
ABROAD = {"away": "yes", "region": "IT", "days": "3", "symptoms": "no", "flight": "MU 788"}


def wrong(**changed: str) -> dict[str, str]:
    return dict(answers({**GUEST, **changed}).wrong)


def test_a_form_that_is_well_filled_in_declares_what_the_rules_ask_for() -> None:
    found = answers({**GUEST, "group": "3", "companions": "A\nB", "vehicle": "car", "plate": "沪A12345", **ABROAD})
    assert found.wrong == {}
    assert found.declaration() == Declaration(VisitorKind.GUEST, (Stay("IT", 3),), FirstReturn.NO, Vehicle.CAR, 3)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_can_be_declared(category: VisitorKind) -> None:
    found = answers({**GUEST, "visitor": category})
    assert found.wrong == {}
    assert found.declaration().visitor is category


@pytest.mark.parametrize("kind", sorted(set(VisitorKind) - set(CATEGORIES)))
def test_nobody_belongs_to_the_house_by_saying_so(kind: VisitorKind) -> None:
    assert wrong(visitor=kind) == {"visitor": "choose"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"unit": ""}, {"unit": "whom"}),
        ({"unit": "", "host": "王芳"}, {}),
        ({"unit": "", "visitor": "courier"}, {}),
        ({"name": " \u202e "}, {"name": "name"}),
        ({"phone": "1380013"}, {}),
        ({"phone": "call me"}, {"phone": "phone"}),
        ({"phone": "１３８００１３８０００"}, {"phone": "phone"}),
        ({"group": "0"}, {"group": "group"}),
        ({"group": "51"}, {"group": "group"}),
        ({"group": "２"}, {"group": "group"}),
        ({"group": "2"}, {"companions": "companions"}),
        ({"vehicle": "van"}, {"plate": "plate"}),
        ({"vehicle": "two_wheeler"}, {}),
        ({"vehicle": "tank"}, {"vehicle": "choose"}),
        ({"away": ""}, {"away": "choose"}),
        ({"away": "yes"}, {"region": "choose", "days": "days"}),
        ({"away": "yes", "region": "CN-HB", "days": "14"}, {}),
        ({"away": "yes", "region": "IT", "days": "15"}, {"days": "days", "symptoms": "choose"}),
        ({"first_return": "perhaps"}, {"first_return": "choose"}),
        ({"name": "x" * 61}, {"name": "too_long"}),
        ({"companions": "x" * 1501}, {"companions": "too_long"}),
        ({"group": "2", "companions": "x" * 61}, {"companions": "too_long"}),
        ({"group": "3", "companions": "王芳"}, {"companions": "companions"}),
        ({"group": "3", "companions": "王芳\n\n 李明 \n"}, {}),
        ({"group": "1", "companions": "王芳"}, {"companions": "companions"}),
        ({"group": "x", "companions": "王芳"}, {"group": "group"}),
    ],
)
def test_what_is_wrong_is_said_of_the_field(changed: dict[str, str], expected: dict[str, str]) -> None:
    assert wrong(**changed) == expected


@given(ANYTHING)
def test_whatever_is_sent_is_either_wrong_or_a_declaration(sent: dict[str, str]) -> None:
    found = answers(sent)
    if not found.wrong:
        found.declaration()
        found.told()
    assert set(found.typed) == set(LONGEST)


@given(st.text(max_size=50))
def test_a_name_holds_nothing_that_cannot_be_seen_and_loses_nothing_that_can(text: str) -> None:
    kept = answers({**GUEST, "name": text}).typed["name"]
    assert not set(kept) & {"\u202e", "\u2066", "\u200b", "\x00", "\x1b"}
    assert answers({**GUEST, "name": kept}).typed["name"] == kept


def test_what_does_not_apply_is_not_kept() -> None:
    told = answers({**GUEST, **ABROAD, "away": "no"}).told()
    assert not {"region", "days", "flight", "symptoms"} & set(told)
    assert "flight" not in answers({**GUEST, **ABROAD, "region": "CN"}).told()


def test_answers_are_shown_to_nobody_by_accident() -> None:
    assert "李娜" not in repr(answers(GUEST))


def test_a_blank_form_has_what_the_phone_remembers_and_nothing_wrong() -> None:
    found = blank({"name": "李娜", "elsewhere": "x"})
    assert (found.typed["name"], found.typed["group"], found.wrong) == ("李娜", "1", {})
