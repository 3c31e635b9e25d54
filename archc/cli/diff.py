"""`archc diff`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.drawing import WidthType, form_of, has_blocks, warn_if_small, warn_of_boxes
from archc.cli.named import FileName, find_run, is_run
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output, write_bytes
from archc.draw.formats import SCENES, Width, printed
from archc.draw.look import Look
from archc.draw.theme import THEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archc.ir import Module
    from archc.ir.compare import Difference

EQUAL, DIFFERENT, TROUBLE = 0, 1, 2


@dataclass(frozen=True)
class Figure:
    """The figure that is asked for, as it was typed."""

    drawn: bool
    path: Path | None
    theme: str | None
    width: Width | None
    depth: int | None


@click.command(
    cls=Command,
    examples=[
        ("archc diff old.arch new.arch", "layers, shapes, parameters and settings that differ"),
        ("archc diff runs/digits-1 digits", "whether a file is still what a run was trained from"),
        ("archc diff lenet5 digits --format json", "for scripts"),
        ("archc diff --draw resnet18 resnet34 -o diff.svg", "both in one figure, with what differs marked"),
    ],
)
@click.argument("before", metavar="A", type=FileName(runs=True))
@click.argument("after", metavar="B", type=FileName(runs=True))
@choice_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), help="How it is shown; as text unless said.")
@click.option("--draw", "drawn", is_flag=True, help="Draw both networks in one figure instead.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help=f"The figure: .{', .'.join(SCENES)}; diff.svg unless said.",
)
@click.option("--theme", type=click.Choice(list(THEMES)), help="The figure's colours; light unless said.")
@click.option("--width", type=WidthType(), metavar="WIDTH", help="How wide it is printed, as 3.3in or 84mm.")
@click.option("--depth", type=click.IntRange(0), metavar="N", help="How many levels of blocks to open in it.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    before: str,
    after: str,
    form: str | None,
    drawn: bool,
    output: Path | None,
    theme: str | None,
    width: Width | None,
    depth: int | None,
    **choice: Any,
) -> int:
    """Compare two networks and their recipes.

    A and B are .arch files, built-in models or folders of runs. The exit status is 0 if they are
    equal, 1 if they differ, and 2 if one cannot be read; comments and order of lines don't count.
    """
    from archc.diagnostics import Failed

    terminal = ctx.ensure_object(Terminal)
    try:
        return compared(ctx, (before, after), form, Figure(drawn, output, theme, width, depth), choice)
    except Failed as failed:
        terminal.tell(failed.diagnostics)
        return TROUBLE


def compared(
    ctx: click.Context, sides: tuple[str, str], form: str | None, asked: Figure, choice: "Mapping[str, Any]"
) -> int:
    """What the command does. Raises UsageError, and Failed."""
    from archc.ir.compare import compare_modules

    terminal = ctx.ensure_object(Terminal)
    figure = figure_of(asked, sides, ctx)
    if figure and form:
        raise click.UsageError("`--draw` writes a figure, and `--format` is for texts: leave one of them out", ctx)
    if any(choice[name] for name in ("settings", "model", "recipe")) and any(map(is_run, sides)):
        raise click.UsageError(
            "what a run was trained from is fixed: `--set`, `--model`, `--recipe` are for files", ctx
        )

    difference = compare_modules(*(module_of(Asked(file, **choice), terminal) for file in sides))
    if figure is not None:
        write_figure(difference, sides, figure, terminal)
        return EQUAL if difference.equal else DIFFERENT

    from archc.cli import difference as shown

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


def figure_of(asked: Figure, sides: tuple[str, str], ctx: click.Context) -> Figure | None:
    """What is drawn, if anything is. Raises UsageError for a file that no figure can be written to."""
    if not asked.drawn:
        if asked.path is not None:
            raise click.UsageError("`-o` names the file of a figure: add `--draw`", ctx)
        if asked.theme or asked.width or asked.depth is not None:
            raise click.UsageError("`--theme`, `--width` and `--depth` are for figures: add `--draw`", ctx)
        return None
    path = asked.path or Path("diff.svg")
    for side in sides:
        refuse_output(path, Path(side), ctx)
    if form_of(path, SCENES, ctx) == "html" and asked.width is not None:
        raise click.UsageError("a page is as wide as its window: leave out `--width`", ctx)
    return replace(asked, path=path)


def write_figure(difference: "Difference", sides: tuple[str, str], asked: Figure, terminal: Terminal) -> None:
    """Raises Failed."""
    from archc.draw.differences import scene

    assert asked.path is not None
    models = (difference.graph.before.name, difference.graph.after.name)
    figure = scene(difference, models if models[0] != models[1] else sides, Look(asked.depth))
    form, theme = asked.path.suffix.removeprefix(".").lower(), asked.theme or "light"
    if form == "html":
        from archc.draw.html import page_of

        write_bytes(asked.path, page_of(figure, theme))
    else:
        write_bytes(asked.path, printed(figure, form, theme, asked.width))
        graphs = (difference.graph.before, difference.graph.after)
        warn_if_small(figure, asked.width, terminal, folds=any(map(has_blocks, graphs)))
        warn_of_boxes(figure, form, terminal)
    terminal.remark(f"wrote {asked.path}")
