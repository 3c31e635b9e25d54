"""The ratios as a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.training.figures import rows_of
from benchmarks.training.sides import OURS, SIDES


def draw(found: Mapping[str, Any], path: Path) -> None:
    """Bars of each side's images/s beside ours, a group a model; the format is that of the file's name.

    Bars that end left of the line are of sides that are slower. Raises ValueError if there is nothing to compare.
    """
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "archc"  # the same figures are the same bytes
    from matplotlib import pyplot

    works = {work["work"]: rows_of(work) for work in found["works"] if not work.get("goal") and OURS in work["sides"]}
    shares = {
        name: {row.side: 1 / row.faster for row in rows if row.faster is not None} for name, rows in works.items()
    }
    shares = {name: by_side for name, by_side in shares.items() if by_side}
    if not shares:
        raise ValueError("there is nothing to draw: no side was compared with archc in any work")
    sides = [side for side in SIDES if any(side in by_side for by_side in shares.values())]
    high = 0.8 / len(sides)
    figure, axes = pyplot.subplots(figsize=(7, 0.6 + 0.22 * len(shares) * (len(sides) + 1)), layout="constrained")
    for number, side in enumerate(sides):
        places = [place for place, by_side in enumerate(shares.values()) if side in by_side]
        values = [by_side[side] for by_side in shares.values() if side in by_side]
        where = [place + (number - (len(sides) - 1) / 2) * high for place in places]
        bars = axes.barh(where, values, high * 0.9, label=SIDES[side].label)
        axes.bar_label(
            bars, fmt="%.2f", padding=2, fontsize=7, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        )
    axes.axvline(1, color="black", linewidth=1, zorder=0)
    axes.set_yticks(range(len(shares)), list(shares))
    axes.invert_yaxis()
    axes.set_xlabel("images a second, beside archc's")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=min(3, len(sides)), frameon=False, fontsize=8)
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)
