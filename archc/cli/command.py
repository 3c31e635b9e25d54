"""What all commands have in common: examples in the help, and options that may stand anywhere."""

from collections.abc import Sequence
from typing import Any

import click

from archc.cli.terminal import Terminal


class Command(click.Command):
    """A command whose help ends with examples, each a line to type and what it does."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]], **rest: Any):
        super().__init__(*args, **rest)
        self.examples = tuple(examples)
        self.params += everywhere()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)


def write_examples(examples: Sequence[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    """A section of lines to type, each under what it does."""
    with formatter.section("Examples"):
        for typed, what in examples:
            formatter.write(f"  {typed}\n      {what}\n")


def everywhere() -> list[click.Parameter]:
    """The options that may stand before and behind the name of a command."""
    return [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_set_quiet,
            help="Say no more than results and what is wrong.",
        ),
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            expose_value=False,
            callback=_set_color,
            help="Colours: auto is on a terminal, unless NO_COLOR is set.",
        ),
    ]


def _set_quiet(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Terminal).quiet = True


def _set_color(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.ensure_object(Terminal).color = value
