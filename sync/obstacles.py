"""What stands between a kiosk and its server, by name: a portal, a stranger, a clock, or the server's own refusal."""

import ssl
from collections.abc import Iterator
from enum import StrEnum

from kiosk.errors import ServiceUnavailable
from sync.enrolment_wire import Why

OTHER_NAMES = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH (openssl/x509_vfy.h)."""
OTHER_TIMES = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
NETWORK_AUTHENTICATION_REQUIRED = 511
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
"""What OpenSSL says of an answer in clear to its greeting."""


class Obstacle(StrEnum):
    """What it is, for logs and for the doctor."""

    CAPTIVE_PORTAL = "captive_portal"
    IN_BETWEEN = "in_between"
    NOT_JUDGED = "not_judged"
    OTHER_NAME = "other_name"
    CERTIFICATE_TIME = "certificate_time"
    SERVER_CLOCK = "server_clock"
    NOT_ENROLLED = "not_enrolled"
    UNKNOWN_DEVICE = "unknown_device"
    REVOKED = "revoked"
    REPLACED = "replaced"
    SIMULATED = "simulated"
    CHANGED = "changed"
    IDENTITY = "identity"


SENTENCES = {
    Obstacle.CAPTIVE_PORTAL: "a web page answers in the server's place: a captive portal",
    Obstacle.IN_BETWEEN: "somebody is in between: the certificate is not by this site's CA",
    Obstacle.NOT_JUDGED: "this kiosk is not enrolled yet, so the server's certificate cannot be judged",
    Obstacle.OTHER_NAME: "the server's certificate is for another name",
    Obstacle.CERTIFICATE_TIME: "the server's certificate is out of its time, or this kiosk's clock is",
    Obstacle.SERVER_CLOCK: "the server takes what was signed by its own clock for old: its clocks differ",
    Obstacle.NOT_ENROLLED: "the server takes nothing from a kiosk that is not enrolled",
    Obstacle.UNKNOWN_DEVICE: "the server does not know this device; it must be enrolled again",
    Obstacle.REVOKED: "the server refuses this kiosk: its device has been revoked",
    Obstacle.REPLACED: "the server refuses this kiosk: its device has been replaced",
    Obstacle.SIMULATED: "the server takes no simulated kiosks",
    Obstacle.CHANGED: "what this kiosk signs does not arrive as it was sent",
    Obstacle.IDENTITY: "this kiosk's own key or papers cannot be read",
}
REFUSALS = {
    Why.UNSIGNED: Obstacle.NOT_ENROLLED,
    Why.BAD_SIGNATURE: Obstacle.CHANGED,
    Why.STALE: Obstacle.SERVER_CLOCK,
    Why.UNKNOWN_DEVICE: Obstacle.UNKNOWN_DEVICE,
    Why.REVOKED: Obstacle.REVOKED,
    Why.REPLACED: Obstacle.REPLACED,
    Why.SIMULATED: Obstacle.SIMULATED,
}
"""What it means when a server refuses for this reason. Other reasons are of the thing asked for."""


class Obstructed(ServiceUnavailable):
    """The server is not reached, or does not hear this kiosk, for a reason that has a name."""

    def __init__(self, obstacle: Obstacle) -> None:
        """Say it in a sentence."""
        super().__init__(SENTENCES[obstacle])
        self.obstacle = obstacle


def in_the_way(error: BaseException, *, pinned: bool) -> Obstacle | None:
    """What an error of a connection speaks of, if it has a name. `pinned`: the site's CA is known, and it alone believed."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            if cause.verify_code in OTHER_NAMES:
                return Obstacle.OTHER_NAME
            if cause.verify_code in OTHER_TIMES:
                return Obstacle.CERTIFICATE_TIME
            # Without the site's CA its own server looks like a stranger.
            return Obstacle.IN_BETWEEN if pinned else Obstacle.NOT_JUDGED
        if pinned and isinstance(cause, ssl.SSLError) and cause.reason in NO_TLS:
            # This site's server was there with TLS when the kiosk enrolled; what answers in clear is another.
            return Obstacle.CAPTIVE_PORTAL
    return None


def is_page(status: int, content_type: str, body: bytes) -> bool:
    """Whether this is what a captive portal answers: a redirection or a web page, where a server answers in JSON."""
    if 300 <= status < 400 or status == NETWORK_AUTHENTICATION_REQUIRED:
        return True
    return "html" in content_type.lower() or body.lstrip()[:1] == b"<"


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies under it, as requests and urllib3 wrap them."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        under = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [cause for cause in under if isinstance(cause, BaseException)]
