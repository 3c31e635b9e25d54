"""`archc compile`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options, lowering_options
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output, write_text

if TYPE_CHECKING:
    from archc.ir import Module
    from archc.program import Target


@click.command(
    cls=Command,
    examples=[
        ("archc compile lenet5 -o program.py", "writes the program that `archc train lenet5` trains"),
        ("archc compile xor_given", "prints a program"),
        ("archc compile lenet5 --emit tree", "what the parser read, with lines and columns"),
        ("archc compile lenet5 --emit ir", "the checked network and recipe as JSON"),
        ("archc compile digits --emit stablehlo -o digits.mlir", "the training step as XLA gets it"),
        ("archc compile lenet5 --explain-lowering", "what was chosen for its steps and layers, and why"),
        ("archc compile lenet5 --plain", "the program with every layer in the form that is shortest to read"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Write there and print nothing.")
@click.option(
    "--emit",
    type=click.Choice(["tree", "ir", "python", "stablehlo"]),
    default="python",
    help="At which stage to stop; python unless said.",
)
@click.option(
    "--target",
    type=click.Choice(["cpu", "gpu"]),
    default="cpu",
    help="What the program should be fast on; cpu unless said. It runs on both.",
)
@click.option("--explain-lowering", is_flag=True, help="Print what was chosen, why and instead of what; no program.")
@lowering_options
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    output: Path | None,
    emit: str,
    target: "Target",
    explain_lowering: bool,
    **choice: Any,
) -> None:
    """Write the network as a standalone JAX program.

    The program needs jax, optax and numpy, and nothing of archc. It belongs to whoever wrote the
    .arch file.
    """
    terminal = ctx.ensure_object(Terminal)
    refuse_output(output, Path(file), ctx)
    asked = Asked(file, **choice)
    if explain_lowering and ctx.get_parameter_source("emit") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("`--explain-lowering` prints choices, and `--emit` a stage: say one of them", ctx)
    text = explained(asked, target, terminal) if explain_lowering else compiled(asked, emit, target, terminal)
    if output is None:
        terminal.result(text.rstrip("\n"))
    else:
        write_text(output, text)
        terminal.remark(f"wrote {output}")


def compiled(asked: Asked, emit: str, target: "Target", terminal: Terminal) -> str:
    """The text of a stage. Raises Failed."""
    if emit == "tree":
        return syntax_tree(asked, terminal)
    _, module = checked(asked, terminal)
    if emit == "ir":
        return module.model_dump_json(indent=2) + "\n"
    from archc.program.emit import lowered

    text = lowered(module, asked.lowering(module, target, terminal))
    return text if emit == "python" else stablehlo(module, text, target)


def explained(asked: Asked, target: "Target", terminal: Terminal) -> str:
    """What was chosen in lowering, and why. Raises Failed."""
    _, module = checked(asked, terminal)
    from archc.program.explanation import explanation

    return explanation(module, asked.lowering(module, target, terminal))


def syntax_tree(asked: Asked, terminal: Terminal) -> str:
    """What the parser made of a file, of which only the syntax has to be right. Raises Failed."""
    from archc.cli.dump import dump
    from archc.diagnostics import Report
    from archc.pipeline import Job, parsed

    report = Report()
    _, tree = parsed(Job(asked.path(), asked.settings), report)
    report.stop_on_errors()
    terminal.tell(report.found)
    return dump(tree) + "\n"


def stablehlo(module: "Module", text: str, target: "Target") -> str:
    """The StableHLO of the training step, or of the network where there is no recipe. Loads no data."""
    import jax
    import numpy as np

    from archc.train.loading import load_program

    program = load_program(text, module.graph.name)
    key = jax.random.key(0)
    state = jax.eval_shape(program.init, key)

    def array(shape: tuple[int, ...], kind: type) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, kind)  # type: ignore[no-untyped-call]

    recipe = module.recipe
    rows = recipe.train_rows if recipe else 1
    inputs = {port.name: array((rows, *port.shape), np.float32) for port in module.graph.inputs}
    if recipe:
        targets = {
            column.name: array((rows, *column.shape), np.int32 if column.kind == "class" else np.float32)
            for column in recipe.data.targets
        }
        traced = program.train_step.trace(state, (inputs, targets), array((recipe.batch,), np.int32))
    else:
        network = jax.jit(program.apply, static_argnames="train")
        traced = network.trace(state.params, state.stats, inputs, train=False, key=key)
    lowered = traced.lower(lowering_platforms=("cuda" if target == "gpu" else "cpu",))
    return str(lowered.as_text()).rstrip("\n") + "\n"
