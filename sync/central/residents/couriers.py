"""How a notice reaches a target: by e-mail through the site's own relay, as a webhook, or by apprise."""

import smtplib
import ssl
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage
from http import HTTPStatus
from typing import Protocol
from urllib.error import HTTPError, URLError

import msgspec

from kiosk.errors import GatepostError, UsageError
from sync.central.config import MailSection
from sync.central.passphrase import read_secret
from sync.central.residents.notice import Notice
from sync.central.residents.services import service_at
from sync.central.residents.targets import Reach, reach_of

WITHIN_S = 10.0
TEMPORARY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class NotDelivered(GatepostError, ConnectionError):
    """A notice did not reach a target; `lasting`: it never will. `kind` says why, and quotes nothing."""

    def __init__(self, kind: str, *, lasting: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.lasting = lasting


class Courier(Protocol):
    """Brings notices to targets of one kind."""

    def deliver(self, target: str, notice: Notice) -> None:
        """Bring it, or not within ten seconds. Raises NotDelivered."""


class Mail:
    """By e-mail, through the relay of the site."""

    def __init__(self, section: MailSection) -> None:
        self._section = section

    def deliver(self, target: str, notice: Notice) -> None:
        """Send a mail. Raises NotDelivered."""
        section = self._section
        if section.host is None or section.sender is None:
            raise NotDelivered("no_relay", lasting=True)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = section.sender, target, notice.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text + "\n")
        context = ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(section.host, section.port, timeout=WITHIN_S, context=context)
                if section.security == "tls"
                else smtplib.SMTP(section.host, section.port, timeout=WITHIN_S)
            ) as relay:
                if section.security == "starttls":
                    relay.starttls(context=context)
                if section.user is not None and section.password is not None:
                    relay.login(section.user, read_secret(section.password, "[mail] password").decode())
                relay.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            refused = all(500 <= code < 600 for code, _ in error.recipients.values())
            raise NotDelivered("refused", lasting=refused) from None
        except (smtplib.SMTPException, OSError, UsageError, UnicodeError, ValueError) as error:
            raise NotDelivered(type(error).__name__) from None


class Webhook:
    """As JSON to an address: {"consent": 1, "compound", "gate", "language", "subject", "text", "link"}."""

    def deliver(self, target: str, notice: Notice) -> None:
        """Post it. Raises NotDelivered."""
        said = {
            "consent": 1,
            "compound": notice.compound,
            "gate": notice.gate,
            "language": notice.language,
            "subject": notice.subject,
            "text": notice.text,
            "link": notice.link,
        }
        headers = {"Content-Type": "application/json", "User-Agent": "Gatepost"}
        request = urllib.request.Request(target, msgspec.json.encode(said), headers)  # noqa: S310 - see targets
        try:
            with _OPENER.open(request, timeout=WITHIN_S):
                return
        except HTTPError as error:
            with error:
                lasting = HTTPStatus.BAD_REQUEST <= error.code < HTTPStatus.INTERNAL_SERVER_ERROR
                raise NotDelivered(f"http_{error.code}", lasting=lasting and error.code not in TEMPORARY) from None
        except (URLError, OSError, ValueError) as error:
            raise NotDelivered(type(error).__name__) from None


class Service:
    """By whatever service apprise knows at the address."""

    def deliver(self, target: str, notice: Notice) -> None:
        """Notify. Raises NotDelivered."""
        service = service_at(target)
        if service is None:
            raise NotDelivered("unknown_service", lasting=True)
        if not service.notify(body=notice.text, title=notice.subject):
            raise NotDelivered("refused")


class _NotElsewhere(urllib.request.HTTPRedirectHandler):
    """A webhook that sends us elsewhere is none that somebody has entered."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NotElsewhere)


def couriers(mail: MailSection) -> Mapping[Reach, Courier]:
    """One for each kind of target."""
    return {Reach.MAIL: Mail(mail), Reach.WEBHOOK: Webhook(), Reach.SERVICE: Service()}


def deliver(by: Mapping[Reach, Courier], target: str, notice: Notice) -> None:
    """Bring a notice to a target. Raises NotDelivered."""
    try:
        reach = reach_of(target)
    except UsageError:
        raise NotDelivered("no_target", lasting=True) from None
    by[reach].deliver(target, notice)
