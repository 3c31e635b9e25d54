"""`archc tune`."""

from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, batch_of, batch_option, checked, choice_options
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.writing import write_text

if TYPE_CHECKING:
    from archc.program import Target
    from archc.train.contest import Contest


@click.command(
    cls=Command,
    examples=[
        ("archc tune lenet5", "writes lenet5.lowering.json, which `compile` and `train` then read"),
        ("archc tune resnet18 --batch 8", "for a network without a recipe, or for another batch"),
        ("archc compile lenet5 --explain-lowering", "shows what was chosen"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@click.option("--device", type=click.Choice(["cpu", "gpu"]), help="Where to run; unless said, what JAX prefers.")
@batch_option
@choice_options
@click.pass_context
def command(ctx: click.Context, /, file: str, batch: int | None, device: str | None, **choice: Any) -> None:
    """Time the ways in which layers can be computed.

    All give the same, and which is fastest depends on the machine. Every layer of which there are
    several forms is run in each, forward and backward. What is faster than archc's rule by 3 % or more is then
    tried in whole steps, if there is a recipe, and whole steps with the products of XLA and of YNNPACK. What is
    taken is written to a file beside FILE, NAME.lowering.json; for a built-in model, to the folder that one
    works in. `archc compile`, `train` and `profile` read it. Remove it, and archc's own rules choose again.
    """
    terminal = ctx.ensure_object(Terminal)
    asked = Asked(file, **choice)
    _, module = checked(asked, terminal)

    import jax

    from archc.diagnostics import Failed
    from archc.ir.tuning import tuning_of, tuning_path
    from archc.program.lowering import is_narrow
    from archc.train.driver import device_named
    from archc.train.memory import check_memory
    from archc.train.profiling.stand_in import with_recipe
    from archc.train.tuning import layers, together, tuned
    from archc.train.whole_steps import called

    target: Target = "gpu" if device == "gpu" else "cpu"
    placed = device_named(device)
    path = tuning_path(asked.path())
    if path.is_dir():
        raise click.UsageError(f"`{path.as_posix()}`, where the choices belong, is a folder: rename it", ctx)
    try:
        before = tuning_of(asked.path())
    except Failed:
        before = None  # what cannot be read is written anew, as the message about it says
    found, whole = layers(module, target), called(module, target)
    if not found and not whole:
        why = "no layer has several forms, and no library makes a difference"
        if is_narrow(module.recipe):
            why = "values are bfloat16, in which other forms lose digits"
        still = f"; {path.as_posix()} is still there, and of no use" if path.exists() else ""
        terminal.remark(f"there is nothing to time in {module.graph.name}: {why}; nothing was written{still}")
        return
    size = batch_of(batch, module, terminal)
    check_memory(with_recipe(module, size), placed)
    alone = "" if module.recipe else ", which has no recipe and so no steps: what is fastest alone is taken"
    parts = [f"the forms of {len(found)} layers"] * bool(found) + ["whole steps"] * bool(whole)
    terminal.remark(f"timing {' and '.join(parts)} of {module.graph.name}, {size:,} examples at a time{alone}")
    with jax.default_device(placed):
        measured = tuned(module, target, size, lambda each: terminal.result(told(each)))
    write_text(path, together(before, target, measured).written)
    terminal.remark(f"wrote {path.as_posix()}: `archc compile` and `archc train` read it")


def told(found: "Contest") -> str:
    """What was found of a layer, or of steps: a line for it, and one for each way to compute it."""
    lines = [found.what]
    for name, seconds in found.seconds.items():
        mark = "*" if name == found.chosen else " "
        rule = "  (archc's rule)" if name == found.rule else ""
        lines.append(f"  {mark} {seconds * 1e3:9.3f} ms  {found.titles[name]}{rule}")
    lines += [f"           failed  {found.titles[name]}" for name in found.failed]
    return "\n".join(lines)
