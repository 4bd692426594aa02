"""What the screen itself remembers between touches and views: the chosen language, the type, what was touched. Pure.

Each function returns a new session. What a touch asks of the core is returned as messages; nothing is decided here.
"""

from dataclasses import dataclass, replace

from kiosk.link import AnyMessage, Finished, FormAsked, GuardAsked, TimeAsked
from kiosk.model import Phase
from kiosk.units import Monotonic, Seconds
from kiosk.view import View
from ui.picture import Action

FORGET_AFTER = Seconds(45.0)
"""A language that was touched while nobody is measured is kept so long: whoever touched it may have gone."""
CHOOSER_FOR = Seconds(15.0)
"""How long the choice of languages stays without a touch."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the site wants its screen: first language, type, contrast, and when it dims."""

    language: str = "zh"
    large_type: bool = False
    high_contrast: bool = False
    dim_after_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Session:
    """The newest view (None: the core is not there) and what the visitor chose for themselves (None: nothing)."""

    manner: Manner
    stirred_at: Monotonic
    """When somebody last touched the screen or was last here."""
    view: View | None = None
    language: str | None = None
    large_type: bool | None = None
    high_contrast: bool | None = None
    chooser_until: Monotonic | None = None

    @property
    def speaks(self) -> str:
        """The language in use: what was touched, what the credential asks for, the site's own, set from afar or here."""
        asked = self.view and (self.view.language or self.view.site_language)
        return self.language or asked or self.manner.language

    @property
    def in_large_type(self) -> bool:
        """Whether the type is large."""
        return self.manner.large_type if self.large_type is None else self.large_type

    @property
    def in_high_contrast(self) -> bool:
        """Whether the palette is the one of high contrast."""
        return self.manner.high_contrast if self.high_contrast is None else self.high_contrast


def seen(session: Session, view: View | None, now: Monotonic) -> Session:
    """The core shows something else; None when it is gone. The end of a visit ends all that its visitor chose."""
    before = session.view
    ended = before is not None and before.phase is not Phase.IDLE and (view is None or view.visit != before.visit)
    ended = ended or (_is_visit(before) and not _is_visit(view))
    stirred_at = now if _is_visit(view) or ended else session.stirred_at
    session = replace(session, view=view, stirred_at=stirred_at)
    return _forgotten(session) if ended else session


def waited(session: Session, now: Monotonic) -> Session:
    """Time has passed: an open choice closes, and what nobody came for is forgotten."""
    if session.chooser_until is not None and now >= session.chooser_until:
        session = replace(session, chooser_until=None)
    chose = (session.language, session.large_type, session.high_contrast) != (None, None, None)
    if chose and not _is_visit(session.view) and now - session.stirred_at >= FORGET_AFTER:
        return _forgotten(session)
    return session


def touched(session: Session, action: Action, value: str, now: Monotonic) -> tuple[Session, tuple[AnyMessage, ...]]:
    """A button was pressed: return the new session and what is to be told to the core."""
    session = replace(session, stirred_at=now)
    if session.chooser_until is not None:
        session = replace(session, chooser_until=Monotonic(now + CHOOSER_FOR))
    match action:
        case Action.LANGUAGE:
            return replace(session, language=value, chooser_until=None), ()
        case Action.CHOOSE:
            return replace(session, chooser_until=Monotonic(now + CHOOSER_FOR)), ()
        case Action.CLOSE:
            return replace(session, chooser_until=None), ()
        case Action.LARGE_TYPE:
            return replace(session, large_type=not session.in_large_type), ()
        case Action.HIGH_CONTRAST:
            return replace(session, high_contrast=not session.in_high_contrast), ()
        case Action.FORM:
            return session, (FormAsked(now),)
        case Action.GUARD:
            return session, (GuardAsked(now),)
        case Action.MORE_TIME:
            return session, (TimeAsked(now),)
        case Action.START_OVER:
            return session, (Finished(now),)
        case _:
            return session, ()


def _is_visit(view: View | None) -> bool:
    return view is not None and view.phase is not Phase.IDLE


def _forgotten(session: Session) -> Session:
    return replace(session, language=None, large_type=None, high_contrast=None, chooser_until=None)
