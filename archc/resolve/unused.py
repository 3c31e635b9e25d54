"""What can stand, and was hardly meant: names that nothing uses, functions that undo each other."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from archc.diagnostics import Diagnostic, Related
from archc.resolve.network import Builder
from archc.syntax import tree

SQUASHING = ("sigmoid", "softmax")
PASSING = ("flatten", "dropout")
"""Layers that change no number between two functions, or only in training."""


def names_read(*roots: Any) -> set[str]:
    """Every word that a part of a file may read as a name."""
    words: set[str] = set()
    waiting = list(roots)
    while waiting:
        match waiting.pop():
            case tree.Name(value=word):
                words.add(word)
            case tree.Argument(value=value) | tree.Member(value=value) | tree.Setting(value=value):
                waiting.append(value)
            case tree.As(step=value) | tree.Let(value=value) | tree.Output(value=value):
                waiting.append(value)
            case tree.Parameter(default=value):
                waiting.append(value)
            case tree.Input(dims=dims):
                waiting.extend(dims)
            case tree.Model(parameters=parameters, body=body):
                waiting += [*parameters, *body]
            case tree.Train(settings=settings):
                waiting.extend(settings)
            case tuple() as items:
                waiting.extend(items)
            case None | bool() | int() | float() | str():
                pass
            case other if hasattr(other, "span"):
                waiting += [getattr(other, field.name) for field in fields(other) if field.name != "span"]
    return words


def unused_lets(file: tree.File) -> Iterator[Diagnostic]:
    """Names at the top of a file that nothing in it uses."""
    read = names_read(*file.items)
    for item in file.items:
        if isinstance(item, tree.Let) and item.name.value not in read:
            yield unused(item.name, "the name")


def unused_in_model(model: tree.Model, numbers: Iterable[str]) -> Iterator[Diagnostic]:
    """Parameters, and names of `numbers`, that nothing in the model uses."""
    read = names_read(model)
    for parameter in model.parameters:
        if parameter.name.value not in read:
            yield unused(parameter.name, "the parameter")
    numbers = set(numbers)
    for statement in model.body:
        if isinstance(statement, tree.Let) and statement.name.value in numbers - read:
            yield unused(statement.name, "the name")


def unused(name: tree.Name, what: str) -> Diagnostic:
    return Diagnostic("W0302", f"nothing uses {what} `{name.value}`", name.span, help="use it, or leave it out")


def squashed_twice(builder: Builder) -> Iterator[Diagnostic]:
    """`softmax -> softmax`: the second reads probabilities, and can hardly tell them apart."""
    for node in builder.nodes.values():
        if node.op not in SQUASHING:
            continue
        before = builder.nodes.get(node.inputs[0])
        while before is not None and before.op in PASSING:
            before = builder.nodes.get(before.inputs[0])
        if before is not None and before.op in SQUASHING:
            yield Diagnostic(
                "W0202",
                f"this `{node.op}` reads what a `{before.op}` gives, which is between 0 and 1 already",
                builder.spans[node.name],
                related=(Related(builder.spans[before.name], "the first one"),),
                help="leave one of them out: together they learn slowly, and their results stay close together",
            )
