"""`archc` itself: finds the command, and turns whatever happens in it into words and an exit status."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn, cast

import click

from archc import __version__
from archc.cli.command import everywhere, write_examples
from archc.cli.streams import discard_output
from archc.cli.terminal import Terminal
from archc.cli.usage import unknown_command, usage_message

FINE, PROBLEMS, OUR_FAULT, STOPPED = 0, 1, 2, 130

COMMANDS = {
    "new": "Write a commented file to start from.",
    "check": "Say everything that is wrong with .arch files.",
    "fmt": "Give .arch files one layout, comments kept.",
    "summary": "Show layers, shapes, parameters and costs.",
    "draw": "Draw the network as a figure.",
    "diff": "Compare two networks and their recipes.",
    "compile": "Write the network as a standalone JAX program.",
    "train": "Train a network, or go on with a run.",
    "evaluate": "Measure a trained network on a part of its data.",
    "predict": "Apply a network to images, numbers or files.",
    "profile": "Show where the time of a training step goes.",
    "tune": "Time the ways in which layers can be computed.",
    "plot": "Draw what happened in training, and what was learnt.",
    "models": "List the built-in models, or print one.",
    "data": "Show what a model will see of its data.",
    "datasets": "List the data sets, show one, or save it as a file.",
    "explain": "Say more about the code of an error or a warning.",
    "doctor": "Show versions, devices, caches and data folders.",
    "completion": "Print the script that completes commands in a shell.",
}
"""Every command, in the order of the help, and the first line of its own help: known without importing it."""

EXAMPLES = (
    ("archc train digits", "trains the built-in model `digits` in under a minute"),
    ("archc new mynet", "writes mynet.arch, a file to start from"),
    ("archc check mynet.arch", "says what is wrong with it, and where"),
    ("archc compile mynet.arch -o program.py", "writes the network as a Python file that needs JAX alone"),
)


class Application(click.Group):
    """The group of all commands, which imports no command that isn't asked for."""

    examples = EXAMPLES

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, import_module(f"archc.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise unknown_command(args[0], COMMANDS, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(self.examples, formatter)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # behind the `^C` that the terminal shows
            raise click.Abort from None

    def main(  # type: ignore[override]  # click overloads it by the value of a flag
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **rest: Any
    ) -> NoReturn:
        terminal = rest.setdefault("obj", Terminal())
        rest["standalone_mode"] = False
        run = super().main
        try:
            status = exit_status(lambda: run(args, prog_name, **rest), terminal)
        except BrokenPipeError:
            # whoever read has left, as `head` does; what is still unwritten has nowhere to go
            discard_output(sys.stdout, sys.stderr)
            status = PROBLEMS
        sys.exit(status)


def exit_status(run: Callable[[], Any], terminal: Terminal) -> int:
    """Runs a command, says what went wrong with it, and gives the exit status: the number that it returned, or 0."""
    try:
        status = run()
    except click.UsageError as error:
        click.echo(usage_message(error), err=True)
        return OUR_FAULT
    except click.ClickException as error:
        click.echo(f"archc: {error.format_message()}", err=True)
        return OUR_FAULT
    except click.Abort:
        click.echo("archc: stopped", err=True)
        return STOPPED
    except BrokenPipeError:
        raise
    except Exception as error:
        from archc.diagnostics import Failed
        from archc.train.signals import Interrupted

        if isinstance(error, Failed):
            terminal.tell(error.diagnostics)
            return PROBLEMS
        if isinstance(error, Interrupted):
            click.echo(f"archc: {error}", err=True)
            return error.code
        if isinstance(error, OSError) and error.errno is not None and not _traceback_wanted():
            return machine_failed(error)
        click.echo(fault_message(error), err=True)
        return OUR_FAULT
    return status if isinstance(status, int) else FINE


def machine_failed(error: OSError) -> int:
    """Says what the system refused, such as room on a disk; gives the exit status."""
    place = error.filename if error.filename is not None else "the output"
    if error.filename is None:
        discard_output(sys.stdout)
    click.echo(f"archc: {place} cannot be read or written: {(error.strerror or str(error)).lower()}", err=True)
    return PROBLEMS


def _traceback_wanted() -> bool:
    return os.environ.get("ARCHC_TRACEBACK", "") not in ("", "0")


def fault_message(error: Exception) -> str:
    """What to say of an error that no input should cause."""
    if _traceback_wanted():
        import traceback

        return "".join(traceback.format_exception(error))
    text = next(iter(str(error).splitlines()), "")
    return (
        f"archc: a fault of archc itself: {type(error).__name__}{': ' if text else ''}{text}\n"
        "please report it, with the command and the file; ARCHC_TRACEBACK=1 shows where it happened"
    )


@click.command(
    "archc",
    cls=Application,
    invoke_without_command=True,
    params=everywhere(),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="archc", message="%(prog)s %(version)s")
@click.pass_context
def application(ctx: click.Context) -> None:
    """A compiler for neural networks: write one down, check it, train it as a readable JAX program.

    FILE is a `.arch` file, or the name of a built-in model (see `archc models`).
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
