"""Notices reach real servers: a mail relay, a webhook, a service of apprise's; and what becomes of those that do not."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from kiosk.errors import UsageError
from kiosk.people import VisitorKind
from sync.central.config import MailSection
from sync.central.residents.couriers import Mail, NotDelivered, couriers, deliver
from sync.central.residents.notice import Notice, consent_notice
from sync.central.residents.targets import Reach, reach_of
from sync.central.words import LANGUAGES
from tests.sync.central.residents.homes import Mailbox, mailbox

LINK = "https://gatepost.example/c/token?lang=ja"


class Relay:
    """What an SMTP server was given; `refuses` an address for good."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _: Any, __: Any, envelope: Any, address: str, *___: Any
    ) -> str:
        if address.startswith("refused"):
            return "550 nobody of that name"
        if address.startswith("later"):
            return "450 not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's
        self, _: Any, __: Any, envelope: Any
    ) -> str:
        self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        return "250 OK"


@pytest.fixture(scope="module")
def relay() -> Iterator[tuple[Relay, MailSection]]:
    handler = Relay()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, MailSection(host="127.0.0.1", port=port, security="none", sender="gate@gatepost.example")
    controller.stop()


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def notice(language: str = "ja") -> Notice:
    return consent_notice("riverside", "gate-1", VisitorKind.GUEST, language, LINK, 12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_where_to_answer_in_the_residents_language(relay: tuple[Relay, MailSection], language: str) -> None:
    handler, section = relay
    deliver(couriers(section), "li.na@example.org", notice(language))
    mail = handler.mails[-1]
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (
        "li.na@example.org",
        "gate@gatepost.example",
        "auto-generated",
    )
    assert mail["Subject"] == notice(language).subject
    assert mail.get_content().splitlines()[-1] == LINK


@pytest.mark.parametrize(("address", "lasting"), [("refused@example.org", True), ("later@example.org", False)])
def test_a_relay_that_refuses_is_asked_again_unless_it_refuses_for_good(
    relay: tuple[Relay, MailSection], address: str, lasting: bool
) -> None:
    with pytest.raises(NotDelivered) as failed:
        Mail(relay[1]).deliver(address, notice())
    assert (failed.value.kind, failed.value.lasting) == ("refused", lasting)


def test_without_a_relay_mail_goes_nowhere_and_is_not_tried_again() -> None:
    with pytest.raises(NotDelivered) as failed:
        Mail(MailSection()).deliver("li.na@example.org", notice())
    assert failed.value.lasting


def test_a_webhook_gets_json(box: Mailbox) -> None:
    deliver(couriers(MailSection()), box.url, notice())
    got: dict[str, object] = dict(box.got.get(timeout=5))
    assert (got["consent"], got["link"]) == (1, LINK)
    assert (got["gate"], got["language"]) == ("gate-1", "ja")


@pytest.mark.parametrize(("status", "lasting"), [(404, True), (301, False), (429, False), (500, False)])
def test_a_webhook_that_fails_is_called_again_where_that_may_help(box: Mailbox, status: int, lasting: bool) -> None:
    box.status = status
    try:
        with pytest.raises(NotDelivered) as failed:
            deliver(couriers(MailSection()), box.url, notice())
    finally:
        box.status = 200
    assert (failed.value.kind, failed.value.lasting) == (f"http_{status}", lasting)


def test_a_service_of_apprises_is_notified(box: Mailbox) -> None:
    deliver(couriers(MailSection()), box.url.replace("http://", "json://"), notice())
    assert LINK in box.got.get(timeout=5)["message"]
    with pytest.raises(NotDelivered) as failed:
        deliver(couriers(MailSection()), "nosuchservice://token", notice())
    assert failed.value.lasting


def test_a_notice_names_nobody() -> None:
    assert "guest" not in notice().text
    assert set(vars(Notice)["__slots__"]) == {"compound", "gate", "language", "subject", "text", "link"}


@pytest.mark.parametrize(
    ("target", "reach"),
    [
        ("li@example.org", Reach.MAIL),
        ("https://hook.example/a?b", Reach.WEBHOOK),
        ("http://127.0.0.1:8080/hook", Reach.WEBHOOK),
        ("ntfys://topic", Reach.SERVICE),
    ],
)
def test_a_target_tells_how_it_is_reached(target: str, reach: Reach) -> None:
    assert reach_of(target) is reach


@pytest.mark.parametrize(
    "target",
    [
        "",
        "li",
        "li@example.org, wang@example.org",
        "li@example.org\nBcc: all@example.org",
        "https://",
        "https://user@host/",
        "https://host:99999/",
        "HTTPS://host/",
        "a b://c",
        "x" * 600 + "@example.org",
    ],
)
def test_what_is_no_target_is_refused_and_not_quoted(target: str) -> None:
    with pytest.raises(UsageError) as refused:
        reach_of(target)
    assert not target or target not in str(refused.value)
