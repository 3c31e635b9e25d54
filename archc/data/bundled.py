"""Tables that are known by heart: those that come with scikit-learn, and the credit approvals of the UCI repository."""

from collections.abc import Sequence
from typing import ClassVar

from archc.data.dataset import DataSet, Where
from archc.data.kinds import OWN
from archc.ir import Column, DataSpec, Field, made
from archc.parameters import Choice, Word


class Bundled(DataSet):
    """A table that comes with scikit-learn: `features`, and one target."""

    rows: ClassVar[int]
    fields: ClassVar[tuple[str, ...]]
    target: ClassVar[str]
    classes: ClassVar[tuple[str, ...]] = ()
    """() for a target of numbers."""

    def spec(self, where: Where) -> DataSpec:
        target = made(Column)(
            name=self.target, kind="class" if self.classes else "number", shape=(), classes=self.classes
        )
        return self._spec([features(numbers(self.fields))], [target], self.rows, validate_share=0.2, test_share=0.2)


class Iris(Bundled):
    """Fisher's iris flowers (1936): four lengths of 150 flowers of three species."""

    name = "iris"
    rows = 150
    fields = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    target = "species"
    classes = ("setosa", "versicolor", "virginica")


class Wine(Bundled):
    """What 178 wines of three growers consist of: 13 measurements each."""

    name = "wine"
    rows = 178
    fields = (
        "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
        "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines", "proline",
    )  # fmt: skip
    target = "grower"
    classes = ("class_0", "class_1", "class_2")


class BreastCancer(Bundled):
    """Cell nuclei of 569 lumps in the breast (Wisconsin, diagnostic): 30 measurements each, malignant or benign."""

    name = "breast_cancer"
    rows = 569
    fields = tuple(
        form.format(name)
        for form in ("mean {}", "{} error", "worst {}")
        for name in (
            "radius", "texture", "perimeter", "area", "smoothness",
            "compactness", "concavity", "concave points", "symmetry", "fractal dimension",
        )
    )  # fmt: skip
    target = "diagnosis"
    classes = ("malignant", "benign")


class Diabetes(Bundled):
    """Ten measurements of 442 people with diabetes, and a number for how it went on a year later.

    Efron et al. (2004). The features are centred and scaled, as scikit-learn gives them; the target goes
    from 25 to 346.
    """

    name = "diabetes"
    rows = 442
    fields = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    target = "progression"


CREDIT = {
    "A1": "a b", "A4": "l u y", "A5": "g gg p", "A6": "aa c cc d e ff i j k m q r w x", "A7": "bb dd ff h j n o v z",
    "A9": "f t", "A10": "f t", "A12": "f t", "A13": "g p s",
}  # fmt: skip
"""The columns of words, and their categories as they stand in the file."""
CREDIT_MISSING = {"A1": 12, "A2": 12, "A4": 6, "A5": 6, "A6": 9, "A7": 9, "A14": 13}
CREDIT_ROWS, CREDIT_WHOLE_ROWS = 690, 653


class CreditApproval(DataSet):
    """The credit card applications of the UCI repository: 690 rows of 15 columns, granted (+) or not (-).

    A file crx.data, found in `--data-dir` or `$ARCHC_DATA`, or in their folder `credit-approval/`. The
    numbers are those of `csv("crx.data", missing = "?", target = A16, positive = "+", columns =
    [category(missing = own), number(missing = median)])`; with `missing = drop` the 37 rows in which a
    value is missing are left out.
    """

    name = "credit_approval"

    missing = Choice(
        "`fill`: the median of the training rows, and a category of its own; `drop`: no such rows",
        ("fill", "drop"),
        default=Word("fill"),
        named=True,
    )

    def spec(self, where: Where) -> DataSpec:
        fields = tuple(self.field(at) for at in range(15))
        answer = made(Field)(name="A16", at=15, kind="category", categories=("-", "+"))
        target = made(Column)(name="approved", kind="class", shape=(), classes=("-", "+"), fields=(answer,))
        rows = CREDIT_WHOLE_ROWS if self.missing == "drop" else CREDIT_ROWS
        return self._spec([features(fields)], [target], rows, validate_share=0.2, test_share=0.2)

    def field(self, at: int) -> Field:
        name = f"A{at + 1}"
        words = tuple(CREDIT.get(name, "").split())
        missing = ""
        if name in CREDIT_MISSING:
            missing = "drop" if self.missing == "drop" else "own" if words else "median"
        if missing == "own":
            words = (*words, OWN)
        return made(Field)(name=name, at=at, kind="category" if words else "number", categories=words, missing=missing)


def numbers(names: Sequence[str]) -> tuple[Field, ...]:
    return tuple(made(Field)(name=name, at=at, kind="number") for at, name in enumerate(names))


def features(fields: tuple[Field, ...]) -> Column:
    """Fields side by side, in one flat column."""
    return made(Column)(name="features", kind="number", shape=(sum(field.width for field in fields),), fields=fields)
