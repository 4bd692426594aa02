"""Accounts and sessions in a database of each kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kiosk.errors import UsageError
from sync.central.access import Role, recorded
from sync.central.database import changing
from sync.central.schema import access, staff_session
from sync.central.staff import accounts
from sync.central.staff.sessions import ABSOLUTE_US, IDLE_US, NOTED_US, begin, csrf_of, end, forget_over, person_of
from sync.central.store import Store
from tests.sync.central.enrolling import now_us
from tests.sync.central.kiosks import NOON_US
from tests.sync.central.signed_in import CHEAP, CHEN, PASSWORD, account_of

WANG = {"compound": "riverside", "username": "wang", "name": "王芳", "role": "guard"}


def add(store: Store, password: str = PASSWORD, **changed: str) -> accounts.Account:
    return accounts.add(store.engine, CHEAP, {**WANG, **changed}, password, CHEN, NOON_US)


def cookie(store: Store, account: accounts.Account) -> str:
    with changing(store.engine) as connection:
        return begin(connection, account, NOON_US)


def test_an_account_is_there_once_over_all_compounds_and_each_change_is_recorded(store: Store) -> None:
    wang = add(store)
    with pytest.raises(UsageError, match="there is an account wang already"):
        add(store, compound="lakeside")
    add(store, compound=accounts.EVERYWHERE, username="li", role="admin")
    accounts.disable(store.engine, "wang", CHEN, NOON_US)
    accounts.enable(store.engine, "wang", CHEN, NOON_US)
    accounts.set_password(store.engine, CHEAP, "wang", "another long password", None, NOON_US)
    with store.engine.connect() as connection:
        assert [one.username for one in accounts.listed(connection)] == ["li", "wang"]
        assert accounts.find(connection, "wang") == wang
        told = [(one["who"], one["role"], one["act"], one["subject"]) for one in recorded(connection, "riverside")]
        written = "".join(str(row) for table in (access,) for row in connection.execute(select(table)))
    assert told == [
        ("Chen", "technician", "account", '{"account":"wang","did":"added","role":"guard"}'),
        ("Chen", "technician", "account", '{"account":"wang","did":"disabled"}'),
        ("Chen", "technician", "account", '{"account":"wang","did":"enabled"}'),
        ("王芳 (wang)", "guard", "account", '{"account":"wang","did":"password"}'),
    ]
    assert PASSWORD not in written
    assert "argon2" not in written


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"username": "Wang"}, "is no username"),
        ({"username": "w"}, "is no username"),
        ({"username": "wang\0"}, "is no username"),
        ({"name": "  "}, "plain text of 1 to 80"),
        ({"name": "王\u202e芳"}, "plain text of 1 to 80"),
        ({"role": "technician"}, "there are guard, manager, admin"),
        ({"compound": "River Side"}, "is no compound"),
        ({"compound": ""}, "is no compound"),
        ({"password": "Zq9!"}, "too short"),
        ({"password": "x" * 257}, "too long"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "too plain"),
        ({"password": "Wang wang wang 1"}, "too plain"),
    ],
)
def test_what_cannot_be_an_account_is_refused_in_a_sentence_that_quotes_no_password(
    tmp_path: object, changed: dict[str, str], words: str
) -> None:
    store = Store(f"sqlite:///{tmp_path}/central.sqlite")
    with pytest.raises(UsageError, match=words) as refused:
        add(store, **changed)
    assert changed.get("password", "\n") not in str(refused.value)
    with store.engine.connect() as connection:
        assert accounts.listed(connection) == []
    store.close()


def test_a_session_lasts_while_it_is_used_and_never_longer_than_a_shift(store: Store) -> None:
    value = cookie(store, add(store))
    person = person_of(store.engine, value, NOON_US)
    assert person is not None
    assert (person.account.username, person.scope, person.csrf) == ("wang", "riverside", csrf_of(value))
    assert (person.sees("riverside"), person.sees("lakeside")) == (True, False)
    # Used every half hour it goes on, until the shift is over.
    for at_us in range(NOON_US, NOON_US + ABSOLUTE_US, IDLE_US // 2):
        assert person_of(store.engine, value, at_us) is not None
    assert person_of(store.engine, value, NOON_US + ABSOLUTE_US) is None


def test_a_session_that_nobody_uses_is_over_and_forgotten(store: Store) -> None:
    account = add(store)
    value = cookie(store, account)
    assert person_of(store.engine, value, NOON_US + NOTED_US // 2) is not None
    assert person_of(store.engine, value, NOON_US + IDLE_US) is None
    with changing(store.engine) as connection:
        forget_over(connection, NOON_US + IDLE_US)
        assert connection.execute(select(staff_session)).all() == []


def test_a_session_ends_when_it_is_ended_and_with_its_account_or_password(store: Store) -> None:
    account = add(store)
    first, second = cookie(store, account), cookie(store, account)
    person = person_of(store.engine, first, NOON_US)
    assert person is not None
    end(store.engine, person)
    end(store.engine, person)
    assert person_of(store.engine, first, NOON_US) is None
    assert person_of(store.engine, second, NOON_US) is not None
    accounts.disable(store.engine, "wang", CHEN, NOON_US)
    assert person_of(store.engine, second, NOON_US) is None
    accounts.enable(store.engine, "wang", CHEN, NOON_US)
    assert person_of(store.engine, second, NOON_US) is None
    third = cookie(store, account)
    accounts.set_password(store.engine, CHEAP, "wang", "another long password", CHEN, NOON_US)
    assert person_of(store.engine, third, NOON_US) is None


def test_the_database_has_nothing_that_signs_anybody_in(store: Store) -> None:
    value = cookie(store, add(store))
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(staff_session))
    assert len(value.partition(".")[2]) == 43  # 256 bits in Base64
    assert value.partition(".")[2].encode() not in row.digest
    for stored in (row.digest.hex(), f"riverside.{row.digest.hex()}", "riverside.", ".", ""):
        assert person_of(store.engine, stored, NOON_US) is None


@given(st.text(max_size=80))
def test_whatever_a_cookie_says_it_is_somebodys_or_nobodys(shared: Store, text: str) -> None:
    assert person_of(shared.engine, text, now_us()) is None


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'central.sqlite'}")
    account_of(store.engine, Role.GUARD, "riverside")
    return store
