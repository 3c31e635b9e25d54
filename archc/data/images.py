"""Reads the files that `archc predict` is given: images, `.npy`, `.npz`, CSV."""

import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from archc.data.archive import open_archive, read_npy, regular
from archc.data.dataset import LARGEST_FLOAT32
from archc.data.npz import is_images, plain_values
from archc.data.pictures import MODES, coloured, read_upright
from archc.data.pixels import BYTES, PLAIN, Manner
from archc.data.table import check_finite, failed, sized
from archc.parameters import Unfit

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_NUMBER = 64
"""Characters that a number in a CSV file may take, its comma included."""


@dataclass(frozen=True)
class Inputs:
    """Examples for one input: float32 [n, *shape], and sentences that say what was done to them."""

    values: np.ndarray
    notes: tuple[str, ...] = ()


def read_inputs(
    path: Path, shape: tuple[int, ...], *, name: str = "", invert: bool = False, manner: Manner = PLAIN
) -> Inputs:
    """The examples in a file, for an input of the given shape.

    - an image: one example, turned to grey where the input has one channel, resized where it
      differs, inverted (light for dark) if `invert`, and with black around it if `manner` pads;
    - `.npy`: an array [n, *shape], or [*shape] for one example; pixels of one byte as below;
    - `.npz`: the array `name`, or the only one there is, likewise;
    - `.csv`: a row of numbers for each example, under a header or without one.

    Pixels of one byte become what those of the data became that the model learnt from: `manner`
    says it. Raises Failed, with the place in the file.
    """
    try:
        return _read(path, shape, name, invert, manner)
    except Unfit as unfit:
        raise failed(unfit) from None


def _read(path: Path, shape: tuple[int, ...], name: str, invert: bool, manner: Manner) -> Inputs:
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz", ".csv"):
        return _read_image(path, shape, invert, manner)
    if invert:
        raise Unfit(f"{path} is not an image, and only images can be inverted", code="E0614")
    if suffix == ".csv":
        return _read_csv(path, shape)
    if suffix == ".npy":
        return _fit_array(read_npy(path), shape, manner, str(path))
    with open_archive(path) as archive:
        names = list(archive.headers)
        chosen = name if name in names else names[0]
        if chosen != name and len(names) > 1:
            raise Unfit(
                f"{path} has no array `{name}`" if name else f"{path} has several arrays",
                f"it has {', '.join(f'`{n}`' for n in names)}: give the one meant the input's name",
                code="E0614",
            )
        return _fit_array(archive.read(chosen), shape, manner, f"`{chosen}` in {path}")


def _fit_array(values: np.ndarray, shape: tuple[int, ...], manner: Manner, what: str) -> Inputs:
    """An array [n, *shape] or [*shape], images also without their one channel."""
    notes = []
    given = values.shape
    one = given == shape or (len(shape) == 3 and shape[2] == 1 and given == shape[:2])
    if one:
        values = values[None]
    if is_images(values) and len(shape) == 3:
        values = manner.scaled(values if values.ndim == 4 else values[..., None])
        black, white = manner.span
        notes += [] if manner.span == BYTES else [f"scaled from 0 … 255 to [{black:g}, {white:g}]"]
    elif len(shape) == 3 and shape[2] == 1 and values.shape[1:] == shape[:2]:
        values = values[..., None]
    if values.ndim != 1 + len(shape) or values.shape[1:] != shape or not len(values):
        raise Unfit(
            f"{what} is {sized(given)}, and the model takes {sized(shape)}",
            f"give {sized(shape)} for one example, or [n, {sized(shape)[1:]} for n of them",
            code="E0614",
        )
    values = plain_values(values)
    check_finite(values, what)
    return Inputs(values, tuple(notes))


def _read_csv(path: Path, shape: tuple[int, ...]) -> Inputs:
    regular(path)
    width, rows, numbers, header = prod(shape), 0, array("d"), False
    for line, fields in _csv_rows(path, LONGEST_NUMBER * width + 2**16):
        if not rows or len(fields) != width:
            _refuse_delimiter(fields, line, path)
        if not rows and not header and not any(_is_number(field) for field in fields):
            header = True
            continue
        if len(fields) != width:
            raise Unfit(
                f"line {line} of {path} has {len(fields)} values, and the model takes {width}",
                f"a line holds the {width} numbers of one example, with commas between",
                code="E0605",
            )
        numbers.extend(_number(field, at, line, path) for at, field in enumerate(fields, 1))
        rows += 1
    if not rows:
        raise Unfit(f"{path} has no rows of numbers", "a line holds the numbers of one example", code="E0605")
    values = plain_values(np.frombuffer(numbers, dtype=np.float64).reshape(rows, *shape))
    return Inputs(values, ("took the first line for a header",) if header else ())


