"""What a model of two numbers says, everywhere around its data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archc.ir import Graph
from archc.ir.scoring import scale
from archc.train.loading import explained
from archc.train.plots.fitting import advice, of_plane
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import shortened
from archc.train.plots.theme import POINTS, Pen
from archc.train.prediction import Prediction, class_targets, ends_in, predictions
from archc.types import TensorType

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 201
"""Points of the grid in each direction."""
_MARGIN = 0.15
_MOST_POINTS = 1500
_TWO_COLUMNS = 3.0
"""Inches in which two names of the legend stand side by side."""
_SQUARE = np.array([[0.0, 0.0], [1.0, 1.0]])
"""What is drawn around where there are no data: the inputs of a gate."""
_MARKERS = "osD^vPXph*"


@dataclass(frozen=True)
class _Plane:
    """Predictions on a grid: `across` and `up` [SIDE]; what is said and how surely [SIDE, SIDE].

    Of each of `leads` [SIDE, SIDE] the line between two classes is where it is 0.
    """

    across: np.ndarray
    up: np.ndarray
    classes: tuple[str, ...]
    said: np.ndarray
    sure: np.ndarray
    leads: list[np.ndarray]


@dataclass(frozen=True)
class _Points:
    """The rows of a part that are drawn, and how many there are and how many of them are mistaken."""

    part: str
    at: np.ndarray
    truth: np.ndarray
    wrong: np.ndarray
    mistakes: int
    rows: int


def draw(subject: Subject) -> Picture:
    """Decision regions, or a map of values, with the data on top. Raises Failed unless the model takes two numbers."""
    graph = subject.module.graph
    if not of_plane(graph):
        raise _unfit(subject)
    program, module, state, output = subject.program, subject.module, subject.state, graph.outputs[0].name
    clouds = {name: flattened(graph, inputs) for name, (inputs, _) in subject.parts.items()}
    reached = np.concatenate(list(clouds.values()) or [_SQUARE])
    across, up = (_axis(reached[:, axis]) for axis in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    with explained(subject.origins, "it predicts"):
        on_grid = predictions(program, module, state, as_inputs(graph, grid))[output]
        on_rows = {name: predictions(program, module, state, subject.parts[name][0])[output] for name in clouds}
    truths = {name: _truth(subject, name, len(cloud)) for name, cloud in clouds.items()}
    reading = _Reading.of(subject, on_grid, np.concatenate([*truths.values(), np.empty(0)]))
    said, sure = reading.read(on_grid)
    square = (len(up), len(across))
    leads = [lead.reshape(square) for lead in reading.leads(on_grid)]
    plane = _Plane(across, up, reading.classes, said.reshape(square), sure.reshape(square), leads)
    points = [
        _points(name, cloud, reading.classes_of(truths[name]), reading.read(on_rows[name])[0])
        for name, cloud in clouds.items()
    ]
    names = _axes_names(subject)
    title = f"{subject.name}: {'decision regions' if plane.classes else 'what it says'}"
    told = (_summary(subject, plane, points),)
    return Picture("boundary", title, told, lambda pen: _paint(pen, title, names, plane, points), natural=5.2)


@dataclass(frozen=True)
class _Reading:
    """How predictions are read: as classes, as one of the two numbers that the data have, or as numbers.

    Of two numbers, `pair`, the first is meant where factor · value + offset is 0, the second where it is 1.
    """

    classes: tuple[str, ...] = ()
    pair: tuple[float, float] | None = None
    factor: float = 1.0
    offset: float = 0.0

    @staticmethod
    def of(subject: Subject, found: Prediction, truth: np.ndarray) -> "_Reading":
        target = class_targets(subject.module).get(found.output)
        if target is not None and found.labels is not None:
            return _Reading(target.classes)
        # without data, the two numbers are those that it says, or that a sigmoid lies between
        between = ends_in(subject.module, found.output) == "sigmoid"
        numbers = np.unique(truth if len(truth) else [0, 1] if between else found.values)
        if len(numbers) != 2 or found.values[0].size != 1:
            return _Reading()
        low, high = map(float, numbers)
        factor, offset = 1 / (high - low), -low / (high - low)
        column, recipe = _target(subject), subject.module.recipe
        if (low, high) == (0, 1) and recipe is not None and column is not None:
            # a loss such as hinge has other numbers for 0 and 1
            factor, offset = scale(recipe, found.output, column, TensorType(found.values.shape[1:]), 2)
        return _Reading((f"{low:g}", f"{high:g}"), (low, high), factor, offset)

    def read(self, found: Prediction) -> tuple[np.ndarray, np.ndarray]:
        """What is said [n], a class where there are any, and how surely [n], from 0 to 1."""
        values = found.values.reshape(len(found.values), -1)[:, 0]
        if self.pair is not None:
            (lead,) = self.leads(found)
            return (lead > 0).astype(np.int64), np.clip(2 * np.abs(lead), 0, 1)
        if not self.classes or found.labels is None or found.scores is None:
            return values, np.ones(len(values))
        least = 1 / len(self.classes)
        sure = (found.scores.max(axis=1) - least) / (1 - least) if found.likely else np.full(len(values), 0.6)
        return found.labels, sure

    def leads(self, found: Prediction) -> list[np.ndarray]:
        """By class [n], how far it is ahead of all others; of two classes once, and nothing without classes."""
        if self.pair is not None:
            return [self.factor * found.values.reshape(-1) + self.offset - 0.5]
        if not self.classes or found.scores is None:
            return []
        scores = found.scores
        ahead: list[np.ndarray] = [
            scores[:, at] - np.delete(scores, at, axis=1).max(axis=1) for at in range(len(self.classes))
        ]
        return ahead[:1] if len(ahead) == 2 else ahead

    def classes_of(self, truth: np.ndarray) -> np.ndarray:
        """Targets as numbers of classes, where there are any."""
        if self.pair is not None:
            return np.asarray(truth == self.pair[1], np.int64)
        return truth.astype(np.int64 if self.classes else np.float64)


def _unfit(subject: Subject) -> Exception:
    graph = subject.module.graph
    count = sum(int(np.prod(port.shape)) for port in graph.inputs)
    if count != 2:
        title = f"{subject.name} takes {count:,} numbers, and a boundary can be drawn in the plane of two"
    else:
        title = f"{subject.name} has {len(graph.outputs)} outputs, and a boundary can be drawn of one"
    return unfit(title, advice(subject, "confusion"))


def flattened(graph: Graph, inputs: Any) -> np.ndarray:
    """Inputs by name as points [n, 2]."""
    columns = [np.asarray(inputs[port.name], np.float32) for port in graph.inputs]
    return np.concatenate([column.reshape(len(column), -1) for column in columns], axis=1)


def as_inputs(graph: Graph, points: np.ndarray) -> dict[str, np.ndarray]:
    """Points [n, 2] as inputs by name."""
    found, start = {}, 0
    for port in graph.inputs:
        size = int(np.prod(port.shape))
        found[port.name] = points[:, start : start + size].reshape(-1, *port.shape)
        start += size
    return found


def _axis(values: np.ndarray) -> np.ndarray:
    """The numbers on an axis, some way beyond those that occur."""
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * ((high - low) or 1)
    return np.linspace(low - margin, high + margin, SIDE).astype(np.float32)


def _target(subject: Subject) -> str | None:
    """The column that the output learns."""
    recipe, output = subject.module.recipe, subject.module.graph.outputs[0].name
    terms = recipe.losses if recipe is not None else ()
    return next((term.target for term in terms if term.output == output and isinstance(term.target, str)), None)


def _truth(subject: Subject, part: str, count: int) -> np.ndarray:
    """The target of the output [n], 0 where it has no column."""
    column = _target(subject)
    targets = subject.parts[part][1]
    if column not in targets:
        return np.zeros(count)
    return np.asarray(targets[column], np.float64).reshape(count, -1)[:, 0]


def _points(part: str, cloud: np.ndarray, truth: np.ndarray, said: np.ndarray) -> _Points:
    """The rows of a part, evenly thinned where they are too many to be seen."""
    wrong = truth != said if truth.dtype == np.int64 else np.zeros(len(cloud), bool)
    keep = np.linspace(0, len(cloud) - 1, min(len(cloud), _MOST_POINTS)).round().astype(int)
    return _Points(part, cloud[keep], truth[keep], wrong[keep], int(wrong.sum()), len(cloud))


def _summary(subject: Subject, plane: _Plane, points: list[_Points]) -> str:
    if not plane.classes:
        return f"{subject.name} says {float(plane.said.min()):.4g} to {float(plane.said.max()):.4g} here."
    if not points:
        return f"{subject.name} says {' or '.join(plane.classes)}; without data, the square from 0 to 1 is shown."
    mistakes, total = sum(each.mistakes for each in points), sum(each.rows for each in points)
    ringed = "; the others are ringed" if mistakes else ""
    return f"{total - mistakes:,} of {total:,} points lie on the side of their class{ringed}."


def _axes_names(subject: Subject) -> tuple[str, str]:
    """What the two numbers are called."""
    graph, recipe = subject.module.graph, subject.module.recipe
    if len(graph.inputs) == 2:
        return graph.inputs[0].name, graph.inputs[1].name
    port = graph.inputs[0].name
    if recipe is not None:
        column = next(c for c in recipe.data.features if c.name == recipe.columns[port])
        if len(column.fields) == 2:
            first, second = (
                field.name if field.scale == 1 else f"{field.name} / {field.scale:g}" for field in column.fields
            )
            return first, second
    return f"{port}₁", f"{port}₂"


def _paint(pen: Pen, title: str, names: tuple[str, str], plane: _Plane, points: list[_Points]) -> "Figure":
    narrow = pen.width < _TWO_COLUMNS
    below = 0.6 + 0.17 * (len(plane.classes) + 1) * narrow
    figure = pen.sheet(0.82 * pen.width if pen.width > 4 else pen.width + below)
    axes = figure.add_subplot()
    if not plane.classes:
        _values(figure, axes, pen, plane, points)
    else:
        _regions(axes, pen, plane, points)
    axes.set_xlim(float(plane.across[0]), float(plane.across[-1]))
    axes.set_ylim(float(plane.up[0]), float(plane.up[-1]))
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.set_title(title)
    for side in axes.spines.values():
        side.set_visible(True)
    handles, labels = axes.get_legend_handles_labels()
    if handles and pen.width > 4:
        figure.legend(handles, labels, loc="outside right upper", handletextpad=0.4)
    elif handles:
        figure.legend(handles, labels, loc="outside lower left", ncols=1 if narrow else 2, handletextpad=0.4)
    return figure


def _regions(axes: "Axes", pen: Pen, plane: _Plane, points: list[_Points]) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.lines import Line2D

    theme, count = pen.theme, len(plane.classes)
    colors = [theme.colors[at % len(theme.colors)] for at in range(count)]
    rgb = np.array([to_rgb(color) for color in colors])
    picture = np.concatenate([rgb[plane.said], (0.12 + 0.38 * plane.sure)[..., None]], axis=-1)
    steps = [(axis[1] - axis[0]) / 2 for axis in (plane.across, plane.up)]
    left, right = float(plane.across[0] - steps[0]), float(plane.across[-1] + steps[0])
    box = (left, right, float(plane.up[0] - steps[1]), float(plane.up[-1] + steps[1]))
    axes.imshow(picture, origin="lower", extent=box, aspect="auto", interpolation="none", zorder=0)
    for lead in plane.leads:
        if lead.min() < 0 < lead.max():
            axes.contour(plane.across, plane.up, lead, levels=[0.0], colors=[theme.ink], linewidths=1.1, zorder=1)
    edge = theme.paper or "#ffffff"
    drawn = sum(len(each.at) for each in points)
    size = 55 if drawn <= 50 else 24 if drawn <= 400 else 10
    for each in points:
        for at in range(count):
            chosen = each.truth.astype(int) == at
            held_out = each.part != "train"
            axes.scatter(
                each.at[chosen, 0],
                each.at[chosen, 1],
                s=size,
                marker=_MARKERS[at % len(_MARKERS)],
                facecolors=edge if held_out else colors[at],
                edgecolors=colors[at] if held_out else edge,
                linewidths=1.2 if held_out else 0.5,
                zorder=3,
                clip_on=True,
            )
        mistakes = each.at[each.wrong]
        axes.scatter(
            mistakes[:, 0],
            mistakes[:, 1],
            s=3.2 * size,
            facecolors="none",
            edgecolors=theme.ink,
            linewidths=1.0,
            zorder=4,
        )

    def entry(marker: str, face: str, border: str, name: str, size: float = 5) -> None:
        axes.add_line(
            Line2D(
                [],
                [],
                linestyle="",
                marker=marker,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=border,
                label=name,
            )
        )

    for at, name in enumerate(plane.classes):
        entry(_MARKERS[at % len(_MARKERS)] if points else "s", colors[at], edge, shortened(name, 1.1))
    parts = [each.part for each in points]
    if len(parts) > 1:
        entry("o", theme.soft, edge, "train")
        entry("o", edge, theme.soft, " and ".join(part for part in parts if part != "train"))
    if any(each.wrong.any() for each in points):
        entry("o", "none", theme.ink, "wrong", 8)


def _values(figure: "Figure", axes: "Axes", pen: Pen, plane: _Plane, points: list[_Points]) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import MaxNLocator

    theme = pen.theme
    palette = LinearSegmentedColormap.from_list("values", [theme.colors[0], "#f4f4f4", theme.colors[1]])
    numbers = np.concatenate([plane.said.ravel(), *(each.truth for each in points)])
    low, high = float(numbers.min()), float(numbers.max())
    high = high if high > low else low + 1
    levels = MaxNLocator(10).tick_values(low, high)
    shown = axes.contourf(plane.across, plane.up, plane.said, levels=levels, cmap=palette)
    for each in points:
        colors = palette((each.truth - levels[0]) / (levels[-1] - levels[0]))
        axes.scatter(each.at[:, 0], each.at[:, 1], c=colors, s=20, edgecolors=theme.ink, linewidths=0.6, zorder=3)
    bar = figure.colorbar(shown, ax=axes)
    bar.ax.tick_params(labelsize=POINTS - 1)
    bar.set_label("what it says; points: what it is" if points else "what it says")
