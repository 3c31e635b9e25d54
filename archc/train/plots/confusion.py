"""Which class was taken for which."""

from typing import TYPE_CHECKING

import numpy as np

from archc.train.evaluation import Confusion, confusions, counted
from archc.train.loading import explained
from archc.train.plots.picture import WIDTH, Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import listed, shortened
from archc.train.plots.theme import POINTS, Pen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 100
SHARES, NUMBERS = 12, 25
"""Up to so many classes a cell shows count and share, or its count."""
_CELL, _NAME = 0.15, 1.1
"""Inches: of the smallest cell that has a readable name beside it, and of the longest name."""


def draw(subject: Subject, part: str | None = None) -> Picture:
    """Counts and shares of a part with the best weights. Raises Failed for a model that tells no classes apart."""
    state, (name, rows) = subject.state, subject.part(part)
    with explained(subject.origins, "it evaluates"):
        found = confusions(subject.program, subject.module, state, rows)
        if not found:
            found = counted(subject.module, subject.program.evaluate(state, rows))
    if not found:
        title = f"the targets of {subject.name} are numbers and no classes, so there is no confusion matrix"
        raise unfit(title, f"see how it learnt: `archc plot {subject.typed} curves`")
    return of_confusions(subject.name, name, found)


def of_confusions(model: str, part: str, found: list[Confusion]) -> Picture:
    """A matrix for each output, one below the other. Raises Failed for more classes than a picture can name."""
    largest = max(len(confusion.classes) for confusion in found)
    if largest > MOST:
        title = f"a confusion matrix of {largest:,} classes can't be read as a picture; {MOST} can"
        raise unfit(title, "`archc evaluate RUN --format json` has all counts")
    said = []
    for confusion in found:
        right, total = int(np.trace(confusion.counts)), int(confusion.counts.sum())
        of = f" of {confusion.target}" if len(found) > 1 else ""
        said.append(f"{right:,} of {total:,} are right{of} ({right / max(total, 1):.2%}, {part} part).")
        if worst := mistakes(confusion):
            said.append(f"Most often wrong: {listed(worst)}.")
    title = f"{model}: confusion matrix, {part} part"
    natural = max(WIDTH if largest > SHARES / 2 else 4.2, largest * _CELL + _NAME + 0.6)

    def paint(pen: Pen) -> "Figure":
        figure = pen.sheet(sum(_height(pen, confusion) for confusion in found))
        heights = [_height(pen, confusion) for confusion in found]
        grid = figure.add_gridspec(len(found), 1, height_ratios=heights)
        for at, confusion in enumerate(found):
            _matrix(figure.add_subplot(grid[at, 0]), pen, confusion, part)
        return figure

    return Picture("confusion", title, tuple(said), paint, natural=natural)


def mistakes(confusion: Confusion, most: int = 3) -> list[str]:
    """`3 taken for 8 (5 times)`, the most frequent first."""
    wrong = confusion.counts * (1 - np.eye(len(confusion.classes), dtype=np.int64))
    places = [divmod(int(place), len(confusion.classes)) for place in np.argsort(-wrong, axis=None, kind="stable")]
    names = confusion.classes
    return [
        f"{names[is_]} taken for {names[taken]} ({wrong[is_, taken]:,} time{'s' * bool(wrong[is_, taken] > 1)})"
        for is_, taken in places[:most]
        if wrong[is_, taken]
    ]


def _names(confusion: Confusion) -> float:
    """Inches for the longest name."""
    return min(_NAME, 0.085 * max(map(len, confusion.classes)))


def _height(pen: Pen, confusion: Confusion) -> float:
    return pen.width - 0.5 - _names(confusion) + (0.25 if _flat(confusion, pen) else _names(confusion)) + 0.6


def _flat(confusion: Confusion, pen: Pen) -> bool:
    """Whether the names fit side by side below the columns."""
    cell = (pen.width - 0.7 - _names(confusion)) / len(confusion.classes)
    return _names(confusion) < cell


def _matrix(axes: "Axes", pen: Pen, confusion: Confusion, part: str) -> None:
    theme, count = pen.theme, len(confusion.classes)
    cell = (pen.width - 0.7 - _names(confusion)) / count
    totals = confusion.counts.sum(axis=1, keepdims=True)
    shares = confusion.counts / np.maximum(totals, 1)
    cells = _colors(shares, theme.colors)
    axes.imshow(cells, interpolation="none", aspect="equal")
    size = min(POINTS, 72 * cell * 0.75)
    names = [shortened(name, _NAME) for name in confusion.classes]
    axes.set_xticks(range(count), names, rotation=0 if _flat(confusion, pen) else 90, fontsize=size)
    axes.set_yticks(range(count), names, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=theme.soft, linewidth=0.4, alpha=0.5)
    axes.tick_params(which="minor", length=0)
    for side in axes.spines.values():
        side.set(color=theme.soft, linewidth=0.4, alpha=0.5)
    axes.set_xlabel("what the network says")
    axes.set_ylabel("what it is")
    axes.set_title(f"{confusion.target}: confusion matrix, {part} part")
    if count > NUMBERS:
        return
    for row, column in np.argwhere(confusion.counts):
        number, share = int(confusion.counts[row, column]), float(shares[row, column])
        text = f"{number:,}"
        fits = min(size, 72 * cell / (0.75 * max(len(text), 3)))
        ink = _ink(cells[row, column], theme.paper or "#ffffff")
        both = count <= SHARES and cell > 0.4
        apart = min(0.2, POINTS / (72 * cell))
        axes.text(column, row - 0.6 * apart * both, text, ha="center", va="center", fontsize=fits, color=ink)
        if both:
            small = min(fits, 72 * cell / 4) * 0.78
            axes.text(column, row + 1.1 * apart, f"{share:.0%}", ha="center", va="center", fontsize=small, color=ink)


def _colors(shares: np.ndarray, colors: tuple[str, ...]) -> np.ndarray:
    """RGBA [n, n, 4]: the stronger the larger the share of its row; what is right in another colour than mistakes."""
    from matplotlib.colors import to_rgb

    right = np.eye(len(shares), dtype=bool)
    picture = np.empty((*shares.shape, 4))
    picture[..., :3] = np.where(right[..., None], to_rgb(colors[0]), to_rgb(colors[1]))
    picture[..., 3] = np.where(shares > 0, 0.12 + 0.88 * np.sqrt(shares), 0)
    return picture


def _ink(cell: np.ndarray, paper: str) -> str:
    """Black or white, whichever is read more easily on a cell (RGBA) through which the paper shows."""
    from matplotlib.colors import to_rgb

    red, green, blue = cell[3] * cell[:3] + (1 - cell[3]) * np.array(to_rgb(paper))
    return "#111111" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "#ffffff"
