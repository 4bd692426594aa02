"""Which keys the code can ask for: families that follow the model, and those that the screens name outright."""

import re
import tomllib
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path

from kiosk import policy
from kiosk.model import Answer, Part
from kiosk.overriding import Way
from kiosk.policy import NO_RULE_APPLIES, Rule
from kiosk.remote import Unfit
from kiosk.view import Hint, Step, StepState
from ui.desk import REASONS, Outcome
from ui.translation import LANGUAGES

ROOT = Path(__file__).parents[2]
FILES = (".kv", ".toml", ".po", ".wav")
LETTING_OUT = "leaving"
"""The one reason of the code's own for which somebody is let through."""
NOT_RECORDED = "not_recorded"
"""The reason that the view gives when the log took no record."""


def policy_rules() -> list[Rule]:
    """Return the rules of all shipped policies that answer."""
    shipped = [entry for entry in (files("kiosk") / "policies").iterdir() if entry.name.endswith(".toml")]
    documents = [policy.parse(tomllib.loads(entry.read_text("utf-8")), entry.name) for entry in shipped]
    return [rule for document in documents for rule in document.rules if rule.then is not None]


def runtime_reasons() -> set[str]:
    """Return the reasons that the code itself gives, without the demo's."""
    paths = [*(ROOT / "kiosk").glob("*.py"), ROOT / "kiosk" / "policy" / "timetable.py"]
    sources = [path.read_text("utf-8") for path in paths]
    return set(re.findall(r'ReasonCode\("(\w+)"\)', "".join(sources))) | {NO_RULE_APPLIES, NOT_RECORDED}


def stopping_reasons() -> set[str]:
    """Return the reasons for which somebody is held or refused."""
    return {rule.reason for rule in policy_rules() if rule.then is not Answer.ADMIT} | runtime_reasons() - {LETTING_OUT}


def reasons() -> set[str]:
    """Return every reason code that can be given under the shipped policies."""
    return {rule.reason for rule in policy_rules()} | runtime_reasons()


def families() -> set[str]:
    """Return the keys that the model calls for."""
    return {
        *(f"step.{step}" for step in Step),
        *(f"step.{step}.{state}" for step in Step for state in StepState),
        *(f"hint.{hint}" for hint in Hint),
        *(f"answer.{answer}" for answer in Answer),
        *(f"answer.{answer}.line" for answer in Answer),
        *(f"reason.{code}" for code in reasons()),
        *(f"reason.{way}" for way in Way),
        *(f"override.{outcome}" for outcome in (*Outcome, *Unfit)),
        *(f"override.reason.{reason}" for reason in REASONS),
        *(f"desk.takes.{people}" for people in range(3)),
        *(f"reason.other.{answer}" for answer in Answer),
        *(f"part.{part}.lost" for part in Part),
        *(f"language.{language}" for language in LANGUAGES),
    }


def named(keys: Collection[str]) -> set[str]:
    """Return the keys that the screens' code and layouts name outright, also such as only look like one of `keys`."""
    sources = [path for path in (ROOT / "ui").rglob("*") if path.suffix in {".py", ".kv"} and path.name != "narration.py"]
    found = re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)*)["']""", "".join(path.read_text("utf-8") for path in sources))
    beginnings = tuple({key.partition(".")[0] + "." for key in keys})
    return {name for name in found if name in keys or (name.startswith(beginnings) and not name.endswith(FILES))}
