"""What an example makes a network compute: the options that say which example, and the way there."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.loading import load_again, load_table
from archc.cli.terminal import Terminal
from archc.draw.look import Look

if TYPE_CHECKING:
    from archc.data.table import Table
    from archc.ir import Module
    from archc.train.tracing import Example

OPTION = "--given"
_GIVEN = re.compile(r"[^\W\d]\w*=")
"""How what is given begins, and no file."""


class OfExamples(Command):
    """Takes `--given x=0.5,-1 y=1`, all behind one word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words: list[str] = []
        for word in args:
            follows = len(words) > 1 and words[-2] == OPTION and _GIVEN.match(words[-1])
            words += [OPTION, word] if follows and _GIVEN.match(word) else [word]
        return super().parse_args(ctx, words)


class RowNumber(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """The number of a row, from 1."""

    name = "row"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = str(value).strip()
        if not re.fullmatch(r"[+-]?[0-9]{1,12}", number):
            self.fail(f"`{value}` is not the number of a row: write a whole number, from 1", param, ctx)
        if int(number) < 1:
            self.fail(f"there is no row {number}: rows are counted from 1", param, ctx)
        return int(number)


def given_of(words: Sequence[str], ctx: click.Context) -> dict[str, str] | None:
    """What each word of `--given` says, by name; None if there are none. Raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, numbers = word.partition("=")
        if not equals or not name or not numbers.strip(" ,"):
            raise click.UsageError(f"`{OPTION} {word}`: write a name and its numbers, as `{OPTION} x=0.5,-1 y=1`", ctx)
        if name in found:
            raise click.UsageError(f"`{OPTION}` says twice what `{name}` is", ctx)
        found[name] = numbers
    return found or None


def traced(
    module: "Module",
    look: Look,
    file: Path | None,
    run: str | None,
    example: "Example",
    data_dir: Path | None,
    terminal: Terminal,
) -> Look:
    """The look with what an example makes the network compute, with the weights of `run`, if one is said.

    Data are those of the run where there is no `file`. Raises Failed.
    """
    from archc.data.dataset import Where
    from archc.train import tracing

    def table() -> "Table":
        from archc.train.folders import open_run

        assert module.recipe is not None
        if file is None and run:
            return load_again(module.recipe, open_run(Path(run), lock=False).beginning(), data_dir, terminal)
        return load_table(module.recipe.data, file.parent if file else Path(), data_dir, terminal)

    where = Where(file.parent, data_dir=data_dir) if file is not None else None
    return tracing.traced(module, look, example, table, run=run or "", where=where)
