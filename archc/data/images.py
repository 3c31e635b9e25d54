"""Reads the files that `archc predict` is given: images, `.npy`, `.npz`, CSV."""

import csv
import re
import warnings
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from archc.data.archive import damage_told, open_archive, read_npy, refuse_bomb, regular
from archc.data.catalog import LARGEST_FLOAT32
from archc.data.npz import image_values, is_images, plain_values
from archc.data.table import check_finite, failed, sized
from archc.parameters import Unfit

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM")
"""What Pillow may read. Of the others that it knows, some start programs, and TIFF's decoder prints to the terminal."""

ORIENTATION = 0x0112
"""The EXIF entry that says how the camera was held."""

LONGEST_NUMBER = 64
"""Characters that a number in a CSV file may take, its comma included."""

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's names for an image of so many channels."""


@dataclass(frozen=True)
class Inputs:
    """Examples for one input: float32 [n, *shape], and sentences that say what was done to them."""

    values: np.ndarray
    notes: tuple[str, ...] = ()


def read_inputs(
    path: Path, shape: tuple[int, ...], *, name: str = "", invert: bool = False, scaled: bool = True
) -> Inputs:
    """The examples in a file, for an input of the given shape.

    - an image: one example, turned to grey where the input has one channel, resized where it
      differs, and inverted (light for dark) if `invert`;
    - `.npy`: an array [n, *shape], or [*shape] for one example; pixels of one byte as below;
    - `.npz`: the array `name`, or the only one there is, likewise;
    - `.csv`: a row of numbers for each example, under a header or without one.

    Pixels of one byte become [0, 1] if `scaled`, and stay 0 … 255 otherwise: as the data that the
    model learnt from. Raises Failed, with the place in the file.
    """
    try:
        return _read(path, shape, name, invert, scaled)
    except Unfit as unfit:
        raise failed(unfit) from None


def _read(path: Path, shape: tuple[int, ...], name: str, invert: bool, scaled: bool) -> Inputs:
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".npz", ".csv"):
        return _read_image(path, shape, invert, scaled)
    if invert:
        raise Unfit(f"{path} is not an image, and only images can be inverted", code="E0614")
    if suffix == ".csv":
        return _read_csv(path, shape)
    if suffix == ".npy":
        return _fit_array(read_npy(path), shape, scaled, str(path))
    with open_archive(path) as archive:
        names = list(archive.headers)
        chosen = name if name in names else names[0]
        if chosen != name and len(names) > 1:
            raise Unfit(
                f"{path} has no array `{name}`" if name else f"{path} has several arrays",
                f"it has {', '.join(f'`{n}`' for n in names)}: give the one meant the input's name",
                code="E0614",
            )
        return _fit_array(archive.read(chosen), shape, scaled, f"`{chosen}` in {path}")


def _fit_array(values: np.ndarray, shape: tuple[int, ...], scaled: bool, what: str) -> Inputs:
    """An array [n, *shape] or [*shape], images also without their one channel."""
    notes = []
    given = values.shape
    one = given == shape or (len(shape) == 3 and shape[2] == 1 and given == shape[:2])
    if one:
        values = values[None]
    if is_images(values) and len(shape) == 3:
        values = image_values(values, scaled)
        notes += ["scaled from 0 … 255 to [0, 1]"] if scaled else []
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


def _read_image(path: Path, shape: tuple[int, ...], invert: bool, scaled: bool) -> Inputs:
    if len(shape) != 3 or shape[2] not in MODES:
        raise Unfit(
            f"{path} is taken for an image, and the model takes {sized(shape)}",
            "give the numbers in a `.npy`, `.npz` or `.csv` file",
            code="E0614",
        )
    notes: list[str] = []
    image = _coloured(_open_image(path, notes), shape[2], path, notes)
    image = _resized(image, *shape[:2], notes)
    if invert:
        image = _inverted(image)
        notes.append("inverted")
    pixels = np.asarray(image, dtype=np.uint8).reshape(1, *shape)
    return Inputs(image_values(pixels, scaled), tuple(notes))


def _open_image(path: Path, notes: list[str]) -> "Image":
    """The image of a file, unpacked and upright. Raises Unfit (E0601, E0602, E0603, E0611)."""
    size = regular(path)
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        help = "install it: `pip install pillow`"
        raise Unfit("images are read by Pillow, which is not installed", help, code="E0611") from None
    with warnings.catch_warnings(), damage_told(path):
        # how large an image may be is judged here, from its header, by the rule for every other file
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=FORMATS) as image:
                refuse_bomb(prod(image.size) * len(image.getbands()), size, path)
                if getattr(image, "is_animated", False):
                    notes.append("took the first of several pictures")
                if image.getexif().get(ORIENTATION, 1) != 1:
                    notes.append("turned upright, as the camera noted")
                return ImageOps.exif_transpose(image)
        except UnidentifiedImageError:
            raise Unfit(
                f"{path} is not an image that archc reads",
                f"those are {', '.join(FORMATS).lower()}; numbers stand in `.npy`, `.npz` and `.csv` files",
                code="E0602",
            ) from None
        except Image.DecompressionBombError:
            raise Unfit(f"{path} has more pixels than any photograph", "make it smaller first", code="E0603") from None
        # Pillow's readers let these through for files that break off or contradict themselves
        except (SyntaxError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise Unfit(f"{path} is damaged ({error})", "copy or make the file again", code="E0602") from None


def _coloured(image: "Image", channels: int, path: Path, notes: list[str]) -> "Image":
    """The image with 8 bits in each of so many channels."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        notes.append("rounded from 16 bits a pixel to 8")
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"):
        raise Unfit(f"{path} has pixels of the kind {image.mode}", "save it with 8 bits a channel", code="E0604")
    if channels != 4 and (image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info):
        image = image.convert("RGBA")
        lowest = np.asarray(image.getchannel("A")).min()
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper.convert("RGB")
        if lowest < 255:
            notes.append("put on white where it is transparent")
    if image.mode == MODES[channels]:
        return image
    if channels > 1:
        notes.append(f"turned to {channels} channels")
    elif image.mode != "1":
        notes.append("turned to grey")
    return image.convert(MODES[channels])


def _resized(image: "Image", height: int, width: int, notes: list[str]) -> "Image":
    from PIL.Image import Resampling

    if image.size == (width, height):
        return image
    stretched = abs(image.height * width - image.width * height) > 0.02 * image.height * width
    manner = "bilinear, proportions not kept" if stretched else "bilinear"
    notes.append(f"resized from {image.height}x{image.width} to {height}x{width} (height x width, {manner})")
    return image.resize((width, height), Resampling.BILINEAR)


def _inverted(image: "Image") -> "Image":
    """The image with light for dark; transparency stays."""
    from PIL import Image, ImageOps

    if image.mode != "RGBA":
        return ImageOps.invert(image)
    return Image.merge("RGBA", [*ImageOps.invert(image.convert("RGB")).split(), image.getchannel("A")])
