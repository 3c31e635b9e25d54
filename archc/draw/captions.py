"""What stands around a figure of two networks: names, totals and settings above, the meaning of signs below."""

from collections.abc import Iterator, Sequence
from math import ceil

from archc.draw import text as font
from archc.draw.cards import short
from archc.draw.legend import MARGIN, SIZE, SWATCH, TITLE_SIZE
from archc.draw.scene import Line, Mark, Part, Rect, Scene, Text, moved
from archc.ir.compare import Change, Difference
from archc.ir.telling import from_to, setting, summary
from archc.parameters import counted

NARROWEST = 400.0
"""How wide a line above the figure may be, however narrow that is."""

LEAD, LINE = 15.0, 17.0
"""From line to line above and below the figure."""

MOST_LINES = 3
"""For the recipe's settings, and for everything else that has no place in the figure."""

LONGEST_SETTING = 34
"""Of a value, as many characters are shown."""

SIGNS = {
    "added.paper": ("added", "", "+ added"),
    "removed.paper": ("removed", "3 2", "− removed"),
    "changed.paper": ("changed", "", "~ changed"),
    "moved.paper": ("moved", "", "> moved or renamed"),
    "frame2": ("rule", "", "unchanged"),
}
"""By the fill: border, dashes and words."""

LINES = {"added": ("", "flow added"), "removed": ("5 3", "flow removed"), "edge": ("", "flow unchanged")}


def compared(
    difference: Difference, names: tuple[str, str], parts: Sequence[Part], width: float, height: float
) -> Scene:
    """A scene of parts that take `width` times `height` px from (0, 0) on."""
    title = f"{names[0]} → {names[1]}"
    told = "no difference" if difference.equal else summary(difference, ordinals=False)
    total = max(width, NARROWEST, font.width(title, TITLE_SIZE, bold=True))
    heading: list[Mark] = [Text(0, 12, title, TITLE_SIZE, True)]
    bottom = 12 + LEAD / 2
    for index, text in enumerate((told, _totals(difference), *_rest(difference, total))):
        for line in font.wrapped(text, SIZE, total, bold=not index):
            bottom += LEAD
            line = font.fitted(line, SIZE, total, bold=not index)
            heading.append(Text(0, bottom - LEAD / 2 + 7, line, SIZE, not index, fill="soft" if index else "ink"))
    top = bottom + LEAD
    placed = [Part("note", tuple(heading)), *(moved(part, (total - width) / 2, top) for part in parts)]
    bottom = top + height
    legend = _legend(parts, total)
    if legend:
        placed += [moved(part, 0, bottom + 12) for part in legend]
        bottom += 12 + max(part.bounds[3] for part in legend)
    desc = f"{title}: {told}. {_totals(difference)}."
    # whole pixels, so that no edge of a raster image is half transparent
    return Scene(
        ceil(total + 2 * MARGIN),
        ceil(bottom + 2 * MARGIN),
        tuple(moved(part, MARGIN, MARGIN) for part in placed),
        title,
        desc,
    )


def _totals(difference: Difference) -> str:
    """Parameters and multiply-accumulates, before and after."""
    a, b = difference.graph.before, difference.graph.after
    parameters = _both(f"{a.parameters:,}", f"{b.parameters:,}")
    told = [f"{parameters} parameter{'s' * (b.parameters != 1)}"]
    if a.macs or b.macs:
        told.append(f"{_both(short(a.macs), short(b.macs))} MACs")
    return " · ".join(told)


def _both(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _rest(difference: Difference, room: float) -> Iterator[str]:
    """What differs and is no layer, each kind in at most `MOST_LINES` lines of `room` px."""
    model = [_setting(change) for change in difference.model if change.what != "name"]
    # what a person sets for a run before what describes its data
    recipe = [_setting(change) for change in sorted(difference.recipe, key=lambda c: c.what.startswith("data"))]
    for what, found in (("model", model), ("weights start", _inits(difference)), ("recipe", recipe)):
        if found:
            yield _listed(what, found, room)


def _listed(what: str, found: Sequence[str], room: float) -> str:
    """As many as there is room for, and how many more there are."""
    for count in reversed(range(1, len(found) + 1)):
        more = [f"{len(found) - count} more"] if count < len(found) else []
        text = f"{what}: {', '.join([*found[:count], *more])}"
        if len(font.wrapped(text, SIZE, room)) <= MOST_LINES:
            break
    return text


def _inits(difference: Difference) -> list[str]:
    found: dict[str, int] = {}
    for pair in difference.graph.pairs:
        for change in pair.inits:
            text = _setting(change).removesuffix(".init")
            found[text] = found.get(text, 0) + 1
    return [f"{text} in {counted(count, 'layer')}" for text, count in found.items()]


def _setting(change: Change) -> str:
    return f"{setting(change.what)} {from_to(change, '→', LONGEST_SETTING)}"


def _legend(parts: Sequence[Part], width: float) -> list[Part]:
    """Swatches and lines that are seen, with their meaning, in as many lines as they need."""
    marks = [mark for part in parts for mark in part.marks if part.kind in ("node", "band", "edge")]
    fills = {mark.fill for mark in marks if isinstance(mark, Rect)}
    strokes = {mark.stroke for mark in marks if isinstance(mark, Line)}
    samples: list[tuple[Mark, str]] = [
        # as thick as they are drawn: in black and white nothing else tells `added` from `unchanged`
        (Rect(0, 0, SWATCH, SWATCH, fill, edge, 0.75 if edge == "rule" else 2, 2, dash), words)
        for fill, (edge, dash, words) in SIGNS.items()
        if fill in fills
    ]
    flows = [stroke for stroke in LINES if stroke in strokes]
    samples += [
        (Line(((0, SWATCH / 2), (2 * SWATCH, SWATCH / 2)), stroke, 1.6 if stroke != "edge" else 1.2, dash), words)
        for stroke, (dash, words) in LINES.items()
        if stroke in flows and flows != ["edge"]
    ]
    found: list[Part] = []
    x, y = 0.0, 0.0
    for sample, words in samples:
        text = Text(sample.bounds[2] + 5, 9.3, words, SIZE, fill="soft")
        wide = text.bounds[2]
        if x and x + wide > width:
            x, y = 0.0, y + LINE
        found.append(moved(Part("legend", (sample, text)), x, y))
        x += wide + 14
    return found
