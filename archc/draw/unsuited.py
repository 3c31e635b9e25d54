"""What is said where a style cannot show a network."""

import re
from collections.abc import Sequence
from pathlib import Path

from archc.diagnostics import Diagnostic, Failed
from archc.draw.look import Look
from archc.ir import Place
from archc.source import Source, Span


def unsuited(style: str, why: str, look: Look, places: Sequence[Place | None]) -> Failed:
    """The error that `why` a network isn't one for `style`.

    `places` are where the first step stands that doesn't fit, then the blocks around it, outwards: the first
    of them in the file that is drawn is shown, since what is inside a library is not the reader's.
    """
    known = [place for place in places if place is not None]
    source = look.source
    shown = next((place for place in known if source is not None and place.file == Path(source.name).name), None)
    notes: tuple[str, ...] = ()
    if known and shown is not known[0]:
        notes = (f"it stands in {known[0].file}, line {known[0].line}",)
    title = f"the `{style}` style doesn't suit this network: {why}"
    help = "`--style graph` draws any network"
    span = word_at(source, shown) if source is not None and shown is not None else None
    return Failed(Diagnostic("E1001", title, span, notes=notes, help=help))


def word_at(source: Source, place: Place) -> Span | None:
    """The word that stands at a place; None if the source is another one."""
    if place.line > len(source.starts):
        return None
    start = source.starts[place.line - 1] + place.column - 1
    word = re.compile(r"[\w.]*").match(source.text, start)
    return source.span(start, max(word.end() if word else 0, start + 1)) if start < len(source.text) else None
