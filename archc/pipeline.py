"""The whole compiler: text -> tree -> IR -> program. It can stop at any stage."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics import Report
from archc.ir import Module
from archc.resolve import Choice, override, resolve
from archc.source import Source
from archc.syntax import File, Reader, parse, read_source

if TYPE_CHECKING:
    from archc.program import Target


@dataclass(frozen=True)
class Job:
    """What to compile: a file, and what is said about it from outside.

    `settings` are `K=V` texts as given to `--set`; `model` and `recipe` choose by name where a
    file has several. `whole` has the file's other recipes looked at as well.
    `read` reads its files, and may give other texts than are on the disk.
    """

    path: Path
    settings: tuple[str, ...] = ()
    model: str = ""
    recipe: str = ""
    data_dir: Path | None = None
    whole: bool = False
    read: Reader = read_source


def parsed(job: Job, report: Report) -> tuple[Source, File]:
    """Text and tree of a job, with what is set from outside written in. Raises Failed if it cannot be read."""
    source = job.read(job.path, shown_name(job.path))
    if job.settings:
        source = override(source, job.settings, report)
    return source, parse(source, report)


def resolved(job: Job, report: Report) -> tuple[Source, list[Module]]:
    """The IR of a job's models, the one that is trained first. Raises Failed if the file cannot be read."""
    source, file = parsed(job, report)
    choice = Choice(job.model, job.recipe, overridden=bool(job.settings), whole=job.whole)
    return source, resolve(file, job.path.parent, report, choice, job.data_dir, job.read)


def module(job: Job, report: Report) -> tuple[Source, Module]:
    """The IR of one model. Raises Failed if there are errors."""
    source, modules = resolved(job, report)
    report.stop_on_errors()
    return source, modules[0]


def program(job: Job, report: Report, target: "Target" = "cpu") -> str:
    """The standalone program of one model. Raises Failed if there are errors."""
    # most commands stop before this stage, and needn't load it
    from archc.program.emit import lowered
    from archc.program.lowering import lowering_of

    return lowered(module(job, report)[1], lowering_of(job.path, target))


def shown_name(path: Path) -> str:
    """How messages call a file: as it was given, with forward slashes."""
    return path.as_posix()
