"""Loss and metrics over the epochs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archc.diagnostics import Diagnostic, Failed
from archc.train.folders import AGAIN, unfinished
from archc.train.metrics import PARTS, read_history
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.theme import Pen, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Series = Mapping[str, Sequence[tuple[int, float]]]
"""Points (epoch, value) by the name of their curve."""

STEPS = "training steps"
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1, 1, 1)))
_MOST_POINTS = 1000
_FEW_TICKS = 8
_ENTRY = 1.55
"""Inches of a name in the legend, with its line."""
_PANEL_WIDTH, _PANEL_HEIGHT = 2.9, 2.5


def draw(subject: Subject) -> Picture:
    """A panel for the loss and each metric, with the best epoch marked. Raises Failed before the first epoch's end."""
    lines = read_history(subject.run)
    if not lines:
        if subject.over:
            title = f"{subject.run.metrics} tells of no epoch, though the run is over"
            raise Failed(Diagnostic("E0704", title, help=AGAIN))
        help = unfinished(subject.run, subject.typed)
        raise unfit(f"no epoch of {subject.typed} is over, so there is nothing to draw", help)
    best = best_epoch(subject, lines)
    if best > len(lines):
        title = f"{subject.run.metrics} ends with epoch {len(lines):,}, and epoch {best:,} was the best"
        raise Failed(Diagnostic("E0704", title, help=AGAIN))
    panels = series(lines)
    title = f"{subject.name}: {' and '.join(panels) if len(panels) < 3 else 'loss and metrics'} over the epochs"
    part, epochs = chosen_part(lines), lines[-1]["epoch"]
    told = ", ".join(f"{part} {name} {value:.4g}" for name, value in lines[best - 1][part].items())
    said = [f"The best of {epochs:,} epoch{'s' * (epochs != 1)} is {best:,}: {told}."]
    if not subject.over:
        said.append("The run is not over.")

    def paint(pen: Pen) -> "Figure":
        columns = max(1, min(len(panels), int(pen.width / _PANEL_WIDTH)))
        rows = -(-len(panels) // columns)
        figure = pen.sheet(_PANEL_HEIGHT * rows + 0.5)
        for at, (name, curves) in enumerate(panels.items(), 1):
            panel(figure.add_subplot(rows, columns, at), pen.theme, name, curves, best)
        _legend(figure, pen)
        return figure

    return Picture("curves", title, tuple(said), paint)


def draw_curves(title: str, curves: Series, best: int) -> str:
    """One panel as a part of a page. The same values give the same bytes."""

    def paint(pen: Pen) -> "Figure":
        figure = pen.sheet(3.2)
        panel(figure.add_subplot(), pen.theme, title, curves, best)
        _legend(figure, pen)
        return figure

    said = f"{' and '.join(curves)} over the epochs; the best is {best}."
    return Picture("curves", title, (said,), paint, natural=5.6).inside(title)


def chosen_part(lines: Sequence[Mapping[str, Any]]) -> str:
    """The part that is evaluated after each epoch."""
    return next(name for name in PARTS if name in lines[-1])


def best_epoch(subject: Subject, lines: Sequence[Mapping[str, Any]]) -> int:
    """From 1: what the run's result says, or while there is none, its program. Raises Failed."""
    if subject.over:
        return int(subject.run.numbers()["best_epoch"])
    part = chosen_part(lines)
    return int(subject.program.best_epoch([line[part] for line in lines])) + 1


def series(lines: Sequence[Mapping[str, Any]]) -> dict[str, Series]:
    """By quantity: the averages of the training steps, and those of the part that chooses."""
    part = chosen_part(lines)
    return {
        quantity: {
            STEPS: [(line["epoch"], line[quantity]) for line in lines if quantity in line],
            f"{part} part": [(line["epoch"], line[part][quantity]) for line in lines],
        }
        for quantity in lines[-1][part]
    }


def panel(axes: "Axes", theme: Theme, title: str, curves: Series, best: int) -> None:
    """Curves of one quantity, and where the best epoch is."""
    for (name, points), color, dash in zip(curves.items(), theme.colors, _DASHES, strict=False):
        thinned = _thinned(points)
        epochs, values = [epoch for epoch, _ in thinned], [value for _, value in thinned]
        marker = "o" if len(thinned) < 2 else None
        axes.plot(epochs, values, color=color, label=name, linewidth=1.6, linestyle=dash, marker=marker)
    axes.axvline(
        best,
        color=theme.ink,
        alpha=0.6,
        linestyle=(0, (1, 2)),
        linewidth=1.2,
        label="best epoch",
        clip_on=False,
        zorder=1.5,
    )
    axes.set_title(title)
    axes.set_xlabel("epoch")
    last = max((epoch for points in curves.values() for epoch, _ in points), default=1)
    margin = min(0.5, 0.03 * (last - 1)) or 0.5
    axes.set_xlim(1 - margin, last + margin)
    axes.set_xticks(ticks(1, last))
    axes.grid(alpha=0.15, color=theme.ink)


def _legend(figure: "Figure", pen: Pen) -> None:
    """What the lines are, which is the same in all panels: once, below them, where it crosses none."""
    handles, names = figure.axes[0].get_legend_handles_labels()
    most = max(1, int(pen.width / _ENTRY))
    figure.legend(handles, names, loc="outside lower left", ncols=min(most, len(names)))


def ticks(first: int, last: int) -> list[int]:
    """Epochs to name below the axis: the first, and then round ones."""
    from matplotlib.ticker import MaxNLocator

    if last - first < _FEW_TICKS:
        return list(range(first, last + 1))
    round_ones = [int(tick) for tick in MaxNLocator(nbins=_FEW_TICKS, integer=True).tick_values(first, last)]
    step = round_ones[1] - round_ones[0]
    return [first, *(tick for tick in round_ones if first + step // 2 < tick <= last)]


def _thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """No more points than a screen can show, the last always among them."""
    stride = -(-len(points) // _MOST_POINTS)
    return [*points[:-1:stride], *points[-1:]] if stride > 1 else points
