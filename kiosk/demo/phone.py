"""The phones of simulated visitors: they load the form that the kiosk's code leads to, type, send, and hold up what they get.

All of it over HTTP, as a browser without script would.
"""

import re
import threading
import time
from collections import deque
from html import unescape
from pathlib import Path

import cv2
import numpy as np
import requests
import zxingcpp

from kiosk.demo.scenarios import Typed
from kiosk.lines import get_logger

WITHIN_S = 10.0
JOIN_S = 2.0
PASS_WITHIN_S = 15.0
LOOK_S = 0.5
TYPED = {"name": "Zhang Wei", "phone": "138 0013 8000", "away": "no", "vehicle": "none"}
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_STROKES = re.compile(r'stroke="#000"[^>]* d="([^"]*)"|d="([^"]*)"[^>]* stroke="#000"')
_STEP = re.compile(r"([Mmh])([-\d.]+)(?:[ ,]?([-\d.]+))?")
MODULE_PIXELS = 6

_log = get_logger()


class Phone:
    """Everybody's phone: each form on a thread of its own, so that no gate waits for a page. It trusts the site's CA."""

    def __init__(self, site_ca: Path) -> None:
        self._site_ca = site_ca
        self._threads: list[threading.Thread] = []
        self._waiting: deque[str] = deque()
        self._pages: dict[str, str] = {}
        self.sent_at: dict[str, float] = {}
        """When each visitor's form was on its way (monotonic): the moment they touched 'send'."""

    def scan(self, name: str, typed: Typed, url: str) -> None:
        """Fill in the form at an address as somebody, and send it. Never waits."""
        if typed.waits:
            self._waiting.append(name)
        thread = threading.Thread(target=self._fill, args=(name, typed, url), name="demo-phone", daemon=True)
        self._threads.append(thread)
        thread.start()

    def shown(self) -> str | None:
        """The pass on the phone of whoever has waited longest, once their host has agreed; None where nobody has."""
        if not self._waiting:
            return None
        name, ends = self._waiting.popleft(), time.monotonic() + PASS_WITHIN_S
        pause = threading.Event()
        while time.monotonic() < ends:
            try:
                with self._session() as session:
                    page = session.get(self._pages[name], timeout=WITHIN_S)
                # A page that looks again by itself still waits for the answer.
                if "Refresh" not in page.headers and (text := code_in(page.text)) is not None:
                    return text
            except (requests.RequestException, KeyError) as error:
                _log.warning("page not loaded", kind=type(error).__name__)
            pause.wait(LOOK_S)
        return None

    def close(self) -> None:
        """Wait for the forms that are on their way. Idempotent."""
        for thread in self._threads:
            thread.join(JOIN_S)

    def _fill(self, name: str, typed: Typed, url: str) -> None:
        try:
            with self._session() as session:
                page = session.get(url, timeout=WITHIN_S)
                page.raise_for_status()
                fields = {**hidden(page.text), **TYPED, **_answers(typed), "send": "1"}
                self.sent_at[name] = time.monotonic()
                after = session.post(url, fields, timeout=WITHIN_S)
                after.raise_for_status()
                self._pages[name] = after.url
                if typed.letter:
                    self.sent_at[name] = time.monotonic()
                    session.post(after.url, files={"letter": ("letter.png", _letter())}, timeout=WITHIN_S).raise_for_status()
        except requests.RequestException as error:
            # The visit then ends in another way than it must, and the report says so.
            _log.warning("form not sent", kind=type(error).__name__)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self._site_ca)
        return session


def code_in(page: str) -> str | None:
    """The text of the QR code that a page shows, read as a camera would; None where it shows none."""
    found = _STROKES.search(page)
    if found is None:
        return None
    x = y = 0.0
    runs: list[tuple[int, int, int]] = []
    for kind, first, second in _STEP.findall(found[1] or found[2]):
        if kind == "h":
            runs.append((int(x), int(y), int(float(first))))
            x += float(first)
        elif kind == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    side = max(max(x + length, y + 1) for x, y, length in runs) + 4
    modules = np.full((side, side), 255, np.uint8)
    for left, top, length in runs:
        modules[top, left : left + length] = 0
    picture = np.kron(modules, np.ones((MODULE_PIXELS, MODULE_PIXELS), np.uint8))
    read = zxingcpp.read_barcodes(picture)
    return read[0].text if read else None


def hidden(page: str) -> dict[str, str]:
    """The fields of a page that nobody types into."""
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}


def _answers(typed: Typed) -> dict[str, str]:
    others = "\n".join(f"Companion {number}" for number in range(2, typed.group + 1))
    return {"visitor": typed.visitor, "unit": typed.unit, "group": str(typed.group), "companions": others}


def _letter() -> bytes:
    """A photograph of a letter, as far as a phone can tell."""
    sheet = np.full((600, 420, 3), 250, np.uint8)
    cv2.putText(sheet, "Undertaking", (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (40, 40, 40), 2)
    written, data = cv2.imencode(".png", sheet)
    return data.tobytes() if written else b""
