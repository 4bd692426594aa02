"""The phone of a simulated visitor: it loads the form that the kiosk's code leads to, types and sends it, over HTTP."""

import re
import threading
import time
from pathlib import Path

import requests

from kiosk.lines import get_logger
from kiosk.people import VisitorKind

WITHIN_S = 10.0
JOIN_S = 2.0
TYPED = {"name": "Zhang Wei", "phone": "138 0013 8000", "unit": "12-301", "away": "no", "group": "1", "vehicle": "none"}
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')

_log = get_logger()


class Phone:
    """Everybody's phone: each form on a thread of its own, so that no gate waits for a page. It trusts the site's CA."""

    def __init__(self, site_ca: Path) -> None:
        self._site_ca = site_ca
        self._threads: list[threading.Thread] = []
        self.sent_at: dict[str, float] = {}
        """When each visitor's form was on its way (monotonic): the moment they touched 'send'."""

    def scan(self, name: str, kind: VisitorKind, url: str) -> None:
        """Fill in the form at an address as somebody, and send it. Never waits."""
        thread = threading.Thread(target=self._fill, args=(name, kind, url), name="demo-phone", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait for the forms that are on their way. Idempotent."""
        for thread in self._threads:
            thread.join(JOIN_S)

    def _fill(self, name: str, kind: VisitorKind, url: str) -> None:
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.verify = str(self._site_ca)
                page = session.get(url, timeout=WITHIN_S)
                page.raise_for_status()
                fields = {**dict(_HIDDEN.findall(page.text)), **TYPED, "visitor": kind.value, "send": "1"}
                self.sent_at[name] = time.monotonic()
                session.post(url, fields, timeout=WITHIN_S).raise_for_status()
        except requests.RequestException as error:
            # The visit then ends in another way than it must, and the report says so.
            _log.warning("form not sent", kind=type(error).__name__)
