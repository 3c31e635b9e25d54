"""Reads delimited text (CSV and its like) line by line, as if each file were hostile; without numpy."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from pathlib import Path

from archc.data.archive import damage_told, refuse_bomb, regular, unpacked
from archc.data.kinds import DELIMITERS
from archc.parameters import Unfit

LONGEST_LINE = 2**20
"""Bytes of a line. A longer one is no table's."""
MOST_COLUMNS = 10_000
MOST_CELLS, MOST_LETTERS = 2**16, 2**23
"""Values that are held at a time, and their length."""
SAMPLE = 50
"""Lines by which delimiter and header are told."""


Row = tuple[int, list[str]]
"""The number of a row's first line, and its values."""
Chunk = tuple[list[int], list[list[str]]]
"""The same of several rows."""


@dataclass(frozen=True)
class Layout:
    """How a file is written. `names` are those of its header, () where it has none."""

    path: Path
    delimiter: str
    width: int
    names: tuple[str, ...] = ()

    def rows(self) -> Generator[Row, None, None]:
        """The rows below the header, each as wide as the first. Raises Unfit."""
        with closing(rows(self.path, self.delimiter)) as all_rows:
            for line, values in islice(all_rows, 1 if self.names else 0, None):
                if len(values) != self.width:
                    raise ragged(self, line, values)
                yield line, values

    def chunks(self) -> Generator[Chunk, None, None]:
        """The rows in portions that fit in the memory: their lines and their values."""
        numbers: list[int] = []
        portion: list[list[str]] = []
        letters = 0
        with closing(self.rows()) as all_rows:
            for line, values in all_rows:
                numbers.append(line)
                portion.append(values)
                letters += sum(map(len, values))
                if len(portion) * self.width >= MOST_CELLS or letters >= MOST_LETTERS:
                    yield numbers, portion
                    numbers, portion, letters = [], [], 0
        if portion:
            yield numbers, portion

    def first(self, at: int, wanted: Callable[[str], bool]) -> Row:
        """The first line whose value in a column is wanted, and that value alone."""
        with closing(self.rows()) as all_rows:
            return next((line, [values[at].strip()]) for line, values in all_rows if wanted(values[at].strip()))


def lines(path: Path) -> Generator[str, None, None]:
    """The lines of a UTF-8 text, packed by gzip or not. Raises Unfit (E0601, E0602, E0603), with the line."""
    size, there = regular(path), 0
    with damage_told(path), path.open("rb") as plain:
        stream, packed = unpacked(plain)
        number = 0
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            there += len(line)
            if packed:
                refuse_bomb(there, size, path)
            yield decoded(line, number, path)


def decoded(line: bytes, number: int, path: Path) -> str:
    """A line as text. Raises Unfit (E0602, E0603)."""
    if number == 1:
        refuse_other_kind(line, path)
        line = line.removeprefix(b"\xef\xbb\xbf")
    if len(line) > LONGEST_LINE:
        problem = f"line {number} of {path} is longer than a megabyte"
        raise Unfit(problem, "a row stands in a line of its own", code="E0603")
    if b"\0" in line:
        problem = f"line {number} of {path} has a NUL byte in it"
        raise Unfit(problem, "the file is damaged, or no text", code="E0602")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"line {number} of {path} is not UTF-8 text: byte {error.start + 1} of it is"
        problem += f" 0x{line[error.start]:02x}"
        raise Unfit(problem, "save the file as CSV in UTF-8", code="E0602") from None


