"""The form's pages as text, in one language each. They need no script and name one stylesheet."""

from kiosk.viewing import short_code
from sync.central.forms.codes import drawn
from sync.central.forms.fields import CATEGORIES, REGIONS, RETURNS, VEHICLES, Answers
from sync.central.forms.opening import Opened, Why
from sync.central.forms.words import WORDS
from sync.central.pages import BUILD, HTML_LANG, TEMPLATES
from sync.central.residents.consents import State
from sync.central.words import LANGUAGES


def form_page(answers: Answers, language: str, *, action: str, key: str, remember: bool, days_kept: int) -> bytes:
    """The form, with what was typed and what is wrong with it. `key` names whoever sends it, also when it is sent twice."""
    return _render(
        "form.html",
        language,
        WORDS[language]["page"]["title"],
        answers=answers,
        action=action,
        key=key,
        remember=remember,
        days_kept=days_kept,
        languages=[(code, WORDS[code]["page"]["language"]) for code in LANGUAGES],
        categories=CATEGORIES,
        vehicles=VEHICLES,
        regions=REGIONS,
        returns=RETURNS,
    )


def sent_page(
    form: Opened,
    language: str,
    resume: str | None,
    minutes: int,
    state: State | None,
    *,
    wanted: bool = False,
    wrong: str | None = None,
) -> bytes:
    """What whoever has sent a form sees; `resume` is the pass that brings them back, good for so many minutes.

    `state`: how the question to their host stands; None: nobody was asked. `wanted`: the letter of undertaking is; `wrong`:
    what was wrong with the one that was sent.
    """
    words = WORDS[language]["sent"]
    return _render(
        "form_sent.html",
        language,
        words["title"],
        code=None if resume is None else drawn(resume),
        until=words["until"].format(minutes=minutes),
        short=short_code(form.link.visit),
        host=None if state is None else words[f"host_{state}"],
        state=state,
        wanted=wanted,
        wrong=None if wrong is None else WORDS[language]["letter"][wrong],
    )


def bad_page(why: Why, language: str) -> bytes:
    """Why there is no form, and what to do."""
    return _render("form_bad.html", language, WORDS[language]["bad"]["title"], why=why)


def _render(template: str, language: str, title: str, **values: object) -> bytes:
    text = TEMPLATES.get_template(template).render(
        words=WORDS[language], language=language, html_lang=HTML_LANG[language], title=title, build=BUILD, **values
    )
    return text.encode()
