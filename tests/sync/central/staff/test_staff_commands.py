"""`gatepost central staff`, as whoever looks after the server calls it."""

import json
from pathlib import Path

import pytest

from sync.central.staff.accounts import find, password_of
from sync.central.staff.passwords import Passwords
from sync.central.store import Store
from tests.sync.central.signed_in import PASSWORD
from tests.sync.central.test_commands import Place

WANG = ("wang", "--name", "王芳", "--role", "guard", "--compound", "riverside")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_an_account_is_added_listed_disabled_enabled_and_given_a_new_password(place: Place) -> None:
    added = place.lines("staff", "add", *WANG, "--as", "Li", given=f"{PASSWORD}\n")
    assert added == ["wang may sign in as guard for riverside"]
    assert place.lines("staff", "list") == ["wang  guard  riverside  王芳  last signed in never"]
    assert place.lines("staff", "disable", "wang", "--as", "Li") == ["wang is disabled"]
    (told,) = map(json.loads, place.lines("staff", "list", "--compound", "riverside", "--json"))
    assert (told["username"], told["role"], told["signed_in_us"]) == ("wang", "guard", None)
    assert told["disabled_us"] > 0
    assert "password" not in told
    assert place.lines("staff", "enable", "wang") == ["wang may sign in again"]
    place.lines("staff", "password", "wang", "--as", "Li", given="another long password\n")
    store = Store(place.url)
    with store.engine.connect() as connection:
        hashed = password_of(connection, "wang")
        account = find(connection, "wang")
    store.close()
    assert Passwords().fits(hashed, "another long password")
    assert not Passwords().outdated(hashed or "")
    assert account is not None
    who = [json.loads(line)["who"] for line in place.lines("access", "--compound", "riverside")]
    assert (len(who), who[0]) == (4, "Li")


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        (("add", *WANG), "", "the password is read from standard input, and there is none"),
        (("add", *WANG), "short\n", "too short"),
        (("add", *WANG[:-2]), PASSWORD, "--compound NAME or --everywhere"),
        (("add", *WANG, "--everywhere"), PASSWORD, "--compound NAME or --everywhere"),
        (("add", *WANG[:-1], "*"), PASSWORD, "made with --everywhere"),
        (("add", "Wang!", *WANG[1:]), PASSWORD, "is no username"),
        (("disable", "li"), "", "there is no account li"),
        (("password", "li"), PASSWORD, "there is no account li"),
    ],
)
def test_what_cannot_be_is_one_sentence(place: Place, arguments: tuple[str, ...], given: str, words: str) -> None:
    status, sentence = place.refused("staff", *arguments, given=given)
    assert (status, words in sentence) == (2, True), sentence
    assert PASSWORD not in sentence
