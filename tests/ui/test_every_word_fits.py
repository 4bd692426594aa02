"""Whatever a screen may have to say fits where it is said: each sentence in the box that was drawn, by the fonts' own widths.

Drawn are the narrowest cases, in large type below a full strip; what fits there fits everywhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import pytest

from kiosk.cards import shipped
from kiosk.model import Answer, Part, Phase, ReasonCode
from kiosk.remote import Unfit
from kiosk.units import Monotonic
from kiosk.view import FormTicket, GuardCall, Step, StepState, View
from tests.ui.drawing import everything, measured
from tests.ui.key_names import reasons, stopping_reasons
from tests.ui.views import NOTICES, NOW
from ui import theme
from ui.back_room import present_staff
from ui.desk import Desk, Outcome, Page
from ui.gallery import PANELS, SETTLES_IN, panel_of, studio
from ui.notices import NoticeBoard
from ui.picture import Picture
from ui.presenter import present
from ui.samples import SAMPLES
from ui.session import Manner, Session
from ui.staff import Door, Staff
from ui.translation import LANGUAGES, Translator, shown
from ui.wrapping import fit

if TYPE_CHECKING:
    from ui.front import Front
    from ui.widgets.fitted import FittedWords

EACH = [pytest.param(language, size, id=f"{language}-{size}") for language, size in product(LANGUAGES, PANELS)]
LOST = (Part.GATE, Part.LOG, Part.CAMERA, Part.THERMOMETER, Part.ISSUER)
PHONE = "+86 (0)21 5555 0100 8142"
LONG_NAME = "Maximiliane Alexandrowna Wolkonskaja-Lee"
LONG_ADDRESS = "visitors.riverside-property.example/gates/forms/en/7KQ2MX"
FULL = {
    "lost": (Part.GATE, Part.CAMERA),
    "server_lost_at": Monotonic(NOW - 600),
    "simulated": True,
    "ends_at": Monotonic(NOW + 12),
    "extendable": True,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One front, on which one picture after another is drawn."""

    front: "Front"
    language: str

    def show(self, picture: Picture) -> None:
        """Draw a picture and let it come to rest."""
        from ui.settling import settle

        self.front.show(picture)
        settle(SETTLES_IN)

    def visitor(self, view: View) -> None:
        """Draw what a visitor sees of a view."""
        self.show(present(Session(self._manner, NOW, view), NOW, lambda _: "14:05", NOTICES))

    def guard(self, view: View, desk: Desk) -> None:
        """Draw what a guard sees."""
        staff = Staff(Door.OPEN, until=Monotonic(NOW + 9), desk=desk)
        picture = present_staff(Session(self._manner, NOW, view), staff, "gate-1", "1.0", NOW, lambda _: "14:05")
        assert picture is not None
        self.show(picture)

    def box_of(self, raw: str) -> "FittedWords":
        """The words that are drawn somewhere, and only there."""
        from ui.widgets.fitted import FittedWords

        (found,) = [widget for widget in everything(self.front) if isinstance(widget, FittedWords) and widget.raw == raw]
        return found

    def misfits(self, box: "FittedWords", sentences: Sequence[str]) -> list[str]:
        """Which of the sentences would not fit in the place of the words in this box."""
        from ui.widgets.fitted import width_at_one

        look = self.front.look
        assert look is not None
        font, legible = box.font or look.font, look.metrics.legible
        width_of: Callable[[str], float] = lambda piece: width_at_one(piece, font, box.bold)  # noqa: E731 - as the widget has it
        largest = round(box.largest)
        return [
            raw for raw in sentences if not fit(raw, width_of, box.width, box.height, largest, min(legible, largest)).whole
        ]

    def clipped(self) -> tuple[str, ...]:
        """What is wrong with what is drawn just now."""
        return measured("", self.front).clipped

    def text(self, key: str, **values: object) -> str:
        """The words of a key."""
        return Translator(self.language, strict=True).text(key, **values)

    @property
    def _manner(self) -> Manner:
        return Manner(self.language, large_type=True)


@pytest.fixture(scope="module")
def open_studio() -> Iterator[None]:
    with studio():
        yield


@pytest.fixture(scope="module")
def fronts(open_studio: None) -> dict[str, "Front"]:
    from ui.front import Front
    from ui.look import Panel

    return {size: Front(theme.load(), Panel(*panel_of(size)), lambda _: None) for size in PANELS}


@pytest.fixture
def drawing(fronts: dict[str, "Front"], language: str, size: str) -> Drawing:
    return Drawing(fronts[size], language)


def stopped(answer: Answer, **parts: object) -> View:
    sample = SAMPLES["hold" if answer is Answer.HOLD else "refuse"]
    assert sample is not None
    return replace(sample, answer=answer, **(FULL | parts))  # type: ignore[arg-type]  # View's own fields


