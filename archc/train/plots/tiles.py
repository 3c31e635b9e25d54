"""Small pictures in rows: kernels, feature maps, inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archc.train.plots.text import shortened, wrapped
from archc.train.plots.theme import BLUE, POINTS, SKY, VERMILLION, Pen

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_GREY = ("#000000", "#ffffff")
_SIGNED = (BLUE, "#ffffff", VERMILLION)
_RISING = ("#06121f", BLUE, SKY, "#ffffff")
_MARGIN, _LINE, _LABEL, _UNDER, _BETWEEN = 0.1, 0.19, 0.17, 0.04, 0.12
_LARGEST, _PIXELS = 0.95, 120
"""Inches of a tile at most, and the dots that it has about."""
_SMALLEST, _FEWEST = 6, 4
"""Points of a label at least, and tiles side by side that make room for one."""


@dataclass(frozen=True)
class Strip:
    """Pictures that belong together: RGB [n, height, width, 3] from 0 to 1, under a heading, maybe with `labels`.

    `columns` is how many stand side by side, 0 for as many as look well.
    """

    heading: str
    tiles: np.ndarray
    labels: tuple[str, ...] = ()
    columns: int = 0


def grey(values: np.ndarray) -> np.ndarray:
    """RGB of signed numbers: black for -1, grey for 0, white for 1."""
    return _mapped(values, -1, 1, _GREY)


def signed(values: np.ndarray) -> np.ndarray:
    """RGB of signed numbers: blue for -1, white for 0, orange for 1."""
    return _mapped(values, -1, 1, _SIGNED)


def rising(values: np.ndarray) -> np.ndarray:
    """RGB of numbers from 0, dark, to 1, white."""
    return _mapped(values, 0, 1, _RISING)


def _mapped(values: np.ndarray, low: float, high: float, colors: Sequence[str]) -> np.ndarray:
    stops = np.linspace(low, high, len(colors))
    rgb = np.array([[int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)] for color in colors])
    return np.stack([np.interp(values, stops, rgb[:, channel]) for channel in range(3)], axis=-1)


def paint(pen: Pen, title: str, strips: Sequence[Strip]) -> "Figure":
    """A sheet with a title and strips below each other."""
    room = pen.width - 2 * _MARGIN
    head = wrapped(title, pen.width, bold=True)
    headings = [wrapped(strip.heading, pen.width) for strip in strips]
    places = [_places(strip, room) for strip in strips]
    height = (
        2 * _MARGIN
        + _LINE * len(head)
        + sum(
            _LINE * len(heading) + _UNDER + tall + _BETWEEN
            for heading, (_, _, tall) in zip(headings, places, strict=True)
        )
    )
    figure = pen.sheet(height, free=True)
    down = _MARGIN

    def lines(texts: Sequence[str], weight: str, color: str) -> None:
        nonlocal down
        for text in texts:
            across, up = _MARGIN / pen.width, 1 - (down + 0.8 * _LINE) / height
            figure.text(across, up, text, fontweight=weight, color=color, va="baseline")
            down += _LINE

    lines(head, "bold", pen.theme.ink)
    for strip, heading, (columns, side, tall) in zip(strips, headings, places, strict=True):
        lines(heading, "normal", pen.theme.ink)
        down += _UNDER
        mosaic = _mosaic(strip, columns)
        rows = -(-len(strip.tiles) // columns)
        label = _LABEL if strip.labels else 0.0
        longest = max(map(len, strip.labels), default=0)
        size = max(min(POINTS - 1, 72 * side / (0.6 * max(longest, 4))), _SMALLEST)
        aspect = strip.tiles.shape[1] / strip.tiles.shape[2]
        for row in range(rows):
            top = down + row * (side * aspect + label)
            box = (
                _MARGIN / pen.width,
                1 - (top + side * aspect) / height,
                columns * side / pen.width,
                side * aspect / height,
            )
            axes = figure.add_axes(box)
            axes.imshow(mosaic[row], interpolation="none", aspect="auto")
            axes.set_axis_off()
            cells_down, cells_across = mosaic[row].shape[0], mosaic[row].shape[1] // columns
            for at in range(min(columns, len(strip.tiles) - row * columns)):
                axes.add_patch(_frame(at, cells_down, cells_across, pen.theme.soft))
            for at, text in enumerate(strip.labels[row * columns : (row + 1) * columns]):
                across = (_MARGIN + (at + 0.47) * side) / pen.width
                up = 1 - (top + side * aspect + 0.7 * _LABEL) / height
                short = shortened(text, side * 1.5)
                figure.text(across, up, short, fontsize=size, ha="center", va="baseline", color=pen.theme.soft)
        down += tall + _BETWEEN
    return figure


def _places(strip: Strip, room: float) -> tuple[int, float, float]:
    """How many columns, how wide a tile with the gap behind it is, and how high the strip (inches)."""
    count, tall, wide = strip.tiles.shape[:3]
    columns = strip.columns or next((c for c in (6, 8, 10, 12) if count <= c), 0) or (8 if count <= 24 else 16)
    if not strip.columns and room < 4.5:
        columns = min(columns, 8)
    # labels are the smaller the narrower tiles are, and below a size no one can read them
    widest = max(map(len, strip.labels), default=0) * 0.6 * _SMALLEST / 72
    while not strip.columns and columns > _FEWEST and room / columns < widest:
        columns -= 2
    largest = _LARGEST * max(1.0, min(wide / tall, 4.0))
    side = min(room / columns, largest)
    columns = max(1, min(columns, count))
    rows = -(-count // columns)
    return columns, side, rows * (side * tall / wide + (_LABEL if strip.labels else 0.0))


def _mosaic(strip: Strip, columns: int) -> list[np.ndarray]:
    """Each row of tiles as one RGBA picture, with gaps through which the paper shows."""
    tiles = strip.tiles
    largest = max(tiles.shape[1:3])
    if largest > 2 * _PIXELS:
        tiles = _shrunk(tiles, largest // _PIXELS)
    scale = -(-_PIXELS // max(tiles.shape[1:3]))
    tiles = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    _, tall, wide, _ = tiles.shape
    gap_across, gap_down = _gap(wide), _gap(tall)
    rows = []
    for start in range(0, len(tiles), columns):
        row = np.zeros((tall, columns * wide, 4))
        for at, tile in enumerate(tiles[start : start + columns]):
            row[: tall - gap_down, at * wide : (at + 1) * wide - gap_across] = _opaque(
                tile, tall - gap_down, wide - gap_across
            )
        rows.append(row)
    return rows


def _gap(cells: int) -> int:
    """How much of a tile so many cells wide or tall is the gap behind it."""
    return max(1, round(0.06 * cells))


def _frame(at: int, tall: int, wide: int, color: str) -> "Rectangle":
    """A hairline around a tile: cells as white as the paper belong to it too."""
    from matplotlib.patches import Rectangle

    size = (wide - _gap(wide), tall - _gap(tall))
    return Rectangle((at * wide - 0.5, -0.5), *size, fill=False, edgecolor=color, linewidth=0.5, clip_on=False)


def _opaque(tile: np.ndarray, tall: int, wide: int) -> np.ndarray:
    """A tile shrunk to make room for the gaps, no cell of it lost."""
    rows = np.arange(tall) * tile.shape[0] // tall
    columns = np.arange(wide) * tile.shape[1] // wide
    return np.concatenate([tile[rows][:, columns], np.ones((tall, wide, 1))], axis=-1)


def _shrunk(tiles: np.ndarray, by: int) -> np.ndarray:
    """Means of squares of `by` cells."""
    count, tall, wide, channels = tiles.shape
    tiles = tiles[:, : tall // by * by, : wide // by * by]
    shrunk: np.ndarray = tiles.reshape(count, tall // by, by, wide // by, by, channels).mean(axis=(2, 4))
    return shrunk
