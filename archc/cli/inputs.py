"""What `archc predict` is given: files, and numbers typed as `0,1`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from archc.cli.terminal import Terminal
from archc.diagnostics import Diagnostic, Failed

if TYPE_CHECKING:
    import numpy as np

    from archc.ir import Module, Port

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
NUMBERS = re.compile(rf"\s*{_NUMBER}(?:,\s*{_NUMBER})*,?\s*")
"""`0,1`, `-0.5, 2e3`."""


@dataclass(frozen=True)
class Given:
    """Examples by input, [n, …] each, and what each example is called."""

    arrays: "dict[str, np.ndarray]"
    names: tuple[str, ...]


def read_all(module: "Module", written: Sequence[str], invert: bool, terminal: Terminal) -> Given:
    """All examples that were given, in order. Raises Failed."""
    import numpy as np

    pieces: list[Given] = []
    wrong: list[Diagnostic] = []
    for text in written:
        try:
            pieces.append(read_one(module, text.strip(), invert, terminal))
        except Failed as failed:
            wrong += failed.diagnostics
    if wrong:
        raise Failed(wrong)
    arrays = {port.name: np.concatenate([piece.arrays[port.name] for piece in pieces]) for port in module.graph.inputs}
    return Given(arrays, tuple(name for piece in pieces for name in piece.names))


def read_one(module: "Module", text: str, invert: bool, terminal: Terminal) -> Given:
    """The examples of one word of the command line."""
    path = Path(text)
    from archc.data.given_rows import GivenRows

    table = GivenRows.of(module)
    if table is not None:
        if not path.exists() and (typed := table.typed(text)) is not None:
            return Given(typed, (text,))
        if path.suffix.lower() == ".csv" and not invert and path.is_file() and (found := table.file(path)) is not None:
            arrays, note = found
            terminal.remark(f"{text}: {note}")
            return named(text, arrays)
        if table.divided and (NUMBERS.fullmatch(text) or path.suffix.lower() == ".csv"):
            terminal.remark(f"{text}: taken as the network reads it, numbers already divided by their `scale`")
    if NUMBERS.fullmatch(text) and not path.is_file():
        return Given(row(text, module.graph.inputs), (text,))
    if not path.exists():
        refuse_half_numbers(text)
    from archc.data.images import read_inputs
    from archc.data.pixels import PLAIN, Manner

    ports = module.graph.inputs
    if len(ports) > 1 and path.suffix.lower() != ".npz":
        names = ", ".join(f"`{port.name}`" for port in ports)
        help = f"give an .npz file that holds them all by name: {names}"
        raise Failed(Diagnostic("E0901", f"`{text}` is one array, and the model has {len(ports)} inputs", help=help))
    manner = PLAIN if module.recipe is None else Manner.of(module.recipe.data.arguments)
    arrays = {}
    for port in ports:
        read = read_inputs(path, port.shape, name=port.name, invert=invert, manner=manner)
        arrays[port.name] = read.values
        for note in read.notes:
            terminal.remark(f"{text}: {note}")
    if len({len(values) for values in arrays.values()}) > 1:
        rows = " and ".join(f"{len(values):,} of `{name}`" for name, values in arrays.items())
        raise Failed(Diagnostic("E0901", f"`{text}` holds {rows}", help="give equally many of each"))
    return named(text, arrays)


def named(text: str, arrays: "dict[str, np.ndarray]") -> Given:
    """Examples of one file, called by their rows where there are several."""
    count = len(next(iter(arrays.values())))
    return Given(arrays, (text,) if count == 1 else tuple(f"{text}[{at}]" for at in range(count)))


def refuse_half_numbers(text: str) -> None:
    """Raises Failed for what is meant as numbers and isn't: `0 1`, `0,a`, `nan,0`."""
    words = re.split(r"[\s,;]+", text.strip(" ,;"))
    strange = [word for word in words if not re.fullmatch(_NUMBER, word)]
    if len(strange) == len(words) and not {word.lower().lstrip("+-") for word in words} & {"nan", "inf", "infinity"}:
        return
    # a file's name may hold a number too, but hardly stands among commas
    if strange and not re.search("[,;]", text) and re.search(r"[/.]\w", strange[-1]):
        return
    help = "the numbers of an example are typed with commas between and no spaces, such as `0,1`"
    title = f"`{strange[0]}` in `{text}` is not a number" if strange else f"`{text}` has no commas between its numbers"
    raise Failed(Diagnostic("E0901", title, help=help))


def row(text: str, ports: "Sequence[Port]") -> "dict[str, np.ndarray]":
    """One example as typed: the numbers of all inputs, one after another."""
    import numpy as np

    numbers = [float(number) for number in text.rstrip(", ").split(",")]
    sizes = [prod(port.shape) for port in ports]
    if len(numbers) != sum(sizes):
        wanted = ", ".join(f"{size:,} for `{port.name}`" for port, size in zip(ports, sizes, strict=True))
        title = f"`{text}` is {len(numbers):,} number{'s' * (len(numbers) != 1)}, and the model takes {sum(sizes):,}"
        raise Failed(Diagnostic("E0901", title, help=f"an example is {wanted}, with commas between and no spaces"))
    with np.errstate(over="ignore"):
        values = np.array(numbers).astype(np.float32)
    if not np.isfinite(values).all():
        raise Failed(Diagnostic("E0901", f"`{text}` holds a number that float32 doesn't: they go up to 3.4e38"))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return {port.name: part.reshape(1, *port.shape) for port, part in zip(ports, parts, strict=True)}