def refuse_other_kind(line: bytes, path: Path) -> None:
    """Raises Unfit (E0602) if the first line is that of something else than UTF-8 text."""
    if line[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unfit(f"{path} is UTF-16 text", "save it as CSV in UTF-8", code="E0602")
    if line[:4] in (b"PK\3\4", b"PAR1", b"\x89HDF", b"\x93NUM"):
        help = "a spreadsheet or database is exported as CSV first; arrays of numpy are read by `npz`"
        raise Unfit(f"{path} is no text", help, code="E0602")


def rows(path: Path, delimiter: str) -> Generator[Row, None, None]:
    """The rows that are not blank. Raises Unfit."""
    with closing(lines(path)) as text:
        if delimiter == " ":
            yield from ((line, values) for line, words in enumerate(text, 1) if (values := words.split()))
            return
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
        line = 1
        try:
            for values in reader:
                if len(values) > 1 or (values and values[0].strip()):
                    yield line, values
                line = reader.line_num + 1
        except csv.Error as error:
            reason = str(error).partition(" - ")[0]
            help = 'quotes enclose a whole value, and are doubled inside one: `"a ""b"" c"`'
            if "new-line" in reason:
                help = "a carriage return stands inside it: save the file with line ends of one kind"
            raise Unfit(f"line {line} of {path} is not CSV: {reason}", help, code="E0602") from None


def ragged(layout: Layout, line: int, values: list[str]) -> Unfit:
    """A row that is wider or narrower than the first one."""
    first = "the header" if layout.names else "the first"
    help = "every row has a value for each column; a value with a comma in it stands between quotes"
    if layout.delimiter != ",":
        help = help.replace("a comma", repr(layout.delimiter))
    problem = f"line {line} of {layout.path} has {len(values)} values, and {first} has {layout.width}"
    return Unfit(problem, help, code="E0605")


def layout_of(path: Path, delimiter: str | None, header: bool | None, names: tuple[str, ...]) -> Layout:
    """How a file is written, as far as that is not given. Raises Unfit."""
    with closing(lines(path)) as text:
        sample = list(islice((line for line in text if line.strip()), SAMPLE))
    if not sample:
        raise Unfit(f"{path} is empty", "the first line holds the names of the columns, or values", code="E0602")
    mark = delimiter or delimiter_of(sample)
    top = [split(line, mark) for line in sample]
    width = len(top[0])
    if width > MOST_COLUMNS:
        raise Unfit(f"{path} has {width:,} columns, and at most {MOST_COLUMNS:,} are read", code="E0603")
    if width == 1:
        raise single(path, mark, delimiter is not None, sample)
    if header if header is not None else not names and has_header(top):
        return Layout(path, mark, width, header_names(path, top[0], given=header is not None))
    refuse_header(path, top, names)
    return Layout(path, mark, width)


def refuse_header(path: Path, top: list[list[str]], names: tuple[str, ...]) -> None:
    """Raises Unfit (E0613) if a word stands over nothing but numbers in the first of several rows."""
    for at, value in enumerate(top[0]):
        below = [values[at] for values in top[1:] if at < len(values)]
        if len(below) < 2 or not value[:1].isalpha() or value.lower() in ("na", "nan", "null", "inf", "infinity"):
            continue
        if all(is_number(each) for each in below):
            name = names[at] if at < len(names) else f"A{at + 1}"
            problem = f"line 1 of {path} holds {value[:40]!r} among the numbers of column `{name}`"
            help = "is it a header? then write `header = true`" + " and leave `names` out" * bool(names)
            raise Unfit(problem, help, parameter="header", code="E0613")


def single(path: Path, mark: str, given: bool, sample: list[str]) -> Unfit:
    """A file with a single value in each line."""
    better = delimiter_of(sample)
    if given and len(split(sample[0], better)) > 1:
        help = f"its values seem to be separated by {DELIMITERS[better]}: leave `delimiter` out"
        return Unfit(f"{path} has no {DELIMITERS[mark]} between its values", help, code="E0605")
    help = "there are features and a target, with commas, semicolons, tabs or blanks between them"
    return Unfit(f"{path} has a single column", help, code="E0605")


def split(line: str, delimiter: str) -> list[str]:
    """The values of a line by itself; a broken one counts as a single value."""
    if delimiter == " ":
        return line.split()
    try:
        return [value.strip() for value in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except (csv.Error, StopIteration):
        return [line]


def delimiter_of(sample: list[str]) -> str:
    """What separates the values: what gives most lines the same number of them, more than one."""
    best, most = ",", 0
    for mark in DELIMITERS:
        if mark == " " and most:
            break
        width, agreeing = Counter(len(split(line, mark)) for line in sample).most_common(1)[0]
        if width > 1 and agreeing > most:
            best, most = mark, agreeing
    return best


def has_header(top: list[list[str]]) -> bool:
    """Whether the first row names the columns: no number is in it, and below there are, or none of it comes again."""
    first, rest = top[0], top[1:]
    if any(is_number(value) for value in first):
        return False
    if any(is_number(value) for values in rest for value in values):
        return True
    return len(set(first)) == len(first) and not any(value in values for value in first for values in rest)


def header_names(path: Path, values: list[str], given: bool) -> tuple[str, ...]:
    """The names of a header; a column without one is called after its place. Raises Unfit (E0605)."""
    names = tuple(value or f"A{at}" for at, value in enumerate(values, 1))
    numbers = [value for value in values if is_number(value)]
    if given and len(numbers) > len(values) / 2:
        problem = f"the header of {path} would hold numbers, such as {numbers[0]}"
        raise Unfit(problem, "it seems to have none: `header = false`", parameter="header", code="E0605")
    for at, name in enumerate(names):
        if name in names[:at]:
            problem = f"the header of {path} names `{name}` twice, in columns {names.index(name) + 1} and {at + 1}"
            raise Unfit(problem, "each column has a name of its own; or give others by `names`", code="E0605")
    return names


PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_number(text: str) -> bool:
    """Whether a text is a finite number as programs write it."""
    return PLAIN.fullmatch(text) is not None and isfinite(float(text))
