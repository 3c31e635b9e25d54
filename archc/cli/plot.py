"""`archc plot`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, choice_options
from archc.cli.drawing import WidthType
from archc.cli.loading import load_again
from archc.cli.named import FileName, is_run
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output, write_bytes
from archc.locate import SUFFIX
from archc.train.plots.names import FORMATS, KINDS, NARROWEST, THEMES, WIDEST

if TYPE_CHECKING:
    from archc.data.table import Table
    from archc.train.plots.subject import Subject


class Width(WidthType):
    """`3.3in`, `8cm`, `84mm`, `240pt`, `320px`: gives inches."""

    least: float = NARROWEST
    most: float = WIDEST

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx).inches


class Output(click.Path):
    """A file whose name ends as one of the forms does."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # type: ignore[override]
        if Path(value).suffix.lower().removeprefix(".") not in FORMATS:
            endings = ", ".join(f".{form}" for form in FORMATS)
            self.fail(f"`{value}` says no form: let the name end in one of {endings}", param, ctx)
        return str(super().convert(value, param, ctx))


_HELP = "\n".join(
    [
        "Draw what happened in training, and what was learnt.",
        "",
        "RUN is the folder of a run, and KIND one of the pictures below. Of a FILE whose weights are all",
        "written out, boundary and filters can be drawn. Every number comes from the run's own program,",
        "with its best weights.",
        "",
        "\b",
        *(f"{name:10} {what}" for name, (what, _) in KINDS.items()),
    ]
)


@click.command(
    cls=Command,
    help=_HELP,
    examples=[
        ("archc plot runs/digits-1 curves", "writes runs/digits-1/plots/curves.svg"),
        ("archc plot runs/digits-1 features --example 3", "what the layers make of row 3 of the test part"),
        ("archc plot runs/xor-1 boundary -o xor.png --theme dark", "decision regions, for a dark slide"),
        ("archc plot xor_given boundary", "of a network whose weights are written out: ./boundary.svg"),
        ("archc plot runs/lenet5-1 gradients --theme print --width 3.3in -o g.pdf", "for a column of a paper"),
    ],
)
@click.argument("file", metavar="RUN|FILE", type=FileName(runs=True))
@click.argument("kind", metavar="KIND", type=click.Choice(list(KINDS)))
@click.option(
    "-o", "--output", type=Output(), metavar="FILE", help="Where to: .svg, .png or .pdf; else RUN/plots/KIND.svg."
)
@click.option("--layer", metavar="NAME", help="Of which layer: filters, features, excite.")
@click.option("--example", type=click.IntRange(1), metavar="N", help="Which row of the part, from 1: features.")
@click.option("--part", type=click.Choice(["test", "validation", "train"]), help="Of which rows: confusion, features.")
@click.option("--theme", type=click.Choice(THEMES), default="light", help="Colours; `print` has no background.")
@click.option("--width", type=Width(), metavar="W", help="How wide, as 3.3in, 8cm or 320px.")
@choice_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    file: str,
    kind: str,
    output: str | None,
    layer: str | None,
    example: int | None,
    part: str | None,
    theme: str,
    width: float | None,
    **choice: Any,
) -> None:
    terminal = ctx.ensure_object(Terminal)
    options = {"layer": layer, "example": example, "part": part}
    for name, value in options.items():
        if value is not None and name not in KINDS[kind][1]:
            fitting = [other for other, (_, taken) in KINDS.items() if name in taken]
            raise click.UsageError(f"`{kind}` takes no `--{name}`, which is for {', '.join(fitting)}", ctx)
    refuse_output(Path(output) if output else None, Path(file), ctx)
    # what has a folder in its name and isn't there is meant for a run
    run = is_run(file) or ("/" in file and not file.endswith(SUFFIX) and not Path(file).exists())
    subject = _of_run(ctx, file) if run else _of_file(Asked(file, **choice), terminal)

    from archc.train.compiled import keep_compiled
    from archc.train.plots.kinds import picture
    from archc.train.plots.picture import form_of

    keep_compiled()
    drawn = picture(subject, kind, options).styled(theme, width)
    for change in subject.changes():
        terminal.remark(f"note: {change}")
    folder = subject.folder.path / "plots" if subject.folder is not None else Path()
    path = Path(output) if output else folder / f"{kind}.svg"
    if output:
        write_bytes(path, drawn.content(form_of(path)))
    else:
        drawn.save(path)
    for sentence in drawn.said:
        terminal.remark(sentence)
    for sentence in drawn.flaws():
        terminal.remark(f"note: {sentence}")
    terminal.result(f"wrote {path.as_posix()}")


def _of_run(ctx: click.Context, file: str) -> "Subject":
    """A run. Raises Failed, and UsageError for options that are of files."""
    from archc.cli.predict import trained

    path, _ = trained(ctx, file)

    from archc.train.plots.subject import of_run

    def load() -> "Table":
        beginning = open_run(path, lock=False).beginning()
        return load_again(recipe_of(subject.module), beginning, ctx.params["data_dir"], ctx.ensure_object(Terminal))

    from archc.cli.train import recipe_of
    from archc.train.folders import open_run

    subject = of_run(path, load)
    return subject


def _of_file(asked: Asked, terminal: Terminal) -> "Subject":
    """A file whose weights are all written out. Raises Failed if they aren't."""
    from archc.cli.predict import written_out

    (module, text), _ = written_out(asked, terminal)

    from archc.train.plots.subject import written_out as given

    return given(asked.file, module, text)
