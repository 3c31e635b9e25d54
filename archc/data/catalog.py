"""What each data set is (columns, classes, rows), known without loading it.

A data set is a `Described` class of the family "data set" whose `spec` gives a `DataSpec`. All
but those of files are known by heart; of an `.npz` file no more than the headers and the labels are read.
"""

import re
from math import isfinite, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.data.dataset import LARGEST_FLOAT32, DataSet, Names, Where, class_column, there
from archc.ir import Column, DataSpec, made
from archc.parameters import Choice, Count, Numbers, Quoted, Real, Unfit, Word, counted

if TYPE_CHECKING:
    from archc.data.archive import Archive, Header

MOST_MADE = 10_000_000
"""The most points that `moons` and its like make."""

MOST_CLASSES = 100_000
"""The most classes that an array of labels may have."""


class Digits(DataSet):
    """The 1,797 handwritten digits of scikit-learn's `load_digits`: 8x8 grey images in [0, 1]."""

    name = "digits"

    def spec(self, where: Where) -> DataSpec:
        image = made(Column)(name="image", kind="image", shape=(8, 8, 1))
        return self._spec([image], [class_column("digit", 10)], 1797, validate_share=0.15, test_share=0.15)


class Xor(DataSet):
    """The four rows of the exclusive or: features `x` [2], class `y`. Nothing is held out."""

    name = "xor"

    def spec(self, where: Where) -> DataSpec:
        return self._spec([made(Column)(name="x", kind="number", shape=(2,))], [class_column("y", 2)], 4)


class Made(DataSet):
    """Points in the plane: features `x` [2], class `y`; the same numbers for the same arguments."""

    n = Count("how many points, over all classes", least=2, default=400)

    @property
    def count(self) -> int:
        """How many classes there are."""
        return 2

    def check(self) -> None:
        if self.n > MOST_MADE:
            raise Unfit(f"`n` is {self.n:_}, and at most {MOST_MADE:_} points are made", parameter="n")
        if self.n < self.count:
            raise Unfit(f"{counted(self.n, 'point')} are too few for {counted(self.count, 'class')}", parameter="n")

    def spec(self, where: Where) -> DataSpec:
        x = made(Column)(name="x", kind="number", shape=(2,))
        return self._spec([x], [class_column("y", self.count)], self.n, validate_share=0.2, test_share=0.2)


class Moons(Made):
    """Two half circles of radius 1 that reach into each other, with normal noise."""

    name = "moons"

    noise = Real("standard deviation of the noise", least=0, most=100, default=0.2)
    seed = Count("which points", least=0, default=0)


class Circles(Made):
    """A circle of radius 1 (class 0) around one of radius 0.5 (class 1), with normal noise."""

    name = "circles"

    noise = Real("standard deviation of the noise", least=0, most=100, default=0.1)
    seed = Count("which points", least=0, default=0)


class Blobs(Made):
    """Round clouds whose centres stand evenly on a circle of radius 2."""

    name = "blobs"

    classes = Count("how many clouds", least=2, default=3)
    noise = Real("standard deviation of each cloud", least=0, most=100, default=0.5)
    seed = Count("which points", least=0, default=0)

    @property
    def count(self) -> int:
        return int(self.classes)


