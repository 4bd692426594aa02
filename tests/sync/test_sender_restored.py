"""Servers that forget, follow another branch or contradict themselves."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from kiosk.events import GENESIS, Draft, Head, append
from sync.wire import BEGIN_NEW
from tests.captured_lines import capture_logs
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
    @pytest.mark.parametrize("left", [0, 2])
    def test_gets_the_tails_of_earlier_logs_too_before_anything_newer(self, site: Site, batch: int, left: int) -> None:
        first, second, third = several_logs(site)
        site.sender = site.new_sender(batch)
        turns(site.sender, 1)
        del site.server.logs[first][2:]
        del site.server.logs[second]
        del site.server.logs[third][left:]
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
            Reply(200, b"{}"),
            standing(2, b"\1" * 32),
            standing(10_000, GENESIS),
            Reply(422),
            Reply(500),
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

    @pytest.mark.parametrize("batch", [1, 2, 200])
    def test_is_sent_again_to_a_server_that_was_restored_from_before_it_kept_it_aside(self, forked: Site, batch: int) -> None:
        forked.append(3)
        turns(forked.sender, 1)
        aside = deepcopy(forked.server.aside)
        forked.server.aside.clear()
        del forked.server.logs[current(forked.log)]
        forked.append(1)
        turns(forked.new_sender(batch), 2)
        assert forked.server.aside == aside
        assert forked.server.logs[current(forked.log)] == held(forked.path)[current(forked.log)]
        assert forked.log.unacknowledged() == 0

    def test_of_which_the_server_claims_to_have_kept_what_it_never_got_is_sent_whole(self, forked: Site) -> None:
        forked.append(5)
        old = current(forked.log)

        def boast(request: Request) -> Reply | None:
            reply = forked.server.answer(request)
            if reply.status != 409:
                return None
            return standing(5, forked.server.logs[old][-1].hash, 409, fork=True, log=BEGIN_NEW, kept_to=1000)

        forked.interfere = boast
        turns(forked.new_sender(batch=2), 1)
        assert forked.server.aside == {old: held(forked.path)[old][2:]}

    @pytest.mark.parametrize("batch", [1, 200])
    def test_that_shows_only_in_what_the_server_knows_beyond_this_log_ends_it(self, forked: Site, batch: int) -> None:
        # An older copy of this card: all that it holds is at the server, and it has not been told.
        old = current(forked.log)
        forked.log.acknowledge(old, 1, GENESIS)
        assert turns(forked.new_sender(batch), 1) == IDLE
        assert forked.log.unacknowledged() == 0
        assert current(forked.log) != old
        assert forked.server.aside == {}
        assert [well for well, _ in forked.health] == [True, True]  # the site's sender, and this one

    def test_that_a_server_claims_of_less_than_it_was_sent_is_not_believed(self, site: Site) -> None:
        site.append(3)
        site.interfere = lambda request: standing(9, b"\1" * 32, kept_to=3) if request.upload else None
        assert turns(site.sender, 1) != IDLE
        # All of them, and the opening of the log that new events go to.
        assert site.log.unacknowledged() == 5

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
