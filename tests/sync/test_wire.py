import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import events
from kiosk.events import GENESIS, Draft, Event, Head
from sync import wire
from sync.wire import MAX_BODY, MAX_EVENT, NotOnTheWire, Standing
from tests.examples import examples
from tests.sync.logs import COMPOUND, DEVICE, drafts, note

LOG_ID = "0123456789abcdef"
HEAD = Head(COMPOUND, DEVICE, LOG_ID)
ZEROS = "0" * 64

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz_", min_size=1), inner, max_size=3),
    max_leaves=6,
)
unknown = st.dictionaries(st.from_regex(r"new_[a-z]{1,8}", fullmatch=True), json_values, max_size=3)


def chained(made: list[Draft], head: Head = HEAD) -> list[Event]:
    chain = []
    for draft in made:
        event, head = events.append(head, draft)
        chain.append(event)
    return chain


def upload_of(chain: list[Event], head: Head = HEAD) -> bytes:
    return wire.encode_upload(head.next_seq, head.hash, [wire.encode_event(event) for event in chain])


def body_of(*members: object, **others: object) -> bytes:
    """An upload of events as they stand, with some members other than they should be."""
    return json.dumps({"wire": 1, "from_seq": 1, "prev_hash": ZEROS, "events": list(members), **others}).encode()


def event_json(event: Event, **others: object) -> dict[str, Any]:
    return {**json.loads(wire.encode_event(event)), **others}


@given(st.lists(drafts, max_size=4), st.binary(min_size=64, max_size=64))
def test_events_arrive_as_they_were_sent(made: list[Draft], signature: bytes) -> None:
    chain = [replace(event, signature=signature) for event in chained(made)]
    upload, unread = wire.decode_upload(upload_of(chain))
    assert (upload.wire, upload.from_seq, upload.prev_hash, unread) == (wire.WIRE, 1, GENESIS.hex(), {})
    arrived = wire.arrivals(upload)
    assert [one.event for one in arrived] == chain
    assert [(one.claimed, one.extra, one.fault) for one in arrived] == [(event.hash, {}, "") for event in chain]


def test_an_upload_from_the_middle_names_the_hash_before_its_first_event() -> None:
    chain = chained([note(1), note(2), note(3)])
    upload, _ = wire.decode_upload(upload_of(chain[1:], replace(HEAD, next_seq=2, hash=chain[0].hash)))
    assert upload.from_seq == 2
    assert [one.event for one in wire.arrivals(upload)] == chain[1:]


@given(unknown, unknown, drafts)
def test_members_that_this_version_does_not_know_are_kept(
    beside: dict[str, Any], within: dict[str, Any], draft: Draft
) -> None:
    event = chained([draft])[0]
    upload, unread = wire.decode_upload(body_of(event_json(event, **within), **beside))
    assert unread == beside
    (arrived,) = wire.arrivals(upload)
    assert (arrived.event, arrived.extra) == (event, within)
    assert json.loads(arrived.raw) == event_json(event, **within)


