"""A kiosk's enrolment: with a code it gets its name, its place, the site CA and the month keys, once and for all.

It may be broken off anywhere and done again: the key stays the same, and to the same key and code the server gives the
same answer.
"""

import http.client
import ssl
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from kiosk.errors import GatepostError, ServiceUnavailable, UsageError
from kiosk.lines import get_logger
from sync.enrolment_code import NO_CA, EnrolmentCode, read_code
from sync.enrolment_wire import CA_PATH, ENROL_PATH, VERSION, Enrol, Place, Why, decode_enrolled, decode_refusal
from sync.identity import Papers, PapersUnusable
from sync.line import Line
from sync.obstacles import Obstacle, Obstructed, is_page
from sync.wire import NotOnTheWire

FILE = "file:"
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
LOOK_EVERY_S = 1.0
"""How soon a new code, or papers that another process got, are noticed."""
MAX_CA = 64 * 1024
FINAL = frozenset({Why.CODE_UNKNOWN, Why.CODE_USED, Why.CODE_EXPIRED, Why.KEY_KNOWN, Why.REVOKED, Why.REPLACED})
"""Refusals that the same code meets again and again."""

_log = get_logger()


class CodeUseless(GatepostError, PermissionError):
    """The code lets this kiosk in no more; only another one will."""


class Enrolment:
    """What enrols the kiosk of these papers in `compound` at the server of `url`.

    `source` is a code, or `file:PATH` of one that may not be there yet; None when there is no code.
    """

    def __init__(
        self,
        url: str,
        compound: str,
        papers: Papers,
        source: str | None,
        *,
        timeout_s: float = 5.0,
        simulated: bool = False,
        proxy: str | None = None,
    ) -> None:
        """Take the settings. Raises UsageError when the source is a code that cannot be right."""
        self._url = url
        self._compound = compound
        self._papers = papers
        self._source = source
        self._timeout_s = timeout_s
        self._simulated = simulated
        self._proxy = proxy
        if source is not None and not source.startswith(FILE):
            read_code(source)

    def code(self) -> EnrolmentCode | None:
        """The code, if there is one by now. Raises UsageError."""
        if self._source is None or not self._source.startswith(FILE):
            return None if self._source is None else read_code(self._source)
        try:
            return read_code(Path(self._source.removeprefix(FILE)).read_text(encoding="utf-8")[:1000])
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("[server] enrolment_code: its file cannot be read") from error

    def enrol(self, code: EnrolmentCode) -> Place:
        """Enrol, and keep what the server gives.

        Raises CodeUseless, ServiceUnavailable (trying again may help), PapersUnusable or UsageError.
        """
        key = self._papers.make_key()
        with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
            believed = self._site_ca(code, Path(folder))
            line = Line(self._url, "new", timeout_s=self._timeout_s, simulated=self._simulated, proxy=self._proxy)
            if believed is not None:
                line.pin(believed)
            from sync.signing import ENROLMENT, Signer

            public = key.public_key().public_bytes_raw().hex()
            asked = Enrol(enrol=VERSION, compound=self._compound, secret=code.secret.hex(), public_key=public)
            body = msgspec.json.encode(asked)
            try:
                signer = Signer(key, public, ENROLMENT)
                answer = line.ask_signed(signer, "POST", ENROL_PATH, self._compound, body, line.deadline())
            except Obstructed as error:
                if error.obstacle in (Obstacle.REVOKED, Obstacle.REPLACED):
                    raise CodeUseless(str(error)) from error
                raise
            finally:
                line.close()
        if answer.status != http.client.OK:
            refusal = decode_refusal(answer.body)
            if refusal.reason in FINAL:
                raise CodeUseless(REFUSED[Why(refusal.reason)])
            raise ServiceUnavailable(f"the server does not enrol this kiosk now (status {answer.status})")
        try:
            enrolled = decode_enrolled(answer.body)
        except NotOnTheWire as error:
            raise ServiceUnavailable(str(error)) from error
        if enrolled.place.compound != self._compound:
            raise ServiceUnavailable("the server's answer is for another compound")
        return self._papers.keep(enrolled)

    def until_enrolled(self, stop: threading.Event, on_health: Callable[[bool, str], None]) -> None:
        """Enrol, however often it takes, until `stop`; at once when the kiosk is enrolled. Each trouble is said once."""
        pause_s, said = FIRST_PAUSE_S, ""
        code = useless = None
        while not stop.is_set():
            try:
                if self._papers.place() is not None:
                    return
                code = self.code()
                if code is not None and code != useless:
                    place = self.enrol(code)
                    _log.info("kiosk enrolled", device=place.device, gate=place.gate, direction=place.direction)
                    return
                stop.wait(LOOK_EVERY_S)
                continue
            except (CodeUseless, UsageError) as error:
                useless, trouble = code, str(error)
            except (ServiceUnavailable, PapersUnusable) as error:
                trouble = str(error)
            except OSError as error:
                trouble = f"the kiosk cannot enrol: {error.strerror or type(error).__name__}"
            if trouble != said:
                said = trouble
                _log.warning("kiosk not enrolled", reason=trouble)
                on_health(False, trouble)
            stop.wait(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _site_ca(self, code: EnrolmentCode, folder: Path) -> Path | None:
        """Fetch the site CA without believing anybody, and see that it is the code's. None for a server without TLS."""
        place = urlsplit(self._url)
        if place.scheme != "https":
            if code.ca != NO_CA:
                raise UsageError("the code is of a server with TLS; write https:// in [server] url")
            return None
        if code.ca == NO_CA:
            raise UsageError("the code is of a server without TLS; correct [server] url, or ask for a new code")
        found = _fetch(place, place.path.rstrip("/") + CA_PATH, self._timeout_s, self._proxy)
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        try:
            public_key = x509.load_pem_x509_certificate(found).public_key()
        except ValueError as error:
            raise Obstructed(Obstacle.IN_BETWEEN) from error
        if not code.is_of(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)):
            raise Obstructed(Obstacle.IN_BETWEEN)
        believed = folder / "site-ca.pem"
        believed.write_bytes(found)
        return believed


REFUSED = {
    Why.CODE_UNKNOWN: "the server knows no such code for this compound; see [gate] compound, or ask for a new code",
    Why.CODE_USED: "the code has been used by another device; ask for a new one",
    Why.CODE_EXPIRED: "the code has expired; ask for a new one",
    Why.KEY_KNOWN: "this device is enrolled already by another code; remove its identity folder to begin anew",
    Why.REVOKED: "the device of this code has been revoked; ask for a new code",
    Why.REPLACED: "the device of this code has been replaced; ask for a new code",
}


def _fetch(server: SplitResult, path: str, timeout_s: float, proxy: str | None) -> bytes:
    """What whoever listens there says is the site CA. Raises ServiceUnavailable."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    first = server if proxy is None else urlsplit(proxy)
    link = http.client.HTTPSConnection(first.hostname or "", first.port or 443, timeout=timeout_s, context=anybody)
    if proxy is not None:
        link.set_tunnel(server.hostname or "", server.port or 443)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        body = answer.read(MAX_CA)
    except (OSError, http.client.HTTPException) as error:
        raise ServiceUnavailable(f"the server does not answer: {type(error).__name__}") from error
    finally:
        link.close()
    if is_page(answer.status, answer.headers.get("Content-Type", ""), body):
        raise Obstructed(Obstacle.CAPTIVE_PORTAL)
    if answer.status != http.client.OK:
        raise ServiceUnavailable(f"the server does not tell its CA (status {answer.status})")
    return body