@pytest.mark.parametrize(("language", "size"), EACH)
def test_every_reason_fits_below_its_answer(drawing: Drawing) -> None:
    for answer, parts in (
        (Answer.HOLD, {"guard": GuardCall.RINGING, "guard_phone": PHONE}),
        (Answer.REFUSE, {}),
        (Answer.ADMIT, {"phase": Phase.OPEN, "ends_at": None}),
    ):
        codes = reasons() - stopping_reasons() if answer is Answer.ADMIT else stopping_reasons()
        drawing.visitor(stopped(answer, **parts, reasons=(ReasonCode(min(codes)),)))
        words = shown(drawing.language)
        sentences = [words[f"reason.{code}"] for code in (*sorted(codes), f"other.{answer}")]
        assert drawing.clipped() == ()
        assert drawing.misfits(drawing.box_of(words[f"reason.{min(codes)}"]), sentences) == []


@pytest.mark.parametrize(("language", "size"), EACH)
def test_every_instruction_hint_and_state_of_a_step_fits(drawing: Drawing) -> None:
    sample = SAMPLES["steps-hint"]
    assert sample is not None
    drawing.visitor(replace(sample, **FULL))  # type: ignore[arg-type]  # View's own fields
    words = shown(drawing.language)
    said = [text for key, text in words.items() if key.startswith(("do.", "hint."))]
    assert drawing.misfits(drawing.box_of(words[f"hint.{sample.hint}"]), said) == []
    for step, state in sample.steps:
        states = [words[f"step.{one}.{other}"] for one in Step for other in StepState]
        assert drawing.misfits(drawing.box_of(words[f"step.{step}.{state}"]), states) == []
    assert drawing.clipped() == ()


@pytest.mark.parametrize(("language", "size"), EACH)
def test_every_notice_fits(drawing: Drawing) -> None:
    sample = SAMPLES["idle"]
    assert sample is not None
    drawing.visitor(replace(sample, **(FULL | {"ends_at": None, "extendable": False})))  # type: ignore[arg-type]
    heading, first = NOTICES.under(sample.notices).at(int(NOW // 12), drawing.language)
    boards = NoticeBoard().all()
    notices = [getattr(notice, drawing.language) for board in boards for notice in board.notice]
    titles = [getattr(board.title, drawing.language) for board in boards]
    assert drawing.misfits(drawing.box_of(first), notices) == []
    assert drawing.misfits(drawing.box_of(heading), titles) == []
    drawing.visitor(replace(sample, next_of_group=(49, 50)))
    assert drawing.clipped() == ()


@pytest.mark.parametrize(("language", "size"), EACH)
def test_every_mixture_of_faults_fits_into_the_strip(drawing: Drawing) -> None:
    sample = SAMPLES["steps"]
    assert sample is not None
    for lost in ((Part.EYES,), *combinations(LOST, 2), LOST):
        drawing.visitor(replace(sample, lost=lost, server_lost_at=Monotonic(NOW - 600), simulated=True))
        assert drawing.clipped() == (), lost


@pytest.mark.parametrize(("language", "size"), EACH)
def test_whatever_a_site_configures_fits(drawing: Drawing) -> None:
    sample = SAMPLES["form"]
    assert sample is not None
    form = FormTicket("https://gatepost.example/f/7KQ2MX", LONG_ADDRESS, Monotonic(NOW + 90))
    drawing.visitor(replace(sample, form=form, server_lost_at=Monotonic(NOW - 600), simulated=True))
    assert drawing.clipped() == ()
    for call, answer in product(GuardCall, (Answer.HOLD, Answer.REFUSE)):
        drawing.visitor(stopped(answer, guard=call, guard_phone=PHONE))
        assert drawing.clipped() == (), call


@pytest.mark.parametrize(("language", "size"), EACH)
def test_every_cue_card_fits(drawing: Drawing) -> None:
    code = "temperature_high"
    drawing.guard(stopped(Answer.HOLD, reasons=(ReasonCode(code), ReasonCode("consent_missing"))), Desk("Wang Fang"))
    assert drawing.clipped() == ()
    cue = next(one for one in shipped().card if code in one.reasons)
    cards, words, language = shipped().card, shown(drawing.language), drawing.language
    told = [words[f"reason.{one}"] for one in sorted(stopping_reasons())]
    assert drawing.misfits(drawing.box_of(words[f"reason.{code}"]), told) == []
    assert (
        drawing.misfits(drawing.box_of(cue.say.in_language(language)), [one.say.in_language(language) for one in cards]) == []
    )
    assert (
        drawing.misfits(drawing.box_of(cue.do.in_language(language)), [one.do.in_language(language) for one in cards]) == []
    )
    contacts = shipped().contact
    names = [one.in_language(language) for one in contacts.values()]
    assert drawing.misfits(drawing.box_of(contacts[cue.call].in_language(language)), names) == []


@pytest.mark.parametrize(("language", "size"), EACH)
def test_whatever_comes_of_letting_somebody_in_fits(drawing: Drawing) -> None:
    done = Desk("Wang Fang", Page.DONE, reason="measured_again", outcome=Outcome.NOT_OPENED)
    drawing.guard(stopped(Answer.HOLD), done)
    outcomes = [drawing.text(f"override.{outcome}") for outcome in (*Outcome, *Unfit)]
    assert drawing.misfits(drawing.box_of(drawing.text("override.not_opened")), outcomes) == []
    long = replace(done, guard=LONG_NAME, second=LONG_NAME[::-1].strip(), outcome=Outcome.OPENED)
    drawing.guard(stopped(Answer.HOLD), long)
    assert drawing.clipped() == ()
