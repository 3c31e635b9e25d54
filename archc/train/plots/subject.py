"""What a picture is of: a network with its weights, the run that they are from, and its data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from archc.data.table import Table, check_against
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module
from archc.source import Source
from archc.train.evaluation import changes
from archc.train.folders import RunFolder, open_run, read_module
from archc.train.loading import Origins, explained, load_program
from archc.train.prediction import load_best


@dataclass
class Subject:
    """A run. Its program, weights and data are read when they are first needed, and may be given."""

    folder: RunFolder
    module: Module
    load: Callable[[], Table]

    @property
    def name(self) -> str:
        return self.module.graph.name

    @property
    def over(self) -> bool:
        """Whether the run has come to its end."""
        return self.folder.result.exists()

    @cached_property
    def program(self) -> ModuleType:
        """The run's own program. Raises Failed."""
        return load_program(self.folder.program, self.folder.beginning().name)

    @cached_property
    def state(self) -> Any:
        """A state with the best weights. Raises Failed."""
        self.program, state = load_best(self.folder)
        return state

    @cached_property
    def table(self) -> Table:
        """The data that the run began with. Raises Failed."""
        table = self.load()
        if self.module.recipe is not None:
            check_against(table, self.module.recipe)
        return table

    @cached_property
    def parts(self) -> dict[str, Any]:
        """The rows of each part, (inputs, targets). Raises Failed."""
        with explained(self.origins, "the data are split"):
            found: dict[str, Any] = self.program.parts(self.table, self.folder.beginning().seed)
        return found

    @cached_property
    def origins(self) -> Origins:
        """Which line of the `.arch` file each line of the program is from."""
        return Origins(self.program, Source(*self.folder.arch()))

    def part(self, name: str | None) -> tuple[str, Any]:
        """A part by its name, the final one unless said. Raises Failed if there is none of that name."""
        name = name or str(self.program.FINAL)
        if name not in self.parts:
            title = f"the data of {self.folder.path} have no {name} part"
            raise Failed(Diagnostic("E0708", title, help=f"they have: {', '.join(self.parts)}"))
        return name, self.parts[name]

    def changes(self) -> list[str]:
        """What of the run is not as it was trained, as far as it was read."""
        return changes(self.folder, self.__dict__.get("table"))


def of_run(path: Path, load: Callable[[], Table]) -> Subject:
    """A run by its folder; `load` gives its data. Raises Failed."""
    folder = open_run(path, lock=False)
    return Subject(folder, read_module(folder), load)


def in_training(folder: RunFolder, module: Module, program: ModuleType, state: Any, parts: dict[str, Any]) -> Subject:
    """A run whose program, weights and data are at hand."""

    def load() -> Table:
        raise AssertionError("the parts are given")

    subject = Subject(folder, module, load)
    subject.program, subject.state, subject.parts = program, state, parts
    return subject
