"""From what was typed to a checked module: the options that say which, and the way there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.terminal import Terminal
from archc.locate import find_file

if TYPE_CHECKING:
    from archc.ir import Module
    from archc.source import Source


@dataclass(frozen=True)
class Asked:
    """What to compile, as it was typed."""

    file: str
    settings: tuple[str, ...] = ()
    model: str = ""
    recipe: str = ""
    data_dir: Path | None = None

    def path(self) -> Path:
        """The file. Raises Failed if the name is that of no file and no built-in model."""
        return find_file(self.file)

    def words(self) -> list[str]:
        """The file and its options, to be typed again."""
        words = [self.file]
        for setting in self.settings:
            words += ["--set", setting]
        for option, value in (("--model", self.model), ("--recipe", self.recipe), ("--data-dir", self.data_dir)):
            words += [option, str(value)] if value else []
        return words


def typed(words: Sequence[str]) -> str:
    """Words as they are typed in a shell."""
    import shlex

    return shlex.join(words)


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder with data files, looked through first.",
)


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what of a file is meant: the fields of Asked but for the file."""
    for option in reversed(
        (
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="K=V",
                help="Set a parameter, a `let` or a setting, as `train.epochs=5`.",
            ),
            click.option("--model", default="", metavar="NAME", help="Which model, where the file has several."),
            click.option("--recipe", default="", metavar="NAME", help="Which `train` block, where there are several."),
            data_dir_option,
        )
    ):
        command = option(command)
    return command


def checked(asked: Asked, terminal: Terminal) -> "tuple[Source, Module]":
    """The text and the IR of a file without errors; warnings are told. Raises Failed."""
    from archc.diagnostics import Failed, Report
    from archc.pipeline import Job, resolved

    job = Job(asked.path(), asked.settings, asked.model, asked.recipe, asked.data_dir)
    report = Report()
    try:
        source, modules = resolved(job, report)
        report.stop_on_errors()
    except Failed as failed:
        report.extend(failed.diagnostics)
        raise Failed(report.found) from None
    terminal.tell(report.found)
    if len(modules) > 1:
        others = ", ".join(module.graph.name for module in modules[1:])
        chosen = modules[0].graph.name
        terminal.remark(f"{asked.file} has several models, and this is {chosen}; for another, say `--model`: {others}")
    return source, modules[0]


def counted(module: "Module") -> str:
    """How many parameters there are, in words."""
    count = module.graph.parameters
    return f"{count:,} parameter{'s' * (count != 1)}"
