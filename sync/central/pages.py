"""The live page as text: view values of calls and passages in one language, templates, and the files that the page names."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kiosk.cards import FILE as CARDS
from kiosk.model import Answer
from sync.central.access import Role
from sync.central.board import Snapshot
from sync.central.calls import Call
from sync.central.cue_cards import cue_cards
from sync.central.passages import Passage
from sync.central.staff.places import places
from sync.central.words import FOLDER, LANGUAGES, WORDS, Words

HERE = Path(__file__).parent
HTML_LANG = {"zh": "zh-CN", "en": "en", "ja": "ja", "ko": "ko"}
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
BEAT = b": beat\nevent: beat\ndata:\n\n"
"""A sign of life: a comment for whatever is in between, an event for the page, which cannot see comments."""
OVER = b"event: signed_out\ndata:\n\n"
"""Whoever listens is signed in no more."""

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_row = TEMPLATES.get_template("row.html").module.row  # type: ignore[attr-defined]  # the macro of that template
_calls = TEMPLATES.get_template("calls.html").module.calls  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the page names."""

    type: str
    body: bytes
    packed: bytes


def _assets() -> Mapping[str, Asset]:
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        if path.suffix in TYPES:
            body = path.read_bytes()
            found[path.name] = Asset(TYPES[path.suffix], body, gzip.compress(body, 9, mtime=0))
    return found


def _build() -> str:
    """A digest of all that pages are made of, so that a page notices when the server was renewed."""
    digest = hashlib.sha256()
    for folder in (HERE / "static", HERE / "templates", FOLDER):
        for path in sorted(folder.iterdir()):
            if path.is_file():
                digest.update(path.read_bytes())
    digest.update(CARDS.read_bytes())
    return digest.hexdigest()[:12]


ASSETS = _assets()
BUILD = _build()


def version_of(snapshot: Snapshot) -> str:
    """What a page says that it has seen."""
    return f"{BUILD}-{snapshot.version}"


def page(snapshot: Snapshot, language: str, role: Role, *, packed: bool) -> bytes:
    """The whole page, made once for each language, role and state."""
    if ("page", language, role) not in snapshot.rendered:
        words = WORDS[language]
        passages = [_view(one, language, snapshot.several) for one in snapshot.passages]
        text = TEMPLATES.get_template("passages.html").render(
            words=words,
            language=language,
            html_lang=HTML_LANG[language],
            languages=[(code, WORDS[code]["page"]["language"]) for code in LANGUAGES],
            passages=passages,
            calls=_call_views(snapshot, words),
            simulated=any(one.simulated for one in snapshot.passages) or any(one.simulated for one in snapshot.calls),
            build=BUILD,
            version=version_of(snapshot),
            path="/",
            places=places(role, language, "/"),
        )
        snapshot.rendered["page", language, role] = text.encode()
        snapshot.rendered["packed", language, role] = gzip.compress(text.encode(), 6, mtime=0)
    return snapshot.rendered["packed" if packed else "page", language, role]


def change(snapshot: Snapshot, language: str, seen: str) -> bytes:
    """The event that brings a listener from the state it has seen to this one."""
    partly = bool(seen) and seen == snapshot.before
    key = ("change" if partly else "all", language)
    if key not in snapshot.rendered:
        words = WORDS[language]
        rows = {
            _key(one): str(_row(_view(one, language, snapshot.several)))
            for one in snapshot.passages
            if not partly or (one.compound, one.event) in snapshot.changed
        }
        told: dict[str, object] = {"order": [_key(one) for one in snapshot.passages], "rows": rows}
        if snapshot.recalled or not partly:
            told["calls"] = str(_calls(_call_views(snapshot, words), words))
        data = json.dumps(told, ensure_ascii=False)
        snapshot.rendered[key] = f"id: {version_of(snapshot)}\nevent: passages\ndata: {data}\n\n".encode()
    return snapshot.rendered[key]


def _key(one: Passage) -> str:
    return "p" + hashlib.sha256(f"{one.compound}/{one.event}".encode()).hexdigest()[:10]


def _call_views(snapshot: Snapshot, words: Words) -> list[dict[str, object]]:
    return [_call_view(one, words, snapshot.several) for one in snapshot.calls]


def _call_view(one: Call, words: Words, several: bool) -> dict[str, object]:
    state = "unanswered" if one.unanswered else "ringing"
    return {
        **_moment(one, words),
        "state": state,
        "says": words["call"][state],
        "gate": one.gate,
        "compound": one.compound if several else "",
        "simulated": words["page"]["simulated"] if one.simulated else "",
    }


def _moment(one: Passage | Call, words: Words) -> dict[str, object]:
    at = datetime.fromtimestamp(one.at_us // 1_000_000, UTC)
    return {
        "datetime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time": at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "uncertain": "" if one.certain else words["page"]["uncertain"],
    }


def _view(one: Passage, language: str, several: bool) -> dict[str, object]:
    words = WORDS[language]
    own = {card.reason: card.visitor[language] for card in one.own}
    reasons = [own.get(code) or words["reason"].get(code, code) for code in one.reasons]
    return {
        "key": _key(one),
        "mark": one.answer if one.answer in tuple(Answer) else "",
        **_moment(one, words),
        "answer": words["answer"].get(one.answer, one.answer),
        "reasons": [*reasons, words["page"]["by_guard"]] if one.by_guard else reasons,
        "visitor": words["visitor"].get(one.visitor, one.visitor),
        "gate": one.gate,
        "compound": one.compound if several else "",
        "temperature": "" if one.body_c is None else f"{one.body_c:.1f} °C",
        "outcome": words["outcome"].get(one.outcome, one.outcome),
        "simulated": words["page"]["simulated"] if one.simulated else "",
        "labels": words["page"],
        "cards": cue_cards(one, language),
        "card_labels": words["card"],
    }
