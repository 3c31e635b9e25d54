"""What a recipe may say of a table's columns: which kind each is, and what stands for a missing value."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from archc.data.dataset import LARGEST_FLOAT32, Names
from archc.parameters import Choice, Described, Parameter, Quoted, Real, Unfit, Word, describe, members

LEARNT = ("median", "mean", "mode")
"""Statistics of the training rows that stand for a missing value."""

OWN = "(missing)"
"""The name of the category that stands for a missing one."""

DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "upright strokes", " ": "blanks"}
"""What values may be separated by. A blank stands for any run of blanks and tabs."""

WHOLE = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
"""A whole number, also as programs write those of a column with gaps: 1.0."""


def category(text: str, categories: Collection[str], strip: str) -> str:
    """The category that a text means, if any: 1.0 means 1 where there is no 1.0."""
    text = text.strip(strip) if strip else text
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole and text not in categories else text


class Filling(Parameter):
    """What stands for a missing number: a number, a statistic of the training rows; or such rows are dropped."""

    kind = f"a number or one of {', '.join(f'`{word}`' for word in (*LEARNT, 'drop'))}"
    words = (*LEARNT, "drop")

    def accept(self, value: Any) -> float | str:
        if isinstance(value, Word) and value in self.words:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_FLOAT32:
            self.refuse_word(value, self.words)
        return float(value)


class Divisor(Real):
    """A number above 0."""

    # a word is refused here, with what does that job, and not as a number that isn't known
    numeric = False

    def accept(self, value: Any) -> float:
        if isinstance(value, str):
            help = "layers learn offsets and scales from the training rows: `normalize(standard)` behind the input"
            self.refuse(value, help)
        return super().accept(value)


class ColumnKind(Described):
    """What a column of a table holds."""

    family = "column kind"


class NumberColumn(ColumnKind):
    """Numbers, as float32: `columns = [area = number(missing = median, scale = 1000)]` in `csv`."""

    name = "number"

    missing = Filling(
        "for a missing one: `median`, `mean` or `mode` of the training rows, a number, or `drop` (no such rows)",
        default=None,
        named=True,
    )
    scale = Divisor("what the numbers are divided by", above=0, default=1, named=True)


class CategoryColumn(ColumnKind):
    """One of several words: a 1 among zeros, in the order of `values`, or sorted; as a target, a class.

    `columns = [zip = category, town = category(missing = own)]`.
    """

    name = "category"

    values_ = Names("the categories in their order, where the file doesn't hold all or not so", default=(), named=True)
    missing = Choice(
        "`own`: a category of its own; `mode`: the most frequent of the training rows; `drop`: no such rows",
        ("own", "mode", "drop"),
        default=None,
        named=True,
    )
    strip = Quoted("characters that are cut off both ends", default="", named=True)


class SkipColumn(ColumnKind):
    """Left out: `columns = [id = skip]`."""

    name = "skip"


class Columns(Parameter):
    """Kinds of columns by name, and before them those that hold for all others.

    Held as a tuple of pairs: a column's name and its kind; the name is "" for all others.
    """

    kind = "a list of columns and their kinds"
    labelled = True

    def __init__(self, doc: str, **rest: Any):
        super().__init__(doc, **rest)
        self.family = ColumnKind.family

    def accept(self, value: Any) -> tuple[tuple[str, ColumnKind], ...]:
        entries = value if isinstance(value, list | tuple) else [value]
        pairs: list[tuple[str, ColumnKind]] = []
        for entry in entries:
            name, kind = entry if isinstance(entry, tuple) and len(entry) == 2 else ("", entry)
            if not isinstance(kind, ColumnKind):
                self.refuse_kind(name, kind)
            if any(name == other and (name or type(kind) is type(known)) for other, known in pairs):
                raise Unfit(f"`columns` says twice what {f'`{name}`' if name else f'every `{kind.name}`'} is")
            pairs.append((str(name), kind))
        return tuple(pairs)

    def refuse_kind(self, name: str, kind: Any) -> None:
        """Raises Unfit for what is no kind of column."""
        known = members(self.family)
        if isinstance(kind, str) and not name:
            help = f"say what it is: `columns = [{kind} = category]`"
            raise Unfit(f"`columns` names {describe(kind)} without saying what it is", help)
        words = {"int": "number", "float": "number", "real": "number", "numeric": "number"}
        words |= {"text": "category", "string": "category", "str": "category", "class": "category"}
        words |= {"drop": "skip", "ignore": "skip", "none": "skip"}
        meant = words.get(str(kind).lower(), "")
        of = f" for `{name}`" if name else ""
        problem = f"{describe(kind)} is no kind of column{of}"
        there = f"the kinds are {listed(sorted(known))}"
        raise Unfit(problem, f"did you mean `{meant}`? {there}" if meant else there, fix="")

    def restore(self, value: Any) -> Any:
        return value


class Groups(Parameter):
    """Names of columns by the name of the input that they feed. Held as a tuple of pairs."""

    kind = "a list such as `[left = [a, b], right = [c]]`"
    labelled = True

    def accept(self, value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, list | tuple) or not value:
            self.refuse(value)
        pairs: list[tuple[str, tuple[str, ...]]] = []
        for entry in value:
            if not (isinstance(entry, tuple) and len(entry) == 2):
                self.refuse(value)
            name, columns = str(entry[0]), entry[1] if isinstance(entry[1], list | tuple) else [entry[1]]
            if not (columns and all(isinstance(column, str) for column in columns)):
                self.refuse(value)
            if name in dict(pairs):
                raise Unfit(f"`{self.name}` names `{name}` twice")
            pairs.append((name, tuple(map(str, columns))))
        return tuple(pairs)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
