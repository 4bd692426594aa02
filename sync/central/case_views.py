"""Cases as text in one language: the list, and the page of one with what may be done about it."""

from datetime import UTC, datetime

from kiosk.cases import HIGHEST, LOWEST, NAMES_SOMEBODY, Act, State, Step, next_acts
from kiosk.cases import Answers as Turn
from sync.central.case_entries import Entry
from sync.central.cases import MAY_ACT, Opened
from sync.central.staff.pages import staff_page
from sync.central.staff.sessions import Person
from sync.central.words import WORDS, Words

OFFICES = ("property_office", "committee", "health_centre", "disease_control")
"""To whom something is usually reported or handed over; anything else may be typed."""


def cases_page(found: tuple[Opened, ...], language: str, now_us: int, person: Person | None = None) -> bytes:
    """The list, what is due first at the top."""
    words = WORDS[language]
    several = len({case.name.compound for case in found}) > 1
    return staff_page(
        "cases.html",
        language,
        person,
        words["cases"]["title"],
        "/cases",
        cases=[_view(case, words, now_us, several=several) for case in found],
        simulated=any(case.simulated for case in found),
    )


def case_page(
    found: Opened, language: str, now_us: int, person: Person, *, entry: Entry | None = None, said: str = ""
) -> bytes:
    """One case. `entry`: what was typed and not recorded; `said`: the code of what is to be said above it."""
    words = WORDS[language]
    forms = [_form(act, words, entry) for act in next_acts(found.case) if person.account.role in MAY_ACT[act]]
    others = [words["case_act"][act] for act in next_acts(found.case) if person.account.role not in MAY_ACT[act]]
    last = found.case.steps[-1] if found.case.steps else None
    told = words["case"][said].format(**_told(last, words)) if said else ""
    return staff_page(
        "case.html",
        language,
        person,
        words["case"]["title"],
        f"/cases/{found.name}",
        case=_view(found, words, now_us, several=person.scope is None),
        steps=[_step(step, role, words) for step, role in zip(found.case.steps, found.roles, strict=True)],
        forms=forms,
        others=others,
        offices=[words["office"][office] for office in OFFICES],
        seen=len(found.case.steps),
        told=told,
        well=said == "done",
        mistakes=entry is not None and bool(entry.wrong),
        kept=_kept(entry, words) if said in {"overtaken", "out_of_order"} else [],
    )


def _view(one: Opened, words: Words, now_us: int, *, several: bool) -> dict[str, object]:
    told = one.told(now_us)
    turn = told["turn"]
    return {
        "mark": "admit" if one.case.state is State.CLOSED else "hold",
        "link": f"/cases/{one.name}",
        **_moment(one.at_us),
        "uncertain": "" if one.certain else words["page"]["uncertain"],
        "state": words["case_state"][told["state"]],
        "acts": [words["case_act"][act] for act in told["next"]],
        "turn": "" if turn is None else words["turn"][turn],
        "escalated": words["case"]["escalated"] if turn not in (None, Turn.GUARD) else "",
        "due": None if told["due_us"] is None else _moment(told["due_us"]),
        "overdue": told["overdue"],
        "causes": [words["cause"][cause] for cause in told["causes"]],
        "gate": one.gate,
        "compound": one.name.compound if several else "",
        "temperature": _degrees(one.body_c),
        "steps": [_short(step, role, words) for step, role in zip(one.case.steps, one.roles, strict=True)],
        "simulated": words["page"]["simulated"] if one.simulated else "",
    }


def _form(act: Act, words: Words, entry: Entry | None) -> dict[str, object]:
    """The form of one act, with what was typed into it and what is wrong with that."""
    typed, wrong = ("", "", ""), {}
    if entry is not None and entry.deed is act:
        typed = (entry.typed["celsius"], entry.typed["to"], entry.typed["note"])
        wrong = {name: words["case_wrong"][code].format(lowest=LOWEST, highest=HIGHEST) for name, code in entry.wrong.items()}
    return {
        "act": act,
        "title": words["case_act"][act],
        "reading": act is Act.MEASURE,
        "names": act in NAMES_SOMEBODY,
        "needs_note": act is Act.CLOSE,
        "button": words["case"][f"do_{act}"],
        "typed": dict(zip(("celsius", "to", "note"), typed, strict=True)),
        "wrong": wrong,
        "open": bool(wrong),
    }


def _step(step: Step, role: str, words: Words) -> dict[str, object]:
    """One step with whoever took it; people who sign in may see that."""
    return {
        **_moment(step.at),
        "did": words["case_act"][step.act],
        "reading": _degrees(step.body_c),
        "to": step.to,
        "who": step.who,
        "role": words["role"].get(role, role),
    }


def _told(last: Step | None, words: Words) -> dict[str, object]:
    """What a message may say of the last step."""
    if last is None:
        return {"who": "", "act": "", "time": ""}
    return {"who": last.who, "act": words["case_act"][last.act], "time": _moment(last.at)["time"]}


def _kept(entry: Entry | None, words: Words) -> list[str]:
    """What was typed and not recorded, so that nobody has to remember it."""
    if entry is None:
        return []
    parts = (words["case_act"][entry.deed], _degrees(entry.body_c), entry.to, entry.typed["note"])
    return [part for part in parts if part]


def _short(step: Step, role: str, words: Words) -> str:
    parts = (_moment(step.at)["time"], words["case_act"][step.act], _degrees(step.body_c), words["role"].get(role, role))
    return " · ".join(part for part in parts if part)


def _degrees(body_c: float | None) -> str:
    return "" if body_c is None else f"{body_c:.1f} °C"


def _moment(at_us: int) -> dict[str, str]:
    at = datetime.fromtimestamp(at_us // 1_000_000, UTC)
    return {"datetime": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "time": at.strftime("%Y-%m-%d %H:%M UTC")}
