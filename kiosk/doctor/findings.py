"""What the doctor finds: a part, its state, what was measured of it, and sentences. Frozen values, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from kiosk.doctor.sentences import SENTENCES, SIMULATED


class PartName(StrEnum):
    """What is examined, in the order in which it is shown. `docs/doctor.md` explains each."""

    BOARD = "board"
    POWER = "power"
    PROCESSOR = "processor"
    MEMORY = "memory"
    DISK = "disk"
    CLOCK = "clock"
    KIOSK = "kiosk"
    THERMOMETER = "thermometer"
    CAMERA = "camera"
    GATE_LINE = "gate_line"
    PASSAGE_SENSOR = "passage_sensor"
    SCREEN = "screen"
    VOICE = "voice"
    LOG = "log"
    POLICY = "policy"
    TRUST = "trust"
    IDENTITY = "identity"
    SERVER = "server"
    ISSUER = "issuer"


class State(StrEnum):
    """How a part is; the later of two weighs more."""

    FIT = "fit"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    UNFIT = "unfit"


_WEIGHT = {state: weight for weight, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say of a part: a sentence by its name, with what goes into it, and the state that it means."""

    state: State
    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """What was found."""
        return SENTENCES[self.sentence].detail.format(**self.values)

    @property
    def advice(self) -> str:
        """What to do about it; empty when there is nothing to do."""
        return SENTENCES[self.sentence].advice.format(**self.values)


@dataclass(frozen=True, slots=True)
class Finding:
    """A part as it was found. `measured` has the unit in each key. `wanted`: the kiosk's configuration needs it."""

    part: PartName
    state: State
    measured: Mapping[str, Any]
    detail: str
    advice: str
    wanted: bool = True

    @property
    def in_order(self) -> bool:
        """Whether the kiosk can do its work as far as this part goes."""
        return self.state is State.FIT or (self.state is State.ABSENT and not self.wanted)

    def as_simulated(self) -> "Finding":
        """The same, found of a device that is simulated."""
        return replace(self, measured={**self.measured, "simulated": True}, detail=SIMULATED.format(detail=self.detail))

    def to_json(self) -> dict[str, Any]:
        """The finding as `gatepost doctor --json` prints it."""
        return {
            "part": self.part.value,
            "state": self.state.value,
            "measured": dict(self.measured),
            "detail": self.detail,
            "advice": self.advice,
        }


def fit(sentence: str, **values: object) -> Remark:
    """Say something of a part that works."""
    return Remark(State.FIT, sentence, values)


def unfit(sentence: str, **values: object) -> Remark:
    """Say what is wrong."""
    return Remark(State.UNFIT, sentence, values)


def absent(sentence: str, **values: object) -> Remark:
    """Say that a part is not there."""
    return Remark(State.ABSENT, sentence, values)


def unknown(sentence: str, **values: object) -> Remark:
    """Say why it cannot be known."""
    return Remark(State.UNKNOWN, sentence, values)


def finding(
    part: PartName, remarks: Sequence[Remark], measured: Mapping[str, Any] | None = None, *, wanted: bool = True
) -> Finding:
    """Make one finding of what was remarked: the gravest remark gives the state, all give their sentences."""
    return Finding(
        part=part,
        state=max((remark.state for remark in remarks), key=_WEIGHT.__getitem__),
        measured=dict(measured or {}),
        detail="; ".join(remark.detail for remark in remarks),
        advice=" ".join(advice for remark in remarks if (advice := remark.advice)),
        wanted=wanted,
    )
