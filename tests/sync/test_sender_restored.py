"""Servers that forget, follow another branch or contradict themselves; and how a sender starts, stops and is flushed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from kiosk.errors import LogUnusable
from kiosk.events import GENESIS, Draft, Head, append
from sync.sender import IDLE_S
from sync.wire import BEGIN_NEW
from tests.sync.logs import COMPOUND, DEVICE, current, held, opened, verified
from tests.sync.servers import BROKEN, IDLE, Reply, Request, Site, standing, turns


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    path = tmp_path / "log.sqlite"
    with opened(path) as log:
        yield Site(path, log)


def several_logs(site: Site) -> list[str]:
    """Three logs with some events each, all at the server; their ids."""
    for _ in range(2):
        site.append(3)
        turns(site.sender, 1)
        site.log.begin_new("fork", after=current(site.log))
    site.append(3)
    turns(site.sender, 1)
    assert site.arrived_whole()
    return list(site.server.logs)


class TestARestoredServer:
    @pytest.mark.parametrize("left", [0, 1, 4])
    def test_gets_again_what_it_forgot(self, site: Site, left: int) -> None:
        site.append(4)
        turns(site.sender, 1)
        del site.server.logs[current(site.log)][left:]
        site.append(1)
        assert turns(site.sender, 1) == IDLE
        assert site.arrived_whole()
        assert site.health == [(True, "")]

    @pytest.mark.parametrize("batch", [1, 2, 200])
    def test_gets_the_tails_of_earlier_logs_too_before_anything_newer(self, site: Site, batch: int) -> None:
        first, second, third = several_logs(site)
        site.sender = site.new_sender(batch)
        turns(site.sender, 1)
        del site.server.logs[first][2:]
        del site.server.logs[second]
        del site.server.logs[third]
        site.append(1)
        site.transport.requests.clear()
        turns(site.sender, 1)
        assert site.arrived_whole()
        taken = [request.log_id for request in site.transport.requests[1:] if request.upload]
        assert taken == sorted(taken, key=[first, second, third].index)

    def test_is_asked_about_earlier_logs_when_the_kiosk_starts(self, site: Site) -> None:
        first, *_ = several_logs(site)
        del site.server.logs[first][1:]
        turns(site.new_sender(), 1)
        assert site.arrived_whole()

    def test_is_asked_about_earlier_logs_when_a_new_one_begins(self, site: Site) -> None:
        *_, third = several_logs(site)
        del site.server.logs[third][1:]
        site.log.begin_new("fork", after=third)
        turns(site.sender, 1)
        assert site.arrived_whole()

    def test_is_not_asked_for_ever(self, site: Site) -> None:
        several_logs(site)
        site.transport.requests.clear()
        for _ in range(5):
            site.append(1)
            turns(site.sender, 2)
        assert [request.method for request in site.transport.requests] == ["POST"] * 5

    @pytest.mark.parametrize(
        "answer",
        [
            Reply(404),
            Reply(200, b"<html></html>"),
            standing(2, b"\1" * 32),
            standing(10_000, GENESIS),
            Reply(422),
            Reply(500),
            Reply(302, b"", {"Location": "http://elsewhere.invalid/"}),
        ],
        ids=lambda reply: f"{reply.status}{reply.body[:9]!r}",
    )
    def test_that_tells_nothing_of_earlier_logs_takes_the_current_one(self, site: Site, answer: Reply) -> None:
        several_logs(site)
        site.interfere = lambda request: None if request.upload else answer
        site.sender = site.new_sender()
        site.append(3)
        assert turns(site.sender, 2) == IDLE * 2
        assert site.arrived_whole()
        assert len(site.transport.requests) < 20

    @pytest.mark.parametrize(
        "trouble", [BROKEN, Reply(503), Reply(404), Reply(200, b"<html></html>")], ids=["cut", "503", "404", "a page"]
    )
    def test_is_asked_again_when_it_did_not_say(self, site: Site, trouble: Reply | Exception) -> None:
        first, *_ = several_logs(site)
        del site.server.logs[first][2:]
        site.sender = site.new_sender()
        site.interfere = lambda request: None if request.upload else trouble
        turns(site.sender, 2)
        assert not site.arrived_whole()
        site.well_again()
        turns(site.sender, 1)
        assert site.arrived_whole()

    def test_that_goes_back_and_forth_is_given_pauses_and_loses_nothing(self, site: Site) -> None:
        # Two replicas with a copy each, asked in turn.
        site.append(5)
        turns(site.sender, 1)
        site.append(1)
        site.transport.requests.clear()
        asked = 0

        def the_other(request: Request) -> Reply | None:
            nonlocal asked
            asked += 1
            return standing(1, GENESIS, 409) if request.upload and request.upload.from_seq > 1 else None

        site.interfere = the_other
        site.server.takes = 3
        assert turns(site.sender, 4) == [0.5, 1.0, 2.0, 4.0]
        assert asked < 20
        site.well_again()
        turns(site.sender, 1)
        assert site.arrived_whole()


class TestAFork:
    @pytest.fixture
    def forked(self, site: Site) -> Site:
        """A server that got another third event from a copy of this card, and one after it."""
        site.append(1)
        turns(site.sender, 1)
        chain = site.server.logs[current(site.log)]
        head = Head(COMPOUND, DEVICE, current(site.log), 3, chain[-1].hash)
        for number in (77, 78):
            event, head = append(head, Draft("note", {"number": number}))
            chain.append(event)
        return site

    @pytest.mark.parametrize("batch", [1, 2, 200])
    def test_is_kept_aside_whole_and_a_new_log_goes_on(self, forked: Site, batch: int) -> None:
        old = current(forked.log)
        forked.append(5)
        structlog.reset_defaults()
        with capture_logs() as logged:
            assert turns(forked.new_sender(batch), 1) == IDLE
            forked.append(1)
            assert turns(forked.sender, 1) == IDLE
        new = current(forked.log)
        ours = held(forked.path)
        assert list(ours) == [old, new]
        assert forked.server.aside == {old: ours[old][2:]}
        assert forked.server.logs[new] == ours[new]
        assert (ours[new][0].fields["reason"], ours[new][0].fields["predecessor"]) == ("fork", old)
        assert forked.log.unacknowledged() == 0
        assert verified(ours[old]).next_seq == 8
        assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == ["log forked"]

    def test_is_sent_once_and_its_end_is_not_asked_for_again(self, forked: Site) -> None:
        forked.append(3)
        turns(forked.sender, 1)
        aside = dict(forked.server.aside)
        turns(forked.new_sender(), 2)
        forked.append(1)
        turns(forked.new_sender(), 2)
        assert forked.server.aside == aside
        assert forked.log.unacknowledged() == 0

    def test_of_every_log_there_is_makes_no_more_logs_than_events(self, site: Site) -> None:
        def fork(request: Request) -> Reply | None:
            if request.upload is None:
                return None
            return standing(1, b"\1" * 32, 409, fork=True, log=BEGIN_NEW, kept_to=request.seqs[-1] + 1)

        site.interfere = fork
        for _ in range(4):
            site.append(2)
            turns(site.sender, 5)
        assert len(held(site.path)) <= 5
        assert len(site.transport.requests) < 100


def test_a_sender_with_nothing_to_send_claims_nothing_of_the_server(site: Site) -> None:
    turns(site.sender, 1)
    site.health.clear()
    site.interfere = lambda _: BROKEN
    assert turns(site.new_sender(), 2) == IDLE * 2
    assert site.health == []


class TestStopping:
    def test_before_the_first_turn_sends_nothing(self, site: Site) -> None:
        stop, wake = threading.Event(), threading.Event()
        stop.set()
        wake.set()
        site.sender.run(stop, wake)
        assert site.transport.requests == []

    def test_at_the_moment_at_which_the_sender_looks_away_is_not_overlooked(self, site: Site) -> None:
        stop = threading.Event()

        class Wake(threading.Event):
            """Set, with `stop`, just before the sender clears it."""

            def clear(self) -> None:
                stop.set()
                self.set()
                super().clear()

            def wait(self, timeout: float | None = None) -> bool:
                raise AssertionError(f"waits {timeout} s for news although it was told to stop")

        site.sender.run(stop, Wake())

    def test_ends_between_two_uploads_and_claims_nothing(self, site: Site) -> None:
        stop, wake = threading.Event(), threading.Event()
        site.append(5)

        def stop_at_the_first(_: Request) -> None:
            stop.set()
            wake.set()

        site.interfere = stop_at_the_first
        site.new_sender(batch=1).run(stop, wake)
        assert (len(site.transport.requests), site.log.unacknowledged()) == (1, 5)

    def test_a_running_sender_wakes_for_news_and_ends_at_once(self, site: Site) -> None:
        stop = threading.Event()
        thread = threading.Thread(target=site.sender.run, args=(stop, site.log.appended))
        sent = threading.Event()
        site.interfere = lambda request: sent.set() if 4 in request.seqs else None
        thread.start()
        site.append(3)
        assert sent.wait(10), f"not woken, waits {IDLE_S} s"
        stop.set()
        site.log.appended.set()
        thread.join(10)
        assert not thread.is_alive()


class TestFlushing:
    def test_sends_everything_and_says_that_nothing_is_left(self, site: Site) -> None:
        site.append(5)
        assert site.sender.flush(10) == 0
        assert site.arrived_whole()

    def test_says_how_much_is_left_when_the_server_is_lost(self, site: Site) -> None:
        site.append(5)
        site.interfere = lambda _: BROKEN
        assert site.sender.flush(0.01) == 6
        assert site.health == [(False, "the server does not answer: ConnectionError")]

    def test_tries_again_until_its_time_is_over(self, site: Site) -> None:
        site.append(2)
        answers: Iterator[Reply | Exception] = iter([BROKEN, Reply(503), BROKEN])

        def fail_for_a_while(_: Request) -> Reply | Exception | None:
            return next(answers, None)

        site.interfere = fail_for_a_while
        # Pauses of no length.
        assert site.new_sender(jitter=lambda: -1.0).flush(10.0) == 0
        assert len(site.transport.requests) == 4

    def test_ends_with_its_time_and_calls_no_lost_server_well(self, site: Site) -> None:
        now = 0.0
        site.append(5)

        def slow(_: Request) -> None:
            nonlocal now
            now += 4.0

        site.interfere = slow
        assert site.new_sender(batch=1, monotonic=lambda: now).flush(4.0) == 5
        site.health.clear()
        assert site.new_sender(monotonic=lambda: now).flush(0.0) == 5
        assert site.health == []

    def test_does_not_wait_longer_for_a_sender_that_is_still_at_it(self, site: Site) -> None:
        stop, asked, release = threading.Event(), threading.Event(), threading.Event()

        def hang(_: Request) -> None:
            asked.set()
            release.wait(10)

        site.interfere = hang
        thread = threading.Thread(target=site.sender.run, args=(stop, site.log.appended))
        thread.start()
        assert asked.wait(10)
        began = time.monotonic()
        assert site.sender.flush(0.05) == 1
        assert time.monotonic() - began < 4
        assert not release.is_set()
        stop.set()
        release.set()
        site.log.appended.set()
        thread.join(10)
        assert not thread.is_alive()

    def test_of_a_log_that_cannot_be_counted_says_so(self, site: Site) -> None:
        site.log.close()
        with pytest.raises(LogUnusable):
            site.sender.flush(0.01)

    def test_after_closing_is_of_no_harm(self, site: Site) -> None:
        site.append(1)
        site.sender.close()
        site.sender.close()
        assert site.sender.flush(5) == 0
