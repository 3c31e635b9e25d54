"""From what a table's column holds, and what is said of it, to its place among the numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from archc.data.delimited import Layout, is_number
from archc.data.kinds import OWN, WHOLE, CategoryColumn, ColumnKind, NumberColumn, category
from archc.data.survey import MOST_VALUES, WRITTEN, Seen, kind_of
from archc.ir import Field, made
from archc.parameters import Unfit, counted

MOST_CATEGORIES = 100
"""The most different words of a column that is taken for categories without being told."""
MOST_NUMBERED = 20
"""The most different whole numbers of a target that is taken for classes without being told."""
SHOWN = 12
"""The most categories that a message lists."""
FEW = 20
"""Up to so many different words may each stand in one row only."""
RULES = {
    "number": "`median`, `mean`, `mode` (of the training rows), a number, or `drop` (leave such rows out)",
    "category": "`own` (a category of its own), `mode` (the most frequent of the training rows), or `drop`",
}


@dataclass(frozen=True)
class Place:
    """A column of a file, for messages. `marks` says whether the recipe told how missing values look.

    `learnt` says that it is a target.
    """

    layout: Layout
    name: str
    at: int
    marks: bool = False
    missing: frozenset[str] = frozenset({""})
    learnt: bool = False

    @property
    def what(self) -> str:
        return f"column `{self.name}` of {self.layout.path}"

    def first(self, wanted: Callable[[str], bool]) -> tuple[int, str]:
        """The first line whose value is wanted, and the value."""
        line, values = self.layout.first(self.at, lambda value: value not in self.missing and wanted(value))
        return line, values[0]

    def line_of_missing(self) -> int:
        return self.layout.first(self.at, lambda value: value in self.missing)[0]

    def as_written(self) -> str:
        """The name as a list of columns takes it."""
        return self.name if self.name.isidentifier() else f'"{self.name}"'


def field_of(place: Place, seen: Seen, said: ColumnKind | None, general: dict[str, ColumnKind]) -> Field:
    """How a feature is read: as is said, or as its values show. Raises Unfit, with the row."""
    kind = said or general.get(inferred(place, seen)) or general_default(inferred(place, seen))
    return read_as(place, seen, kind)


def target_of(place: Place, seen: Seen, said: ColumnKind | None, general: dict[str, ColumnKind]) -> Field:
    """How a target is read: few different whole numbers are classes. Raises Unfit, with the row."""
    if said is None:
        kind = inferred(place, seen)
        if kind == "number" and seen.wholes == seen.values and seen.counts and len(seen.counts) <= MOST_NUMBERED:
            kind = "category"
        # what holds for features in general doesn't for what is to be learnt
        said = general_default(kind)
        if kind == "category" and isinstance(general.get(kind), CategoryColumn):
            said = CategoryColumn.build([], {"strip": general[kind].values()["strip"]})
    return read_as(place, seen, said)


def general_default(kind: str) -> ColumnKind:
    return NumberColumn.build([], {}) if kind == "number" else CategoryColumn.build([], {})


def inferred(place: Place, seen: Seen) -> str:
    """`number` or `category`. Raises Unfit for a column that is neither, or nearly one of them."""
    if not seen.values:
        skip = f"`columns = [{place.as_written()} = skip]`"
        raise Unfit(f"{place.what} has no value in any row", f"leave it out: {skip}", code="E0613")
    written = seen.written.total()
    texts = seen.others + seen.dates + written
    # a few words among numbers are more likely wrong than categories: they are refused, and `category` proposed
    if seen.numbers + seen.endless > texts:
        return "number"
    if written and seen.numbers + seen.endless + written > texts - written:
        refuse_written(place, seen)
    if seen.dates >= 9 * (seen.values - seen.dates):
        line, value = place.first(lambda value: kind_of(value) == "date")
        help = f"leave it out: `columns = [{place.as_written()} = skip]`; or make numbers of it in the file"
        raise Unfit(f"{place.what} holds dates: {value!r} in line {line}", help, code="E0613")
    several = len(seen.counts) if seen.counts is not None else MOST_VALUES + 1
    if several > MOST_CATEGORIES or (several > FEW and several == seen.values):
        line, value = place.first(lambda value: not is_number(value))
        many = f"more than {MOST_VALUES:,}" if seen.counts is None else f"{several:,}"
        wide = "" if seen.counts is None else f", or `category` for {several} numbers a row"
        raise Unfit(
            f"{place.what} holds text, {many} different values: {value[:40]!r} in line {line}",
            f"leave it out: `columns = [{place.as_written()} = skip]`{wide}",
            code="E0613",
        )
    return "category"


def read_as(place: Place, seen: Seen, kind: ColumnKind) -> Field:
    """A column as a kind. Raises Unfit for values that don't fit it, and missing ones of which nothing is said."""
    field = made(Field)(name=place.name, at=place.at, kind="number")
    if isinstance(kind, NumberColumn):
        refuse_texts(place, seen)
        field = field.model_copy(update={"scale": float(kind.scale)})
    elif isinstance(kind, CategoryColumn):
        field = field.model_copy(
            update={"kind": "category", "categories": categories_of(place, seen, kind), "strip": str(kind.strip)}
        )
    rule = getattr(kind, "missing", None)
    if len(seen.missing) and rule is None:
        refuse_missing(place, seen, field.kind)
    if len(seen.missing) and rule is not None:
        if rule == "own":
            field = field.model_copy(update={"categories": (*field.categories, OWN)})
        field = field.model_copy(update={"missing": rule if isinstance(rule, float) else str(rule)})
    return field


