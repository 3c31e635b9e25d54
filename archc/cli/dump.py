"""A syntax tree as indented text: each node with its line and column."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from archc.syntax import tree

_STEP = "  "


def dump(file: tree.File) -> str:
    """The tree of a file, a node a line, without a newline at its end."""
    return "\n".join(line for item in file.items for line in _lines(item, "", ""))


def _lines(node: Any, label: str, indent: str) -> Iterator[str]:
    plain, children = [], []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "span" or value is None or value == ():
            continue
        if hasattr(value, "span") or (isinstance(value, tuple) and hasattr(value[0], "span")):
            children.append((field.name, value))
        else:
            plain.append(_plain(value))
    head = " ".join([type(node).__name__, *plain])
    yield f"{indent}{label}{head}  {node.span.line}:{node.span.column}"
    indent += _STEP
    for name, value in children:
        if not isinstance(value, tuple):
            yield from _lines(value, f"{name}: ", indent)
            continue
        yield f"{indent}{name}:"
        for item in value:
            yield from _lines(item, "", indent + _STEP)


def _plain(value: Any) -> str:
    """A number, a text or a size of the tree."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else repr(value)
