"""From what was typed to a checked module: the options that say which, and the way there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.terminal import Terminal
from archc.locate import find_file

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic
    from archc.ir import Module
    from archc.program import Target
    from archc.program.lowering import Lowering
    from archc.source import Source


@dataclass(frozen=True)
class Asked:
    """What to compile, as it was typed."""

    file: str
    settings: tuple[str, ...] = ()
    model: str = ""
    recipe: str = ""
    data_dir: Path | None = None
    unroll: bool = False
    plain: bool = False

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
        return [*words, *(["--unroll"] if self.unroll else []), *(["--plain"] if self.plain else [])]

    def lowering(self, module: "Module", target: "Target", terminal: Terminal) -> "Lowering":
        """How it is to be computed; a file of measured choices is told of. Raises Failed if that cannot be used."""
        from archc.program.lowering import lowering_of, taken_from_file

        found = lowering_of(self.path(), target, unroll=self.unroll, plain=self.plain)
        if found.tuning is not None:
            there, several, library = taken_from_file(module, found)
            file, measured = found.tuning.file, found.tuning.of(target)
            layers = f"{f'{there} of the {several} ' if there < several else ''}layers"
            parts = [f"which forms {layers} have"] * bool(there) + ["which library multiplies"] * library
            if measured and parts:
                says = f"{file} says {' and '.join(parts)}, measured for batches of {measured.batch}"
                terminal.remark(f"{says}; `archc tune` measures anew")
            else:
                terminal.remark(f"{file} says nothing of this network on a {target.upper()}: archc's own rules choose")
        return found


def typed(words: Sequence[str]) -> str:
    """Words as they are typed in a shell."""
    import shlex

    return shlex.join(words)


def lowering_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how a network is computed: fields of Asked too."""
    unroll = click.option(
        "--unroll",
        is_flag=True,
        help="Write every repeat out as a loop over its copies; unless said, many equal ones run as one device loop.",
    )
    plain = click.option(
        "--plain",
        is_flag=True,
        help="Write every layer in the form that is shortest to read; unless said, in the one that is fastest.",
    )
    return unroll(plain(command))


batch_option = click.option(
    "--batch", type=click.IntRange(1), metavar="N", help="Examples of a step; unless said, the recipe's, or 32."
)


def batch_of(asked: int | None, module: "Module", terminal: Terminal) -> int:
    """The examples of a step: as many as are asked for, of those that there are."""
    from archc.train.profiling.stand_in import BATCH, with_recipe

    size = asked or (module.recipe.batch if module.recipe else BATCH)
    recipe = with_recipe(module, size).recipe
    assert recipe is not None
    if asked and recipe.batch < asked:
        terminal.remark(f"there are {recipe.train_rows:,} examples to train on, and a step takes all of them")
    return recipe.batch


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
        raise Failed(_with_settings(report.found, asked)) from None
    terminal.tell(report.found)
    if len(modules) > 1:
        others = ", ".join(module.graph.name for module in modules[1:])
        chosen = modules[0].graph.name
        terminal.remark(f"{asked.file} has several models, and this is {chosen}; for another, say `--model`: {others}")
    return source, modules[0]


def _with_settings(found: "Sequence[Diagnostic]", asked: Asked) -> "list[Diagnostic]":
    """The same, with a word on lines that `--set` wrote and that are not in the file."""
    if not asked.settings:
        return list(found)
    try:
        lines = set(asked.path().read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return list(found)
    told = []
    for diagnostic in found:
        if diagnostic.span is not None:
            shown = diagnostic.span.source.text.splitlines()[diagnostic.span.line - 1 : diagnostic.span.line]
            if not lines.issuperset(shown):
                note = f"that line is {asked.file} as it is with `--set`"
                diagnostic = replace(diagnostic, notes=(*diagnostic.notes, note))
        told.append(diagnostic)
    return told


def counted(module: "Module") -> str:
    """How many parameters there are, in words."""
    count = module.graph.parameters
    return f"{count:,} parameter{'s' * (count != 1)}"
