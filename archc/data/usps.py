"""The digits of zip codes, as the authors of *The Elements of Statistical Learning* give them out: a line an image."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from archc.data import pixels
from archc.data.archive import damage_told, regular, unpacked
from archc.data.dataset import Where
from archc.data.download import Published
from archc.data.folder import looked_through
from archc.data.published import PublishedSet
from archc.data.table import Table
from archc.ir import DataSpec
from archc.parameters import Unfit

ADDRESS = "https://hastie.su.domains/ElemStatLearn/datasets/"
PUBLISHED = PublishedSet(
    "USPS",
    ("usps", "zipcode"),
    # their lines are judged instead of their SHA-256: copies packed by others are about
    (Published("zip.train.gz", 1_829_071, "", ""), Published("zip.test.gz", 439_208, "", "")),
    (ADDRESS,),
)
ROWS = (7_291, 2_007)
"""The lines of the two files."""
SIDE = 16
VALUES = 1 + SIDE * SIDE
"""In a line: the digit, then the pixels row by row."""
LONGEST_LINE = 32 * VALUES


def load(spec: DataSpec, where: Where) -> Table:
    """`image` and `digit`, and a test part. Raises Unfit: E0609 for files that are nowhere, and as `read_part`."""
    found = PUBLISHED.find(where)
    missing = [file.name for file in PUBLISHED.files if file not in found]
    if missing:
        raise Unfit(
            f"{len(missing)} of the 2 USPS files {'are' if len(missing) > 1 else 'is'} not there",
            f"put {' and '.join(missing)} into {looked_through(where.data_dir, PUBLISHED.folders)[0]}; "
            f"they are at {ADDRESS}",
            code="E0609",
        )
    train, test = (read_part(found[file], rows) for file, rows in zip(PUBLISHED.files, ROWS, strict=True))
    return pixels.table(spec, train, test, pixels.SCALES["signed"])


def read_part(path: Path, rows: int) -> pixels.Part:
    """Images float32 [rows, 16, 16, 1] in [-1, 1] and their digits.

    Raises Unfit: E0602 for a damaged file, E0605 for lines of other lengths or another number of
    them, E0606, E0607 and E0613 for values that no such file holds.
    """
    values, labels = np.empty((rows, SIDE * SIDE), np.float32), np.empty(rows, np.int32)
    count = 0
    for count, line in enumerate(_lines(path), 1):
        if count > rows:
            break
        labels[count - 1], values[count - 1] = _image(line, f"line {count} of {path}")
    if count != rows:
        there = "more" if count > rows else f"{count:,}"
        raise Unfit(f"{path} has {there} lines, and USPS has {rows:,} there", "copy the file again", code="E0605")
    return pixels.Part(values.reshape(rows, SIDE, SIDE, 1), labels)


def _image(line: bytes, what: str) -> tuple[int, np.ndarray]:
    fields = line.split()
    if len(fields) != VALUES:
        raise Unfit(f"{what} has {len(fields)} values, and {VALUES} are expected", _FORM, code="E0605")
    try:
        numbers = np.array([float(field) for field in fields])
    except ValueError:
        at, field = next((at, field) for at, field in enumerate(fields, 1) if not _is_number(field))
        shown = field[:40].decode("ascii", "backslashreplace")
        raise Unfit(f"value {at} in {what} is not a number: {shown!r}", _FORM, code="E0613") from None
    digit = numbers[0]
    if digit not in range(10):
        raise Unfit(f"{what} holds the label {digit:g}, and labels go from 0 to 9", _FORM, code="E0607")
    good = np.abs(numbers[1:]) <= 1
    if not good.all():
        at = int(np.argmin(good))
        raise Unfit(f"value {at + 2} in {what} is {numbers[at + 1]:g}, and pixels go from -1 to 1", _FORM, code="E0606")
    return int(digit), numbers[1:]


_FORM = "a line holds a digit and 256 pixels: the file is damaged or of another set"


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, gzipped or not, none of which may fill the memory. Raises Unfit (E0601, E0602, E0603)."""
    regular(path)
    with damage_told(path), path.open("rb") as file:
        stream, _ = unpacked(file)
        while line := stream.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise Unfit(f"{path} has a line that is longer than any image", _FORM, code="E0603")
            yield line
