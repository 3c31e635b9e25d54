"""One example for a program to look at: a row of the data, or numbers that were given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.data.table import Table
from archc.diagnostics import Diagnostic, Failed
from archc.diagnostics.suggest import closest
from archc.ir import Column, Module, Recipe
from archc.ir.items import restored
from archc.types import TensorType

MOST_NAMED = 12
"""So many classes are named in a message at most."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Example:
    """What enters a program [1, …] by input, what it is taught [1, …] by column, and which example that is."""

    inputs: Mapping[str, Any]
    targets: Mapping[str, Any]
    words: str


def of_rows(program: ModuleType, recipe: Recipe, table: Table, seed: int, number: int) -> Example:
    """The example of a number, from 1, among the training rows in the order of the data. Raises Failed."""
    count = recipe.train_rows
    if number > count:
        title = f"there is no example {number:,}: there {'is' if count == 1 else 'are'} {count:,} to train on"
        raise Failed(Diagnostic("E0901", title, help=f"they count from 1 to {count:,}"))
    row = int(np.argsort(program.split(_cut(recipe), seed)["train"])[number - 1])
    inputs, targets = jax.tree.map(lambda values: values[row : row + 1], program.parts(table, seed)["train"])
    return Example(inputs, targets, f"example {number:,} of {count:,}")


def _cut(recipe: Recipe) -> int:
    """How many rows are cut into parts: a test part that the data bring isn't."""
    return recipe.train_rows + recipe.validation_rows + (0 if recipe.data.test_examples else recipe.test_rows)


def of_numbers(program: ModuleType, module: Module, given: Mapping[str, str]) -> Example:
    """The example that is written by column or input: `{"x": "0.5,-1", "y": "1"}`. Raises Failed.

    A class is given by its name or its number. Numbers are those that the network takes.
    """
    recipe = module.recipe
    assert recipe is not None
    wanted = needed(recipe)
    columns = {column.name: column for column in (*recipe.data.features, *recipe.data.targets)}
    called = {recipe.columns.get(name, name): (name, text) for name, text in given.items()}
    wrong: list[Diagnostic] = []
    for data, (name, _) in called.items():
        if data not in columns:
            near = closest(name, list(wanted))
            help = f"did you mean `{near[0]}`?" if near else f"an example is {_listed(wanted)}"
            wrong.append(Diagnostic("E0901", f"the data has no column `{name}`", help=help))
    for data, shown in wanted.items():
        if data not in called:
            title = f"`{shown}` is not given"
            help = f"an example is {_listed(wanted)}: `--given {shown}=…`"
            wrong.append(Diagnostic("E0901", title, help=help))
    if wrong:
        raise Failed(wrong)
    table: dict[str, np.ndarray] = {}
    for column in columns.values():
        name, text = called.get(column.name, (column.name, ""))
        table[column.name] = _read(column, name, text) if text else _nothing(column)
        if text and column.kind == "number":
            _within(recipe, column.name, name, text, table[column.name])
    inputs, targets = program.select(table, np.array([0]))
    words = ", ".join(f"{name} = {_shown(text)}" for name, text in called.values())
    return Example(inputs, targets, words)


def needed(recipe: Recipe) -> dict[str, str]:
    """The columns that inputs and losses read, each with what it is called in messages: the input's name, if any."""
    names = {column: name for name, column in recipe.columns.items()}
    for term in recipe.losses:
        if isinstance(term.target, str):
            names.setdefault(term.target, term.target)
    return names


def _read(column: Column, name: str, text: str) -> np.ndarray:
    """The numbers of a column as typed [1, …]. Raises Failed."""
    words = [word.strip() for word in text.strip().rstrip(",").split(",")]
    if column.kind == "class":
        return np.array([_class(column, name, text)], np.int32)
    for word in words:
        if not _NUMBER.fullmatch(word):
            help = f"numbers are typed with commas between and no spaces, such as `--given {name}=0.5,-1`"
            raise Failed(Diagnostic("E0901", f"`{word}` in `{name}={text}` is not a number", help=help))
    size = TensorType(column.shape).size
    if len(words) != size:
        title = f"`{name}={text}` is {len(words):,} number{'s' * (len(words) != 1)}, and `{name}` has {size:,}"
        raise Failed(Diagnostic("E0901", title, help="give them all, with commas between and no spaces"))
    with np.errstate(over="ignore"):
        values = np.array([float(word) for word in words]).astype(np.float32)
    if not np.isfinite(values).all():
        raise Failed(Diagnostic("E0901", f"`{name}={text}` holds a number that float32 doesn't: they go up to 3.4e38"))
    return values.reshape(1, *column.shape)


def _within(recipe: Recipe, column: str, name: str, text: str, numbers: np.ndarray) -> None:
    """Raises Failed for a target that its loss gives no sense."""
    for term in recipe.losses:
        loss = restored(term.loss)
        if term.target == column and loss.within and not (numbers == np.clip(numbers, *loss.within)).all():
            low, high = loss.within
            title = f"`{name}={text}` is no label: `{loss.name}` knows {low:g} and {high:g}, and what lies between"
            raise Failed(Diagnostic("E0901", title, help=f"give {low:g} or {high:g}: `--given {name}={high:g}`"))


def _class(column: Column, name: str, text: str) -> int:
    if column.shape == () and text.strip() in column.classes:
        return column.classes.index(text.strip())
    if column.shape == () and re.fullmatch(r"\d{1,9}", text.strip()) and int(text) < len(column.classes):
        return int(text)
    near = closest(text, list(column.classes))
    last = len(column.classes) - 1
    names = f" ({', '.join(column.classes)})" if len(column.classes) <= MOST_NAMED else ""
    help = f"did you mean `{near[0]}`?" if near else f"give its name{names}, or its number from 0 to {last}"
    raise Failed(Diagnostic("E0901", f"`{name}={text}` is none of the {last + 1} classes", help=help))


def _nothing(column: Column) -> np.ndarray:
    """What stands for a column that neither the network nor its loss reads."""
    return np.zeros((1, *column.shape), np.int32 if column.kind == "class" else np.float32)


def _listed(wanted: Mapping[str, str]) -> str:
    return " and ".join(f"`{name}`" for name in wanted.values())


def _shown(text: str) -> str:
    words = [word.strip().replace("-", "\u2212") for word in text.strip().rstrip(",").split(",")]
    return words[0] if len(words) == 1 else f"({', '.join(words[:4])}{', …' * (len(words) > 4)})"
