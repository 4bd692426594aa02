"""The pages of policies as text: what is in force, a draft, and what it would have done, in one language each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kiosk.model import ReasonCode
from kiosk.policy import PolicyDocument
from kiosk.policy.check import Finding
from kiosk.staleness import Kind
from sync.central.publishing import Listed
from sync.central.rules.comparing import Change
from sync.central.rules.drafts import Draft
from sync.central.rules.reached import Gate, Has, to_come
from sync.central.rules.replaying import DAYS, Difference, Ending
from sync.central.rules.trial import Trial
from sync.central.staff.pages import staff_page
from sync.central.staff.permissions import NEEDS, Least, may_reach
from sync.central.staff.sessions import Person
from sync.central.words import WORDS, Words
from sync.downward.publication import in_force

SHOWN = 200
"""So many visits are listed on a page; the command lists all of them."""
BETWEEN = {"zh": "、", "ja": "、"}
"""What stands between the parts of a list, where it is not a comma."""
WELL = frozenset({Has.IN_FORCE, Has.NONE})


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the first page shows of one compound. `read`: the documents that were published, by number."""

    compound: str
    compounds: Sequence[str]
    listed: list[Listed]
    read: Mapping[int, PolicyDocument | None]
    gates: Sequence[Gate]
    drafts: Sequence[Draft]
    now_us: int


def policies_page(desk: Desk, language: str, person: Person, *, wrong: str = "", typed: str = "", gate: str = "") -> bytes:
    """What is in force and what is to come; `wrong`: why what was typed is not kept."""
    words = WORDS[language]
    return staff_page(
        "policies.html",
        language,
        person,
        words["policies"]["title"],
        "/policies",
        compound=desk.compound,
        compounds=[] if len(desk.compounds) < 2 else desk.compounds,
        rules=_rules(desk, language),
        runs_out=_runs_out(desk, language),
        gates=[_gate(one, desk, words) for one in desk.gates],
        drafts=[_draft(one, language) for one in desk.drafts],
        gate_names=sorted({one.gate for one in desk.gates}),
        wrong=wrong,
        typed=typed,
        gate=gate,
    )


def draft_page(draft: Draft, trial: Trial, language: str, person: Person, *, wrong: str = "") -> bytes:
    """A draft, with what the check says of it and what is different; `wrong`: why what was asked for is not done."""
    words, document = WORDS[language], draft.document
    faults = () if document is None else trial.faults(document)
    changed = () if document is None else trial.changes(draft.compound, draft.body, draft.gate)
    needed = NEEDS["POST", "/policies/{compound}/{number}/sign"]
    may_sign = isinstance(needed, Least) and may_reach(person.account.role, needed)
    return staff_page(
        "policy.html",
        language,
        person,
        _title(document, language) or words["policies"]["unreadable"],
        f"/policies/{draft.compound}/{draft.number}",
        draft=_draft(draft, language),
        facts=_facts(document, words) if document is not None else [],
        faults=[_fault(one, words) for one in faults],
        changes=[_change(one) for one in changed],
        first=not trial.policies.in_force(draft.compound, draft.gate),
        open=draft.published is None,
        may_sign=may_sign and document is not None and not faults,
        zone=(document.zone if document is not None else None) or "UTC",
        wrong=wrong,
        source=draft.body.decode("utf-8", "replace"),
    )


def replay_page(draft: Draft, trial: Trial, language: str, person: Person) -> bytes:
    """Which visits of the last week would have ended differently under a draft."""
    words, document = WORDS[language], draft.document
    found = None if document is None else trial.replay(draft.compound, document, draft.gate)
    said = words["policies"]
    told = []
    if found is not None and document is not None:
        told = [said["replayed"].format(different=len(found.different), visits=found.visits, days=DAYS)]
        wanted = Counter(need for one in found.asked for need in one.after.needs)
        needs = BETWEEN.get(language, ", ").join(
            f"{words['need'].get(need, need)} {count}" for need, count in wanted.most_common()
        )
        told += [said["asked"].format(count=len(found.asked), needs=needs)] if found.asked else []
        told += [said["unknown"].format(count=found.unknown)] if found.unknown else []
        told += [said["unreadable_answers"].format(count=found.unreadable)] if found.unreadable else []
    different = () if found is None else found.different
    return staff_page(
        "policy_replay.html",
        language,
        person,
        said["replay"],
        f"/policies/{draft.compound}/{draft.number}/replay",
        draft=_draft(draft, language),
        told=told,
        visits=[_visit(one, document, language) for one in different[:SHOWN]],
        more=said["more"].format(count=len(different) - SHOWN) if len(different) > SHOWN else "",
    )


def _rules(desk: Desk, language: str) -> list[dict[str, object]]:
    """What is in force for all gates and for each with rules of its own, then what is to come."""
    words = WORDS[language]["policies"]
    policies = [one for one in desk.listed if one.publication.kind == Kind.POLICY]
    places = ["", *sorted({one.publication.gate for one in policies} - {""})]
    rows: list[dict[str, object]] = []
    for place in places:
        of = [one for one in policies if one.publication.gate == place]
        now = in_force(of, desk.now_us).get(Kind.POLICY)
        if now is not None:
            rows.append(_row(now, desk, language, mark="admit", state=words["in_force"]))
        elif not place:
            nothing = dict.fromkeys(("title", "name", "begins", "ends", "zone", "by"), "")
            rows.append({**nothing, "mark": "", "state": words["configured"], "gate": words["all_gates"]})
    waiting = to_come(desk.listed, desk.now_us)
    return [*rows, *(_row(one, desk, language, mark="hold", state=words["to_come"]) for one in waiting)]


