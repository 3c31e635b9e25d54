"""How large the gradient of each layer was, and which layers learn next to nothing or too fast."""

import math
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from archc.train.gradients import Measured, learning, read
from archc.train.plots.curves import ticks
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import listed, shortened, wrapped
from archc.train.plots.theme import POINTS, Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TINY = 1e-6
FACTOR = 1e3
"""How many times less, or more, than that of the last layer: vanishing and exploding."""
FEW, MANY = 8, 64
"""So many layers are named beside the curves, and so many have one."""
_LINE = 0.17
_BESIDE = 0.6
"""Inches that the numbers beside the axis take."""
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (6, 1, 1, 1)))
_MARKERS = "osD^vPX*"
_MOST_MARKERS = 12


def draw(subject: Subject) -> Picture:
    """A curve a layer, on a logarithmic scale. Raises Failed if the run has no record of them."""
    measured = read(subject.run)
    layers = [layer for layer in learning(subject.module) if any(layer in each.norms for each in measured)]
    if not layers:
        if not learning(subject.module):
            title = f"{subject.name} has no layer that learns, so it has no gradients"
            raise unfit(title, f"`archc plot {subject.typed} curves` shows its figures")
        title = f"{subject.typed} has no record of its gradients: {subject.run.gradients.name} is not there"
        raise unfit(title, "train the `.arch` file again: runs write it from the first epoch on")
    found = verdicts(measured, layers)
    said = tuple(found) or ("No layer's gradient vanishes or explodes.",)
    return Picture(
        "gradients",
        f"{subject.name}: the norm of ∂loss/∂weights, by layer",
        said,
        lambda pen: _paint(pen, subject.name, measured, layers, found),
    )


def verdicts(measured: Sequence[Measured], layers: Sequence[str]) -> list[str]:
    """Sentences that name the layers whose gradients vanish or explode.

    One vanishes that, in half of the measurements or more, is below `TINY`, or `FACTOR` times smaller
    than that of the last layer. One explodes that is as often `FACTOR` times larger than that, that is
    no longer finite, or that grows `FACTOR` times above its beginning.
    """
    last = layers[-1]
    small, tiny, large, grown, lost = [], [], [], [], []
    for layer in layers:
        norms = [each.norms.get(layer) for each in measured]
        known = [norm for norm in norms if norm is not None]
        pairs = [(norm, each.norms.get(last)) for norm, each in zip(norms, measured, strict=True)]
        ratios = [norm / other for norm, other in pairs if norm is not None and other]
        if len(known) < len([each for each in measured if layer in each.norms]):
            lost.append(layer)
        elif median(known) < TINY:
            tiny.append(layer)
        elif ratios and median(ratios) < 1 / FACTOR:
            small.append(layer)
        elif ratios and median(ratios) > FACTOR:
            large.append(layer)
        elif 0 < known[0] * FACTOR < max(known):
            grown.append(layer)
    told = (
        ("Vanishing", tiny, f"mostly below {TINY:g}"),
        ("Vanishing", small, f"mostly less than a {FACTOR:,.0f}th of that of {last}"),
        ("Exploding", lost, "no longer a finite number"),
        ("Exploding", large, f"mostly more than {FACTOR:,.0f} times that of {last}"),
        ("Exploding", grown, f"more than {FACTOR:,.0f} times what it was at first"),
    )
    return [f"{what}: the gradient of {listed(names)} is {how}." for what, names, how in told if names]


def _spread(layers: Sequence[str], most: int) -> Sequence[str]:
    """So many layers from the first to the last, or all of them if they are no more."""
    if len(layers) <= most:
        return layers
    return [layers[round(at * (len(layers) - 1) / (most - 1))] for at in range(most)]


def _decades(axes: "Axes") -> None:
    """Names 10⁻³, 10⁻² … on the axis, or where it spans hardly one of them numbers between."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    wide = high / low > 300
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=10))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value) if wide else f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _power(value: float) -> str:
    return "10" + str(round(math.log10(value))).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _paint(pen: Pen, name: str, measured: Sequence[Measured], layers: Sequence[str], found: Sequence[str]) -> "Figure":
    from matplotlib.colors import LinearSegmentedColormap

    theme = pen.theme
    sentences = [line for sentence in found for line in wrapped(sentence, pen.width - _BESIDE)]
    few = len(layers) <= FEW
    drawn = _spread(layers, MANY)
    labels = _spread(drawn, FEW)
    figure = pen.sheet(3.1 + _LINE * len(sentences))
    axes = figure.add_subplot()
    depth = LinearSegmentedColormap.from_list("depth", [theme.colors[0], theme.colors[2], theme.colors[4]])
    for at, layer in enumerate(drawn):
        points = [(each.epoch, each.norms.get(layer)) for each in measured]
        style = labels.index(layer) if layer in labels else 0
        values = [norm if norm else float("nan") for _, norm in points]
        axes.plot(
            [epoch for epoch, _ in points],
            values,
            color=theme.colors[at] if few else depth(at / (len(drawn) - 1)),
            linewidth=1.6 if few else 0.9,
            linestyle=_DASHES[style % len(_DASHES)],
            marker=_MARKERS[style % len(_MARKERS)] if layer in labels else None,
            markevery=-(-len(points) // _MOST_MARKERS),
            markersize=4,
            label=shortened(layer, pen.width - 1) if layer in labels else None,
        )
    axes.set_yscale("log")
    _decades(axes)
    first, last = measured[0].epoch, max(measured[-1].epoch, measured[0].epoch + 1)
    axes.set_xticks(ticks(first, last))
    axes.set_xlabel("epoch (0: before training)" if first == 0 else "epoch")
    axes.set_ylabel("norm of the gradient")
    axes.grid(alpha=0.15, color=theme.ink)
    share = "" if len(drawn) == len(layers) else f", {MANY} of {len(layers):,}"
    axes.set_title(f"{name}: gradients by layer{share}", pad=6 + (POINTS + 3.4) * len(sentences))
    for at, line in enumerate(reversed(sentences)):
        axes.annotate(
            line, (0, 1), (0, 6 + at * (POINTS + 3.4)), xycoords="axes fraction", textcoords="offset points",
            color=theme.colors[1], va="bottom", annotation_clip=False,
        )  # fmt: skip
    if pen.width < 4.5:
        widest = 0.7 + 0.075 * max(map(len, labels))
        figure.legend(loc="outside lower left", ncols=max(1, int(pen.width / widest)), handlelength=2.6)
    else:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=2.6)
    return figure
