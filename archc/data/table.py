"""Loaded data: an array for each column. How a table is checked, saved and known again."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from archc.data.atomic import whole_file
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Column, DataSpec, Recipe
from archc.parameters import Unfit

Table = dict[str, np.ndarray]
"""An array for each column, rows first: float32 features and number targets, int32 class targets.

A data set that brings a test part of its own has the same columns under `test.NAME` too.
"""

REMAKE = "the data are not those that the file was checked with: check it again"


def sized(shape: tuple[int, ...]) -> str:
    """A shape as messages show it: `[28, 28, 1]`."""
    return "[" + ", ".join(map(str, shape)) + "]"


def failed(unfit: Unfit) -> Failed:
    """The error that a person sees for data that don't fit."""
    return Failed(Diagnostic(unfit.code or "E0602", unfit.problem, help=unfit.help))


def check_table(table: Table, spec: DataSpec, source: str) -> None:
    """Raises Unfit unless the table has exactly the columns, types, shapes and rows of the spec, finite and in range.

    `source` is the file or the data set, for messages.
    """
    expected: dict[str, tuple[Column, int]] = {}
    for column in spec.features + spec.targets:
        expected[column.name] = (column, spec.examples)
        if spec.test_examples:
            expected[f"test.{column.name}"] = (column, spec.test_examples)
    for name in sorted(table.keys() ^ expected.keys()):
        problem = "brings a column that is not known" if name in table else "lacks the column"
        raise Unfit(f"{source} {problem}: `{name}`", REMAKE, code="E0605")
    for name, (column, rows) in expected.items():
        array, what = table[name], f"`{name}` in {source}"
        if array.shape != (rows, *column.shape):
            raise Unfit(
                f"{what} is {sized(array.shape)}, and {sized((rows, *column.shape))} is expected",
                REMAKE,
                code="E0605",
            )
        dtype = np.dtype(np.int32 if column.kind == "class" else np.float32)
        if array.dtype != dtype:
            raise Unfit(f"{what} holds {array.dtype} numbers, and {dtype} is expected", REMAKE, code="E0604")
        if column.kind == "class":
            check_labels(array, len(column.classes), what)
        else:
            check_finite(without_gaps(array, column), what)


def without_gaps(array: np.ndarray, column: Column) -> np.ndarray:
    """A column [n, …] with 0 where a value is missing that the training rows will fill."""
    if not column.gaps:
        return array
    known = array.copy()
    for start, stop, _ in column.gaps:
        known[:, start:stop][np.isnan(known[:, start:stop])] = 0
    return known


def check_finite(array: np.ndarray, what: str) -> None:
    """Raises Unfit at the first row [n, …] that holds NaN or infinity."""
    good = np.isfinite(array)
    if good.all():
        return
    row = int(np.argmin(good.reshape(len(array), -1).all(axis=1)))
    value = array[row][~good[row]].flat[0]
    name = "NaN (not a number)" if np.isnan(value) else "infinity"
    raise Unfit(
        f"{what} holds {name} in row {row} (counted from 0)",
        "take such rows out or fill them in; numbers go up to 3.4e38",
        code="E0606",
    )


def check_labels(array: np.ndarray, classes: int, what: str) -> None:
    """Raises Unfit at the first label [n] outside 0 … classes - 1."""
    bad = (array < 0) | (array >= classes)
    if not bad.any():
        return
    row = int(np.argmax(bad))
    raise Unfit(
        f"{what} holds the label {array[row]} in row {row} (counted from 0), and labels go from 0 to {classes - 1}",
        "number the classes 0, 1, 2, … without a negative one",
        code="E0607",
    )


def check_against(table: Table, recipe: Recipe) -> None:
    """Raises Failed unless a loaded table is what the recipe was checked with."""
    spec = recipe.data
    try:
        check_table(table, spec, f"the data set `{spec.name}`")
        parts = recipe.train_rows + recipe.validation_rows + recipe.test_rows
        if parts != spec.examples + spec.test_examples:
            raise Unfit(
                f"`{spec.name}` has {spec.examples + spec.test_examples} rows, and the recipe's parts {parts}",
                REMAKE,
                code="E0605",
            )
    except Unfit as unfit:
        raise failed(unfit) from None


def save(table: Table, path: Path) -> None:
    """Writes an uncompressed `.npz`: equal tables give equal bytes. Whole or not at all. Raises Failed."""
    try:
        with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(table):
                # a fixed time: the one that ZipFile would take from the clock makes equal tables differ
                member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                member.create_system = 3
                member.external_attr = 0o644 << 16
                with archive.open(member, "w", force_zip64=True) as stream:
                    array = np.ascontiguousarray(table[name])
                    np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failed(Diagnostic("E0612", f"{path} cannot be written: {reason}")) from None


def fingerprint(table: Table) -> str:
    """SHA-256 over names, types, shapes and bytes, whatever the order of the columns."""
    digest = hashlib.sha256()
    for name in sorted(table):
        array = np.ascontiguousarray(table[name])
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.data)
    return digest.hexdigest()
