"""What the columns of a table hold, in one pass over its file; without numpy."""

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite

from archc.data.dataset import LARGEST_FLOAT32
from archc.data.delimited import Layout, is_number
from archc.data.kinds import WHOLE

MOST_VALUES = 1_000
"""How many different values of a column are told apart."""
LONGEST_VALUE = 200
"""Characters of a value that may be told apart from others."""

DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ]\d{1,2}:\d{2}.*)?", re.ASCII)
WRITTEN = {
    "percent": re.compile(r"[+-]?\d+([.,]\d+)?\s*%", re.ASCII),
    "either": re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII),
    "thousands": re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", re.ASCII),
    "comma": re.compile(r"[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+),\d+", re.ASCII),
}
"""Numbers as people write them, the first that matches: 5%; 1,200, whose comma may be either; 1,200.5; 3,5."""
NOT_FINITE = ("inf", "infinity", "+inf", "-inf", "-infinity", "+infinity")
ABSENT = ("?", "na", "n/a", "nan", "null", "#n/a", "#n/a n/a", "nil", "-nan", "<na>")
"""What programs write, in lower case, where a value is missing."""


@dataclass
class Seen:
    """What one column holds: `counts` of its different values, None where there are more than are told apart.

    `missing` are the rows, from 0, that have no value. Of the others `numbers` are finite numbers, `wholes` whole
    ones among them, 1.0 too; `endless` are infinite or past float32; `absent` look as if they meant a missing
    value; `dates` and `written` (numbers as people write them, by the names of `WRITTEN`) are other text, as are
    `others` all that is left.
    """

    counts: Counter[str] | None = field(default_factory=Counter)
    missing: "array[int]" = field(default_factory=lambda: array("q"))
    numbers: int = 0
    wholes: int = 0
    endless: int = 0
    absent: int = 0
    dates: int = 0
    written: Counter[str] = field(default_factory=Counter)
    others: int = 0

    @property
    def values(self) -> int:
        """How many values there are, those of missing ones left out."""
        return self.numbers + self.endless + self.absent + self.dates + self.written.total() + self.others

    def add(self, texts: Sequence[str], row: int, missing: frozenset[str]) -> None:
        """Takes in the values of some rows, the first of which is `row`."""
        if self.counts is None and self.plain_numbers(texts, missing):
            return
        for text, count in Counter(texts).items():
            value = text.strip()
            if value in missing:
                self.missing.extend(row + at for at, other in enumerate(texts) if other == text)
                continue
            self.count(value, count)
            if self.counts is not None:
                self.counts[value] += count
                if len(self.counts) > MOST_VALUES or len(value) > LONGEST_VALUE:
                    self.counts = None

    def plain_numbers(self, texts: Sequence[str], missing: frozenset[str]) -> bool:
        """Takes in values that all are numbers, quickly; False if they are not."""
        joined = "".join(texts)
        if "_" in joined or not joined.isascii() or not missing.isdisjoint(texts):
            return False
        try:
            numbers = list(map(float, texts))
        except ValueError:
            return False
        if not isfinite(sum(map(abs, numbers))) or max(map(abs, numbers)) > LARGEST_FLOAT32:
            return False
        self.numbers += len(texts)
        return True

    def count(self, value: str, count: int) -> None:
        """Takes in a value that is there so many times."""
        match kind := kind_of(value):
            case "number":
                self.numbers += count
                self.wholes += count if WHOLE.fullmatch(value) else 0
            case "endless":
                self.endless += count
            case "absent":
                self.absent += count
            case "date":
                self.dates += count
            case "text":
                self.others += count
            case _:
                self.written[kind] += count


@lru_cache(maxsize=2**16)
def kind_of(value: str) -> str:
    """What a value is by itself: `number`, `endless`, `absent`, `date`, a name of `WRITTEN`, or `text`."""
    if is_number(value):
        return "number" if abs(float(value)) <= LARGEST_FLOAT32 else "endless"
    lower = value.lower()
    if lower in ABSENT:
        return "absent"
    if lower in NOT_FINITE or re.fullmatch(r"[+-]?\d[\d.]*[eE]\+?\d{2,}", value):
        return "endless"
    if DATE.fullmatch(value):
        return "date"
    return next((kind for kind, pattern in WRITTEN.items() if pattern.fullmatch(value)), "text")


@dataclass
class Survey:
    """A file's rows, without the header, and its columns."""

    layout: Layout
    rows: int
    columns: list[Seen]


def survey(layout: Layout, missing: frozenset[str]) -> Survey:
    """Looks through a file. Raises Unfit for rows of other widths and whatever is no text."""
    columns = [Seen() for _ in range(layout.width)]
    rows = 0
    for _, values in layout.chunks():
        for seen, texts in zip(columns, zip(*values, strict=True), strict=True):
            seen.add(texts, rows, missing)
        rows += len(values)
    return Survey(layout, rows, columns)