class Examples(DataSet):
    """Rows written out in the file: `examples([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])`.

    The first numbers of a row are the model's inputs, the others the targets: with `input x[2]`
    the rows above have features `x` [2] and targets `y` [1], both plain numbers. A model with
    several inputs gets features `x1`, `x2`, … in their order. Nothing is held out.
    """

    name = "examples"

    rows = Numbers("the rows, each a list of numbers")

    def check(self) -> None:
        if not self.rows:
            raise Unfit("`examples` has no rows", parameter="rows", code="E0605")
        for number, row in enumerate(self.rows, 1):
            if not isinstance(row, tuple):
                raise Unfit(
                    f"row {number} of `examples` is a single number, not a list",
                    "each row is a list: `examples([[0, 0, 0], [0, 1, 1]])`",
                    parameter="rows",
                )
            self._check_row(number, row)

    def _check_row(self, number: int, row: tuple[Any, ...]) -> None:
        if len(row) != len(self.rows[0]):
            raise Unfit(
                f"row {number} of `examples` has {counted(len(row), 'number')}, and row 1 has {len(self.rows[0])}",
                "every row has the same inputs and targets",
                parameter="rows",
                code="E0605",
            )
        for value in row:
            if isinstance(value, tuple):
                raise Unfit(f"row {number} of `examples` has a list inside", "a row holds numbers", parameter="rows")
            # an int may be past what a float holds, which isfinite would answer with an error
            if not (isinstance(value, int) or isfinite(value)) or abs(value) > LARGEST_FLOAT32:
                raise Unfit(
                    f"row {number} of `examples` has a number that float32 doesn't hold",
                    "numbers go up to 3.4e38",
                    parameter="rows",
                    code="E0606",
                )

    def spec(self, where: Where) -> DataSpec:
        if not where.model_inputs:
            raise Unfit(
                "how many numbers of a row are inputs is not known",
                "write the model's input with its size, as in `input x[2]`",
                parameter="rows",
            )
        width, inputs = len(self.rows[0]), sum(where.model_inputs)
        if width < inputs:
            raise Unfit(
                f"a row of `examples` has {counted(width, 'number')}, and the model takes {inputs}",
                "a row holds the model's inputs, then its targets",
                parameter="rows",
                code="E0605",
            )
        several = len(where.model_inputs) > 1
        features = [
            made(Column)(name=f"x{at}" if several else "x", kind="number", shape=(size,))
            for at, size in enumerate(where.model_inputs, 1)
        ]
        targets = [made(Column)(name="y", kind="number", shape=(width - inputs,))] if width > inputs else []
        return self._spec(features, targets, len(self.rows))


PART = re.compile(r"(?P<stem>.+)_(?P<last>train|test)|(?P<first>train|test)_(?P<rest>.+)", re.IGNORECASE)
"""How other programs name a part of a column: `x_train`, `test_images`."""


class Npz(DataSet):
    """The arrays of a numpy `.npz` file, a column each, rows first. Which array is what:

    - `test.NAME` holds the rows of `NAME` in a test part of its own; all columns have one, or none.
    - The targets are those of `targets = ["digit"]`. Without that, the target is the only array of
      whole numbers with one dimension, and if there is none, or several, `targets` must be given.
    - A target of whole numbers with one dimension is a class, from 0 to the largest number there
      is; save it as floats to have numbers. Everything else is numbers.
    - uint8 [n, height, width] and [n, height, width, channels] are images: scaled to [0, 1] unless
      `scale = none`, and with a channel where there was none. Floats stay as they are; those of
      four dimensions count as images.

    Held out: a fifth to validate, and a fifth to test unless there are `test.NAME` arrays.
    """

    name = "npz"

    file = Quoted("the path, from the folder of the `.arch` file")
    targets = Names("the columns to learn", default=(), named=True)
    scale = Choice("`unit`: images in [0, 1]; `none`: 0 … 255", ("unit", "none"), default=Word("unit"), named=True)

    def spec(self, where: Where) -> DataSpec:
        from archc.data.archive import open_archive

        path = where.find(self.file)
        try:
            with open_archive(path) as archive:
                return self._spec_of(archive)
        except Unfit as unfit:
            unfit.parameter = unfit.parameter or "file"
            if unfit.code == "E0601" and not unfit.help and not Path(self.file).is_absolute() and not there(path):
                unfit.help = where.searched
            raise

    def _spec_of(self, archive: "Archive") -> DataSpec:
        headers = archive.headers
        names = [name for name in headers if not name.startswith("test.")]
        brought = [name for name in headers if name.startswith("test.")]
        _check_names(archive)
        _check_rows(archive, names)
        targets = self._targets(archive, names)
        columns = {name: _column(archive, name, name in targets) for name in names}
        if brought:
            _check_test_part(archive, brought, columns)
        return self._spec(
            [column for name, column in columns.items() if name not in targets],
            [columns[name] for name in targets],
            headers[names[0]].shape[0],
            test_examples=headers[brought[0]].shape[0] if brought else 0,
            validate_share=0.2,
            test_share=0.0 if brought else 0.2,
            doubts=tuple(doubt for name in targets for doubt in _doubts(archive, columns[name])),
        )

    def _targets(self, archive: "Archive", names: list[str]) -> tuple[str, ...]:
        given: tuple[str, ...] = self.targets
        for name in given:
            if name not in names:
                have = ", ".join(f"`{n}`" for n in names)
                raise Unfit(
                    f"{archive.path} has no array `{name}`", f"it has {have}", parameter="targets", code="E0608"
                )
        labels = [name for name in names if _labels(archive.headers[name])]
        if not given and len(labels) != 1:
            found = f"{len(labels)} arrays" if labels else "no array"
            advice = [said for name in names if (said := _as_labels(archive, name))]
            if not labels and len(advice) == 1:
                raise Unfit(f"{archive.path} has no labels of one dimension: {advice[0]}", code="E0608")
            raise Unfit(
                f"{archive.path} has {found} of whole numbers with one dimension, so its target is not clear",
                f'write which columns are to be learnt: `npz("{self.file}", targets = ["{(labels or names)[-1]}"])`',
                code="E0608",
            )
        targets = given or tuple(labels)
        if len(targets) == len(names):
            raise Unfit(f"{archive.path} has no array left to be a feature", "every one is a target", code="E0608")
        return targets


