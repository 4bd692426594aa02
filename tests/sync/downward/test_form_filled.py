"""A filled-in form on its way down, as a kiosk hears it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.declared import FormFilled
from kiosk.model import VisitId
from kiosk.people import Declaration, FirstReturn, Stay, Vehicle, VisitorKind
from sync.device_box import NotForUs
from sync.downward.form_filled import EXPIRES_US, FORM_FILLED, Named, body_of, form_in, seal_names
from tests.sync.central.kiosks import NOON_US
from tests.sync.downward.test_orders import STRANGER, at, command, heard_by, signed

VISIT = VisitId("00112233aabbccdd")
REGIONS = st.from_regex(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", fullmatch=True)
DECLARED = st.builds(
    Declaration,
    st.sampled_from(VisitorKind),
    st.lists(st.builds(Stay, REGIONS, st.integers(0, 365)), max_size=20).map(tuple),
    st.sampled_from(FirstReturn),
    st.sampled_from(Vehicle),
    st.integers(1, 50),
)
BODY = body_of(VISIT, Declaration(visitor=VisitorKind.COURIER))
SAID = command(kind=FORM_FILLED, body=BODY, expires_us=NOON_US + 1_000_000 + EXPIRES_US)


@given(DECLARED)
def test_a_declaration_comes_down_as_it_was_made(declared: Declaration) -> None:
    assert form_in(body_of(VISIT, declared)) == FormFilled(VISIT, declared)


@pytest.mark.parametrize(
    "odd",
    [{"visit": "x"}, {"visitor": "king"}, {"group": 0}, {"stays": [{"region": "italy", "days_ago": 1}]}, {"group": None}],
)
def test_a_body_that_is_none_is_ignored(odd: dict[str, object]) -> None:
    orders = heard_by()
    assert orders.hear(signed(msgspec.structs.replace(SAID, body=BODY | odd)), at(2.0)) is None
    assert orders.ignored == 1


def test_a_form_is_heard_as_long_as_a_visit_may_wait_for_it() -> None:
    heard = FormFilled(VISIT, Declaration(visitor=VisitorKind.COURIER))
    assert heard_by().hear(signed(SAID), at(2.0)) == heard
    assert heard_by().hear(signed(SAID), at(890.0)) == heard
    assert heard_by().hear(signed(SAID), at(902.0)) is None


def test_a_form_that_the_site_has_not_signed_or_that_is_anothers_is_not_heard() -> None:
    orders = heard_by()
    assert orders.hear(signed(SAID, STRANGER), at(2.0)) is None
    assert orders.hear(signed(msgspec.structs.replace(SAID, device="gate-2")), at(2.0)) is None
    assert orders.foreign == 2


def test_a_name_that_cannot_be_opened_is_none_and_the_form_counts() -> None:
    def locked(_: bytes) -> bytes:
        raise NotForUs("another's")

    body = body_of(VisitId("0" * 16), Declaration(VisitorKind.GUEST), sealed=b"box")
    for unseal in (None, locked, lambda _: b"no JSON", lambda _: b'{"name": 7}', lambda _: b"\xff"):
        assert form_in(body, unseal) == FormFilled(VisitId("0" * 16), Declaration(VisitorKind.GUEST))


def test_a_device_whose_key_is_none_is_told_no_name() -> None:
    assert seal_names(Named(name="Wang Fang"), b"") is None
    assert "sealed" not in body_of(VisitId("0" * 16), Declaration(VisitorKind.GUEST))
