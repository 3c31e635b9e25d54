"""`archc completion`."""

import click
from click.shell_completion import get_completion_class

from archc.cli.command import Command
from archc.cli.terminal import Terminal

INSTALL = {
    "bash": ('eval "$(archc completion bash)"', "~/.bashrc"),
    "zsh": ('eval "$(archc completion zsh)"', "~/.zshrc"),
    "fish": ("archc completion fish | source", "~/.config/fish/config.fish"),
}
"""The line that turns it on, and the file that it belongs in."""


@click.command(
    cls=Command,
    examples=[(line, f"turns it on; for good, put the line into {file}") for line, file in INSTALL.values()],
)
@click.argument("shell", type=click.Choice(list(INSTALL)), metavar="bash|zsh|fish")
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> None:
    """Print the script that completes commands in a shell.

    It completes commands, options, .arch files, built-in models and run folders.
    """
    terminal = ctx.ensure_object(Terminal)
    line, file = INSTALL[shell]
    complete = get_completion_class(shell)
    assert complete is not None
    script = complete(ctx.find_root().command, {}, "archc", "_ARCHC_COMPLETE").source()
    terminal.result(f"# to have it in every shell, put this line into {file}: {line}\n{script.strip()}")
