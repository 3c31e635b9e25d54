"""A profile for people, as a table with the slowest named, and for machines, as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archc.ir import Graph
from archc.train.profiling.advice import FAR, Rate, of_step, rate, slowest
from archc.train.profiling.attribution import Part
from archc.train.profiling.costs import Work
from archc.train.profiling.owners import Key
from archc.train.profiling.profile import Profile, Spent
from archc.types import Shape, TensorType

HEADINGS = ("layer", "line", "output", "forward", "backward", "share", "", "GFLOP/s", "", "GB/s", "", "bound by")

PARTS: dict[Part, str] = {
    "network": "between layers",
    "loss": "loss",
    "metrics": "metrics",
    "optimizer": "optimizer",
    "batch": "batch",
    "loop": "loop over steps",
}
"""What the rest of a step is called, in the order of the table."""

UNKNOWN, IDLE = "not attributed", "nothing runs"

_BAR = 10
_EIGHTHS = " ▏▎▍▌▋▊▉"


NONE = Work()


@dataclass(frozen=True)
class Row:
    """A layer, block or repeat of a profile; those in a block or repeat stand below it, one `depth` deeper."""

    name: str
    line: str
    output: Shape | None
    spent: Spent
    forward: Work = NONE
    backward: Work = NONE
    depth: int = 0


def rows(profile: Profile, depth: int | None = None) -> list[Row]:
    """The layers of a profile, with `depth` levels of blocks and repeats open; all unless said."""
    return [row for row in _rows(profile, profile.graph, (), 0) if depth is None or row.depth <= depth]


def _rows(profile: Profile, graph: Graph, scope: Key, level: int) -> Iterator[Row]:
    for node in graph.nodes:
        key = (*scope, node.name)
        own = profile.layers.get(key, Spent())
        place = node.place
        # what is imported stands in another file
        line = f"{place.line}" if place.file == profile.module.source else f"{place.file}:{place.line}"
        if node.body is None:
            layer = profile.costs.layers[key]
            yield Row(node.name, line, node.output, own, layer.forward, layer.backward, level)
            continue
        inner = list(_rows(profile, node.body, scope if node.op == "repeat" else key, level + 1))
        below = [row for row in inner if row.depth == level + 1]
        if own.seconds:
            beside = Row("beside them", "", None, own, depth=level + 1)
            inner, below = [*inner, beside], [*below, beside]
        yield Row(
            f"repeat ×{node.count:,}" if node.op == "repeat" else node.name,
            line,
            node.output,
            sum((row.spent for row in below), Spent()),
            sum((row.forward for row in below), NONE),
            sum((row.backward for row in below), NONE),
            level,
        )
        yield from inner


def as_text(profile: Profile, depth: int | None = None) -> str:
    """The profile as a table, and what can be done about the slowest; without a newline at its end."""
    layers = [_cells(profile, row) for row in rows(profile, depth)]
    parts = [_part(profile, title, profile.parts[part]) for part, title in PARTS.items() if part in profile.parts]
    parts += [_part(profile, UNKNOWN, Spent(profile.unknown))] if profile.unknown else []
    parts += [_part(profile, IDLE, Spent(profile.idle))]
    total = _part(profile, "a step", Spent(profile.traced))
    widths = [max(map(len, column)) for column in zip(HEADINGS, *layers, *parts, total, strict=True)]
    table = [_line(row, widths) for row in (HEADINGS, *layers, *parts, total)]
    rule = "─" * max(map(len, table))
    cut = 1 + len(layers)
    table = [table[0], rule, *table[1:cut], rule, *table[cut:-1], rule, table[-1]]
    return "\n".join([*_head(profile), "", *table, "", *_notes(profile), "", *_slowest(profile)])


def _head(profile: Profile) -> list[str]:
    recipe, ceilings = profile.recipe, profile.ceilings
    device = profile.platform if profile.device.lower() == profile.platform else f"{profile.platform}, {profile.device}"
    return [
        f"{profile.module.graph.name} ({profile.module.source}), a step of {recipe.batch:,} examples in "
        f"{recipe.precision}, on {device}",
        f"first step  {profile.first.trace:.2f} s to trace the program, {profile.first.compile:.2f} s to compile it",
        f"steady      {_time(profile.step)} a step, {1 / profile.step:,.1f} steps/s, "
        f"{recipe.batch / profile.step:,.0f} examples/s",
        f"ceilings    {ceilings.flops / 1e9:,.0f} GFLOP/s in a {ceilings.dtype} matrix product, "
        f"{ceilings.bytes / 1e9:,.1f} GB/s adding to an array",
    ]


def _notes(profile: Profile) -> list[str]:
    slower = profile.traced / profile.step
    return [
        "Times are milliseconds of the faster half of the steps under watch, each "
        f"{slower:.2f} times a steady step; a repeat's are those of all its copies.",
        f"{profile.attributed:.1%} of the time in which something runs is known to be a layer's or a part's.",
        "Rates are those of the least that a layer, alone, computes and moves forward and backward: above 100 % where "
        "values stay in",
        f"a cache or layers are computed together. Neither bounds what is under {FAR:.0%} of both ceilings.",
    ]


def _slowest(profile: Profile) -> Iterator[str]:
    for number, each in enumerate(slowest(profile), 1):
        name = next((title for part, title in PARTS.items() if part == each.name), each.name)
        yield f"{number}. {name}, {_time(each.seconds)}, {each.share:.0%} of a step: {each.advice}."
    if word := of_step(profile):
        yield f"   {word[0].upper()}{word[1:]}."


def _cells(profile: Profile, row: Row) -> tuple[str, ...]:
    reached = rate(row.forward + row.backward, row.spent.seconds, profile.ceilings)
    return (
        "  " * row.depth + row.name,
        row.line,
        "" if row.output is None else str(TensorType(row.output)),
        *_spent(profile, row.spent),
        *_rate(reached.flops, reached.of_flops),
        *_rate(reached.bytes, reached.of_bytes),
        reached.bound,
    )


def _part(profile: Profile, title: str, spent: Spent) -> tuple[str, ...]:
    return (title, "", "", *_spent(profile, spent), "", "", "", "", "")


def _spent(profile: Profile, spent: Spent) -> tuple[str, str, str, str]:
    share = spent.seconds / profile.traced
    return _milliseconds(spent.forward), _milliseconds(spent.backward), f"{share:.1%}", _bar(share)


def _rate(number: float, share: float) -> tuple[str, str]:
    return (f"{number / 1e9:,.1f}", f"{share:.0%}") if number else ("", "")


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.3f}" if seconds else ""


def _time(seconds: float) -> str:
    return f"{1e3 * seconds:,.2f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def _bar(share: float) -> str:
    whole, eighths = divmod(round(8 * _BAR * min(share, 1.0)), 8)
    return ("█" * whole + _EIGHTHS[eighths]).rstrip()


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Words and bars stand left, numbers right."""
    words = (0, 2, 6, 11)
    pairs = enumerate(zip(cells, widths, strict=True))
    return "  ".join(cell.ljust(width) if i in words else cell.rjust(width) for i, (cell, width) in pairs).rstrip()


