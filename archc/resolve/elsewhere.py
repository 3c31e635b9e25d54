"""Where a name that isn't known is given after all, for the help of the message."""

from collections.abc import Iterator, Mapping, Sequence
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


Index = Mapping[str, Sequence[Given]]
"""Where a body gives names, by name."""


def index(statements: Sequence[tree.Statement]) -> Index:
    found: dict[str, list[Given]] = {}
    for name, why in places(tuple(statements), ""):
        found.setdefault(name.value, []).append(Given(name.span, why))
    return found


def given_elsewhere(name: tree.Name, given: Index) -> Given | None:
    """The place in a body that gives a name which isn't known where it is used."""
    for place in given.get(name.value, ()):
        if place.why or place.span.start > name.span.start:
            return place if place.why else Given(place.span, LATER)
    return None


def places(part: Any, why: str) -> Iterator[tuple[tree.Name, str]]:
    """Every name that a part of a body gives, and why it may not be known elsewhere."""
    match part:
        case tree.Input() | tree.Let() | tree.Output() | tree.Share() | tree.As():
            yield part.name, why
        case tree.Repeat() if part.name is not None:
            yield part.name, IN_REPEAT
    if isinstance(part, tree.If):
        why = IN_BRANCH
    if isinstance(part, tuple):
        for each in part:
            yield from places(each, why)
    elif hasattr(part, "span") and not isinstance(part, tree.Name | tree.Bad):
        for field in fields(part):
            if field.name not in ("span", "name"):
                yield from places(getattr(part, field.name), why)
