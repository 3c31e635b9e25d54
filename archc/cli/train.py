"""`archc train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options, counted, lowering_options, typed
from archc.cli.loading import load_again, load_table, rows_of_parts
from archc.cli.named import FileName, find_run, is_run
from archc.cli.terminal import Terminal
from archc.train.signals import Signals

if TYPE_CHECKING:
    from archc.ir import Module, Recipe
    from archc.program import Target

_FIXED = {
    "settings": "--set",
    "model": "--model",
    "recipe": "--recipe",
    "run": "--run",
    "seed": "--seed",
    "device": "--device",
    "unroll": "--unroll",
    "plain": "--plain",
}
"""What is settled once a run has begun."""


@click.command(
    cls=Command,
    examples=[
        ("archc train digits", "trains a built-in model in a new folder, runs/digits-1"),
        ("archc train digits --set train.epochs=5 --seed 1", "fewer epochs, other random numbers"),
        ("archc train lenet5 --data-dir data --run runs/first", "says where the data are, and where the run goes"),
        ("archc train runs/digits-1 --resume", "goes on with a run that was stopped"),
    ],
)
@click.argument("file", metavar="FILE|RUN", type=FileName(runs=True))
@click.option("--resume", is_flag=True, help="Go on with the run in the folder RUN.")
@click.option(
    "--run",
    type=click.Path(),
    metavar="DIR",
    help="The run's folder; unless said, the next free one in runs/.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Of everything random.")
@click.option("--device", type=click.Choice(["cpu", "gpu"]), help="Where to train; unless said, what JAX prefers.")
@lowering_options
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    resume: bool,
    run: str | None,
    seed: int | None,
    device: str | None,
    **choice: Any,
) -> int:
    """Train a network, or go on with a run.

    The run's folder gets the program, the best and the last weights, a line of figures an epoch,
    checkpoints and a report. Ctrl-C saves and stops; --resume then goes on as if nothing had been.
    """
    terminal = ctx.ensure_object(Terminal)
    if not file.strip():
        raise click.UsageError("the name of the file is empty: say a file, a built-in model or a run's folder", ctx)
    if run is not None and not run.strip():
        raise click.UsageError("`--run` is empty: name a folder for the run", ctx)
    if not resume:
        if is_run(file):
            raise click.UsageError(f"{file} is a folder; to go on with a run: `archc train {file} --resume`", ctx)
        with Signals() as signals:
            return begin(Asked(file, **choice), Path(run) if run else None, seed, device, terminal, signals)
    for name, option in _FIXED.items():
        given = ctx.params[name]
        if given is not False and given not in (None, "", ()):
            raise click.UsageError(f"a run goes on as it began: `--resume` leaves no room for `{option}`", ctx)
    with Signals() as signals:
        return go_on(find_run(file), choice["data_dir"], terminal, signals)


def begin(
    asked: Asked, run: Path | None, seed: int | None, device: str | None, terminal: Terminal, signals: Signals
) -> int:
    """Trains in a new folder; gives the exit status. Raises Failed, and Interrupted until there is a run.

    A signal is only noted while JAX is imported and data are read: what it would break off there
    might well swallow it.
    """
    from archc.program.emit import lowered

    source, module = checked(asked, terminal)
    path = asked.path()
    target: Target = "gpu" if device == "gpu" else "cpu"
    program = lowered(module, asked.lowering(module, target, terminal))
    announce(asked, module, target, terminal)
    table = load_table(recipe_of(module).data, path.parent, asked.data_dir, terminal, signals.stop_if_asked)
    signals.stop_if_asked()

    from archc.cli.watching import watched
    from archc.train.compiled import keep_compiled
    from archc.train.driver import fit

    keep_compiled()
    signals.stop_if_asked()
    return watched(
        lambda listener: fit(
            module,
            program_text=program,
            arch_text=source.text,
            table=table,
            seed=seed,
            run=run,
            device=device,
            listener=listener,
            source_folder=path.parent.resolve(),
            data_dir=asked.data_dir and asked.data_dir.resolve(),
            command=["archc", "train", *asked.words()],
            signals=signals,
        ),
        module,
        terminal,
    )


def go_on(run: Path, data_dir: Path | None, terminal: Terminal, signals: Signals) -> int:
    """Trains on in a run's folder; gives the exit status. Raises Failed, and Interrupted until it does."""
    from archc.train.folders import open_run, read_module

    folder = open_run(run, lock=False)
    module = read_module(folder)
    table = load_again(recipe_of(module), folder.beginning(), data_dir, terminal, signals.stop_if_asked)
    signals.stop_if_asked()

    from archc.cli.watching import watched
    from archc.train.compiled import keep_compiled
    from archc.train.driver import resume

    keep_compiled()
    signals.stop_if_asked()
    return watched(lambda listener: resume(run, table, listener, signals=signals), module, terminal)


def announce(asked: Asked, module: "Module", target: "Target", terminal: Terminal) -> None:
    """What is about to happen."""
    if terminal.quiet:
        return
    recipe = recipe_of(module)
    words = ["archc", "compile", *asked.words(), *(["--target", target] if target != "cpu" else []), "-o", "program.py"]
    terminal.result(f"model    {terminal.bold(module.graph.name)}, {counted(module)}")
    terminal.result(f"data     {recipe.data.name}: {rows_of_parts(recipe)}")
    terminal.result(f"program  the bytes of: {typed(words)}")


def recipe_of(module: "Module") -> "Recipe":
    """The recipe. Raises Failed if there is none."""
    from archc.diagnostics import Diagnostic, Failed

    if module.recipe is None:
        help = "add a `train` block that names data, loss and optimizer; `archc new NAME` writes one to start from"
        raise Failed(Diagnostic("E0805", f"{module.source} has nothing to train: it has no `train` block", help=help))
    return module.recipe
