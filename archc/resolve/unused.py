"""Names that nothing uses."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from archc.diagnostics import Diagnostic
from archc.source import Span
from archc.syntax import tree


def names_read(*roots: Any) -> dict[str, Span]:
    """Every word that a part of a file may read as a name, and one place where it does."""
    words: dict[str, Span] = {}
    waiting = list(roots)
    while waiting:
        match waiting.pop():
            case tree.Name(value=word, span=span):
                words[word] = span
            case tree.Argument(value=value) | tree.Member(value=value) | tree.Setting(value=value):
                waiting.append(value)
            case tree.As(step=value) | tree.Let(value=value) | tree.Output(value=value) | tree.Share(value=value):
                waiting.append(value)
            case tree.Parameter(default=value):
                waiting.append(value)
            case tree.Input(dims=dims):
                waiting.extend(dims)
            case tree.Repeat(times=times, body=repeated):
                waiting += [times, repeated]
            case tree.Block(parameters=parameters, body=body) | tree.Model(parameters=parameters, body=body):
                waiting += [*parameters, *body]
            case tree.Train(settings=settings):
                waiting.extend(settings)
            case tuple() as items:
                waiting.extend(items)
            case tree.Bad(span=span):
                words.update(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", span.text), span))
            case None | bool() | int() | float() | str():
                pass
            case other if hasattr(other, "span"):
                waiting += [getattr(other, field.name) for field in fields(other) if field.name != "span"]
    return words


def unused_at_top(file: tree.File, given: Mapping[str, Iterable[str]]) -> Iterator[Diagnostic]:
    """Top-level names, blocks and used files that nothing in the file uses; `given` is what each used file gives."""
    read = [names_read(item) for item in file.items]
    readers = Counter(word for words in read for word in words)
    for item, own in zip(file.items, read, strict=True):
        match item:
            case tree.Let() if readers[item.name.value] == (item.name.value in own):
                yield unused(item.name, "the name")
            case tree.Block() if readers[item.name.value] == (item.name.value in own):
                title = f"nothing uses the block `{item.name.value}`"
                yield Diagnostic("W0307", title, item.name.span, help="use it, or leave it out")
            case tree.Use():
                names = given.get(item.target.span.text, ())
                if names and not any(readers[name] > (name in own) for name in names):
                    title = f"nothing of `{item.target.value}` is used"
                    yield Diagnostic("W0308", title, item.span, help="leave it out")


def unused_in_body(body: tree.Model | tree.Block) -> Iterator[Diagnostic]:
    """Parameters that nothing in a model or block uses."""
    read = names_read(body)
    for parameter in body.parameters:
        if parameter.name.value not in read:
            yield unused(parameter.name, "the parameter")


def unused_numbers(statements: Iterable[tree.Statement], numbers: Collection[str]) -> Iterator[Diagnostic]:
    """Names of `numbers` that nothing in a body uses."""
    read = names_read(*statements)
    for statement in statements:
        if isinstance(statement, tree.Let | tree.Share) and statement.name.value in set(numbers) - read.keys():
            yield unused(statement.name, "the name")


def unused(name: tree.Name, what: str) -> Diagnostic:
    return Diagnostic("W0302", f"nothing uses {what} `{name.value}`", name.span, help="use it, or leave it out")
