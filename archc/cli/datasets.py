"""`archc datasets`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.loading import load_table
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output
from archc.locate import SUFFIX, built_in

if TYPE_CHECKING:
    from archc.data.dataset import DataSet
    from archc.ir import Column, DataSpec, Module

_CLASSES_SHOWN = 12
_SENTENCE = re.compile(r".*?\.(?!\S)")


@click.command(
    cls=Command,
    examples=[
        ("archc datasets", "all of them"),
        ("archc datasets digits", "the columns of one, and what it takes"),
        ("archc datasets digits --save d.npz", "its rows as a numpy file"),
        (
            "archc datasets mynet.arch --save d.npz",
            "what a file's recipe learns from: `archc compile mynet.arch -o program.py`,\n"
            "      then `python program.py d.npz` trains without archc",
        ),
    ],
)
@click.argument("name", required=False, metavar="[NAME|FILE]", type=FileName())
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE.npz", help="Write all its rows there.")
@choice_options
@click.pass_context
def command(ctx: click.Context, /, name: str | None, save: Path | None, **choice: Any) -> None:
    """List the data sets, show one, or save it as a file.

    NAME is a data set; a FILE means the data set of its recipe. `archc data` shows what is in one.
    """
    terminal = ctx.ensure_object(Terminal)
    refuse_output(save, None, ctx, suffix=".npz")
    if name is None:
        if save is not None:
            raise click.UsageError("say which data set to save", ctx)
        width = max(map(len, known())) + 1
        for data_set in known().values():
            terminal.result(listed(data_set, width, terminal))
        return
    if name in known() and not Path(name).is_file():
        data_set = known()[name]
        spec, folder = spec_of(data_set, choice["data_dir"]), Path()
        text = described(data_set, spec)
    else:
        refuse_unknown(name)
        asked = Asked(name, **choice)
        spec, folder = recipe_data(checked(asked, terminal)[1]), asked.path().parent
        text = f"the data of {name}\n\n{columns(spec)}"
    if save is None:
        terminal.result(text)
    else:
        keep(spec, folder, choice["data_dir"], save, terminal)


def known() -> "dict[str, type[DataSet]]":
    """The data sets by name."""
    from archc.data.dataset import DataSet
    from archc.parameters import FAMILIES

    family: Any = FAMILIES[DataSet.family]
    return {name: family[name] for name in sorted(family)}


def spec_of(data_set: "type[DataSet]", data_dir: Path | None) -> "DataSpec | None":
    """What a data set is as it stands; None for one that is nothing without arguments."""
    from archc.data.dataset import Where

    if any(parameter.required for parameter in data_set.parameters.values()):
        return None
    return data_set.build([], {}).spec(Where(Path(), data_dir=data_dir))


def listed(data_set: "type[DataSet]", width: int, terminal: Terminal) -> str:
    """A data set in a few lines."""
    spec = spec_of(data_set, None)
    first = in_short(spec) if spec else needed(data_set)
    about = _SENTENCE.match(paragraphs(data_set)[0])
    return f"{terminal.bold(data_set.name.ljust(width))}{first}\n{'':{width}}{about.group() if about else ''}"


def needed(data_set: "type[DataSet]") -> str:
    """How it is written with what it must be given: `images(folder, …)`."""
    parameters = data_set.parameters.values()
    shown = [parameter.name for parameter in parameters if parameter.required]
    return f"{data_set.name}({', '.join(shown + ['…'] * (len(shown) < len(parameters)))})"


def written(data_set: "type[DataSet]") -> str:
    """How it is written in a file, with what it takes."""
    return data_set.usage().removeprefix("it is written ").strip("`")


def in_short(spec: "DataSpec") -> str:
    """`1,797 examples: image [8, 8, 1] -> digit (10 classes)`."""
    rows = f"{spec.examples:,} examples" + (f" and {spec.test_examples:,} to test" if spec.test_examples else "")
    return f"{rows}: {', '.join(map(column, spec.features))} -> {', '.join(map(column, spec.targets))}"


def column(column: "Column") -> str:
    """`image [8, 8, 1]`, `digit (10 classes)`."""
    from archc.types import TensorType

    if column.kind == "class":
        return f"{column.name} ({len(column.classes)} classes)"
    return f"{column.name} {TensorType(column.shape)}" if column.shape else column.name


def described(data_set: "type[DataSet]", spec: "DataSpec | None") -> str:
    """A data set in full: what it is, how it is written in a file, and its columns."""
    width = max(map(len, data_set.parameters), default=0)
    taken = [f"  {name:{width}}  {parameter.doc}" for name, parameter in data_set.parameters.items()]
    parts = [
        f"{data_set.name}: {paragraphs(data_set)[0]}",
        *paragraphs(data_set)[1:],
        "\n".join([f"in a file: `data = {written(data_set)}`", *taken]),
        *([columns(spec)] if spec else []),
    ]
    return "\n\n".join(parts)


def paragraphs(data_set: "type[DataSet]") -> list[str]:
    """What the catalogue says of a data set."""
    from inspect import cleandoc

    return cleandoc(data_set.__doc__ or "").split("\n\n")


def columns(spec: "DataSpec") -> str:
    """The columns, the rows, and what is held out unless the recipe says otherwise."""
    lines = [in_short(spec)]
    for target in spec.targets:
        if target.kind == "class":
            more = "" if len(target.classes) <= _CLASSES_SHOWN else ", …"
            lines.append(f"classes of {target.name}: {', '.join(target.classes[:_CLASSES_SHOWN])}{more}")
    shares = {"validate": spec.validate_share, "test": spec.test_share}
    held = [f"{share:.0%} to {part}" for part, share in shares.items() if share]
    lines.append(f"held out unless said: {' and '.join(held) or 'nothing'}")
    return "\n".join(lines)


def refuse_unknown(name: str) -> None:
    """Raises Failed for a bare name that is neither a data set, nor a file, nor a built-in model."""
    from archc.diagnostics import Diagnostic, Failed
    from archc.diagnostics.suggest import closest

    if name in built_in() or Path(name).is_file() or "/" in name or name.endswith(SUFFIX):
        return
    near = closest(name, [*known(), *built_in()])
    help = f"did you mean `{near[0]}`?" if near else f"the data sets are {', '.join(f'`{each}`' for each in known())}"
    raise Failed(Diagnostic("E0004", f"there is no data set, no file and no built-in model `{name}`", help=help))


def recipe_data(module: "Module") -> "DataSpec":
    """The data set that a file's recipe learns from. Raises Failed."""
    from archc.cli.train import recipe_of

    return recipe_of(module).data


def keep(spec: "DataSpec | None", folder: Path, data_dir: Path | None, save: Path, terminal: Terminal) -> None:
    """Writes all rows of a data set. Raises Failed."""
    from archc.diagnostics import Diagnostic, Failed

    if spec is None:
        help = "its rows are said in a file: `archc datasets mynet.arch --save d.npz`"
        raise Failed(Diagnostic("E0605", "this data set is nothing without its arguments", help=help))
    from archc.data import readers

    readers.save(load_table(spec, folder, data_dir, terminal), save)
    terminal.remark(f"wrote {save}: {in_short(spec)}")
