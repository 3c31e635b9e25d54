"""Curves over the epochs, as SVG that takes its text colour from the page."""

import io
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_INK = "#010203"  # stands for the page's own colour, which matplotlib can't say
_COLORS = ("#3b82f6", "#f97316", "#10b981", "#a855f7")
_MOST_POINTS = 1000
_FEW_TICKS = 8


def draw_curves(title: str, series: Mapping[str, Sequence[tuple[int, float]]], best_epoch: int) -> str:
    """An SVG of (epoch, value) curves by name, with the best epoch marked. The same values give the same bytes."""
    with _unheard():
        return _drawn(title, series, best_epoch)


@contextmanager
def _unheard() -> Iterator[None]:
    """Keeps matplotlib from telling whoever trains that it has no folder for its caches."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _drawn(title: str, series: Mapping[str, Sequence[tuple[int, float]]], best_epoch: int) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.hashsalt": "archc",
        "svg.fonttype": "none",
        "font.size": 10,
        "text.color": _INK,
        "axes.edgecolor": _INK,
        "axes.labelcolor": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(5.6, 3.2), layout="constrained")
        axes = figure.add_subplot()
        for (name, points), color in zip(series.items(), _COLORS, strict=False):
            thinned = _thinned(points)
            epochs, values = [epoch for epoch, _ in thinned], [value for _, value in thinned]
            marker = "o" if len(thinned) < 2 else None
            axes.plot(epochs, values, color=color, label=name, linewidth=1.8, marker=marker)
        axes.axvline(best_epoch, color=_INK, alpha=0.7, linestyle=(0, (3, 3)), linewidth=1.2, label="best epoch")
        axes.set_title(title, loc="left", fontweight="bold")
        axes.set_xlabel("epoch")
        last = max((epoch for points in series.values() for epoch, _ in points), default=1)
        margin = min(0.5, 0.03 * (last - 1)) or 0.5
        axes.set_xlim(1 - margin, last + margin)
        axes.set_xticks(_ticks(last))
        axes.grid(alpha=0.15, color=_INK)
        axes.legend(frameon=False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    # the background, and the ids, which would clash with those of the next drawing on the page
    svg = re.sub(r'<g id="patch_1">.*?</g>', "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'(<g id="axes_1">\s*)<g id="patch_2">.*?</g>', r"\1", svg, count=1, flags=re.DOTALL)
    prefix = re.sub(r"\W", "_", title)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    # what the page decides: the font, and nothing that a drawing should say of other elements
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|font-family: [^;]*;", "", svg, flags=re.DOTALL)
    return svg.replace(_INK, "currentColor")


def _ticks(last: int) -> list[int]:
    """Epochs to name below the axis: the first, and then round ones."""
    from matplotlib.ticker import MaxNLocator

    if last <= _FEW_TICKS:
        return list(range(1, last + 1))
    round_ones = [int(tick) for tick in MaxNLocator(nbins=_FEW_TICKS, integer=True).tick_values(1, last)]
    step = round_ones[1] - round_ones[0]
    return [1, *(tick for tick in round_ones if 1 + step // 2 < tick <= last)]


def _thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """No more points than a screen can show, the last always among them."""
    stride = -(-len(points) // _MOST_POINTS)
    return [*points[:-1:stride], *points[-1:]] if stride > 1 else points
