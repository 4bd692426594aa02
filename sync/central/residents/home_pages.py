"""A resident's own page as text, the page of a pass to forward, and the one on which a link is asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.central.forms.codes import drawn
from sync.central.forms.words import WORDS as FORM_WORDS
from sync.central.pages import BUILD, HTML_LANG, TEMPLATES
from sync.central.residents.homes import Home, VisitToHome
from sync.central.residents.invitations import KINDS, Invitation
from sync.central.residents.words import WORDS
from sync.central.words import LANGUAGES

FIELDS = ("name", "visitor", "begins", "ends", "plate", "many")


def home_page(
    home: Home,
    language: str,
    action: str,
    invitations: Sequence[tuple[Invitation, str]],
    visits: Sequence[VisitToHome],
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    zone: ZoneInfo,
    *,
    possible: bool,
    done: str | None = None,
) -> bytes:
    """Everything on one page; `invitations` with the address of each pass, `done`: what was just done."""
    words = WORDS[language]["home"]
    return _render(
        "home.html",
        language,
        words["title"].format(unit=home.resident.unit),
        action=action,
        possible=possible,
        done=None if done is None else words[done],
        typed={field: typed.get(field, "") for field in FIELDS},
        wrong=wrong,
        kinds=KINDS,
        categories=FORM_WORDS[language]["category"],
        invitations=[
            {
                "id": one.pass_id,
                "name": one.expected.name,
                "plate": one.expected.plate,
                "when": _span(one, zone),
                "revoked": one.revoked,
                "link": f"{link}?lang={language}",
            }
            for one, link in invitations
        ],
        visits=[
            {"said": words.get(one.said, one.said), "when": _moment(one.at_us, zone), "gate": one.gate} for one in visits
        ],
    )


def guest_page(one: Invitation, text: str, language: str, zone: ZoneInfo) -> bytes:
    """The pass to hold up, and when it counts; nothing of the home."""
    words = WORDS[language]["guest"]
    return _render(
        "guest.html",
        language,
        words["title"],
        code=drawn(text),
        when=_span(one, zone),
        plate=one.expected.plate,
        plate_label=FORM_WORDS[language]["field"]["plate"],
        uses=words["many" if one.expected.many else "once"],
    )


def ask_page(language: str, action: str, *, done: bool) -> bytes:
    """Where a link to one's own page is asked for; what comes of it is the same for everybody."""
    return _render("home_ask.html", language, WORDS[language]["ask"]["title"], action=action, done=done)


def _span(one: Invitation, zone: ZoneInfo) -> str:
    begins, ends = _moment(one.begins_us, zone), _moment(one.ends_us, zone)
    same_day = begins.partition(" ")[0] == ends.partition(" ")[0]
    return f"{begins} – {ends.partition(' ')[2] if same_day else ends}"


def _moment(at_us: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, zone).strftime("%Y-%m-%d %H:%M")


def _render(template: str, language: str, title: str, **values: object) -> bytes:
    text = TEMPLATES.get_template(template).render(
        words=WORDS[language],
        language=language,
        html_lang=HTML_LANG[language],
        languages=[(code, FORM_WORDS[code]["page"]["language"]) for code in LANGUAGES],
        languages_label=FORM_WORDS[language]["page"]["languages"],
        title=title,
        build=BUILD,
        **values,
    )
    return text.encode()
