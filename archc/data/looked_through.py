"""A table's file, looked through: what its columns are, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from archc.data.columns import Place, check_other, field_of, target_of
from archc.data.dataset import Where
from archc.data.delimited import Layout, layout_of
from archc.data.kinds import CategoryColumn, ColumnKind, SkipColumn, listed
from archc.data.survey import Survey, survey
from archc.data.tabular import Csv
from archc.diagnostics.suggest import closest
from archc.ir import Column, DataSpec, Field, made
from archc.ir.items import argument
from archc.parameters import Unfit, counted

MOST_WIDE = 100_000
"""The most numbers that a row may become."""


def surveyed(data: Csv, path: Path, like: Layout | None = None) -> Survey:
    """What a file holds; `like` is the layout of the file that goes with it. Raises Unfit."""
    header = bool(like.names) if like else data.header
    delimiter = like.delimiter if like else data.delimiter
    try:
        status = path.stat()
        state = (status.st_mtime_ns, status.st_size, status.st_ino)
    except (OSError, ValueError):
        state = (0, 0, 0)
    return _surveyed(path, state, delimiter, header, data.names_, data.marks)


@lru_cache(maxsize=8)
def _surveyed(
    path: Path,
    state: tuple[int, ...],
    delimiter: str | None,
    header: bool | None,
    names: tuple[str, ...],
    missing: frozenset[str],
) -> Survey:
    """The same; `state` tells whether the file is still the one that was read before."""
    return survey(layout_of(path, delimiter, header, names), missing)


class Table:
    """A file that was looked through, on its way to a spec."""

    def __init__(self, data: Csv, survey: Survey, where: Where):
        self.data = data
        self.survey = survey
        self.where = where
        self.layout = survey.layout
        self.path = survey.layout.path
        self.names = self.named()
        self.said: dict[str, ColumnKind] = {self.known(n, "columns"): kind for n, kind in data.columns if n}
        self.general: dict[str, ColumnKind] = {kind.name: kind for name, kind in data.columns if not name}

    def named(self) -> tuple[str, ...]:
        """The names of all columns. Raises Unfit if too many or too few are given."""
        given, width = self.data.names_, self.layout.width
        if given and len(given) != width:
            problem = f"`names` has {counted(len(given), 'name')}, and {self.path} has {counted(width, 'column')}"
            raise Unfit(problem, "give each column a name, in their order", parameter="names", code="E0605")
        return given or self.layout.names or tuple(f"A{at}" for at in range(1, width + 1))

    def known(self, name: str, parameter: str) -> str:
        """A column's name. Raises Unfit if the file has none of it."""
        if name in self.names:
            return name
        near = closest(name, self.names)
        shown = listed(self.names[:12]) + (", …" if len(self.names) > 12 else "")
        help = f"did you mean `{near[0]}`?" if near else f"it has {shown}"
        raise Unfit(f"{self.path} has no column `{name}`", help, parameter=parameter, code="E0608")

    def spec(self) -> DataSpec:
        """Raises Unfit."""
        if not self.survey.rows:
            raise Unfit(f"{self.path} has a header and no rows", "there must be something to learn from", code="E0605")
        targets = [self.target(name) for name in self.targets()]
        learnt = {target.name for target in targets}
        features = [
            field_of(self.place(name), self.survey.columns[at], self.said.get(name), self.general)
            for at, name in enumerate(self.names)
            if name not in learnt and not isinstance(self.said.get(name), SkipColumn)
        ]
        if not features:
            raise Unfit(f"{self.path} has no column left to be a feature", "each is a target or left out", code="E0608")
        columns = [self.target_column(field) for field in targets]
        self.check_positive(columns)
        fields = [*features, *targets]
        test = self.test_rows(fields, learnt)
        return made(DataSpec)(
            name=self.data.name,
            arguments=self.arguments(),
            features=tuple(self.inputs(features)),
            targets=tuple(columns),
            examples=self.kept(self.survey, fields),
            test_examples=test,
            validate_share=0.2,
            test_share=0.0 if test else 0.2,
            doubts=(*doubts(self.data, columns, self.said), *alike(fields, self.said)),
        )

    def arguments(self) -> dict[str, Any]:
        """What a recipe keeps: all that is said, with what was told from the file."""
        decided = {"header": bool(self.layout.names), "delimiter": self.layout.delimiter, "names": self.names}
        values = {**self.data.values(), **decided}
        return {name: argument(value) for name, value in values.items()}

    def place(self, name: str) -> Place:
        marks = self.data.marks
        return Place(self.layout, name, self.names.index(name), marks=bool(self.data.missing), missing=marks)

    def targets(self) -> tuple[str, ...]:
        """The names of the targets. Raises Unfit (E0608)."""
        if self.data.target is not None:
            return (self.known(self.data.target, "target"),)
        if not self.data.targets:
            last = self.place(self.names[-1]).as_written()
            help = f'name it: `csv("{self.data.file}", target = {last})`'
            raise Unfit(f"which column of {self.path} is to be learnt is not said", help, code="E0608")
        return tuple(self.known(name, "targets") for name in self.data.targets)

    def target(self, name: str) -> Field:
        at, said = self.names.index(name), self.said.get(name)
        if isinstance(said, SkipColumn):
            raise Unfit(f"`{name}` is a target and is left out too", parameter="columns", code="E0608")
        field = target_of(replace(self.place(name), learnt=True), self.survey.columns[at], said, self.general)
        if field.missing not in ("", "drop"):
            help = f"what is to be learnt cannot be made up: `{name} = {field.kind}(missing = drop)`"
            raise Unfit(f"missing values of the target `{name}` are to be filled", help, parameter="columns")
        if field.kind == "category" and len(field.categories) < 2:
            only = field.categories[0]
            problem = f"the target, column `{name}` of {self.path}, is {only!r} in all {self.survey.rows:,} rows"
            raise Unfit(problem, "with one class alone there is nothing to tell apart", code="E0607")
        return field

    def target_column(self, field: Field) -> Column:
        """A target under a name that a program can use, `positive` behind the other class."""
        name, classes = identifier(field.name), field.categories
        if field.kind == "number":
            return made(Column)(name=name, kind="number", shape=(), fields=(field,))
        if self.data.positive in classes and len(classes) == 2:
            classes = tuple(sorted(classes, key=lambda each: each == self.data.positive))
            field = field.model_copy(update={"categories": classes})
        return made(Column)(name=name, kind="class", shape=(), classes=classes, fields=(field,))

    def check_positive(self, columns: list[Column]) -> None:
        """Raises Unfit unless `positive` is one of two classes of some target."""
        if self.data.positive is None or any(
            len(column.classes) == 2 and self.data.positive in column.classes for column in columns
        ):
            return
        classes = columns[0].classes
        problem = f"no target of {self.path} has two classes of which one is `{self.data.positive}`"
        help = f"the classes of `{columns[0].name}` are {listed(classes[:8])}" if classes else "the target is numbers"
        raise Unfit(problem, help, parameter="positive", code="E0608")

    def inputs(self, features: list[Field]) -> list[Column]:
        """One flat column of all features, or one for each group of `inputs`. Raises Unfit."""
        if not self.data.inputs:
            return [flat("features", features, self.path)]
        by_name = {field.name: field for field in features}
        found = []
        for group, names in self.data.inputs:
            for name in names:
                if self.known(name, "inputs") not in by_name:
                    raise Unfit(f"`{name}` is a target or left out, and no input", parameter="inputs", code="E0608")
            found.append(flat(group, [by_name[name] for name in names], self.path))
        return found

    def test_rows(self, fields: list[Field], targets: set[str]) -> int:
        """The rows of the test file; 0 where there is none. Raises Unfit for what doesn't go with the first file."""
        if self.data.test is None:
            return 0
        try:
            found = surveyed(self.data, self.where.find(self.data.test), self.layout)
            if found.layout.width != self.layout.width or found.layout.names != self.layout.names:
                raise self.other_columns(found.layout)
            for field in fields:
                learnt = field.name in targets
                place = Place(found.layout, field.name, field.at, missing=self.data.marks, learnt=learnt)
                check_other(place, found.columns[field.at], field)
        except Unfit as unfit:
            unfit.parameter = unfit.parameter or "test"
            raise
        if not found.rows:
            raise Unfit(f"{found.layout.path} has no rows to test with", parameter="test", code="E0605")
        return self.kept(found, fields)

    def other_columns(self, other: Layout) -> Unfit:
        """What to say of a test file with other columns."""
        if other.width != self.layout.width:
            problem = f"{other.path} has {counted(other.width, 'column')}, and {self.path} has {self.layout.width}"
            return Unfit(problem, "both have the same columns in the same order", code="E0605")
        at, name = next((i, n) for i, n in enumerate(other.names) if n != self.layout.names[i])
        problem = f"column {at + 1} of {other.path} is `{name}`, and that of {self.path} `{self.layout.names[at]}`"
        return Unfit(problem, "both have the same columns in the same order", code="E0605")

    def kept(self, found: Survey, fields: Sequence[Field]) -> int:
        """How many rows are left without those that are dropped. Raises Unfit if none is."""
        dropped = {row for field in fields if field.missing == "drop" for row in found.columns[field.at].missing}
        if len(dropped) == found.rows:
            help = "leave the column out that is never filled: `= skip`"
            raise Unfit(f"every row of {found.layout.path} is dropped for a missing value", help, code="E0605")
        return found.rows - len(dropped)


