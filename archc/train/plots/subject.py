"""What a picture is of: a network with its weights, and the run and the data that they are from, if there are any."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import jax

from archc.data.table import Table, check_against
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module
from archc.program.emit import lowered
from archc.program.lowering import Lowering
from archc.source import Source
from archc.train.evaluation import changes
from archc.train.folders import RunFolder, open_run, read_module
from archc.train.loading import Origins, explained, load_program
from archc.train.prediction import check_written_out, load_best
from archc.train.weights import with_weights


@dataclass
class Subject:
    """A run, or a file whose weights are all written out, which has no `folder`.

    Program, weights and data are read when they are first needed. `typed` is what one types for it.
    """

    typed: str
    module: Module
    folder: RunFolder | None
    load: Callable[[], Table]

    @property
    def name(self) -> str:
        return self.module.graph.name

    @property
    def run(self) -> RunFolder:
        """The run's folder. Raises Failed for a file."""
        if self.folder is None:
            title = f"{self.typed} is a file and no run, so there is no training to draw"
            help = f"`archc plot {self.typed} boundary` and `filters` draw its written-out weights"
            raise Failed(Diagnostic("E0710", title, help=help))
        return self.folder

    @property
    def over(self) -> bool:
        """Whether the run has come to its end."""
        return self.run.result.exists()

    @cached_property
    def program(self) -> ModuleType:
        """The run's own program. Raises Failed."""
        return load_program(self.run.program, self.run.beginning().name)

    @cached_property
    def state(self) -> Any:
        """A state with the best weights. Raises Failed."""
        self.program, state = load_best(self.run)
        return state

    @cached_property
    def as_written(self) -> tuple[ModuleType, Any, Origins]:
        """The program in which layers stand as the file has them, its state, and where its lines are from.

        The run's own may compute them in another order, which is faster, and has other values between. Raises Failed.
        """
        program = load_program(lowered(self.module, Lowering(plain=True)), self.module.graph.name)
        state = with_weights(program, self.program.named(self.state), self.typed)
        return program, state, Origins(program, self.origins.arch)

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
            found: dict[str, Any] = self.program.parts(self.table, self.run.beginning().seed)
        return found

    @cached_property
    def origins(self) -> Origins:
        """Which line of the `.arch` file each line of the program is from."""
        return Origins(self.program, Source(*self.folder.arch()) if self.folder is not None else None)

    def part(self, name: str | None) -> tuple[str, Any]:
        """A part by its name, the final one unless said. Raises Failed if there is none of that name."""
        name = name or str(self.program.FINAL)
        if name not in self.parts:
            title = f"the data of {self.typed} have no {name} part"
            raise Failed(Diagnostic("E0708", title, help=f"they have: {', '.join(self.parts)}"))
        return name, self.parts[name]

    def changes(self) -> list[str]:
        """What of the run is not as it was trained, as far as it was read."""
        return changes(self.folder, self.__dict__.get("table")) if self.folder is not None else []


def of_run(path: Path, load: Callable[[], Table]) -> Subject:
    """A run by its folder; `load` gives its data. Raises Failed."""
    folder = open_run(path, lock=False)
    return Subject(path.as_posix(), read_module(folder), folder, load)


def in_training(folder: RunFolder, module: Module, program: ModuleType, state: Any, parts: dict[str, Any]) -> Subject:
    """A run whose program, weights and data are at hand."""
    subject = Subject(folder.path.as_posix(), module, folder, _no_table)
    subject.program, subject.state, subject.parts = program, state, parts
    return subject


def written_out(typed: str, module: Module, program_text: str) -> Subject:
    """A file, by its module and its program's text. Raises Failed if any weight is left to chance."""
    check_written_out(module)
    subject = Subject(typed, module, None, _no_table)
    subject.program = load_program(program_text, module.graph.name)
    with explained(subject.origins, "the weights are made"):
        subject.state = subject.program.init(jax.random.key(0))
    subject.parts = {}
    return subject


def _no_table() -> Table:
    raise AssertionError("the parts are given")
