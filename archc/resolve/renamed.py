"""Several uses of a name that nothing gives, and one name beside it that nothing uses: there the slip is."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from archc.diagnostics import Diagnostic, Edit, Fix, Related
from archc.resolve.unused import names_read
from archc.source import Span
from archc.syntax import tree

CODES = ("E0301", "E0209")
SHOWN = 3
"""Uses that are pointed at."""


def told_where_given(file: tree.File, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, those that one misspelt definition explains in one, at that definition."""
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for diagnostic in found:
        pair = meant(diagnostic)
        if pair is not None:
            groups.setdefault(pair, []).append(diagnostic)
    groups = {pair: group for pair, group in groups.items() if len({d.span for d in group}) > 1}
    if not groups:
        return list(found)
    read = names_read(*file.items)
    given = list(definitions(file.items))
    instead: dict[int, Diagnostic | None] = {}
    for (word, near), group in groups.items():
        here = [name for name in given if name.value == near]
        if near in read or len(here) != 1 or any(name.value == word for name in given):
            continue
        instead.update({id(diagnostic): None for diagnostic in group})
        instead[id(group[0])] = misspelt(here[0], word, group)
    kept = (instead.get(id(diagnostic), diagnostic) for diagnostic in found)
    return [diagnostic for diagnostic in kept if diagnostic is not None]


def meant(diagnostic: Diagnostic) -> tuple[str, str] | None:
    """The name that nothing gives, and the one that a fix would write in its place."""
    if diagnostic.code not in CODES or len(diagnostic.fixes) != 1 or len(diagnostic.fixes[0].edits) != 1:
        return None
    edit = diagnostic.fixes[0].edits[0]
    if edit.span != diagnostic.span or not edit.text.isidentifier():
        return None
    return edit.span.text, edit.text


def misspelt(given: tree.Name, word: str, group: Sequence[Diagnostic]) -> Diagnostic:
    spans: list[Span] = sorted({d.span for d in group if d.span}, key=lambda span: span.start)
    return Diagnostic(
        "E0301",
        f"nothing uses `{given.value}`, and nothing gives `{word}`, which is used {len(spans)} times",
        given.span,
        related=tuple(Related(span, "used here") for span in spans[:SHOWN]),
        help=f"did you mean `{word}`?",
        fixes=(Fix(f"write `{word}`", (Edit(given.span, word),)),),
    )


def definitions(part: Any) -> Iterator[tree.Name]:
    """Every name that a part of a file gives."""
    match part:
        case tuple():
            for item in part:
                yield from definitions(item)
        case tree.Let() | tree.Block() | tree.Model() | tree.Parameter() | tree.Input() | tree.Output():
            yield part.name
        case tree.Share() | tree.As():
            yield part.name
        case tree.Repeat() if part.name is not None:
            yield part.name
    if hasattr(part, "span"):
        for field in fields(part):
            inner = getattr(part, field.name)
            if field.name != "span" and (isinstance(inner, tuple) or hasattr(inner, "span")):
                yield from definitions(inner)
