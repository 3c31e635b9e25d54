"""The arrays of an `.npz` file as columns."""

import numpy as np

from archc.data.archive import open_archive
from archc.data.dataset import Where
from archc.data.table import Table, check_labels
from archc.ir import Column, DataSpec
from archc.parameters import Unfit


def load(spec: DataSpec, where: Where) -> Table:
    """The columns of a spec that `catalog.Npz` gave. Raises Unfit, with file and row."""
    table: Table = {}
    with open_archive(where.find(str(spec.arguments["file"]))) as archive:
        for column in spec.features + spec.targets:
            for name in (column.name, f"test.{column.name}") if spec.test_examples else (column.name,):
                what = f"`{name}` in {archive.path}"
                if name not in archive.headers:
                    raise Unfit(f"there is no {what} any more", "check the `.arch` file again", code="E0605")
                table[name] = _converted(archive.read(name), column, spec.arguments["scale"] == "unit", what)
    return table


def _converted(array: np.ndarray, column: Column, scaled: bool, what: str) -> np.ndarray:
    """An array [n, …] as it came, as the column [n, *shape] that it is."""
    if column.kind == "class":
        if array.ndim != 1 or array.dtype.kind not in "iub":
            raise Unfit(f"{what} is no row of labels any more", "check the `.arch` file again", code="E0605")
        check_labels(array, len(column.classes), what)
        return array.astype(np.int32)
    if is_images(array):
        return image_values(array, scaled)
    values = plain_values(array)
    _check_range(array, values, what)
    return values


def _check_range(array: np.ndarray, values: np.ndarray, what: str) -> None:
    """Raises Unfit for numbers [n, …] that are finite as they came and infinite as float32."""
    large = np.isinf(values)
    if not large.any():
        return
    large &= np.isfinite(array)
    if large.any():
        row = int(np.argmax(large.reshape(len(array), -1).any(axis=1)))
        number = array[row][large[row]].flat[0]
        raise Unfit(
            f"{what} holds {number:g} in row {row} (counted from 0), which is too large for float32",
            "numbers go up to 3.4e38: scale the column down",
            code="E0606",
        )


def is_images(array: np.ndarray) -> bool:
    """Whether these are pixels of one byte: uint8 [n, height, width] or [n, height, width, channels]."""
    return array.dtype == np.uint8 and array.ndim in (3, 4)


def image_values(array: np.ndarray, scaled: bool) -> np.ndarray:
    """Pixels [n, height, width] or [n, height, width, channels] as float32 [n, height, width, channels].

    In [0, 1] if `scaled`, else 0 … 255.
    """
    images = np.array(array if array.ndim == 4 else array[..., None], dtype=np.float32, order="C")
    if scaled:
        images /= np.float32(255)
    return images


def plain_values(array: np.ndarray) -> np.ndarray:
    """Any numbers as float32; what is past its range becomes infinity, which `check_finite` then tells."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype=np.float32)
