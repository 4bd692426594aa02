"""What is on a kiosk's card for everybody to edit: `gatepost.toml`, taken over once it holds, answered where it does not.

It is a kiosk's configuration with the section [network] besides. Nothing of it counts before all of it is right; what is
wrong is written beside it, and the kiosk goes on as it was.
"""

import contextlib
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from kiosk import config, network
from kiosk.bootstrap.documents import load_policies
from kiosk.config import Config
from kiosk.documents import decode_toml
from kiosk.errors import UsageError
from kiosk.network import NetworkSection
from sync.enrolment_code import read_code

CARD = "gatepost.toml"
ERRORS = "gatepost-errors.txt"
CODE = "enrolment-code"
TAKEN = "card.sha256"
WRONG = """\
Gatepost: gatepost.toml 有误，未生效。请按下面这句改正，再把卡插回。
Gatepost: gatepost.toml has a mistake and was not taken. Correct it as the sentence below says, and put the card back.
Gatepost: gatepost.toml に誤りがあり、反映されていません。下の文のとおりに直して、カードを戻してください。
Gatepost: gatepost.toml에 오류가 있어 적용되지 않았습니다. 아래 문장대로 고친 뒤 카드를 다시 넣어 주세요.

"""
ANSWER_MOST = 4000
"""Characters of it that are shown: somebody else's computer may have written more."""
_CODE_LINE = re.compile(r"^(?P<indent>[ \t]*)enrolment_code[ \t]*=.*$", re.MULTILINE)


class Card(Config, frozen=True):
    """The whole of `gatepost.toml`: a kiosk's configuration and its network."""

    network: NetworkSection = NetworkSection()


def read_card(path: Path, etc: Path) -> Card:
    """Read and judge a card's file; `etc` is where what it names will be looked for. Raises UsageError."""
    card = decode_toml(path, Card)
    config.check(card, path)
    network.check(card.network)
    if card.simulation is not None:
        raise UsageError(f"{path}: [simulation] is for no gate; remove it")
    code = card.server.enrolment_code
    if code is not None and not code.startswith("file:"):
        read_code(code)
    load_policies(card.policy.file, etc)
    return card


def read_answer(folder: Path) -> str:
    """Return what was written beside a card that is wrong, with plain ends of lines. Raises UsageError: there is none."""
    path = folder / ERRORS
    try:
        return path.read_text(encoding="utf-8-sig")[:ANSWER_MOST].replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: there is no mistake to show") from error


def take_over(folder: Path, etc: Path, connections: Path) -> bool:
    """Take over the card in `folder`, unless it is the one that was taken last; return whether it was.

    Writes the configuration and the enrolment code to `etc`, NetworkManager's files to `connections`, and then takes the
    code off the card. Power may fail at any moment: whatever was not done is done at the next start. Raises UsageError
    for a card that is wrong, after it is written beside it.
    """
    path, said = folder / CARD, folder / ERRORS
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    taken = etc / TAKEN
    if not said.exists() and taken.exists() and taken.read_text(encoding="ascii") == _digest(content):
        return False
    try:
        content = _taken(path, content, etc, connections)
    except UsageError as error:
        # Windows' editor tells the encoding by its mark, and lines by both characters.
        _write(said, (WRONG + f"{error}\n").replace("\n", "\r\n").encode("utf-8-sig"), 0o644)
        raise
    _write(taken, _digest(content).encode(), 0o640)
    said.unlink(missing_ok=True)
    return True


def _taken(path: Path, content: bytes, etc: Path, connections: Path) -> bytes:
    """Take over the card at `path`, and return what is on it afterwards. Raises UsageError."""
    card = read_card(path, etc)
    text = content.decode("utf-8-sig")
    tree = tomllib.loads(text)
    tree.pop("network", None)
    keyfiles = network.connections(card.network)
    for name, keyfile in keyfiles.items():
        _write(connections / name, keyfile.encode(), 0o600)
    for old in connections.glob("gatepost-*.nmconnection"):
        if old.name not in keyfiles:
            old.unlink()
    code = card.server.enrolment_code
    if code is not None and not code.startswith("file:"):
        _write(etc / CODE, f"{code}\n".encode(), 0o640)
        tree["server"]["enrolment_code"] = f"file:{etc / CODE}"
        content = without_code(text).encode()
    elif (etc / CODE).exists() and code is None and "server" in tree:
        tree["server"]["enrolment_code"] = f"file:{etc / CODE}"
    _write(etc / "kiosk.toml", tomli_w.dumps(tree).encode(), 0o640)
    if content != path.read_bytes():
        _write(path, content, 0o644)
    return content


def without_code(text: str) -> str:
    """Return a card's text without its enrolment code, otherwise as somebody wrote it."""
    tree: dict[str, Any] = tomllib.loads(text)
    tree["server"].pop("enrolment_code")
    edited = _CODE_LINE.sub(r"\g<indent># enrolment_code = (taken)", text)
    with contextlib.suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(edited) == tree:
            return edited
    # It was written in a way of its own: the comments go with it.
    return tomli_w.dumps(tree)


def write_card(path: Path, tree: Mapping[str, Any], etc: Path) -> Card:
    """Write a card's file from values that may still be texts, and return what it says. Raises UsageError."""
    try:
        card = msgspec.convert(tree, Card, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from error
    _write(path, tomli_w.dumps(_only(msgspec.to_builtins(card), tree)).encode(), 0o600)
    return read_card(path, etc)


def _only(whole: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, in the types that it was understood as."""
    return {
        key: _only(value, wanted[key]) if isinstance(value, dict) and isinstance(wanted[key], dict) else value
        for key, value in whole.items()
        if key in wanted
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, of its folder's group. Raises UsageError."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            # A file that was left over keeps its own mode; a FAT has neither modes nor groups.
            with contextlib.suppress(PermissionError):
                os.fchmod(handle, mode)
                os.fchown(handle, -1, path.parent.stat().st_gid)
            file.write(content)
            file.flush()
            os.fsync(handle)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
