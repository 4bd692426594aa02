"""People at a browser without script: it keeps cookies, sends what a form has, and follows where it is led."""

import re
import secrets
from html import unescape

import requests

from tests.sync.central.serving import WAIT_S, Running
from tests.sync.central.signed_in import PASSWORD


class Browser:
    """One browser, at an address of its own, as a proxy on this machine would say: wrong passwords count by address."""

    def __init__(self, running: Running, language: str = "en") -> None:
        self.url = running.url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = running.session.verify
        self.session.headers["Accept-Language"] = language
        self.session.headers["X-Forwarded-For"] = f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}::1"

    def load(self, path: str) -> requests.Response:
        return self.session.get(self.url + path, timeout=WAIT_S)

    def send(self, page: requests.Response, action: str, **typed: str) -> requests.Response:
        """Send the form of a page that goes to an address, with what is hidden in it and what is typed."""
        form = re.search(rf'<form method="post" action="({re.escape(action)}[^"]*)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
        assert form is not None, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[2]))
        fields = {name: unescape(value) for name, value in hidden.items()} | typed
        return self.post(unescape(form[1]), fields)

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        return self.session.post(self.url + path, fields, timeout=WAIT_S)

    def sign_in(self, username: str, password: str = PASSWORD, path: str = "/sign-in") -> requests.Response:
        """Load a page that leads to the form, and sign in there."""
        return self.send(self.load(path), "/sign-in", username=username, password=password)


def said(answer: requests.Response) -> str:
    """A page as it is read."""
    return unescape(answer.text)
