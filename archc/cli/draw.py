"""`archc draw`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.drawing import WidthType, form_of, has_blocks, warn_if_small, warn_of_boxes
from archc.cli.learnt import learnt
from archc.cli.named import FileName, holds_run
from archc.cli.terminal import Terminal
from archc.cli.tracing import OfExamples, RowNumber, given_of, traced
from archc.cli.writing import refuse_output, write_bytes
from archc.draw.formats import FORMATS, Width, printed
from archc.draw.look import Look
from archc.draw.styles import BACKPROP, OF_WEIGHTS, STYLES, TAKING, draw
from archc.draw.theme import THEMES
from archc.locate import first_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archc.ir import Module
    from archc.source import Source


@click.command(
    cls=OfExamples,
    examples=[
        ("archc draw lenet5", "writes lenet5.svg"),
        ("archc draw resnet50 -o resnet50.pdf --width 3.3in", "for a column of a paper"),
        ("archc draw alexnet --style volumes -o alexnet.png", "solids whose size shows the feature maps"),
        ("archc draw mnist_mlp --style neurons --theme dark", "circles and lines, for dark slides"),
        ("archc draw --style neurons --weights runs/xor-1", "the weights that a run has learnt"),
        ("archc draw logistic --style backprop --given x=1,2,4 y=0", "values and derivatives of an example"),
        ("archc draw googlenet -o googlenet.html", "a page in which blocks open and close"),
    ],
)
@click.argument("file", metavar="[FILE]", type=FileName(), required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help=f"What to write: .{', .'.join(FORMATS)}."
)
@click.option(
    "--style", type=click.Choice(list(STYLES)), default="graph", help="What it looks like; graph unless said."
)
@click.option("--theme", type=click.Choice(list(THEMES)), default="light", help="Colours; light unless said.")
@click.option("--width", type=WidthType(), metavar="WIDTH", help="How wide it is printed, as 3.3in or 84mm.")
@click.option("--depth", type=click.IntRange(0), metavar="N", help="How many levels of blocks to open.")
@click.option("--by-dot", is_flag=True, help="Let Graphviz's `dot` find the places, if it is installed.")
@click.option("--full", is_flag=True, help="Open every block, and fold nothing.")
@click.option(
    "--weights",
    type=FileName(runs=True, files=False),
    metavar="RUN",
    help="The folder of a run, whose learnt weights are shown; FILE may then be left out.",
)
@click.option(
    "--example",
    type=RowNumber(),
    metavar="N",
    help="Which row to train on backprop shows; the first unless said.",
)
@click.option(
    "--given",
    multiple=True,
    metavar="NAME=NUMBERS…",
    help="The example that backprop shows, as `--given x=0.5,-1 y=1`.",
)
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str | None,
    output: Path | None,
    style: str,
    theme: str,
    width: Width | None,
    depth: int | None,
    full: bool,
    by_dot: bool,
    weights: str | None,
    example: int | None,
    given: tuple[str, ...],
    **choice: Any,
) -> None:
    """Draw the network as a figure.

    The ending of PATH says what is written; FILE's name with .svg in the current folder unless said.
    The same file gives the same bytes, whatever is installed.
    """
    terminal = ctx.ensure_object(Terminal)
    if file and holds_run(Path(file)):
        written = f"`archc draw --style neurons --weights {file}` draws what it has learnt"
        path = first_in(Path(file))
        network = f", `archc draw {path.as_posix()}` its network" if path else ""
        raise click.UsageError(f"`{file}` is the folder of a run: {written}{network}", ctx)
    if weights and style not in OF_WEIGHTS:
        styles = " and ".join(f"`--style {name}`" for name in OF_WEIGHTS)
        raise click.UsageError(f"`--weights` is for {styles}: the others show no weights", ctx)
    if not file and not weights:
        raise click.UsageError("say what to draw: a file, a built-in model, or a run, `--weights runs/xor-1`", ctx)
    if not file and any(choice[name] for name in ("settings", "model", "recipe")):
        raise click.UsageError("what a run was trained from is fixed: `--set`, `--model`, `--recipe` need FILE", ctx)
    output = output or Path(f"{Path(file).resolve().stem if file else Path(str(weights)).resolve().name}.svg")
    refuse_output(output, Path(file) if file else None, ctx)
    form = form_of(output, FORMATS, ctx)
    if by_dot:
        refuse_without_dot(style, ctx)
    refuse_idle(style, depth, full, ctx)
    if full and depth is not None:
        raise click.UsageError("`--full` opens everything: leave out `--depth`", ctx)
    if form == "html" and width is not None:
        raise click.UsageError("a page is as wide as its window: leave out `--width`", ctx)
    if form == "dot" and style != "graph":
        raise click.UsageError(f"`.dot` holds the graph style alone: leave out `--style {style}`, or write .svg", ctx)
    if (example or given) and style != BACKPROP:
        raise click.UsageError(f"`--example` and `--given` are for `--style {BACKPROP}`", ctx)
    if example and given:
        raise click.UsageError("`--given` writes the example out: leave out `--example`", ctx)
    numbers = given_of(given, ctx)
    asked = Asked(file, **choice) if file else None
    source, module, found = drawn(asked, weights, terminal)
    look = Look(depth, full, by_dot, found, source)
    if style == BACKPROP:
        from archc.train.tracing import Example

        path = asked.path() if asked else None
        look = traced(module, look, path, weights, Example(example, numbers), choice["data_dir"], terminal)
    if form == "html":
        from archc.draw.html import page

        content = page(module, style, look, theme)
    elif form == "dot":
        from archc.draw.dot import dot

        content = dot(module, look, THEMES[theme], width.inches if width else None)
    else:
        scene = draw(module, style, look)
        content = printed(scene, form, theme, width)
        warn_if_small(scene, width, terminal, folds=style in TAKING["depth"] and has_blocks(module.graph))
        warn_of_boxes(scene, form, terminal)
    write_bytes(output, content)
    terminal.remark(f"wrote {output}")


def refuse_idle(style: str, depth: int | None, full: bool, ctx: click.Context) -> None:
    """Raises UsageError for an option of which the style makes nothing."""
    for option, said in (("depth", depth is not None), ("full", full)):
        if said and style not in TAKING[option]:
            styles = ", ".join(f"`--style {name}`" for name in TAKING[option])
            raise click.UsageError(f"`--{option}` is for {styles}: leave it out", ctx)


def refuse_without_dot(style: str, ctx: click.Context) -> None:
    """Raises UsageError where `--by-dot` has no meaning, or can't be had."""
    from archc.draw.layered.by_dot import there

    if style != "graph":
        raise click.UsageError("`--by-dot` is for the style `graph`", ctx)
    if not there():
        raise click.UsageError("there is no `dot`: install Graphviz, or leave out `--by-dot`", ctx)


def drawn(
    asked: Asked | None, run: str | None, terminal: Terminal
) -> "tuple[Source | None, Module, Mapping[str, Any] | None]":
    """The file's text, the network, and what a run has learnt of it. Raises Failed."""
    if run:
        return learnt(run, asked, terminal)
    assert asked is not None
    return *checked(asked, terminal), None
