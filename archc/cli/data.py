"""`archc data`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.datasets import known, recipe_data, refuse_unknown, spec_of
from archc.cli.loading import load_table
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.cli.writing import refuse_output
from archc.locate import SUFFIX, built_in

if TYPE_CHECKING:
    import numpy as np

    from archc.ir import DataSpec, Module

_SHOWN = 12
"""How many categories and classes are listed."""
_SCALING = ("normalize", "batch_norm", "layer_norm")


@click.command(
    cls=Command,
    examples=[
        ("archc data mynet.arch", "what its recipe learns from: columns, ranges, classes, problems, examples"),
        ("archc data digits -o digits.png", "some of its images too, each under its class"),
        ("archc data moons", "the same of a data set alone"),
        ("archc data mynet.arch --format json", "the same for scripts"),
    ],
)
@click.argument("name", metavar="FILE", type=FileName())
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Draw examples there: images, or points in the plane.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is told.")
@choice_options
@click.pass_context
def command(ctx: click.Context, /, name: str, output: Path | None, form: str, **choice: Any) -> None:
    """Show what a model will see of its data.

    FILE is a `.arch` file or a built-in model, whose recipe says what it learns from, or the name
    of a data set (see `archc datasets`).
    """
    from archc.data.portrait import portrait

    terminal = ctx.ensure_object(Terminal)
    refuse_output(output, Path(name), ctx)
    alone = name in known() and name not in built_in() and not Path(name).is_file()
    if alone:
        spec, folder, module = set_alone(name, choice["data_dir"]), Path(), None
    else:
        refuse_unknown(name)
        asked = Asked(name, **choice)
        folder, module = asked.path().parent, checked(asked, terminal)[1]
        spec = recipe_data(module)
    table = load_table(spec, folder, choice["data_dir"], terminal)
    parts = parts_of(spec, module)
    found = portrait(spec, table, parts, scaled=module is not None and scales(module))
    if form == "json":
        import json

        terminal.result(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        terminal.result("\n".join(told(found, terminal)))
    if output is not None:
        from archc.data.picture import draw

        count = draw(spec, table, next(iter(parts.values())), output)
        terminal.remark(f"wrote {output}: {count:,} examples")


def set_alone(name: str, data_dir: Path | None) -> "DataSpec":
    """A data set that needs no arguments. Raises Failed."""
    from archc.diagnostics import Diagnostic, Failed

    spec = spec_of(known()[name], data_dir)
    if spec is None:
        help = f"show the file whose recipe names it: `archc data mynet{SUFFIX}`"
        raise Failed(Diagnostic("E0605", f"`{name}` is nothing without its arguments", help=help))
    return spec


def parts_of(spec: "DataSpec", module: "Module | None") -> "dict[str, np.ndarray]":
    """The rows of each part, cut as training cuts them; all of them where there is no recipe."""
    import numpy as np

    from archc.data.portrait import WHOLE

    if module is None or module.recipe is None:
        return {WHOLE: np.arange(spec.examples)}
    from archc.program.emit import emit
    from archc.train.loading import load_program

    program = load_program(emit(module))
    return dict(program.split(spec.examples, module.recipe.seed))


def scales(module: "Module") -> bool:
    """Whether a model brings what enters it to a common scale."""
    return any(node.op in _SCALING for node in module.graph.nodes)


def told(found: dict[str, Any], terminal: Terminal) -> Iterator[str]:
    """The portrait as lines."""
    shares = {"all": "rows", "train": "to train", "validation": "to validate", "test": "to test"}
    rows = ", ".join(f"{count:,} {shares[part]}" for part, count in found["rows"].items())
    yield f"{terminal.bold('data')}      {found['data']}: {rows}"
    for column in found["columns"]:
        shape = str(column["shape"]) if column["shape"] else ""
        about = ", ".join(part for part in (column["kind"] + shape, ranged(column)) if part)
        yield f"{terminal.bold(column['role'].ljust(9))} {column['name']}: {about}"
        yield from columns_of(column.get("fields", []))
        yield from counts_of(found["classes"].get(column["name"], {}))
    for problem in found["problems"]:
        yield f"{terminal.bold('look at')}   {problem}"
    examples = [example for example in found["examples"] if len(example) > len(found["classes"])]
    if examples:
        yield terminal.bold("examples")
        names = list(examples[0])
        yield from table([names, *([shown(example[name]) for name in names] for example in examples)])


def ranged(column: dict[str, Any]) -> str:
    """`4.3 … 7.9, mean 5.84`."""
    if "min" not in column:
        return ""
    return f"{column['min']:.6g} … {column['max']:.6g}, mean {column['mean']:.4g}"


def columns_of(fields: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The columns of a table, a line each."""
    lines = []
    for field in fields:
        about = ranged(field)
        if "categories" in field:
            each = [f"{name} {count:,}" for name, count in field["categories"].items()]
            about = f"{len(each)}: {', '.join(each[:_SHOWN])}{', …' if len(each) > _SHOWN else ''}"
        if field["missing"]:
            rule = field["stands_for_missing"]
            stands = {"own": "a category of its own"}.get(rule, f"the {rule} of the training rows")
            stands = f"{rule:g}" if isinstance(rule, float) else stands
            about += f"; {field['missing']:,} missing: {stands}"
        lines.append([field["name"], field["kind"], about])
    yield from table(lines)


def counts_of(classes: dict[str, dict[str, int]]) -> Iterator[str]:
    """How often each class is in each part."""
    if not classes:
        return
    parts = list(next(iter(classes.values())))
    lines = [[name, *(f"{counts[part]:,}" for part in parts)] for name, counts in classes.items()]
    yield from table([["", *parts], *lines[: 2 * _SHOWN]])
    if len(lines) > 2 * _SHOWN:
        yield f"    … and {len(lines) - 2 * _SHOWN:,} classes more"


def shown(value: Any) -> str:
    """A value of an example."""
    if isinstance(value, list):
        return " ".join(shown(each) for each in value)
    return "missing" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def table(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines whose parts stand under one another."""
    if not lines:
        return
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    for line in lines:
        yield ("    " + "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True))).rstrip()
