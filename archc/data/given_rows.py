"""Rows as they stand in a table, given to a network that learnt from one: encoded as the training rows were."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from archc.data.dataset import LARGEST_FLOAT32
from archc.data.delimited import SAMPLE, Layout, delimiter_of, is_number, lines, split
from archc.data.kinds import category, listed
from archc.data.table import failed
from archc.data.table_file import Reading
from archc.diagnostics.suggest import closest
from archc.ir import Column, Field, Module
from archc.parameters import Unfit, counted

Row = tuple[str, list[str]]
"""Where a row stands, for messages, and its values."""


@dataclass(frozen=True)
class GivenRows:
    """The table that a network learnt from: `columns` by input, and the names of all columns of its file."""

    columns: Mapping[str, Column]
    shapes: Mapping[str, tuple[int, ...]]
    names: tuple[str, ...]
    targets: frozenset[str]
    missing: frozenset[str]

    @classmethod
    def of(cls, module: Module) -> "GivenRows | None":
        """None for a network that didn't learn from a table."""
        if module.recipe is None:
            return None
        spec = module.recipe.data
        by_name = {column.name: column for column in spec.features}
        columns = {name: by_name[column] for name, column in module.recipe.columns.items()}
        if not columns or not all(column.fields for column in columns.values()):
            return None
        if spec.name == "csv":
            said: Any = spec.arguments
            names, missing = tuple(said["names"]), frozenset({"", *said["missing"]})
        else:
            fields = [field for column in (*spec.features, *spec.targets) for field in column.fields]
            names = tuple(field.name for field in sorted(fields, key=lambda field: field.at))
            missing = frozenset({"", "?"})
        shapes = {port.name: port.shape for port in module.graph.inputs}
        return cls(columns, shapes, names, frozenset(column.name for column in spec.targets), missing)

    @property
    def fields(self) -> list[Field]:
        """Those that the network reads, in the order of the file."""
        found = {field.at: field for column in self.columns.values() for field in column.fields}
        return [found[at] for at in sorted(found)]

    @property
    def wanted(self) -> list[str]:
        return [field.name for field in self.fields]

    @property
    def divided(self) -> bool:
        """Whether numbers were divided before the network saw them."""
        return any(field.scale != 1 for field in self.fields)

    @property
    def plain(self) -> bool:
        """Whether the network reads the numbers of one input as they stand in the table."""
        return len(self.fields) == self.encoded and len(self.columns) == 1 and not self.divided

    @property
    def encoded(self) -> int:
        """How many numbers an example is for the network."""
        return sum(prod(shape) for shape in self.shapes.values())

    def typed(self, text: str) -> dict[str, np.ndarray] | None:
        """One example as typed, by input; None if it is numbers as the network takes them, or no row. Raises Failed."""
        values = split(text, ",")
        if all(map(is_number, values)) and len(values) == self.encoded:
            return None
        if len(values) not in (len(self.fields), len(self.names)) and all(map(is_number, values)):
            return None
        if len(values) == 1 and self.fields[0].kind == "number":
            return None
        if len(values) == 1 != len(self.fields):
            return None
        try:
            return self.arrays([(f"`{text}`", values)], self.by_place(f"`{text}`", values))
        except Unfit as unfit:
            raise failed(unfit) from None

    def file(self, path: Path) -> tuple[dict[str, np.ndarray], str] | None:
        """The examples of a file, by input, and a note; None if it holds numbers as the network takes them.

        Raises Failed, with the line.
        """
        try:
            with closing(lines(path)) as text:
                sample = list(islice((line for line in text if line.strip()), SAMPLE))
            if not sample:
                return None
            mark = delimiter_of(sample)
            top = split(sample[0], mark)
            layout = Layout(path, mark, len(top))
            if self.is_header(top):
                if not set(self.wanted) <= set(top) and len(top) == self.encoded != len(self.fields):
                    return None
                places, layout = self.by_name(path, top), replace(layout, names=tuple(top))
                note = "took the columns by the names in the first line"
            else:
                if mark == "," and len(top) == self.encoded and all_numbers(layout):
                    return None
                places, note = self.by_place(f"line 1 of {path}", top), "took the columns in the order of the data"
            rows = [(f"line {line} of {path}", values) for line, values in layout.rows()]
            if not rows:
                raise Unfit(f"{path} has a header and no rows", "a line holds the values of one example", code="E0605")
            return self.arrays(rows, places), note
        except Unfit as unfit:
            raise failed(unfit) from None

    def is_header(self, top: Sequence[str]) -> bool:
        """Whether a first row names the columns: all that are needed, or it is words where numbers belong."""
        if set(self.wanted) <= set(top):
            return True
        if any(is_number(value) or value in self.missing for value in top):
            return False
        return any(field.kind == "number" for field in self.fields) or any(value in self.names for value in top)

    def by_name(self, path: Path, top: Sequence[str]) -> list[int]:
        """Where each field stands under a header. Raises Unfit for names that are missing, unknown or there twice."""
        for name in top:
            if name in self.wanted and list(top).count(name) > 1:
                raise Unfit(f"the header of {path} names `{name}` twice", "each column stands there once", code="E0605")
        unknown = [name for name in top if name not in self.names and name not in self.targets]
        lacking = [name for name in self.wanted if name not in top]
        wanted = f"the network learnt from {listed(self.wanted[:12])}{', …' * (len(self.wanted) > 12)}"
        if unknown:
            near = closest(unknown[0], self.wanted)
            help = f"did you mean `{near[0]}`? {wanted}" if near else wanted
            raise Unfit(f"the header of {path} names `{unknown[0]}`, which the data have not", help, code="E0608")
        if lacking:
            raise Unfit(f"the header of {path} lacks the column `{lacking[0]}`", wanted, code="E0608")
        return [list(top).index(name) for name in self.wanted]

    def by_place(self, what: str, values: Sequence[str]) -> list[int]:
        """Where each field stands in a row without names: of what the network reads alone, or of the whole table."""
        if len(values) == len(self.fields):
            return list(range(len(values)))
        if len(values) == len(self.names):
            return [field.at for field in self.fields]
        title = f"{what} has {counted(len(values), 'value')}, and the network reads {len(self.fields)}"
        raise Unfit(title, f"give them in this order: {listed(self.wanted)}", code="E0605")

    def arrays(self, rows: Sequence[Row], places: Sequence[int]) -> dict[str, np.ndarray]:
        """float32 [n, …] by input. Raises Unfit for a value that can't be read as the training rows were."""
        at = {field.at: place for field, place in zip(self.fields, places, strict=True)}
        arrays = {}
        for name, column in self.columns.items():
            part = np.empty((len(rows), *column.shape), np.float32)
            start = 0
            for field in column.fields:
                texts = list(self.checked(field, ((where, values[at[field.at]]) for where, values in rows)))
                Reading(field, self.missing, Path()).read(texts, range(len(texts)), part, column, start)
                start += field.width
            arrays[name] = part.reshape(len(rows), *self.shapes[name])
        return arrays

    def checked(self, field: Field, values: Iterable[tuple[str, str]]) -> Iterator[str]:
        """The values of a field, all of which can be read. Raises Unfit."""
        for where, value in values:
            text = value.strip()
            if text in self.missing:
                self.check_missing(field, where)
            elif field.kind == "number":
                check_number(field, where, text)
            elif category(text, field.categories, field.strip) not in field.categories:
                known = listed(field.categories[:12]) + ", …" * (len(field.categories) > 12)
                problem = f"{where} holds {text[:40]!r} in column `{field.name}`, which the training rows don't know"
                raise Unfit(problem, f"they know {known}", code="E0613")
            yield text

    def check_missing(self, field: Field, where: str) -> None:
        """Raises Unfit where nothing at hand stands for a missing value."""
        if field.missing == "own" or isinstance(field.missing, float):
            return
        help = f"write the value; the training rows lack none of `{field.name}`"
        if field.missing == "drop":
            help = "write the value; rows without it were left out of the training"
        elif field.learnt:
            help = f"write the value; what stood for it, the {field.missing} of the training rows, isn't kept"
        raise Unfit(f"{where} has no value in column `{field.name}`", help, code="E0613")


def all_numbers(layout: Layout) -> bool:
    with closing(layout.rows()) as rows:
        return all(is_number(value.strip()) for _, values in rows for value in values)


def check_number(field: Field, where: str, text: str) -> None:
    """Raises Unfit for what is no number, or too large a one."""
    if not is_number(text):
        raise Unfit(f"{where} holds {text[:40]!r} in column `{field.name}`", "a number belongs there", code="E0613")
    if abs(float(text)) > LARGEST_FLOAT32:
        problem = f"{where} holds {text[:40]} in column `{field.name}`, which float32 doesn't"
        raise Unfit(problem, "numbers go up to 3.4e38", code="E0606")
