"""What was measured, as a picture: clear times, stages, decoders. Needs matplotlib (the extra `bench`)."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kiosk.errors import UsageError

DPI = 80
BLUE, GREY, RED = "#1f5fa8", "#808080", "#b3261e"


def check(find: Callable[[str], object] = find_spec) -> None:
    """See that pictures can be drawn. Raises UsageError."""
    if find("matplotlib") is None:
        raise UsageError("--plot needs matplotlib, which is not installed; install gatepost[bench], or leave --plot out")


def draw(found: Mapping[str, Any], file: Path) -> None:
    """Draw the report of `gatepost bench clear` to a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(3, 4))
    _clear_times(upper, found)
    _stages(lower, found)
    scale = f"processor {found['cpu_scale']} times slower (achieved {found['achieved_scale'] or 'unknown'})"
    figure.suptitle(f"{found['n']} visitors, {scale}", fontsize=11)
    figure.savefig(file, dpi=DPI)


def draw_decoding(found: Mapping[str, Any], file: Path) -> None:
    """Draw the report of `gatepost bench decode` to a PNG file: what each engine reads, and for how much time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    engines = found["engines"]
    shares = [of["with_code"]["exact"] / max(1, of["with_code"]["scored"]) for of in engines.values()]
    bars = left.barh(list(engines), shares, color=BLUE)
    left.bar_label(bars, [f"{share:.1%}" for share in shares], padding=3)
    left.set(xlim=(0, 1.15), xlabel="share of photographs read exactly")
    for place, kind in ((0.2, "with_code"), (-0.2, "without_code")):
        means = [of[kind]["mean_ms"] or 0.0 for of in engines.values()]
        at = [number + place for number in range(len(means))]
        label = kind.replace("_", " ")
        right.barh(at, means, height=0.38, color=BLUE if kind == "with_code" else GREY, label=label)
    right.set(yticks=range(len(engines)), yticklabels=list(engines), xlabel="mean time of a picture (ms)")
    right.legend()
    figure.savefig(file, dpi=DPI)


def _clear_times(axes: Any, found: Mapping[str, Any]) -> None:
    """The share of visitors cleared after so many seconds, and the budget's lines."""
    times = sorted(visit["clear_s"] for visit in found["visits"] if visit["clear_s"] is not None)
    if times:
        axes.ecdf(times, color=BLUE, linewidth=1.8)
        axes.plot(times, [0.02] * len(times), "|", color=BLUE, markersize=7)
    shares = {"p95": 0.95, "p99": 0.99, "max": 1.0}
    for verdict in found["budget"]:
        if verdict["figure"] == "clear time":
            at, share = verdict["at_most_s"], shares[verdict["quantile"]]
            axes.plot([at, at], [0, share], color=RED, linewidth=1, linestyle="--")
            axes.annotate(f"{verdict['quantile']} ≤ {at:g} s", (at, 0.5), rotation=90, ha="right", va="center", color=RED)
    axes.set(xlim=(0, 2.1), ylim=(0, 1.02), xlabel="clear time (s)", ylabel="share of visitors")


def _stages(axes: Any, found: Mapping[str, Any]) -> None:
    """Each stage as a box with its values."""
    values = {
        stage: [visit["stages_s"][stage] for visit in found["visits"] if stage in visit["stages_s"]]
        for stage in reversed(found["stages_s"])
    }
    known = {stage: times for stage, times in values.items() if times}
    axes.boxplot(
        list(known.values()),
        orientation="horizontal",
        tick_labels=list(known),
        widths=0.6,
        showfliers=False,
        medianprops={"color": RED},
        boxprops={"color": GREY},
    )
    for place, times in enumerate(known.values(), start=1):
        axes.plot(times, [place] * len(times), "|", color=BLUE, markersize=9, alpha=0.6)
    axes.set(xlim=(0, None), xlabel="stage (s)")
