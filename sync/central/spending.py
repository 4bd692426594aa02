"""What an event's header says of passes for one use: the mark of one that it uses up, a use that it gives back. Pure."""

import re
from typing import Any

_MARK = re.compile(r"[0-9a-f]{32}")
_ADMISSION = re.compile(r"([^/]{1,63})/([^/]{1,64})/([0-9]{1,15})")


def spent(fields: dict[str, Any]) -> bytes | None:
    """The mark of the pass that a decision's header says it uses up; None for every other event."""
    mark = fields.get("spends")
    if fields.get("kind") != "decision" or fields.get("answer") != "admit" or not isinstance(mark, str):
        return None
    return bytes.fromhex(mark) if _MARK.fullmatch(mark) else None


def given_back(fields: dict[str, Any]) -> tuple[str, int] | None:
    """The log and number of the admission whose use an outcome's header gives back, if it is one of the same device's."""
    admission = fields.get("admission")
    if fields.get("kind") != "gate_outcome" or fields.get("gives_back") is not True or not isinstance(admission, str):
        return None
    found = _ADMISSION.fullmatch(admission)
    return (found[2], int(found[3])) if found is not None and found[1] == fields.get("device") else None
