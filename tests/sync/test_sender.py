"""The sender against servers that are well, ill or hostile: nothing is lost, and what can go ahead does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from kiosk.events import GENESIS
from sync import wire
from sync.chain import Pending
from sync.sender import LONGEST_PAUSE_S
from tests.captured_lines import capture_logs
from tests.sync.logs import COMPOUND, LogClock, current, held, note, opened
from tests.sync.servers import BROKEN, IDLE, Reply, Request, Site, sender_over, standing, turns


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    path = tmp_path / "log.sqlite"
    with opened(path) as log:
        yield Site(path, log)


def test_everything_arrives_once_in_order_and_is_not_sent_again(site: Site) -> None:
    site.append(7)
    assert turns(site.new_sender(batch=3), 1) == IDLE
    assert site.arrived_whole()
    assert [request.seqs for request in site.transport.requests] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    site.append(1)
    turns(site.sender, 3)
    assert [request.seqs for request in site.transport.requests[3:]] == [[9]]


def test_a_request_names_the_compound_and_the_kiosk(site: Site) -> None:
    turns(site.sender, 1)
    (request,) = site.transport.requests
    assert (request.method, request.log_id) == ("POST", current(site.log))
    assert request.headers[wire.COMPOUND_HEADER] == COMPOUND
    assert request.headers["User-Agent"] == "gatepost/gate-1"
    assert request.headers["Content-Type"] == "application/json"
    assert wire.SIMULATED_HEADER not in request.headers


def test_a_simulated_kiosk_says_so(site: Site) -> None:
    turns(sender_over(site.transport, site.log, simulated=True), 1)
    assert site.transport.requests[0].headers[wire.SIMULATED_HEADER] == "1"


def test_an_upload_that_is_taken_in_part_goes_on_from_there(site: Site) -> None:
    site.server.takes = 2
    site.append(6)
    assert turns(site.sender, 1) == IDLE
    assert site.arrived_whole()


def test_large_events_travel_in_requests_that_the_server_reads(site: Site) -> None:
    for _ in range(12):
        site.log.append(note(text='"' * 450_000), visit="v")
    assert turns(site.sender, 1) == IDLE
    assert site.arrived_whole()
    assert max(len(request.body) for request in site.transport.requests) > wire.MAX_BODY // 3


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_doubles(site: Site) -> None:
    site.append(3)

    def lose_answer(request: Request) -> Exception:
        site.server.answer(request)
        return BROKEN

    site.interfere = lose_answer
    assert turns(site.sender, 2) == [0.5, 1.0]
    site.well_again()
    assert turns(site.sender, 1) == IDLE
    assert site.arrived_whole()


OK_BUT = {
    "empty": b"",
    "a page": b"<html>Welcome to your hotel's Wi-Fi</html>",
    "another object": b'{"status": "ok"}',
    "not UTF-8": b'{"next_seq": 2, "head": "\xff"}',
    "nested too deep": b"[" * 50_000,
    "too long": standing(1, GENESIS).body + b" " * wire.MAX_ANSWER,
}
NAMED = {"too long": "too long", "a page": "captive portal"}
FAILURES: dict[str, tuple[Reply | Exception, str]] = {
    "no connection": (BROKEN, "does not answer"),
    **{
        f"{status}, {name}": (
            Reply(status, body),
            {"too long": "too long", "a page": "captive portal"}.get(name, "no standing"),
        )
        for status in (200, 409)
        for name, body in OK_BUT.items()
    },
    "200, but nothing was taken": (standing(1, GENESIS), "took nothing"),
    "409, but no gap": (standing(1, GENESIS, 409), "gap where there is none"),
    "204": (Reply(204), "status 204"),
    **{
        str(status): (Reply(status, standing(1, GENESIS).body), f"status {status}")
        for status in (201, 401, 403, 404, 405, 408, 410, 429, 500, 502, 503, 504)
    },
    **{
        str(status): (Reply(status, b"", {"Location": "http://elsewhere.invalid/"}), "captive portal")
        for status in (301, 302, 303, 307, 308)
    },
}


@pytest.mark.parametrize("case", FAILURES)
def test_while_the_server_fails_nothing_is_lost_and_the_pauses_grow(site: Site, case: str) -> None:
    failure, detail = FAILURES[case]
    site.append(3)
    before = held(site.path)
    site.interfere = lambda _: failure
    with capture_logs() as logged:
        assert turns(site.sender, 9) == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
        assert len(site.transport.requests) == 9
        assert (held(site.path), site.log.unacknowledged()) == (before, 4)
        site.append(2)
        site.well_again()
        assert turns(site.sender, 2) == IDLE * 2
    assert site.arrived_whole()
    assert len(site.server.logs) == 1
    (lost, why), back = site.health
    assert (lost, back) == (False, (True, ""))
    assert detail in why
    # The edges are the core's to log.
    assert logged == []


def test_the_first_pause_after_a_recovery_is_short_again(site: Site) -> None:
    site.append(1)
    site.interfere = lambda _: BROKEN
    turns(site.sender, 5)
    site.well_again()
    turns(site.sender, 1)
    site.interfere = lambda _: BROKEN
    site.append(1)
    assert turns(site.sender, 2) == [0.5, 1.0]
    assert [well for well, _ in site.health] == [False, True, False]


@pytest.mark.parametrize(("jitter", "pauses"), [(0.0, [0.25, 0.5, 1.0]), (0.5, [0.375, 0.75, 1.5]), (1.0, [0.5, 1.0, 2.0])])
def test_pauses_differ_so_that_kiosks_do_not_come_back_all_at_once(site: Site, jitter: float, pauses: list[float]) -> None:
    site.interfere = lambda _: BROKEN
    assert turns(sender_over(site.transport, site.log, jitter=lambda: jitter), 3) == pauses


def test_a_log_that_fails_is_no_fault_of_the_servers(site: Site) -> None:
    class Failing:
        def __init__(self) -> None:
            self.failures = 3

        def __getattr__(self, name: str) -> object:
            return getattr(site.log, name)

        def pending(self, limit: int, *, skip: object = ()) -> Pending | None:
            self.failures -= 1
            if self.failures >= 0:
                raise LogUnusable("the card is gone")
            return site.log.pending(limit)

    failing = Failing()
    sender = sender_over(site.transport, failing, on_health=lambda well, detail: site.health.append((well, detail)))  # type: ignore[arg-type]
    assert turns(sender, 4) == [0.5, 1.0, 2.0, *IDLE]
    assert site.arrived_whole()
    assert site.health == [(True, "")]


def test_a_fault_of_its_own_does_not_end_the_sender(site: Site) -> None:
    def stumble(_: Request) -> None:
        site.well_again()
        raise ZeroDivisionError

    site.interfere = stumble
    site.append(2)
    with capture_logs() as logged:
        assert turns(site.sender, 2) == [0.5, *IDLE]
    assert site.arrived_whole()
    assert logged[0]["event"] == "sender fault"


def test_what_was_acknowledged_long_ago_is_pruned_even_while_the_server_is_lost(tmp_path: Path) -> None:
    clock = LogClock()
    with opened(tmp_path / "log.sqlite", clock) as log:
        site = Site(tmp_path / "log.sqlite", log)
        site.append(3)
        turns(site.sender, 1)
        clock.advance(30 * 24 * 3600)
        site.interfere = lambda _: BROKEN
        site.append(1)
        turns(site.sender, 1)
        assert [event.fields["seq"] for event in held(site.path)[current(log)]] == [5]


DISPUTES: dict[str, Callable[[Request], Reply]] = {
    "200, another head": lambda request: standing(request.seqs[-1] + 1, b"\1" * 32),
    "200, another beginning": lambda _: standing(1, b"\1" * 32),
    "200, more than there is": lambda request: standing(request.seqs[-1] + 1000, b"\1" * 32),
    "200, far more than there is": lambda _: standing(2**53 - 1, GENESIS),
    "409, a gap after another event": lambda _: standing(2, b"\1" * 32, 409),
    "409, a gap beyond the end": lambda request: standing(request.seqs[-1] + 1000, b"\1" * 32, 409),
    "409, a fork that is not kept": lambda _: standing(1, b"\1" * 32, 409, fork=True),
    "409, a fork that is not kept, begin anew": lambda _: standing(1, b"\1" * 32, 409, fork=True, log=wire.BEGIN_NEW),
    "409, a fork kept up to before what was sent": lambda _: standing(1, b"\1" * 32, 409, fork=True, kept_to=1),
    "400": lambda _: Reply(400),
    "413": lambda _: Reply(413),
    "422": lambda _: Reply(422, b'{"detail": "no"}'),
}


@pytest.mark.parametrize("case", DISPUTES)
def test_a_log_that_the_server_disputes_gives_way_to_a_new_one_and_is_kept(site: Site, case: str) -> None:
    site.append(3)
    disputed = current(site.log)
    site.interfere = lambda request: DISPUTES[case](request) if request.log_id == disputed and request.upload else None
    with capture_logs() as logged:
        assert turns(site.sender, 5) == [0.5, 1.0, 2.0, 4.0, 8.0]
        assert site.log.unacknowledged() == 4
        fresh = current(site.log)
        assert fresh != disputed
        # However long it lasts, the newer log goes ahead, and no further one is begun.
        for _ in range(3):
            site.append(2)
            turns(site.sender, 2)
        assert site.server.logs[fresh] == held(site.path)[fresh]
        assert list(held(site.path)) == [disputed, fresh]
        assert site.log.unacknowledged() == 4
        assert [well for well, _ in site.health] == [False]
        site.well_again()
        assert turns(site.sender, 1) == IDLE
    assert site.arrived_whole()
    assert [well for well, _ in site.health] == [False, True]
    told = [entry["event"] for entry in logged if entry["log_level"] == "error"]
    assert told in (["log not taken by the server"], ["log forked", "log not taken by the server"])


@pytest.mark.parametrize("case", DISPUTES)
def test_a_server_that_disputes_every_log_does_not_make_them_many(site: Site, case: str) -> None:
    site.interfere = lambda request: DISPUTES[case](request) if request.upload else None
    for _ in range(5):
        site.append(2)
        turns(site.sender, 4)
    assert len(held(site.path)) == 2
    assert site.log.unacknowledged() == 12
    assert len(site.transport.requests) < 400
    site.well_again()
    turns(site.sender, 2)
    assert site.arrived_whole()


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("place", [1, 2, 77, 149, 150])
def test_what_comes_before_a_refused_event_arrives_and_what_comes_after_waits_for_it(
    site: Site, status: int, place: int
) -> None:
    site.append(149)
    old = current(site.log)

    def refuse(request: Request) -> Reply | None:
        return Reply(status) if request.log_id == old and place in request.seqs else None

    site.interfere = refuse
    assert turns(site.sender, 1) == [0.5]
    assert len(site.server.logs.get(old, [])) == place - 1
    assert len(site.transport.requests) < 40
    site.append(5)
    turns(site.sender, 1)
    new = current(site.log)
    assert [len(chain) for chain in held(site.path).values()] == [150, 6]
    assert site.server.logs[new] == held(site.path)[new]
    site.well_again()
    turns(site.sender, 1)
    assert site.arrived_whole()


def test_uploads_grow_again_after_a_refusal(site: Site) -> None:
    site.append(99)
    refusals = iter([Reply(413), Reply(413)])
    site.interfere = lambda _: next(refusals, None)
    assert turns(site.new_sender(batch=40), 1) == IDLE
    assert site.arrived_whole()
    assert [len(request.seqs) for request in site.transport.requests] == [40, 20, 10, 20, 40, 30]


def test_a_server_that_reads_only_small_uploads_gets_small_ones(site: Site) -> None:
    site.append(60)
    site.interfere = lambda request: Reply(413) if len(request.seqs) > 4 else None
    assert turns(site.sender, 1) == IDLE
    assert site.arrived_whole()
    assert len(held(site.path)) == 1
