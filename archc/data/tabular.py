"""Tables in text files with a row a line, as recipes ask for them."""

from pathlib import Path
from typing import Any

from archc.data.dataset import DataSet, Names, Where, there
from archc.data.kinds import DELIMITERS, Columns, Groups
from archc.ir import DataSpec
from archc.parameters import Flag, Quoted, Unfit


class Title(Quoted):
    """The name of a column, in quotes or, where it is a word, without."""

    kind = "the name of a column"

    def accept(self, value: Any) -> str:
        if not isinstance(value, str):
            self.refuse(value)
        return str(value)


class Delimiter(Quoted):
    """One of the marks that may stand between values."""

    def accept(self, value: Any) -> str:
        mark = super().accept(value)
        if mark not in DELIMITERS:
            known = ", ".join(f'"{each}"' if each != "\t" else "a tab" for each in DELIMITERS)
            raise Unfit(f'`{self.name}` cannot be "{mark}"', f"it is one of {known}")
        return mark


class Marks(Names):
    """How missing values are written: one text, or several in a list."""

    def accept(self, value: Any) -> tuple[str, ...]:
        return tuple(sorted({text.strip() for text in super().accept(value)} - {""})) or ("",)


class Csv(DataSet):
    """A table in a text file, a row a line: CSV and its like, packed by gzip (`.csv.gz`) or not.

    - Names of columns stand in the first line (`header = true`), or in `names`; without either they are
      A1, A2, … What separates the values, and whether there is a header, is told from the file unless said.
    - A column is of numbers, or of words: then it becomes a 1 among zeros, its categories sorted
      (numbers by their value, all else by the text). `columns` says otherwise, for one or for all of a
      kind: `columns = [category(missing = own), A2 = number(missing = median), A5 = skip]`.
    - All features make one flat input, in the order of the file; `inputs = [left = [a, b], right = [c]]`
      makes several.
    - A target of words, or of at most 20 different whole numbers, is a class under its own names; any
      other is a number, and `columns = [y = number]` makes it one. `positive` says which of two
      classes is 1.
    - A place with nothing in it is missing, and whatever `missing = "?"` says. Where there are such
      places, `columns` must say what stands there: `median`, `mean` and `mode` are those of the training
      rows, `own` is a category of its own, `drop` leaves the row out, and a number stands for itself.

    Held out: a fifth to validate, and a fifth to test unless `test` names a file of the same columns.
    """

    name = "csv"

    file = Quoted("the path, from the folder of the `.arch` file")
    target = Title("the column to learn", default=None, named=True)
    targets = Names("the columns to learn, where there are several", default=(), named=True)
    header = Flag("whether the first line names the columns", default=None, named=True)
    names_ = Names("the columns' names, where the file has none", default=(), named=True)
    columns = Columns("what the columns are, where it can't be seen", default=(), named=True)
    missing = Marks("how missing values are written", default=(), named=True)
    positive = Title("which of two classes is 1", default=None, named=True)
    delimiter = Delimiter("what separates the values", default=None, named=True)
    inputs = Groups("which columns feed which input", default=(), named=True)
    test = Quoted("a file of the same columns to test with", default=None, named=True)

    def check(self) -> None:
        if self.target is not None and self.targets:
            raise Unfit("`target` and `targets` say the same", "leave one out", parameter="target")
        if self.names_ and self.header:
            help = "leave `header` out, or `names`"
            raise Unfit("the columns get their names twice: by `header` and by `names`", help, parameter="names")

    def spec(self, where: Where) -> DataSpec:
        # whoever has no such file shouldn't wait for what reads them
        from archc.data.looked_through import Table, surveyed

        path = where.find(self.file)
        try:
            return Table(self, surveyed(self, path), where).spec()
        except Unfit as unfit:
            unfit.parameter = unfit.parameter or "file"
            if unfit.code == "E0601" and not unfit.help and not Path(self.file).is_absolute() and not there(path):
                unfit.help = where.searched
            raise

    @property
    def marks(self) -> frozenset[str]:
        """What stands where a value is missing."""
        return frozenset({"", *self.missing})
