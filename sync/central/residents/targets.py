"""By what a resident is reached: an e-mail address, a webhook, or any service that apprise speaks to. Pure."""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from kiosk.errors import UsageError

LONGEST = 500
MOST = 5
_ADDRESS = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,253}")
_SERVICE = re.compile(r"[a-z][a-z0-9+.-]{1,30}://\S+")


class Reach(StrEnum):
    """How a target is reached."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    SERVICE = "service"
    """One of apprise's."""


def reach_of(target: str) -> Reach:
    """How a target is reached. Raises UsageError for what is none; it is not quoted, it may have a password in it."""
    if len(target) > LONGEST or not target.isprintable():
        raise UsageError(f"a target is plain text of at most {LONGEST} characters")
    if "://" not in target:
        if _ADDRESS.fullmatch(target):
            return Reach.MAIL
        raise UsageError("a target is an e-mail address, an https:// webhook or an apprise address such as ntfys://...")
    if not _SERVICE.fullmatch(target):
        raise UsageError("a target that is an address has no spaces and begins with its scheme in small letters")
    if target.startswith(("http://", "https://")):
        try:
            found = urlsplit(target)
            well = bool(found.hostname) and found.username is None and (found.port or 1) > 0
        except ValueError:
            well = False
        if not well:
            raise UsageError("a webhook is https://host/path, without a user in it")
        return Reach.WEBHOOK
    return Reach.SERVICE
