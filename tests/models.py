"""Models for the tests of the compiler: from texts, from the files of models/, and at random."""

import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from archc.diagnostics import Report
from archc.ir import Module
from archc.program import emit
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse

FOLDER = Path(__file__).parents[1] / "models"
BUILT_IN = sorted(FOLDER.glob("*.arch"))


def module_of(text: str, folder: Path = FOLDER, name: str = "net.arch") -> Module:
    """The IR of a text that has no faults."""
    report = Report()
    modules = resolve(parse(Source(name, text), report), folder, report)
    assert not report.errors, [(d.code, d.title, d.span and d.span.text) for d in report.found]
    return modules[0]


@cache
def built_in(path: Path) -> Module:
    return module_of(path.read_text(encoding="utf-8"), name=path.name)


def imported(text: str, name: str = "program") -> Any:
    """A program's namespace, as Python's `import` would give it."""
    program = types.ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), program.__dict__)
    return program


def program_of(module: Module, target: str = "cpu") -> Any:
    return imported(emit(module, target))  # type: ignore[arg-type]


Names = Callable[[str], str]
"""How the things of a sketch are called: plain names in, any names out."""


@dataclass
class Sketch:
    """A random model: its text with `§n§` for every name, and rows for its recipe."""

    marked: str
    columns: dict[str, np.ndarray]
    used: set[str] = field(default_factory=set)

    def text(self, names: Names = str) -> str:
        return re.sub("§(.+?)§", lambda match: names(match[1]), self.marked)

    def table(self, names: Names = str) -> dict[str, np.ndarray]:
        return {re.sub("§(.+?)§", lambda match: names(match[1]), key): rows for key, rows in self.columns.items()}

    def module(self, folder: Path, names: Names = str, name: str = "net.arch") -> Module:
        """Its IR; the data set is left in the folder."""
        if self.columns:
            np.savez(folder / "rows.npz", **self.table(names))
        return module_of(self.text(names), folder, name)