def flat(name: str, fields: Sequence[Field], path: Path) -> Column:
    """Fields side by side."""
    width = sum(field.width for field in fields)
    if width > MOST_WIDE:
        raise Unfit(f"a row of {path} would become {width:,} numbers", "leave wide columns out", code="E0603")
    return made(Column)(name=name, kind="number", shape=(width,), fields=tuple(fields))


def identifier(name: str) -> str:
    """A name that a program can use: `median house value` becomes `median_house_value`."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name).strip("_")
    return plain if plain and not plain[0].isdigit() else f"y_{plain}"


def doubts(data: Csv, columns: Sequence[Column], said: dict[str, ColumnKind]) -> list[str]:
    """What may not be meant, in sentences."""
    found = []
    for column in columns:
        numbered = column.kind == "class" and all(name.lstrip("+-").isdigit() for name in column.classes)
        if numbered and len(column.classes) > 12 and column.fields[0].name not in said:
            found.append(f"the {len(column.classes)} whole numbers of `{column.name}` are taken for classes")
    return found


def alike(fields: Sequence[Field], said: dict[str, ColumnKind]) -> list[str]:
    """Categories of which somebody may have written one in several ways, in sentences; listed ones are meant so."""
    found = []
    for field in fields:
        kind = said.get(field.name)
        if isinstance(kind, CategoryColumn) and kind.values_:
            continue
        spellings: dict[str, list[str]] = {}
        for name in field.categories:
            spellings.setdefault("".join(name.casefold().split()), []).append(name)
        for names in spellings.values():
            if len(names) > 1:
                shown = f"{listed(names[:-1])} and `{names[-1]}`"
                found.append(f"{shown} are different categories of `{field.name}`, by case or blanks alone")
    return found