def _labels(header: "Header") -> bool:
    return header.whole and len(header.shape) == 1


def _form(header: "Header") -> tuple[tuple[int, ...], bool, bool]:
    """What two arrays must share to be parts of one column."""
    return header.shape[1:], header.whole, header.kind == "u1"


def _sized(shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"


def _check_names(archive: "Archive") -> None:
    """Raises Unfit for parts under the names that other programs give them, such as `x_train` and `x_test`."""
    parts: dict[str, dict[str, str]] = {}
    for name in archive.headers:
        found = PART.fullmatch(name)
        if found:
            stem = (found["stem"] or found["rest"]).lower()
            parts.setdefault(stem, {})[(found["last"] or found["first"]).lower()] = name
    both = {stem: names for stem, names in parts.items() if len(names) == 2}
    if not both:
        return
    shown = [(names["train"], stem) for stem, names in both.items()]
    shown += [(names["test"], f"test.{stem}") for stem, names in both.items()]
    called = ", ".join(f"`{name}` as `{meant}`" for name, meant in shown)
    stem, names = next(iter(both.items()))
    saved = f'`np.savez(path, **{{"{stem}": {names["train"]}, "test.{stem}": {names["test"]}, …}})`'
    raise Unfit(
        f"{archive.path} has `{names['train']}` and `{names['test']}`, no names of a column and its test part",
        f"save {called}: {saved}",
        code="E0608",
    )


def _check_rows(archive: "Archive", names: list[str]) -> None:
    """Raises Unfit unless the arrays have rows, values, equally many rows, and names that a file can use."""
    if not names:
        raise Unfit(f"{archive.path} has a test part and nothing to train on", code="E0605")
    first = archive.headers[names[0]]
    for name in names:
        what, shape = f"`{name}` in {archive.path}", archive.headers[name].shape
        plain = name.removeprefix("test.")
        if not (plain.isidentifier() and plain.isascii()):
            raise Unfit(f"{what} is no name for a column", "letters, digits and _, a letter first", code="E0605")
        if not shape:
            raise Unfit(f"{what} is a single number", "an array has a row for each example", code="E0605")
        if not prod(shape):
            raise Unfit(f"{what} is empty: {_sized(shape)}", "there must be something to learn from", code="E0605")
        if shape[0] != first.shape[0]:
            raise Unfit(
                f"{what} has {counted(shape[0], 'row')}, and `{names[0]}` {first.shape[0]:,}",
                "every array has a row for each example",
                code="E0605",
            )


def _check_test_part(archive: "Archive", brought: list[str], columns: dict[str, Column]) -> None:
    """Raises Unfit unless every column has a `test.NAME` of its form, and these have equally many rows."""
    _check_rows(archive, brought)
    unpaired = {name.removeprefix("test.") for name in brought} ^ columns.keys()
    for name in sorted(unpaired):
        lone, lacking = (name, f"test.{name}") if name in columns else (f"test.{name}", name)
        raise Unfit(
            f"{archive.path} has `{lone}` but no `{lacking}`",
            "with a test part of its own, a file has `NAME` and `test.NAME` for every column",
            code="E0605",
        )
    for name, column in columns.items():
        if _form(archive.headers[f"test.{name}"]) != _form(archive.headers[name]):
            raise Unfit(
                f"`{name}` and `test.{name}` in {archive.path} differ in shape or type",
                f"a row of `{name}` is {_sized(column.shape)}",
                code="E0605",
            )


def _column(archive: "Archive", name: str, target: bool) -> Column:
    header = archive.headers[name]
    shape = header.shape[1:]
    if target and _labels(header):
        return class_column(name, _classes(archive, name))
    if header.kind == "u1" and len(shape) in (2, 3):
        return made(Column)(name=name, kind="image", shape=(*shape, 1) if len(shape) == 2 else shape)
    return made(Column)(name=name, kind="image" if len(shape) == 3 and not header.whole else "number", shape=shape)


def _classes(archive: "Archive", name: str) -> int:
    """One more than the largest label."""
    labels = archive.read(name)
    if int(labels.min()) == int(labels.max()) and len(labels) > 1:
        raise Unfit(
            f"`{name}` in {archive.path} is {labels[0]} in all of its {len(labels):,} rows",
            "with one class alone there is nothing to tell apart",
            code="E0607",
        )
    for row in (int(labels.argmin()), int(labels.argmax())):
        if not 0 <= labels[row] < MOST_CLASSES:
            wrong = "is negative" if labels[row] < 0 else "is too large for a class"
            lowest = int(labels.min())
            shift = f"subtract {lowest} from all" if lowest > 0 else f"add {-lowest} to all" if lowest == -1 else ""
            help = "labels count from 0 to k - 1 for k classes" + (f": {shift}" if shift else "")
            raise Unfit(
                f"the label {labels[row]} in row {row} (counted from 0) of `{name}` in {archive.path} {wrong}",
                f"{help}; if these are no classes but amounts, save `{name}` as floats",
                code="E0607",
            )
    return int(labels.max()) + 1


def _as_labels(archive: "Archive", name: str) -> str:
    """What to do about an array that looks like labels and has two dimensions; "" for any other."""
    header = archive.headers[name]
    if not header.whole or len(header.shape) != 2:
        return ""
    if header.shape[1] == 1:
        return f"`{name}` is {_sized(header.shape)}; saved as `{name}[:, 0]` it is a class"
    array = archive.read(name)
    if int(array.min()) != 0 or int(array.max()) != 1 or not (array.sum(axis=1) == 1).all():
        return ""
    return f"`{name}` has a single 1 in every row; saved as `{name}.argmax(axis=1)` it is a class"


def _doubts(archive: "Archive", target: Column) -> list[str]:
    """What may not be meant by a target."""
    name = target.name
    if target.kind != "class":
        advice = _as_labels(archive, name)
        return [f"the target is taken for numbers: {advice}"] if advice else []
    known = set(archive.read(name).tolist())
    unused = [int(label) for label in target.classes if int(label) not in known]
    if not unused:
        return []
    shown = ", ".join(map(str, unused[:5])) + (", …" if len(unused) > 5 else "")
    return [
        f"no row of `{name}` in {archive.path} has the label {shown}: there are {len(known)} of {len(target.classes)}"
    ]
