"""Residents' pages as text, in one language each. They need no script and name one stylesheet."""

from sync.central.forms.words import WORDS as FORM_WORDS
from sync.central.pages import BUILD, HTML_LANG, TEMPLATES
from sync.central.residents.consents import ANSWERED, Question, State, Why
from sync.central.residents.words import WORDS
from sync.central.words import LANGUAGES


def consent_page(question: Question, language: str, action: str) -> bytes:
    """Who asks, why and where, with two buttons."""
    words = WORDS[language]
    said = words["consent"]
    rows = [
        (said["who"], question.name),
        (said["why"], FORM_WORDS[language]["category"][question.visitor]),
        (said["many"], str(question.group) if question.group > 1 else ""),
        (said["plate"], question.plate),
        (said["home"], question.unit),
        (said["gate"], question.gate),
    ]
    return _render("consent.html", language, said["title"], rows=[row for row in rows if row[1]], action=action)


def answered_page(question: Question, language: str, *, just_now: bool) -> bytes:
    """What was answered, and what comes of it: `just_now` by whoever reads this."""
    said = WORDS[language]["answered"]
    given = question.state is State.GIVEN
    if question.state not in ANSWERED:
        raise ValueError(question.state)
    result = said["given" if given else "declined"]
    if not just_now:
        result = said["already_given" if given else "already_declined"]
    return _render(
        "consent_said.html",
        language,
        said["given_title" if given else "declined_title"] if question.own else WORDS[language]["bad"]["title"],
        given=given,
        result=result,
        other=None if question.own else said["other"],
    )


def bad_page(why: Why, language: str) -> bytes:
    """Why there is nothing to answer, and what to do."""
    return _render("form_bad.html", language, WORDS[language]["bad"]["title"], why=why)


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