def _runs_out(desk: Desk, language: str) -> str:
    """From when on no rules are in force for all gates, where nobody has seen to it; nobody is let in by them then."""
    policies = [one for one in desk.listed if one.publication.kind == Kind.POLICY and not one.publication.gate]
    now = in_force(policies, desk.now_us).get(Kind.POLICY)
    document = None if now is None else desk.read.get(now.publication.number)
    for one in to_come(policies, desk.now_us):
        if document is not None and document.ends_at is not None and one.publication.effective_us > document.ends_at:
            break
        document = desk.read.get(one.publication.number)
    if document is None or document.ends_at is None:
        return ""
    return WORDS[language]["policies"]["runs_out"].format(time=_dated(document.ends_at, document.zone))


def _row(one: Listed, desk: Desk, language: str, *, mark: str, state: str) -> dict[str, object]:
    words, publication = WORDS[language]["policies"], one.publication
    document = desk.read.get(publication.number)
    zone = None if document is None else document.zone
    return {
        "mark": mark,
        "state": state if not publication.withdrawn else words["withdrawn"],
        "title": _title(document, language),
        "name": "" if document is None else document.name,
        "gate": publication.gate or words["all_gates"],
        "begins": _local(publication.effective_us, zone),
        "ends": "" if document is None or document.ends_at is None else _local(document.ends_at, zone),
        "zone": zone or "UTC",
        "by": one.published_by,
    }


def _gate(one: Gate, desk: Desk, words: Words) -> dict[str, object]:
    document = None if one.number is None else desk.read.get(one.number)
    return {
        "mark": "admit" if one.has in WELL else "hold",
        "gate": one.gate,
        "device": one.device if one.device != one.gate else "",
        "state": words["policy_state"][one.has],
        "name": "" if document is None else document.name,
        "said": "" if one.said_us is None else _utc(one.said_us),
        "reason": one.reason,
    }


def _draft(one: Draft, language: str) -> dict[str, object]:
    words = WORDS[language]["policies"]
    published = one.published is not None
    return {
        "mark": "admit" if published else "hold",
        "link": f"/policies/{one.compound}/{one.number}",
        "compound": one.compound,
        "number": one.number,
        "title": _title(one.document, language) or words["unreadable"],
        "name": "" if one.document is None else one.document.name,
        "gate": one.gate or words["all_gates"],
        "uploaded": _utc(one.uploaded_us),
        "by": one.uploaded_by,
        "state": words["published"].format(name=one.published_by) if published else words["waiting"],
    }


def _title(document: PolicyDocument | None, language: str) -> str:
    return "" if document is None else document.title[language]


def _facts(document: PolicyDocument, words: Words) -> list[tuple[str, str]]:
    said = words["policies"]
    facts = [
        (said["begins"], _dated(document.begins_at, document.zone)),
        (said["ends"], _dated(document.ends_at, document.zone)),
        (
            said["keeps"],
            "" if document.retention_days is None else said["days"].format(count=document.retention_days),
        ),
        (said["rules"], str(len(document.rules))),
    ]
    return [(name, value) for name, value in facts if value]


def _fault(one: Finding, words: Words) -> str:
    names = {name: _named(name, value, words) for name, value in one.names.items()}
    return words["check"][one.code].format(**names)


def _named(name: str, value: str, words: Words) -> str:
    section = {"kind": "visitor", "need": "need", "answer": "answer"}.get(name)
    return words[section].get(value, value) if section is not None else value


def _change(one: Change) -> dict[str, object]:
    return {
        "place": one.place,
        "before": one.before,
        "after": one.after,
        "added": one.added,
        "removed": one.removed,
        "listed": bool(one.added or one.removed),
    }


def _visit(one: Difference, document: PolicyDocument | None, language: str) -> dict[str, object]:
    words = WORDS[language]
    return {
        "event": one.event,
        "time": _utc(one.at),
        "gate": one.gate,
        "visitor": "" if one.visitor is None else words["visitor"].get(one.visitor, one.visitor),
        "before": _ending(one.before, None, language),
        "after": _ending(one.after, document, language),
    }


def _ending(one: Ending, document: PolicyDocument | None, language: str) -> dict[str, object]:
    words = WORDS[language]
    own = {} if document is None else document.words
    reasons = [
        own[code].visitor[language] if code in own else words["reason"].get(code, code)
        for code in map(ReasonCode, one.reasons)
    ]
    mark = "" if one.answer is None else str(one.answer)
    return {"mark": mark, "answer": words["answer"].get(mark, mark), "reasons": reasons}


def _dated(at_us: int | None, zone: str | None) -> str:
    return "" if at_us is None else f"{_local(at_us, zone)} ({zone})"


def _local(at_us: int, zone: str | None) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M}"


def _utc(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"
