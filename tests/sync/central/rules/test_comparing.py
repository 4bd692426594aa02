"""What is said to be different between two documents."""

from sync.central.rules.comparing import Change, changes
from tests.sync.central.documents import policy

LEVEL_2 = policy(1, "response-level-2")


def test_the_same_document_has_no_change_whatever_its_comments() -> None:
    assert changes(LEVEL_2, b"# another comment\n" + LEVEL_2) == ()


def test_a_threshold_is_told_as_it_is_written() -> None:
    newer = LEVEL_2.replace(b"raised = 37.3", b"raised = 37.5").replace(b"version = 1", b"version = 2")
    assert changes(LEVEL_2, newer) == (Change("version", "1", "2"), Change("temperature.raised", "37.3", "37.5"))


def test_of_a_list_only_what_was_added_or_removed_is_named() -> None:
    newer = LEVEL_2.replace(b'"AT",', b'"AT", "CA",').replace(b'"KR", ', b"")
    (one,) = changes(LEVEL_2, newer)
    assert (one.place, one.added, one.removed) == ("travel.regions", ("CA",), ("KR",))


def test_a_kind_of_visitor_is_compared_whatever_table_it_stands_in() -> None:
    together = b"""
[[person]]
who = ["guest", "other"]
needs = ["consent"]
reason = "guest"
"""
    apart = b"""
[[person]]
who = ["other"]
then = "refuse"
reason = "closed_management"

[[person]]
who = ["guest"]
needs = ["consent"]
reason = "guest"
"""
    found = {one.place: (one.before, one.after) for one in changes(together, apart)}
    assert found == {
        "person.other.then": ("admit", "refuse"),
        "person.other.needs": ("consent", None),
        "person.other.reason": ("guest", "closed_management"),
    }


def test_rules_go_by_their_ids_and_their_order_counts() -> None:
    one = '[[rule]]\nid = "a"\nwhen = { always = true }\nthen = "hold"\nreason = "x"\n'
    other = '[[rule]]\nid = "b"\nwhen = { vehicle = ["lorry"] }\nthen = "hold"\nreason = "y"\n'
    found = {change.place: change for change in changes(one.encode(), (other + one).encode())}
    assert (found["rule"].before, found["rule"].after) == ("a", "b, a")
    assert found["rule.b.when.vehicle"] == Change("rule.b.when.vehicle", None, "lorry")


def test_the_first_document_is_all_new() -> None:
    found = changes(None, LEVEL_2)
    assert all(one.before is None for one in found)
    assert Change("from", None, "2020-03-24 00:00") in found


def test_notices_are_compared_by_their_place_and_language() -> None:
    notice = '[[notice]]\nzh = "请慢行"\nen = "{}"\nja = "徐行"\nko = "천천히"\n'
    found = changes(notice.format("Slow").encode(), notice.format("Slowly").encode())
    assert found == (Change("notice.1.en", "Slow", "Slowly"),)
