"""`archc diff`."""

from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.named import FileName, find_run, is_run
from archc.cli.terminal import Terminal

if TYPE_CHECKING:
    from archc.ir import Module

EQUAL, DIFFERENT, TROUBLE = 0, 1, 2


@click.command(
    cls=Command,
    examples=[
        ("archc diff old.arch new.arch", "layers, shapes, parameters and settings that differ"),
        ("archc diff runs/digits-1 digits", "whether a file is still what a run was trained from"),
        ("archc diff lenet5 digits --format json", "for scripts"),
    ],
)
@click.argument("before", metavar="A", type=FileName(runs=True))
@click.argument("after", metavar="B", type=FileName(runs=True))
@choice_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is shown.")
@click.pass_context
def command(ctx: click.Context, /, before: str, after: str, form: str, **choice: Any) -> int:
    """Compare two networks and their recipes.

    A and B are .arch files, built-in models or folders of runs. The exit status is 0 if they are
    equal, 1 if they differ, and 2 if one cannot be read; comments and order of lines don't count.
    """
    terminal = ctx.ensure_object(Terminal)
    if any(choice[name] for name in ("settings", "model", "recipe")) and (is_run(before) or is_run(after)):
        raise click.UsageError(
            "what a run was trained from is fixed: `--set`, `--model`, `--recipe` are for files", ctx
        )

    from archc.diagnostics import Failed
    from archc.ir.compare import compare_modules

    try:
        modules = [module_of(Asked(file, **choice), terminal) for file in (before, after)]
    except Failed as failed:
        terminal.tell(failed.diagnostics)
        return TROUBLE
    difference = compare_modules(*modules)

    from archc.cli import difference as shown

    sides = (before, after)
    lines = [shown.json_text(difference, sides)] if form == "json" else shown.lines(difference, sides, terminal)
    for line in lines:
        terminal.result(line)
    return EQUAL if difference.equal else DIFFERENT


def module_of(asked: Asked, terminal: Terminal) -> "Module":
    """The IR of a file, or of a run as it was begun. Raises Failed."""
    if not is_run(asked.file):
        return checked(asked, terminal)[1]
    from archc.train.folders import open_run, read_module

    return read_module(open_run(find_run(asked.file), lock=False))
