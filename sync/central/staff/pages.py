"""The pages of signing in, of one's own account, and of not being let through, as text in one language each."""

from dataclasses import dataclass

from sync.central.pages import BUILD, HTML_LANG, TEMPLATES
from sync.central.staff.passwords import SHORTEST
from sync.central.staff.places import places
from sync.central.staff.sessions import Person
from sync.central.words import LANGUAGES, WORDS

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""As every answer's, and forms may be sent to this server."""
HEADERS = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie", "Content-Security-Policy": CONTENT_POLICY}


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes with the form of signing in: what it proves itself with, where to go on, and as whom somebody tried."""

    csrf: str
    onward: str = "/"
    username: str = ""


def staff_page(template: str, language: str, person: Person | None, title: str, path: str, **values: object) -> bytes:
    """A page of this server in one language, with the places that a person may go to. `path`: where it is itself."""
    text = TEMPLATES.get_template(template).render(
        words=WORDS[language],
        language=language,
        html_lang=HTML_LANG[language],
        languages=[(code, WORDS[code]["page"]["language"]) for code in LANGUAGES],
        build=BUILD,
        title=title,
        path=path,
        places=[] if person is None else places(person.account.role, language, path),
        csrf="" if person is None else person.csrf,
        **values,
    )
    return text.encode()


def sign_in_page(asked: Asked, language: str, *, said: str = "", wait_s: int = 0) -> bytes:
    """The form; `said`: the code of what is to be said above it."""
    words = WORDS[language]["sign_in"]
    told = words[said].format(seconds=wait_s) if said else ""
    return staff_page("sign_in.html", language, None, words["title"], "/sign-in", asked=asked, told=told, well=said == "out")


def account_page(person: Person, language: str, *, said: str = "") -> bytes:
    """One's own account; `said`: the code of what is to be said above it."""
    words = WORDS[language]["account"]
    told = words[said].format(shortest=SHORTEST) if said else ""
    return staff_page(
        "account.html",
        language,
        person,
        words["title"],
        "/account",
        account=person.account,
        compound=person.scope or words["everywhere"],
        told=told,
        well=said == "changed",
        rule=words["rule"].format(shortest=SHORTEST),
    )


def turned_away_page(why: str, language: str, person: Person | None) -> bytes:
    """Why somebody is not let through, by its code, and where to go instead."""
    words = WORDS[language]["turned_away"]
    return staff_page("turned_away.html", language, person, words["title"], "", told=words[why])
