"""Whoever watches a demo: an account of this run alone, and the way in with it as a browser takes it."""

import re
import secrets
from dataclasses import dataclass, field
from html import unescape

import requests

from kiosk.errors import GatepostError

USERNAME = "demo"
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is easily taken for something else."""
TIMEOUT_S = 10


class NotLetIn(GatepostError, PermissionError):
    """The server did not take the account's password."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """An account and its password, sixteen characters by chance."""

    username: str = USERNAME
    password: str = field(
        default_factory=lambda: "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4)), repr=False
    )

    def sign_in(self, session: requests.Session, server: str) -> None:
        """Let a session be this account's. Raises requests.RequestException or NotLetIn."""
        address = f"{server.rstrip('/')}/sign-in"
        form = session.get(address, timeout=TIMEOUT_S)
        form.raise_for_status()
        hidden = {name: unescape(value) for name, value in re.findall(r'name="(csrf|next)" value="([^"]*)"', form.text)}
        typed = {**hidden, "username": self.username, "password": self.password}
        answer = session.post(address, typed, timeout=TIMEOUT_S, allow_redirects=False)
        if answer.status_code != 303:
            raise NotLetIn(f"the server did not let {self.username} in: status {answer.status_code}")
