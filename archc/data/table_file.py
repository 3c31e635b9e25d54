"""The columns of a text file as arrays, as `tabular.Csv` decided that they are read."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from archc.data.dataset import Where
from archc.data.delimited import Layout
from archc.data.kinds import category
from archc.data.table import REMAKE, Table
from archc.ir import Column, DataSpec, Field
from archc.parameters import Unfit


def load(spec: DataSpec, where: Where) -> Table:
    """The columns of a spec that `tabular.Csv` gave. Raises Unfit, with the file and the line.

    Features are float32 [n, width]; what the training rows are to fill is NaN.
    """
    said: Any = spec.arguments
    columns = (*spec.features, *spec.targets)
    names = said["names"] if said["header"] else ()
    layout = Layout(where.find(said["file"]), said["delimiter"], len(said["names"]), names)
    missing = frozenset({"", *said["missing"]})
    table = read(layout, missing, columns, spec.examples)
    if spec.test_examples:
        layout = replace(layout, path=where.find(said["test"]))
        test = read(layout, missing, columns, spec.test_examples)
        table |= {f"test.{name}": array for name, array in test.items()}
    return table


def read(layout: Layout, missing: frozenset[str], columns: Sequence[Column], rows: int) -> Table:
    """So many rows of a file; `missing` is what stands where a value is missing. Raises Unfit."""
    path = layout.path
    table = {
        column.name: np.empty((rows, *column.shape), np.int32 if column.kind == "class" else np.float32)
        for column in columns
    }
    fields = {field.at: Reading(field, missing, path) for column in columns for field in column.fields}
    dropping = [at for at, reading in fields.items() if reading.field.missing == "drop"]
    row = 0
    for lines, values in layout.chunks():
        keep = [all(each[at].strip() not in missing for at in dropping) for each in values]
        kept, numbers = list(compress(values, keep)), list(compress(lines, keep))
        if row + len(kept) > rows:
            raise Unfit(f"{path} has more than {rows:,} rows", REMAKE, code="E0605")
        texts = list(zip(*kept, strict=True)) if kept else [()] * layout.width
        for column in columns:
            part = table[column.name][row : row + len(kept)]
            start = 0
            for field in column.fields:
                fields[field.at].read(texts[field.at], numbers, part, column, start)
                start += field.width
        row += len(kept)
    if row < rows:
        raise Unfit(f"{path} has {row:,} rows, and {rows:,} are expected", REMAKE, code="E0605")
    return table


class Reading:
    """How the values of one field become numbers."""

    def __init__(self, field: Field, missing: frozenset[str], path: Path):
        self.field = field
        self.missing = missing
        self.path = path
        self.codes: dict[str, int] = {}
        """The number of a category, by the text that stands in the file; -1 for a missing one."""

    def read(self, texts: Sequence[str], lines: Sequence[int], part: np.ndarray, column: Column, start: int) -> None:
        """Writes the values of some rows into their part of a column [n, width] or [n]."""
        if self.field.kind == "number":
            numbers = self.numbers(texts, lines) / self.field.scale
            with np.errstate(over="ignore"):
                part[(slice(None), start) if column.shape else slice(None)] = numbers
            return
        codes = np.array([self.code(text, at) for at, text in enumerate(texts)], dtype=np.int32)
        for at in np.flatnonzero(codes == -2)[:1]:
            raise self.changed(texts[at], lines[at])
        if column.kind == "class":
            part[:] = codes
            return
        cells = part[:, start : start + self.field.width]
        cells[:] = np.arange(self.field.width) == codes[:, None]
        cells[codes == -1] = np.nan

    def code(self, text: str, at: int) -> int:
        code = self.codes.get(text)
        if code is None:
            value = text.strip()
            if value in self.missing:
                code = {"own": self.field.width - 1, "mode": -1}.get(str(self.field.missing), -2)
            else:
                value = category(value, self.field.categories, self.field.strip)
                code = self.field.categories.index(value) if value in self.field.categories else -2
            self.codes[text] = code
        return code

    def numbers(self, texts: Sequence[str], lines: Sequence[int]) -> np.ndarray:
        """float64 [n]."""
        try:
            return np.fromiter(map(float, texts), dtype=np.float64, count=len(texts))
        except ValueError:
            return np.array([self.number(text, line) for text, line in zip(texts, lines, strict=True)])

    def number(self, text: str, line: int) -> float:
        if text.strip() not in self.missing:
            try:
                return float(text)
            except ValueError:
                raise self.changed(text, line) from None
        if self.field.missing == "":
            raise self.changed(text, line)
        return np.nan if self.field.learnt else float(self.field.missing)

    def changed(self, text: str, line: int) -> Unfit:
        """A value that wasn't there when the file was checked."""
        problem = f"line {line} of {self.path} holds {text.strip()[:40]!r} in column `{self.field.name}`"
        return Unfit(problem, REMAKE, code="E0613")
