"""The pages of passes as text in one language: the list with the form, and one pass to be printed."""

from datetime import UTC, datetime

import segno
from markupsafe import Markup

from kiosk.credentials.pass_terms import MOST_GATES
from kiosk.operands import DAYS
from sync.central.passes.entries import FIELDS, KINDS, LANGUAGES, LONGEST_DAYS, Entry
from sync.central.passes.issuing import Issued
from sync.central.staff.pages import staff_page
from sync.central.staff.sessions import Person
from sync.central.words import WORDS, Words

_SECOND = 1_000_000


def passes_page(
    found: list[Issued],
    entry: Entry,
    language: str,
    now_us: int,
    person: Person,
    compounds: list[str],
    *,
    problem: str = "",
    said: str = "",
) -> bytes:
    """The passes that there are, and the form of a new one. `problem`: why none can be signed, for whoever mends it."""
    words = WORDS[language]
    wrong = {
        name: words["pass_wrong"][code].format(days=LONGEST_DAYS, gates=MOST_GATES) for name, code in entry.wrong.items()
    }
    return staff_page(
        "passes.html",
        language,
        person,
        words["passes"]["title"],
        "/passes",
        passes=[_view(one, words, now_us) for one in found],
        entry=entry,
        wrong=wrong,
        kinds=KINDS,
        days=DAYS,
        spoken=[(code, WORDS[code]["page"]["language"]) for code in LANGUAGES],
        compounds=compounds,
        scope=person.scope,
        problem=problem,
        told=words["passes"][said] if said else "",
        fields=FIELDS,
    )


def pass_page(issued: Issued, text: str | None, language: str, now_us: int, person: Person, *, said: str = "") -> bytes:
    """One pass, with its code unless it was taken back or cannot be made again."""
    words = WORDS[language]
    view = _view(issued, words, now_us)
    return staff_page(
        "pass.html",
        language,
        person,
        words["passes"]["one"],
        f"/passes/{issued.compound}/{issued.pass_id}",
        one=view,
        code=None if text is None or view["over"] else _code(text),
        told=words["passes"][said] if said else "",
    )


def _view(one: Issued, words: Words, now_us: int) -> dict[str, object]:
    revoked, ended = one.revoked_us is not None, one.said.ends_s * _SECOND <= now_us
    state = "revoked" if revoked else "ended" if ended else "begins" if one.said.begins_s * _SECOND > now_us else "counts"
    return {
        "link": f"/passes/{one.compound}/{one.pass_id}",
        "visitor": words["visitor"][one.visitor],
        "label": one.label,
        "compound": one.compound,
        "unit": one.said.unit or "",
        "company": one.said.company,
        "begins": _day(one.said.begins_s),
        "ends": _day(one.said.ends_s - 1),
        "gates": ", ".join(one.said.gates),
        "hours": [_hours(span, words) for span in one.said.hours],
        "state": words["pass_state"][state],
        "mark": "admit" if state in {"counts", "begins"} else "hold",
        "over": revoked or ended,
        "revoked": revoked,
        "issued": _time(one.issued_us),
        "issued_by": one.issued_by,
        "revoked_at": "" if one.revoked_us is None else _time(one.revoked_us),
        "revoked_by": one.revoked_by or "",
        "short": one.pass_id[:8],
    }


def _hours(span: tuple[str, ...], words: Words) -> str:
    hours, *days = span
    return f"{hours} {' '.join(words['day'][day] for day in days)}".strip()


def _code(text: str) -> Markup:
    """The code as a picture in the page: the strict policy lets none in from elsewhere."""
    drawn: str = segno.make_qr(text, error="m").svg_inline(svgclass=None, lineclass=None, omitsize=True, light="#fff")
    return Markup(drawn)  # noqa: S704 - made here, of black and white squares


def _day(at_s: int) -> str:
    """A day in the zone in which the server is, in which it was entered."""
    return f"{datetime.fromtimestamp(at_s).astimezone():%Y-%m-%d}"


def _time(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // _SECOND, UTC):%Y-%m-%d %H:%M UTC}"
