"""The voice: what would say each sentence of the screen, and whether it could be heard."""

from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

from kiosk.doctor.findings import Finding, PartName, Remark, absent, finding, fit, unfit
from ui.narration import KEYS
from ui.sound import Lack, lacks, recording
from ui.translation import LANGUAGES

NAMED = 3
"""So many missing recordings are named."""


def examine(
    recordings: Path | None, *, silent: bool, wanted: bool = True, lacking: Callable[[], Set[Lack]] = lacks
) -> Iterator[Finding]:
    """Say whether the screen can be heard. `silent`: its volume is 0 all day. `lacking`: what this machine lacks."""
    if silent:
        yield finding(PartName.VOICE, [absent("voice.not_wanted")], wanted=False)
        return
    lack = lacking()
    wanting = [] if recordings is None else list(_wanting(recordings))
    sentences = len(KEYS) * len(LANGUAGES)
    recorded = 0 if recordings is None else sentences - len(wanting)
    measured: dict[str, Any] = {"lacks": sorted(lack), "sentences": sentences, "recorded": recorded}
    remarks: list[Remark] = []
    if Lack.PLAYER in lack:
        remarks.append(absent("voice.no_player"))
    if Lack.CARD in lack:
        remarks.append(absent("voice.no_card"))
    mute = Lack.SYNTHESIZER in lack
    if recordings is None:
        remarks.append(absent("voice.no_synthesizer") if mute else fit("voice.synthetic"))
    elif wanting:
        values = {"recorded": recorded, "sentences": sentences, "named": ", ".join(wanting[:NAMED])}
        remarks.append(unfit("voice.gaps", **values) if mute else fit("voice.partly_recorded", **values))
    else:
        remarks.append(fit("voice.recorded", sentences=sentences))
    yield finding(PartName.VOICE, remarks, measured, wanted=wanted)


def _wanting(recordings: Path) -> Iterator[str]:
    """Name the sentences without a recording that can be played, as the file that should be there."""
    for language in LANGUAGES:
        for key in sorted(KEYS):
            try:
                recording(recordings / language / f"{key}.wav", 100)
            except ValueError:
                yield f"{language}/{key}.wav"
