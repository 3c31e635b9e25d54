"""`archc draw`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output, write_bytes
from archc.draw.formats import FORMATS, LEAST_POINTS, Width, printed, smallest_points, width_of
from archc.draw.look import Look
from archc.draw.styles import STYLES, draw
from archc.draw.theme import THEMES

if TYPE_CHECKING:
    from archc.draw.scene import Scene


class WidthType(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """How wide a figure is printed: "3.3in"."""

    name = "width"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Width:
        if isinstance(value, Width):
            return value
        try:
            return width_of(value)
        except ValueError:
            self.fail(f"`{value}` is no width: write a number and in, cm, mm, pt or px, as `3.3in`", param, ctx)


@click.command(
    cls=Command,
    examples=[
        ("archc draw lenet5", "writes lenet5.svg"),
        ("archc draw resnet50 -o resnet50.pdf --width 3.3in", "for a column of a paper"),
        ("archc draw alexnet --style volumes -o alexnet.png", "solids whose size shows the feature maps"),
        ("archc draw mnist_mlp --style neurons --theme dark", "circles and lines, for dark slides"),
        ("archc draw googlenet -o googlenet.html", "a page in which blocks open and close"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help=f"What to write: .{', .'.join(FORMATS)}."
)
@click.option(
    "--style", type=click.Choice(list(STYLES)), default="graph", help="What it looks like; graph unless said."
)
@click.option("--theme", type=click.Choice(list(THEMES)), default="light", help="Colours; light unless said.")
@click.option("--width", type=WidthType(), metavar="WIDTH", help="How wide it is printed, as 3.3in or 84mm.")
@click.option("--depth", type=click.IntRange(0), metavar="N", help="How many levels of blocks to open.")
@click.option("--full", is_flag=True, help="Open every block, and fold nothing.")
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    output: Path | None,
    style: str,
    theme: str,
    width: Width | None,
    depth: int | None,
    full: bool,
    **choice: Any,
) -> None:
    """Draw the network as a figure.

    The ending of PATH says what is written; FILE's name with .svg in the current folder unless said.
    The same file gives the same bytes, whatever is installed.
    """
    terminal = ctx.ensure_object(Terminal)
    output = output or Path(f"{Path(file).stem}.svg")
    refuse_output(output, Path(file), ctx)
    form = output.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise click.UsageError(f"`{output}` ends in none of .{', .'.join(FORMATS)}, which say what to write", ctx)
    if full and depth is not None:
        raise click.UsageError("`--full` opens everything: leave out `--depth`", ctx)
    if form == "html" and width is not None:
        raise click.UsageError("a page is as wide as its window: leave out `--width`", ctx)
    source, module = checked(Asked(file, **choice), terminal)
    if form == "html":
        from archc.draw.html import page

        write_bytes(output, page(module, source, style, Look(depth, full), theme))
        terminal.remark(f"wrote {output}")
        return
    scene = draw(module, style, Look(depth, full))
    write_bytes(output, printed(scene, form, theme, width))
    warn_if_small(scene, width, terminal)
    terminal.remark(f"wrote {output}")


def warn_if_small(scene: "Scene", width: Width | None, terminal: Terminal) -> None:
    """Says so where text would be too small to read on paper."""
    points = smallest_points(scene, width)
    if width is not None and scene.smallest_text and points < LEAST_POINTS:
        terminal.remark(
            f"its smallest text is {points:.1f} pt at {width}, and {LEAST_POINTS} pt is the least that can be read: "
            "fold more with `--depth`, or print it wider"
        )
