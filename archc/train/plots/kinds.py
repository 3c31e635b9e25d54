"""Every kind of picture by its name, and which of them a run's report shows."""

from collections.abc import Callable, Mapping
from typing import Any

from archc.diagnostics import Failed
from archc.ir import Module
from archc.train.plots import boundary, confusion, curves, excite, features, filters, gradients
from archc.train.plots.fitting import drawable, of_plane
from archc.train.plots.names import KINDS
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject

DRAWN: Mapping[str, Callable[..., Picture]] = {
    "curves": curves.draw,
    "confusion": confusion.draw,
    "gradients": gradients.draw,
    "filters": filters.draw,
    "features": features.draw,
    "boundary": boundary.draw,
    "excite": excite.draw,
}


def picture(subject: Subject, kind: str, options: Mapping[str, Any]) -> Picture:
    """A picture of a run; options that are None count as not given. Raises Failed if it doesn't fit the run."""
    if kind not in KINDS:
        raise unfit(f"there is no picture `{kind}`", f"there are {', '.join(KINDS)}")
    takes = KINDS[kind][1]
    given = {name: value for name, value in options.items() if value is not None}
    for name in sorted(given.keys() - takes):
        others = [other for other, (_, taken) in KINDS.items() if name in taken]
        help = f"`{name}` is for {', '.join(others)}" if others else "the options are layer, example and part"
        raise unfit(f"`{kind}` takes no `{name}`", help)
    return DRAWN[kind](subject, **given)


def of_report(subject: Subject, say: Callable[[str], None]) -> list[tuple[str, str]]:
    """Headings, and SVG below them, of what a report shows besides its curves and matrices.

    One that can't be drawn is left out; `say` is told of what isn't the run's own affair.
    """
    found = []
    for heading, draw in (("Gradients", gradients.draw), *_of_model(subject.module)):
        try:
            drawn = draw(subject)
            found.append((heading, drawn.inside(drawn.kind)))
        except Failed:  # nothing was measured, or a picture doesn't fit after all
            continue
        except Exception as error:
            say(f"the report has no picture of {heading.lower()}: {type(error).__name__}: {error}")
    return found


def _of_model(module: Module) -> list[tuple[str, Callable[..., Picture]]]:
    if of_plane(module.graph):
        return [("Decision regions", boundary.draw)]
    return [("Filters", filters.draw)] if drawable(module.graph) else []
