"""The envelope, its canonical bytes and the chain: against vectors made apart from the code, and as properties."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import events
from kiosk.events import GENESIS, MAX_INTEGER, ChainBroken, Draft, Event, Head, NotCanonical

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "chain.json").read_text(encoding="utf-8"))
HEAD = Head(VECTORS["compound"], VECTORS["device"], VECTORS["log_id"])

keys = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
headers = st.dictionaries(keys, values, max_size=5)
bodies = st.dictionaries(keys.filter(lambda key: key not in {"schema", "kind", *events.IDENTITY}), values, max_size=5)
drafts = st.builds(Draft, st.sampled_from(["decision", "note"]), bodies, st.none() | st.binary(max_size=40))


def chained(drafts: list[Draft], head: Head = HEAD) -> list[Event]:
    chain = []
    for draft in drafts:
        event, head = events.append(head, draft)
        chain.append(event)
    return chain


def verified(chain: list[Event], head: Head = HEAD) -> Head:
    for event in chain:
        head = events.verify(head, event)
    return head


def from_vector(vector: dict[str, Any]) -> Event:
    sealed = vector["sealed_hex"]
    return Event(
        header=vector["header"],
        prev_hash=bytes.fromhex(vector["prev_hash"]),
        sealed_digest=bytes.fromhex(vector["sealed_digest"]),
        hash=bytes.fromhex(vector["hash"]),
        sealed=None if sealed is None else bytes.fromhex(sealed),
    )


class TestVectors:
    def test_drafts_become_the_events_of_the_vectors(self) -> None:
        drafts = [
            Draft(vector["kind"], vector["body"], bytes.fromhex(vector["sealed_hex"]) if vector["sealed_hex"] else None)
            for vector in VECTORS["events"]
        ]
        assert chained(drafts) == [from_vector(vector) for vector in VECTORS["events"]]

    def test_the_events_of_the_vectors_follow_from_one_another(self) -> None:
        chain = [from_vector(vector) for vector in VECTORS["events"]]
        assert verified(chain) == replace(HEAD, next_seq=len(chain) + 1, hash=chain[-1].hash)

    @pytest.mark.parametrize("vector", VECTORS["not_canonical"], ids=lambda vector: vector["about"])
    def test_what_has_no_canonical_form_is_not_read(self, vector: dict[str, str]) -> None:
        with pytest.raises(NotCanonical):
            events.parse(vector["header"])


class TestCanonicalText:
    @given(headers)
    def test_reads_back_as_what_was_written(self, header: dict[str, Any]) -> None:
        assert events.parse(events.canonical(header)) == header

    @given(headers)
    def test_does_not_depend_on_the_order_of_members(self, header: dict[str, Any]) -> None:
        assert events.canonical(dict(reversed(header.items()))) == events.canonical(header)

    @given(st.text(max_size=60) | st.binary(max_size=60).map(lambda some: some.decode("latin-1")))
    def test_any_text_is_read_or_named_not_canonical(self, text: str) -> None:
        try:
            header = events.parse(text)
        except NotCanonical:
            return
        assert events.canonical(header) == text

    @pytest.mark.parametrize(
        ("member", "where"),
        [
            (1.0, "header.outer[1].inner"),
            (b"bytes", "header.outer[1].inner"),
            (MAX_INTEGER + 1, "header.outer[1].inner"),
            ("\ud83d", "header.outer[1].inner"),
            ({"Upper": 1}, "header.outer[1].inner"),
            ({1: 1}, "header.outer[1].inner"),
            ({1, 2}, "header.outer[1].inner"),
        ],
        ids=["a float", "bytes", "too great", "half a character", "a key that is no name", "a key that is no text", "a set"],
    )
    def test_what_has_none_is_named_with_its_place(self, member: object, where: str) -> None:
        with pytest.raises(NotCanonical, match=where.replace("[", r"\[")):
            events.canonical({"outer": [0, {"inner": member}]})

    @pytest.mark.parametrize("depth", [events.MAX_DEPTH + 1, 500, 990, 100_000])
    def test_deep_nesting_is_refused_and_not_followed(self, depth: int) -> None:
        with pytest.raises(NotCanonical):
            events.parse('{"a":' + "[" * depth + "]" * depth + "}")

    def test_nesting_up_to_the_limit_is_read(self) -> None:
        depth = events.MAX_DEPTH
        events.parse('{"a":' + "[" * depth + "]" * depth + "}")


class TestChain:
    @given(st.lists(drafts, max_size=5))
    def test_what_was_appended_verifies(self, made: list[Draft]) -> None:
        assert verified(chained(made)).next_seq == len(made) + 1

    @given(st.lists(drafts, min_size=1, max_size=5))
    def test_an_erased_sealed_part_leaves_the_chain_whole(self, made: list[Draft]) -> None:
        chain = chained(made)
        assert verified([replace(event, sealed=None) for event in chain]) == verified(chain)

    @given(st.lists(drafts, min_size=1, max_size=4), st.data())
    def test_a_changed_event_is_noticed(self, made: list[Draft], data: st.DataObject) -> None:
        chain = chained(made)
        place = data.draw(st.integers(0, len(chain) - 1))
        event = chain[place]
        fields = event.fields
        changed = data.draw(
            st.sampled_from(
                [
                    replace(event, header=events.canonical({**fields, "added": 1})),
                    replace(event, header=events.canonical({**fields, "seq": fields["seq"] + 1})),
                    replace(event, header=event.header + " "),
                    replace(event, prev_hash=hashlib.sha256(b"other").digest()),
                    replace(event, sealed=b"other than what was hashed"),
                    replace(event, sealed_digest=hashlib.sha256(b"other").digest()),
                    replace(event, hash=bytes(32)),
                ]
            )
        )
        with pytest.raises((ChainBroken, NotCanonical)):
            verified([*chain[:place], changed, *chain[place + 1 :]])

    @given(st.lists(drafts, min_size=2, max_size=4), st.data())
    def test_an_event_left_out_or_moved_is_noticed(self, made: list[Draft], data: st.DataObject) -> None:
        chain = chained(made)
        place = data.draw(st.integers(0, len(chain) - 2))
        left_out = chain[:place] + chain[place + 1 :]
        swapped = [*chain[:place], chain[place + 1], chain[place], *chain[place + 2 :]]
        for wrong in (left_out, swapped):
            with pytest.raises(ChainBroken):
                verified(wrong)

    def test_an_event_of_another_log_does_not_follow(self) -> None:
        for elsewhere in (
            replace(HEAD, compound="another"),
            replace(HEAD, device="another"),
            replace(HEAD, log_id="another"),
        ):
            event, _ = events.append(elsewhere, Draft("note", {}))
            with pytest.raises(ChainBroken, match="expected event"):
                events.verify(HEAD, event)

    @pytest.mark.parametrize("name", ["schema", "kind", *events.IDENTITY])
    def test_a_body_does_not_name_its_own_place(self, name: str) -> None:
        with pytest.raises(NotCanonical, match=name):
            events.append(HEAD, Draft("note", {name: 1}))

    @pytest.mark.parametrize(("prev", "digest"), [(bytes(31), bytes(32)), (bytes(32), bytes(33))])
    def test_only_whole_hashes_are_chained(self, prev: bytes, digest: bytes) -> None:
        with pytest.raises(ChainBroken):
            events.chain_hash("{}", prev, digest)

    def test_an_event_names_itself_within_its_compound(self) -> None:
        event, after = events.append(HEAD, Draft("note", {}))
        assert event.id == f"{HEAD.device}/{HEAD.log_id}/1"
        assert event.prev_hash == GENESIS
        assert after.next_seq == 2