def as_json(profile: Profile) -> dict[str, Any]:
    """The profile for machines. Times are seconds a step, rates a second, shares of 1."""
    recipe = profile.recipe
    return {
        "model": profile.module.graph.name,
        "source": profile.module.source,
        "device": profile.device,
        "platform": profile.platform,
        "batch": recipe.batch,
        "precision": recipe.precision,
        "first_step": {"trace": profile.first.trace, "compile": profile.first.compile},
        "step": profile.step,
        "traced_step": profile.traced,
        "steps_per_second": 1 / profile.step,
        "examples_per_second": recipe.batch / profile.step,
        "ceilings": {
            "dtype": profile.ceilings.dtype,
            "flops": profile.ceilings.flops,
            "bytes": profile.ceilings.bytes,
        },
        "attributed": profile.attributed,
        "layers": [_layer(profile, key) for key in profile.costs.layers],
        "blocks": [
            {"name": ".".join(key), "forward": spent.forward, "backward": spent.backward}
            for key, spent in profile.layers.items()
            if key not in profile.costs.layers
        ],
        "parts": {
            part: {"forward": profile.parts[part].forward, "backward": profile.parts[part].backward}
            for part in PARTS
            if part in profile.parts
        },
        "not_attributed": profile.unknown,
        "nothing_runs": profile.idle,
        "slowest": [
            {"name": each.name, "seconds": each.seconds, "share": each.share, "advice": each.advice}
            for each in slowest(profile)
        ],
        "note": of_step(profile) or None,
    }


def _layer(profile: Profile, key: Key) -> dict[str, Any]:
    layer, spent = profile.costs.layers[key], profile.layers.get(key, Spent())
    work = layer.forward + layer.backward
    reached: Rate = rate(work, spent.seconds, profile.ceilings)
    return {
        "name": layer.name,
        "op": layer.op.name,
        "file": layer.place.file,
        "line": layer.place.line,
        "output": list(layer.output),
        "copies": layer.copies,
        "forward": spent.forward,
        "backward": spent.backward,
        "share": spent.seconds / profile.traced,
        "flops": work.flops,
        "bytes": work.bytes,
        "flops_per_second": reached.flops,
        "bytes_per_second": reached.bytes,
        "of_flops_ceiling": reached.of_flops,
        "of_bytes_ceiling": reached.of_bytes,
        "bound": reached.bound or None,
    }
