"""Examples of a data set as a picture: images in a grid, points in the plane."""

from pathlib import Path
from typing import Any

import numpy as np

from archc.data.table import Table, failed
from archc.ir import Column, DataSpec
from archc.parameters import Unfit

ACROSS, DOWN = 8, 5
"""Images side by side, and above one another."""
MOST_POINTS = 5_000


def drawable(spec: DataSpec) -> Column | None:
    """The column that a picture can show: images, or points in the plane."""
    for column in spec.features:
        if column.kind == "image" and column.shape[2] in (1, 3, 4):
            return column
    return next((column for column in spec.features if column.shape == (2,)), None)


def draw(spec: DataSpec, table: Table, rows: np.ndarray, path: Path) -> int:
    """Writes a picture of some rows, and gives their number. Raises Failed."""
    column = drawable(spec)
    if column is None:
        problem = f"the data of `{spec.name}` are neither images nor points in the plane"
        raise failed(Unfit(problem, "leave `-o` out: their rows are shown as text", code="E0614"))
    try:
        from matplotlib.figure import Figure
    except ImportError:
        help = "install it: `pip install matplotlib`"
        raise failed(Unfit("pictures are drawn by matplotlib, which is not installed", help, code="E0611")) from None
    target = next((each for each in spec.targets if each.kind == "class"), None)
    labels = table[target.name] if target else None
    rows = rows[: ACROSS * DOWN if column.kind == "image" else MOST_POINTS]
    names = target.classes if target else ()
    if column.kind == "image":
        figure = Figure(figsize=(ACROSS, 1.2 * -(-len(rows) // ACROSS)), layout="constrained")
        grid(figure, table[column.name][rows], [] if labels is None else [names[int(labels[row])] for row in rows])
    else:
        figure = Figure(figsize=(6, 6), layout="constrained")
        points(figure, table[column.name][rows], None if labels is None else labels[rows], names)
    try:
        figure.savefig(path, dpi=100, metadata={"Software": None} if path.suffix == ".png" else None)
    except (OSError, ValueError) as error:
        raise failed(Unfit(f"{path} cannot be written: {error}", code="E0612")) from None
    return len(rows)


def grid(figure: Any, images: np.ndarray, names: list[str]) -> None:
    """Images [n, height, width, channels], each under its class."""
    low, high = float(images.min()), float(images.max())
    shown = (images - low) / ((high - low) or 1)
    axes = figure.subplots(-(-len(images) // ACROSS), ACROSS, squeeze=False).flat
    for at, axis in enumerate(axes):
        axis.set_axis_off()
        if at < len(images):
            axis.imshow(shown[at] if images.shape[-1] > 1 else shown[at, ..., 0], cmap="gray", vmin=0, vmax=1)
            axis.set_title(names[at] if names else "", fontsize=8)


def points(figure: Any, x: np.ndarray, labels: np.ndarray | None, names: tuple[str, ...]) -> None:
    """Points [n, 2], a colour for each class."""
    axis = figure.subplots()
    axis.set_aspect("equal", adjustable="datalim")
    if labels is None:
        axis.scatter(x[:, 0], x[:, 1], s=12)
        return
    for at, name in enumerate(names):
        chosen = x[labels == at]
        axis.scatter(chosen[:, 0], chosen[:, 1], s=12, label=name)
    axis.legend()
