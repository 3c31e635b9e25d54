"""`archc summary`."""

import json
from typing import Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.named import FileName
from archc.cli.terminal import Terminal


@click.command(
    cls=Command,
    examples=[
        ("archc summary lenet5", "the layers of the built-in LeNet-5, with totals"),
        ("archc summary mnist_mlp --set hidden=300", "the same of another width"),
        ("archc summary lenet5 --depth 0", "blocks and repeats closed, where there are any"),
        ("archc summary resnet18 --batch 128", "with the memory that a training step of 128 examples needs"),
        ("archc summary alexnet --style lecture", "a numbered line a layer, as in courses"),
        ("archc summary lenet5 --format json", "for scripts"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@choice_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is shown.")
@click.option(
    "--depth", type=click.IntRange(0), metavar="N", help="How many levels of blocks to open; all unless said."
)
@click.option(
    "--batch", type=click.IntRange(1), metavar="N", help="Examples in a training step; the recipe's unless said."
)
@click.option(
    "--style", type=click.Choice(["table", "lecture"]), default="table", help="Which table: ours, or one as in courses."
)
@click.pass_context
def command(
    ctx: click.Context, /, file: str, form: str, depth: int | None, batch: int | None, style: str, **choice: Any
) -> None:
    """Show layers, shapes, parameters and costs.

    Parameters are the trainable ones; MACs are the multiply-accumulates of convolutions and dense
    layers; all costs are those of one example. What is in a block stands below it; a repeat's row
    counts all its copies, and the rows below it are those of one. A layer `sees` so many cells of the
    input in each direction. The memory of a training step is an estimate for a CPU; without a recipe
    it is that of plain sgd.
    """
    if style == "lecture" and (form, depth, batch) != ("text", None, None):
        raise click.UsageError("`--style lecture` lists every layer as text: leave out --format, --depth, --batch", ctx)
    terminal: Terminal = ctx.obj
    _, module = checked(Asked(file, **choice), terminal)
    if style == "lecture":
        from archc.lecture import as_lecture

        terminal.result(as_lecture(module))
        return
    from archc.summary import as_json, as_text, summarize

    summary = summarize(module, depth, batch)
    terminal.result(json.dumps(as_json(summary), indent=2) if form == "json" else as_text(summary))
