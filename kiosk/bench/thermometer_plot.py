"""What each way of measuring misses, as a picture. Needs matplotlib (the extra `bench`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kiosk.bench.plot import BLUE, DPI, GREY, RED, check

__all__ = ["check", "draw"]

STYLES = {"estimator": (BLUE, "-"), "last sample": (GREY, "--"), "maximum": (RED, ":"), "median": ("#3d7a3d", "-.")}


def draw(found: Mapping[str, Any], file: Path) -> None:
    """Draw the report of `gatepost bench thermometer` to a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for method, judged in found["methods"].items():
        colour, style = STYLES[method]
        curve = judged["curve"]
        thresholds, false, missed = ([point[name] for point in curve] for name in ("threshold_c", "false", "missed"))
        left.plot(thresholds, missed, color=colour, linestyle=style, label=f"{method}: missed")
        left.plot(thresholds, false, color=colour, linestyle=style, linewidth=0.8, alpha=0.6)
        right.plot(false, missed, color=colour, linestyle=style, label=method)
    left.set(xlabel="threshold (°C)", ylabel="fevers let in (rising), healthy raised (falling)", xlim=(36, 39), ylim=(0, 1))
    right.set(xlabel="healthy raised", ylabel="fevers let in", xlim=(0, 0.2), ylim=(0, 1))
    right.legend(frameon=False)
    figure.suptitle(f"{found['n']} simulated approaches, seed {found['seed']}", fontsize=11)
    figure.savefig(file, dpi=DPI)
