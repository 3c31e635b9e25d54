"""Where a name that isn't known is given after all, for the help of the message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from archc.source import Span
from archc.syntax import tree


@dataclass(frozen=True)
class Given:
    """Where a body gives a name, and why it isn't known elsewhere."""

    span: Span
    why: str


IN_BRANCH = "is given in a branch that isn't taken"
IN_REPEAT = "counts the copies of a repeat, and is known only in it"
LATER = "is given only here"


def given_elsewhere(word: str, use: Span, statements: Sequence[tree.Statement]) -> Given | None:
    """The place in a body that gives a name which isn't known at `use`."""
    for statement in statements:
        for given in places(word, statement, ""):
            if given.why or given.span.start > use.start:
                return given if given.why else Given(given.span, LATER)
    return None


def places(word: str, part: Any, why: str) -> Iterator[Given]:
    """Everywhere a part of a body gives the name."""
    match part:
        case tree.Input(name=name) | tree.Let(name=name) | tree.Output(name=name) | tree.Share(name=name):
            if name.value == word:
                yield Given(name.span, why)
        case tree.As(name=name) if name.value == word:
            yield Given(name.span, why)
        case tree.Repeat(name=tree.Name(value=index, span=span)) if index == word:
            yield Given(span, IN_REPEAT)
    if isinstance(part, tree.If):
        why = IN_BRANCH
    if isinstance(part, tuple):
        for each in part:
            yield from places(word, each, why)
    elif hasattr(part, "span") and not isinstance(part, tree.Name | tree.Bad):
        for field in fields(part):
            if field.name not in ("span", "name"):
                yield from places(word, getattr(part, field.name), why)
