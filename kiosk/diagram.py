"""The flow's table as a Mermaid diagram, for docs/flow.md. Pure.

Print it anew with `python -c "from kiosk.diagram import mermaid; print(mermaid(), end='')"`.
"""

from kiosk.flow import TRANSITIONS
from kiosk.visit import Effect, End, RecordGate
from kiosk.way import To


def mermaid() -> str:
    """Draw the table as a Mermaid state diagram; what changes nothing is left out."""
    lines = ["stateDiagram-v2", "    [*] --> idle"]
    for phase, row in TRANSITIONS.items():
        for event, ways in row.items():
            for way in ways:
                if way.phase is None and not way.effects:
                    continue
                target = phase if way.phase is None else way.phase
                label = event.__name__ + (f" [{way.when}]" if way.when else "")
                does = ", ".join(_described(kind, way) for kind in way.effects)
                lines.append(f"    {phase} --> {target}: {label}" + (f" / {does}" if does else ""))
    return "\n".join([*lines, "    ended --> [*]"]) + "\n"


def _described(kind: type[Effect], way: To) -> str:
    detail = {RecordGate: way.gate, End: way.ending}.get(kind)
    return kind.__name__ if detail is None else f"{kind.__name__} {detail}"
