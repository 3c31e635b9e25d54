"""Loads a data set: from its spec to arrays."""

from collections.abc import Callable
from typing import Any

from archc.data import cifar10, credit, made, mnist, npz, pictures, table_file, usps
from archc.data.dataset import Where
from archc.data.download import Progress
from archc.data.table import Table, check_against, check_table, failed, fingerprint, save
from archc.ir import DataSpec
from archc.parameters import Unfit

__all__ = ["Progress", "Table", "check_against", "fingerprint", "load", "save"]


def load(spec: DataSpec, where: Where, progress: Progress | None = None) -> Table:
    """All rows of a data set, checked against its spec.

    `image` float32 [n, 8, 8, 1], `digit` int32 [n] and so on, C-contiguous. Raises Failed for
    whatever is wrong with the data, with file and row.
    """
    try:
        table = READERS[spec.name](spec, where, progress)
        check_table(table, spec, _source(spec, where))
    except Unfit as unfit:
        raise failed(unfit) from None
    return table


def _source(spec: DataSpec, where: Where) -> str:
    file = spec.arguments.get("file", spec.arguments.get("folder"))
    return str(where.find(file)) if isinstance(file, str) else f"the data set `{spec.name}`"


def _examples(spec: DataSpec, where: Where, progress: Progress | None) -> Table:
    rows: Any = spec.arguments["rows"]
    return made.examples(rows, spec.features + spec.targets)


def _bundled(spec: DataSpec, where: Where, progress: Progress | None) -> Table:
    return made.table(spec)


def _computed(make: Callable[..., Table]) -> Callable[[DataSpec, Where, Progress | None], Table]:
    return lambda spec, where, progress: make(**spec.arguments)


READERS: dict[str, Callable[[DataSpec, Where, Progress | None], Table]] = {
    "blobs": _computed(made.blobs),
    "breast_cancer": _bundled,
    "cifar10": cifar10.load,
    "circles": _computed(made.circles),
    "credit_approval": lambda spec, where, progress: credit.load(spec, where),
    "csv": lambda spec, where, progress: table_file.load(spec, where),
    "diabetes": _bundled,
    "digits": _computed(made.digits),
    "examples": _examples,
    "fashion_mnist": lambda spec, where, progress: mnist.load(mnist.FASHION_MNIST, spec, where, progress),
    "images": lambda spec, where, progress: pictures.load(spec, where),
    "iris": _bundled,
    "mnist": lambda spec, where, progress: mnist.load(mnist.MNIST, spec, where, progress),
    "moons": _computed(made.moons),
    "npz": lambda spec, where, progress: npz.load(spec, where),
    "usps": lambda spec, where, progress: usps.load(spec, where),
    "wine": _bundled,
    "xor": _computed(made.xor),
}
