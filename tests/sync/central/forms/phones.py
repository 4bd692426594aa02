"""Phones that load and send the form of a real server, and what they type."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import requests

from kiosk.units import WallTime
from sync.central.config import VaultSection
from sync.sealing import month_of
from tests.sync.central.enrolling import now_us
from tests.sync.central.serving import WAIT_S, Running, server
from tests.sync.central.vaults import vault_in, write_passphrase

GUEST = {
    "visitor": "guest",
    "unit": "12-301",
    "host": "",
    "name": "李娜",
    "phone": "+86 138-0013-8000",
    "group": "1",
    "companions": "",
    "vehicle": "none",
    "plate": "",
    "away": "no",
    "first_return": "no",
}


@contextmanager
def forms_server(folder: Path, *, keys: bool = True) -> Iterator[Running]:
    """A server of forms; with `keys` it can seal what it keeps."""
    if keys:
        vault_in(folder).create("riverside", [month_of(WallTime(now_us()))], now_us())
        write_passphrase(folder)
    section = VaultSection(file=str(folder / "vault"), passphrase=f"file:{folder / 'passphrase'}") if keys else None
    with server(folder, vault=section) as running:
        yield running


class Phone:
    """A browser without script: it keeps cookies, follows redirects and sends what the page has."""

    def __init__(self, running: Running, language: str = "en") -> None:
        self.url = running.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Language"] = language

    def load(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=WAIT_S)

    def send(self, token: str, typed: dict[str, str], **more: str) -> requests.Response:
        """Load the form, type into it and send it."""
        return self.again(token, {**hidden(self.load(f"/f/{token}").text), **typed, "send": "1", **more})

    def again(self, token: str, fields: dict[str, str]) -> requests.Response:
        return self.session.post(f"{self.url}/f/{token}", fields, timeout=WAIT_S)


def said(answer: requests.Response) -> str:
    """A page as it is read."""
    return unescape(answer.text)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def typed_in(page: str) -> dict[str, str]:
    """What a page's fields hold."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", page):
        one = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if one.get("type") not in {"radio", "checkbox"} or " checked" in tag:
            found[one["name"]] = unescape(one["value"])
    for name, inside in re.findall(r'<select id="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        found[name] = (re.findall(r'value="([^"]*)" selected', inside) or [""])[0]
    for name, inside in re.findall(r'<textarea id="(\w+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        found[name] = unescape(inside)
    return found
