"""`archc profile`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, batch_of, batch_option, checked, choice_options, lowering_options
from archc.cli.loading import load_table
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.train import recipe_of
from archc.cli.writing import refuse_output, write_bytes, write_text

if TYPE_CHECKING:
    from archc.data.table import Table
    from archc.ir import Module
    from archc.program import Target

PERFETTO = "https://ui.perfetto.dev"


@click.command(
    cls=Command,
    examples=[
        ("archc profile digits", "time, rates and ceilings of each layer, and advice for the slowest"),
        ("archc profile digits --random --depth 1", "without its data, and with blocks closed"),
        ("archc profile lenet5 --batch 512", "what a larger batch changes"),
        ("archc profile resnet50 --batch 8", "a network without a recipe learns random rows"),
        ("archc profile lenet5 -o trace.json.gz", f"every operation on a time line, for {PERFETTO}"),
        ("archc profile lenet5 --json profile.json", "for scripts"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@click.option(
    "--steps", type=click.IntRange(1, 10_000), metavar="N", help="Steps to watch; half a second of them unless said."
)
@click.option("--random", is_flag=True, help="Take random numbers for data, which needn't be there.")
@click.option("--device", type=click.Choice(["cpu", "gpu"]), help="Where to run; unless said, what JAX prefers.")
@click.option("--depth", type=click.IntRange(0), metavar="N", help="Levels of blocks to open; all unless said.")
@click.option(
    "-o", "--trace", type=click.Path(path_type=Path), metavar="PATH", help="Write a trace for Perfetto there."
)
@click.option(
    "--json", "figures", type=click.Path(path_type=Path), metavar="PATH", help="Write all figures there as JSON."
)
@lowering_options
@batch_option
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    batch: int | None,
    steps: int | None,
    random: bool,
    device: str | None,
    depth: int | None,
    trace: Path | None,
    figures: Path | None,
    **choice: Any,
) -> None:
    """Show where the time of a training step goes.

    The program that `archc train` runs takes a few steps, and what XLA does in them is told by layer:
    time forward and backward, operations and bytes a second, and how near that is to what this machine
    can do, which is measured too. Nothing is trained and no run is written.
    """
    terminal = ctx.ensure_object(Terminal)
    for path in (trace, figures):
        refuse_output(path, Path(file), ctx)
    if trace is not None and trace == figures:
        raise click.UsageError(f"`--trace` and `--json` both name `{trace}`: give each a file of its own", ctx)
    asked = Asked(file, **choice)
    source, module = checked(asked, terminal)
    size = batch_of(batch, module, terminal)
    if module.recipe is None:
        terminal.remark(
            f"{module.source} has no recipe: the steps are those of sgd on random rows, {size:,} at a time, by "
            "a loss that suits each output"
        )
    table = None if random or module.recipe is None else data(asked, module, terminal)

    from archc.train.driver import device_named
    from archc.train.profiling.profile import profile, trace_bytes
    from archc.train.profiling.table import as_json, as_text

    target: Target = "gpu" if device == "gpu" else "cpu"
    lowering = asked.lowering(module, target, terminal)
    terminal.remark(f"compiling the training step of {module.graph.name}, and taking a few")
    found = profile(module, source, table, batch=size, steps=steps, lowering=lowering, device=device_named(device))
    terminal.result(as_text(found, depth))
    if trace is not None:
        write_bytes(trace, trace_bytes(found, trace))
        terminal.remark(f"wrote {trace}: open it at {PERFETTO}")
    if figures is not None:
        write_text(figures, json.dumps(as_json(found), indent=2) + "\n")
        terminal.remark(f"wrote {figures}")


def data(asked: Asked, module: "Module", terminal: Terminal) -> "Table":
    """The rows that the recipe learns from. Raises Failed, with a word on doing without them."""
    from dataclasses import replace

    from archc.diagnostics import Failed

    try:
        return load_table(recipe_of(module).data, asked.path().parent, asked.data_dir, terminal)
    except Failed as failed:
        note = "`archc profile` does without the data: with `--random` it takes random numbers"
        raise Failed([replace(each, notes=(*each.notes, note)) for each in failed.diagnostics]) from None
