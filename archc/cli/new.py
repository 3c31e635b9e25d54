"""`archc new`."""

import re
from pathlib import Path

import click

from archc.cli.command import Command
from archc.cli.compiling import typed
from archc.cli.terminal import Terminal
from archc.cli.writing import write_text
from archc.locate import SUFFIX

START = """\
# A network to start from: it tells handwritten digits apart. Everything behind a # is a comment.
#
#     archc check {file}        what is wrong with it, and where
#     archc summary {file}      its layers, shapes and costs
#     archc train {file}        trains it: about 97 % on the test part

model {model}(hidden = 64) {{
    # what one example is: height, width, channels
    input image[8, 8, 1]

    # each line feeds the next, and so does each arrow
    conv(16, 3x3, padding = same) -> relu
    max_pool(2x2)
    flatten
    dense(hidden) -> relu
    dropout(25%)
    # one value a class; what is known of the data can be used
    dense(data.classes) -> softmax

    # a promise, held to at every check
    assert params <= 100_000
}}

train {{
    data      = digits
    loss      = cross_entropy
    optimizer = adam(1e-3)
    batch     = 32
    epochs    = 20
    metrics   = accuracy

    # one row in five, held out, tells when it gets no better
    validate  = 20%
    stop      = early_stopping(val_loss, patience = 5)
}}
"""


@click.command(
    cls=Command,
    examples=[
        ("archc new mynet", "writes mynet.arch, which checks and trains as it is"),
        ("archc new nets/first.arch", "in another folder"),
    ],
)
@click.argument("name", metavar="NAME", type=click.Path())
@click.pass_context
def command(ctx: click.Context, /, name: str) -> None:
    """Write a commented file to start from.

    A file that is there already is left alone.
    """
    from archc.diagnostics import Diagnostic, Failed

    terminal = ctx.ensure_object(Terminal)
    stem = name.removesuffix(SUFFIX)
    if stem[-1:] in ("", "/", "."):
        raise click.UsageError("the new file needs a name", ctx)
    path = Path(stem + SUFFIX)
    if path.exists():
        raise Failed(Diagnostic("E0612", f"`{path}` is there already", help="choose another name, or take it away"))
    write_text(path, START.format(file=typed([path.name]), model=model_name(Path(stem).name)))
    terminal.remark(f"wrote {path}; next: {typed(['archc', 'train', str(path)])}")


def model_name(stem: str) -> str:
    """A name for a model after that of its file: `my-net` gives MyNet."""
    words = re.findall(r"[A-Za-z0-9]+", stem)
    name = "".join(word[0].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Net{name}"