def refuse_texts(place: Place, seen: Seen) -> None:
    """Raises Unfit for a column of numbers in which something else stands."""
    if seen.endless:
        line, value = place.first(lambda value: kind_of(value) == "endless")
        help = "numbers go up to 3.4e38: mend such rows or take them out"
        problem = f"line {line} of {place.layout.path} holds {value!r} in column `{place.name}`"
        raise Unfit(f"{problem}, which is not a finite number", help, code="E0606")
    wrong = seen.values - seen.numbers
    if not wrong:
        return
    line, value = place.first(lambda value: not is_number(value))
    times = f"; so do {wrong - 1:,} other rows" if wrong > 2 else "; so does another row" if wrong == 2 else ""
    kind = kind_of(value)
    shown = value[:40]
    if kind in WRITTEN:
        refuse_written(place, seen)
    help = f"mend it; if it means that the value is missing: `missing = {shown!r}`".replace("'", '"')
    if kind == "absent":
        help = f'say how missing values look: `missing = "{shown}"`'
    else:
        help += f"; if words belong there: `columns = [{place.as_written()} = category]`"
    problem = f"line {line} of {place.layout.path} holds {shown!r} among the numbers of column `{place.name}`"
    raise Unfit(problem + times, help, code="E0613")


def refuse_written(place: Place, seen: Seen) -> NoReturn:
    """Raises Unfit for numbers as people write them. One comma before three digits is read as the others show."""
    kind = next(kind for kind in ("comma", "thousands", "either", "percent") if seen.written[kind])
    line, value = place.first(lambda value: kind_of(value) == kind)
    with_, help = {
        "comma": ("a decimal comma", "write points into numbers: 3.5"),
        "thousands": ("commas between thousands", "take the commas out: 1200"),
        "either": (
            "a comma that may part thousands or stand for a decimal point",
            f"if it parts thousands, take it out: {value.replace(',', '')}; "
            f"if it is a decimal comma, write a point: {value.replace(',', '.')}",
        ),
        "percent": ("a percent sign", f"take the signs out: {value.rstrip('% ').replace(',', '.')}"),
    }[kind]
    problem = f"line {line} of {place.layout.path} holds {value!r} in column `{place.name}`, with {with_}"
    words = f"if words belong there: `columns = [{place.as_written()} = category]`"
    raise Unfit(problem, f"{help}; {words}", code="E0613")


