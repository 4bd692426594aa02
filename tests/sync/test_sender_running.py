"""How a sender begins, is woken, stops and is flushed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.errors import LogUnusable
from sync.sender import GATE_FIRST_S, IDLE_S
from tests.sync.logs import opened
from tests.sync.servers import BROKEN, IDLE, Reply, Request, Site, turns


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    path = tmp_path / "log.sqlite"
    with opened(path) as log:
        yield Site(path, log)


def test_a_sender_with_nothing_to_send_claims_nothing_of_the_server(site: Site) -> None:
    turns(site.sender, 1)
    site.health.clear()
    site.interfere = lambda _: BROKEN
    assert turns(site.new_sender(), 2) == IDLE * 2
    assert site.health == []


def test_a_sender_that_is_woken_lets_the_gate_open_first(site: Site) -> None:
    waits: list[float | None] = []

    class News(threading.Event):
        """Something was recorded as soon as the sender waits for it."""

        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return True

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            self.set()
            return True

    site.sender.run(Stop(), News())
    assert waits == [IDLE_S, GATE_FIRST_S]


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
        # Had it waited, the other one would have given up first, and have sent it.
        assert site.sender.flush(0.05) == 1
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