def _refuse_delimiter(fields: list[str], line: int, path: Path) -> None:
    """Raises Unfit for a line whose numbers are separated by something else than commas."""
    for field in fields:
        parts = re.split(r"[;\s]+", field.strip(" ;\t"))
        if len(parts) > 1 and all(map(_is_number, parts)):
            found = ";" if ";" in field else "\t" if "\t" in field else " "
            what = {";": "semicolons", "\t": "tabs", " ": "spaces"}[found]
            raise Unfit(
                f"the numbers in line {line} of {path} are separated by {what}",
                "put commas between them, and points into them",
                code="E0605",
            )


def _csv_rows(path: Path, longest: int) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, as (number, fields). Raises Unfit (E0601, E0602, E0603)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(_lines(file, longest, path))
            for fields in reader:
                if any(field.strip() for field in fields):
                    yield reader.line_num, fields
    except csv.Error as error:
        raise Unfit(f"line {reader.line_num} of {path} is not CSV: {error}", code="E0602") from None
    except UnicodeDecodeError:
        raise Unfit(f"{path} is not UTF-8 text", "save it as CSV in UTF-8", code="E0602") from None
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror}", code="E0601") from None


def _lines(file: TextIO, longest: int, path: Path) -> Iterator[str]:
    """The lines of a file, none of which may fill the memory."""
    number = 1
    while line := file.readline(longest + 1):
        if len(line) > longest:
            raise Unfit(f"line {number} of {path} is longer than any example", "break the lines", code="E0603")
        yield line
        number += 1


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _number(field: str, at: int, line: int, path: Path) -> float:
    where = f"value {at} in line {line} of {path}"
    if not field.strip():
        raise Unfit(f"{where} is missing", "every value of an example must be there", code="E0613")
    # float() takes 1_000 too, which no other program writes or reads
    if not _is_number(field) or "_" in field:
        raise Unfit(f"{where} is not a number: {field.strip()[:40]!r}", "a line holds numbers only", code="E0613")
    number = float(field)
    if not isfinite(number) or abs(number) > LARGEST_FLOAT32:
        raise Unfit(f"{where} is not a finite number: {field.strip()[:40]}", "up to 3.4e38 is", code="E0606")
    return number


def _read_image(path: Path, shape: tuple[int, ...], invert: bool, manner: Manner) -> Inputs:
    if len(shape) != 3 or shape[2] not in MODES:
        raise Unfit(
            f"{path} is taken for an image, and the model takes {sized(shape)}",
            "give the numbers in a `.npy`, `.npz` or `.csv` file",
            code="E0614",
        )
    notes: list[str] = []
    image = coloured(read_upright(path, notes), shape[2], path, notes)
    rows, columns = manner.pad
    inner = (shape[0] - 2 * rows, shape[1] - 2 * columns)
    image = _resized(image, *inner, manner, notes)
    if invert:
        image = _inverted(image)
        notes.append("inverted")
    pixels = np.asarray(image, dtype=np.uint8).reshape(1, *inner, shape[2])
    return Inputs(manner.scaled(manner.padded(pixels, 0)), tuple(notes))


def _resized(image: "Image", height: int, width: int, manner: Manner, notes: list[str]) -> "Image":
    if image.size == (width, height):
        return image
    other = abs(image.height * width - image.width * height) > 0.02 * image.height * width
    treated = "bilinear, the middle part of it" if manner.crop else "bilinear, proportions not kept"
    size = f"from {image.height}x{image.width} to {height}x{width}"
    notes.append(f"resized {size} (height x width, {treated if other else 'bilinear'})")
    return manner.framed(image, height, width)


def _inverted(image: "Image") -> "Image":
    """The image with light for dark; transparency stays."""
    from PIL import Image, ImageOps

    if image.mode != "RGBA":
        return ImageOps.invert(image)
    return Image.merge("RGBA", [*ImageOps.invert(image.convert("RGB")).split(), image.getchannel("A")])