@pytest.mark.parametrize(
    "draft",
    [
        note(text='"' * (MAX_EVENT // 2 - 200)),
        note(text="\x00" * (MAX_EVENT // 6 - 60)),
        Draft("note", {}, b"\xff" * (MAX_EVENT - 300)),
    ],
    ids=["escapes", "control characters", "ciphertext"],
)
def test_the_largest_event_fits_a_request(draft: Draft) -> None:
    event = chained([draft])[0]
    size = len(event.header.encode()) + len(event.sealed or b"")
    assert MAX_EVENT - 1000 < size <= MAX_EVENT
    assert len(upload_of([event])) < MAX_BODY


DEEP = b"[" * 200_000 + b"]" * 200_000
HOSTILE = {
    "nothing": b"",
    "no JSON": b"<html></html>",
    "null": b"null",
    "a list": b"[]",
    "no members": b"{}",
    "broken off": body_of()[:-1],
    "two values": body_of() + b"{}",
    "a byte order mark": b"\xef\xbb\xbf" + body_of(),
    "not UTF-8": body_of(a="1").replace(b'"a"', b'"\xff"'),
    "not UTF-8 in a known member": body_of(prev_hash="x" * 64).replace(b"xx", b"\xff\xfe"),
    "not UTF-8 in an unknown member": body_of(later="1").replace(b'"1"', b'"\xff"'),
    "not UTF-8 deep in an unknown member": body_of(later=[{"a": "1"}]).replace(b'"1"', b'"\xc3("'),
    "half a surrogate pair": body_of(later="1").replace(b'"1"', b'"\\ud800"'),
    "nested too deep": DEEP,
    "events nested too deep": body_of().replace(b"[]", DEEP),
    "an unknown member nested too deep": body_of(later="1").replace(b'"1"', DEEP),
    "a number beyond all": body_of(later="1").replace(b'"1"', b"1e999999"),
    "a number of many digits": body_of(from_seq=0).replace(b'"from_seq": 0', b'"from_seq": ' + b"9" * 5000),
    "the number 0": body_of(from_seq=0),
    "a number below 0": body_of(from_seq=-1),
    "a number beyond 2**53 - 1": body_of(from_seq=2**53),
    "a number that is none": body_of(from_seq="1"),
    "a fraction": body_of(from_seq=1.5),
    "true as a number": body_of(from_seq=True),
    "no version": json.dumps({"from_seq": 1, "prev_hash": ZEROS, "events": []}).encode(),
    "a version that is a text": body_of(wire="1"),
    "a hash in capitals": body_of(prev_hash="A" * 64),
    "a short hash": body_of(prev_hash="0" * 63),
    "a hash and a new line": body_of(prev_hash=ZEROS + "\n"),
    "no hash": body_of(prev_hash=None),
    "events that are no list": body_of(events={"0": {}}),
    "events that are null": body_of(events=None),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_body_that_is_no_upload_is_named_so(body: bytes) -> None:
    with pytest.raises(NotOnTheWire, match="the body is no upload"):
        wire.decode_upload(body)


GOOD = chained([note(1)])[0]
CLAIM = GOOD.hash.hex()
BROKEN: dict[str, tuple[bytes, bool]] = {
    # The event as it stands in the upload, and whether a hash can be read from it.
    "null": (b"null", False),
    "a text": (b'"event"', False),
    "a list": (b"[]", False),
    "no members": (b"{}", False),
    "a hash alone": (json.dumps({"hash": CLAIM}).encode(), True),
    "a header that is no text": (json.dumps(event_json(GOOD, header=7)).encode(), True),
    "no header": (json.dumps({"hash": CLAIM, "sealed_digest": ZEROS}).encode(), True),
    "a short digest": (json.dumps(event_json(GOOD, sealed_digest="00")).encode(), True),
    "a digest and a new line": (json.dumps(event_json(GOOD, sealed_digest=ZEROS + "\n")).encode(), True),
    "a hash in capitals": (json.dumps(event_json(GOOD, hash="A" * 64)).encode(), False),
    "a hash that is a number": (json.dumps(event_json(GOOD, hash=5)).encode(), False),
    "a sealed part that is no base64": (json.dumps(event_json(GOOD, sealed="?")).encode(), True),
    "a sealed part that is a list": (json.dumps(event_json(GOOD, sealed=[1])).encode(), True),
    "a number beyond all": (json.dumps(event_json(GOOD)).encode()[:-1] + b',"later":1e999}', False),
    "not UTF-8": (json.dumps(event_json(GOOD)).encode()[:-1] + b',"later":"\xff"}', False),
    "a key that is not UTF-8": (b'{"\xff":1}', False),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_event_takes_its_place_and_does_not_hide_the_next(case: str) -> None:
    raw, readable = BROKEN[case]
    claimed = GOOD.hash if readable else hashlib.sha256(raw).digest()
    body = body_of("broken", event_json(GOOD)).replace(b'"broken"', raw)
    broken, good = wire.arrivals(wire.decode_upload(body)[0])
    assert (broken.raw, broken.event, broken.claimed) == (raw, None, claimed)
    assert broken.fault
    assert good.fault == ""
    assert good.event == replace(GOOD, prev_hash=claimed)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_upload_or_named_none(body: bytes) -> None:
    with pytest.raises(NotOnTheWire):
        wire.decode_upload(body)


@settings(max_examples=examples(3))
@given(st.data())
def test_a_damaged_upload_is_named_none_or_arrives_event_by_event(data: st.DataObject) -> None:
    body = bytearray(body_of(event_json(GOOD, later=[1, {"a": "é"}]), event_json(GOOD), later={"b": "ü"}))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(body)))
        body[start : start + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"[", b"\\u", b"e9", b"null", b"\xed\xa0\x80", b"\xff"])
        )
    try:
        upload, _ = wire.decode_upload(bytes(body))
    except NotOnTheWire:
        return
    for arrived in wire.arrivals(upload):
        assert len(arrived.claimed) == 32
        assert (arrived.event is None) == bool(arrived.fault)


@given(
    st.builds(
        Standing,
        next_seq=st.integers(1, 2**53 - 1),
        head=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        fork=st.booleans(),
        log=st.none() | st.just(wire.BEGIN_NEW),
        kept_to=st.none() | st.integers(1, 2**53 - 1),
    )
)
def test_a_standing_reads_back(standing: Standing) -> None:
    assert wire.decode_standing(wire.encode_standing(standing)) == standing


def test_a_newer_server_may_say_more() -> None:
    body = json.dumps({"next_seq": 3, "head": ZEROS, "later": {"a": [1]}}).encode()
    assert wire.decode_standing(body) == Standing(next_seq=3, head=ZEROS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"[]",
        b"{}",
        DEEP,
        b'{"next_seq": 1, "head": "\xff"}',
        json.dumps({"next_seq": 0, "head": ZEROS}).encode(),
        json.dumps({"next_seq": 2**53, "head": ZEROS}).encode(),
        json.dumps({"next_seq": "1", "head": ZEROS}).encode(),
        json.dumps({"next_seq": 1, "head": ""}).encode(),
        json.dumps({"next_seq": 1, "head": ZEROS + "\n"}).encode(),
        json.dumps({"next_seq": 1, "head": ZEROS, "fork": "yes"}).encode(),
        json.dumps({"next_seq": 1, "head": ZEROS, "kept_to": 0}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_an_answer_that_is_no_standing_is_named_so(body: bytes) -> None:
    with pytest.raises(NotOnTheWire, match="the answer is no standing"):
        wire.decode_standing(body)