def refuse_missing(place: Place, seen: Seen, kind: str) -> NoReturn:
    line, n = place.line_of_missing(), len(seen.missing)
    usual = "drop" if place.learnt else {"number": "median", "category": "own"}[kind]
    rule = f"{kind}(missing = {usual})"
    what = f"the target, {place.what}," if place.learnt else place.what
    problem = f"{what} has {counted(n, 'missing value')}, the first in line {line}"
    help = f"`columns = [{place.as_written()} = {rule}]`"
    if place.learnt:
        help = f"what is to be learnt cannot be made up: {help} leaves such rows out"
        raise Unfit(problem, help, code="E0613")
    raise Unfit(
        f"{problem}, and nothing says what stands there",
        f"say it: {help}, or `columns = [{rule}]` for every such column; the rules are {RULES[kind]}",
        code="E0613",
    )


def categories_of(place: Place, seen: Seen, kind: CategoryColumn) -> tuple[str, ...]:
    """The categories: those that are said, or those of the file, numbers by their value and else by the text."""
    strip = str(kind.strip)
    if seen.counts is None:
        problem = f"{place.what} has more than {MOST_VALUES:,} different values, which are no categories"
        raise Unfit(problem, f"leave it out: `columns = [{place.as_written()} = skip]`", code="E0613")
    known: tuple[str, ...] = kind.values_
    there = {value.strip(strip) if strip else value for value in seen.counts}
    if known or all(map(WHOLE.fullmatch, there)):
        there = {category(value, known, strip) for value in seen.counts}
    for value in sorted(there - set(known)) if known else ():
        line, written = place.first(lambda other, value=value: category(other, known, strip) == value)  # type: ignore[misc]
        problem = f"line {line} of {place.layout.path} holds {written!r} in column `{place.name}`"
        raise Unfit(f"{problem}, which is none of its categories", "add it to `values`", code="E0613")
    if seen.absent and not place.marks and not known:
        line, written = place.first(lambda value: kind_of(value) == "absent")
        raise Unfit(
            f"line {line} of {place.layout.path} holds {written!r} in column `{place.name}`: is its value missing?",
            f'say so: `missing = "{written}"`; or that none is ever missing but where nothing stands: `missing = ""`',
            code="E0613",
        )
    return known or tuple(sorted(there, key=by_value if all(map(is_number, there)) else by_text))


def by_value(text: str) -> tuple[float, str]:
    return (float(text), text)


def by_text(text: str) -> tuple[float, str]:
    return (0.0, text)


def with_values(field: Field, new: list[str]) -> str:
    """The kind that knows the categories of a field and new ones too, as a recipe says it; many are left out."""
    known = [name for name in field.categories if name != OWN or field.missing != "own"]
    shown = [f'"{name}"' for name in known]
    if len(shown) > SHOWN:
        shown = [*shown[:3], "…"]
    shown += [f'"{name[:40]}"' for name in new[:SHOWN]] + ["…"] * (len(new) > SHOWN)
    said = [f"values = [{', '.join(shown)}]"]
    said += [f"missing = {field.missing}"] * (field.missing != "") + [f'strip = "{field.strip}"'] * (field.strip != "")
    return f"category({', '.join(said)})"


def check_other(place: Place, seen: Seen, field: Field) -> None:
    """Raises Unfit for what a test file holds in a column and the training file doesn't, with the row."""
    place = replace(place, marks=True)
    if len(seen.missing) and field.missing == "":
        refuse_missing(place, seen, field.kind)
    if field.kind == "number":
        refuse_texts(place, seen)
        return
    known = set(field.categories)

    def unknown(value: str) -> bool:
        return category(value, known, field.strip) not in known

    if seen.counts is not None and not any(unknown(value) for value in seen.counts):
        return
    line, value = place.first(unknown)
    cut = [mark for mark in ".;:" if value.strip(mark) in known]
    new = sorted({category(each, field.categories, field.strip) for each in seen.counts or [value] if unknown(each)})
    help = f"take the row out, or list all: `columns = [{place.as_written()} = {with_values(field, new)}]`"
    if cut:
        help = f'to cut it off: `columns = [{place.as_written()} = category(strip = "{cut[0]}")]`'
    problem = f"line {line} of {place.layout.path} holds {value!r} in column `{place.name}`"
    raise Unfit(f"{problem}, which the training rows don't know", help, code="E0613")
