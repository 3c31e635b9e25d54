"""What the parameters of layers and recipes accept, how they refuse, and that the IR keeps them."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from archc.ir.items import argument, item, op_of, restored
from archc.parameters import (
    FAMILIES,
    LARGEST,
    Choice,
    Count,
    Described,
    Family,
    Flag,
    Numbers,
    Padding,
    Parameter,
    Quoted,
    Real,
    Unfit,
    Window,
    Word,
    counted,
    describe,
    show,
    whole,
)
from tests.author import Author
from tests.models import BUILT_IN, built_in, module_of

NAN, INF = float("nan"), float("inf")


def named(parameter: Parameter) -> Parameter:
    parameter.name = "it"
    return parameter


ACCEPTED: list[tuple[Parameter, Any, Any]] = [
    (Count(""), 3, 3),
    (Count(""), 3.0, 3),
    (Count("", least=0), 0, 0),
    (Count(""), LARGEST, LARGEST),
    (Real(""), -2, -2),
    (Real("", least=0, below=1), 0, 0),
    (Real("", above=0, most=1), 1, 1),
    (Flag(""), True, True),
    (Choice("", ("a", "b")), Word("b"), Word("b")),
    (Quoted(""), "a b", "a b"),
    (Window(""), 3, 3),
    (Window(""), (3, 5), (3, 5)),
    (Window(""), [3.0, 5], (3, 5)),
    (Window("", least=0), 0, 0),
    (Padding(""), Word("same"), Word("same")),
    (Padding(""), 0, 0),
    (Padding(""), (1, 2), (1, 2)),
    (Numbers(""), [1, 2.5], (1, 2.5)),
    (Numbers(""), [[1, 2], [3, 4]], ((1, 2), (3, 4))),
    (Numbers(""), [], ()),
]
REFUSED: list[tuple[Parameter, Any, str]] = [
    (Count(""), 0, "a whole number of at least 1, not `0`"),
    (Count(""), -1, "not `-1`"),
    (Count(""), 2.5, "not `2.5`"),
    (Count(""), True, "not `true`"),
    (Count(""), NAN, "whole number"),
    (Count(""), INF, "whole number"),
    (Count(""), "3", 'the text `"3"`'),
    (Count(""), Word("a"), "the word `a`"),
    (Count(""), None, "not `none`"),
    (Count(""), (1, 2), "not `1x2`"),
    (Count(""), LARGEST + 1, "more than archc builds"),
    (Real(""), NAN, "a number"),
    (Real(""), INF, "a number"),
    (Real(""), False, "a number"),
    (Real("", least=0, below=1), 1, "of at least 0 and below 1, not `1`"),
    (Real("", above=0), 0, "above 0"),
    (Real("", most=2), 3, "of at most 2"),
    (Flag(""), 1, "`true` or `false`"),
    (Flag(""), Word("yes"), "the word `yes`"),
    (Choice("", ("a", "b")), "a", "one of `a`, `b`"),
    (Choice("", ("a", "b")), 1, "one of `a`, `b`"),
    (Quoted(""), Word("a"), "a text in quotes, not the word `a`"),
    (Window(""), 0, "at least 1"),
    (Window(""), (3, 0), "at least 1"),
    (Window(""), (3, 2.5), "not `(3, 2.5)`"),
    (Window(""), (), "a size like"),
    (Window(""), (3, LARGEST + 1), "more than archc builds"),
    (Padding(""), -1, "at least 0"),
    (Padding(""), "same", 'the text `"same"`'),
    (Padding(""), Word("full"), "the word `full`"),
    (Numbers(""), [1, True], "not `true`"),
    (Numbers(""), 3.0 + 0j, "a list of numbers"),
    (Family("", "schedule"), 3, "one of the schedules"),
    (Family("", "schedule", number="constant"), True, "a number or one of the schedules"),
]


@pytest.mark.parametrize(("parameter", "value", "held"), ACCEPTED)
def test_accepted(parameter: Parameter, value: Any, held: Any) -> None:
    found = named(parameter).accept(value)
    assert found == held
    assert type(found) is type(held)


@pytest.mark.parametrize(("parameter", "value", "problem"), REFUSED)
def test_refused(parameter: Parameter, value: Any, problem: str) -> None:
    with pytest.raises(Unfit) as caught:
        named(parameter).accept(value)
    assert problem in caught.value.problem
    assert "`it`" in caught.value.problem


@pytest.mark.parametrize(
    ("parameter", "value", "help", "fix"),
    [
        (Count(""), "32", "write the number without quotes", "32"),
        (Padding(""), "same", "`same` is a word: write it without quotes", "same"),
        (Padding(""), Word("smae"), "did you mean `same`?", "same"),
        (Choice("", ("float32", "bf16")), "bf16", "`bf16` is a word: write it without quotes", "bf16"),
        (Flag(""), Word("no"), "did you mean `false`?", "false"),
        (Flag(""), "true", "`true` is a word: write it without quotes", "true"),
        (Quoted(""), Word("a"), 'write it in quotes: `"a"`', '"a"'),
        (Real("", least=0, below=1), 25, "as a share: `25%`", "25%"),
        (Family("", "optimizer"), "adam", "`adam` is a word: write it without quotes", "adam"),
        (Family("", "clipping"), 3, "there are `norm`, `value`", ""),
    ],
)
def test_what_helps(parameter: Parameter, value: Any, help: str, fix: str) -> None:
    with pytest.raises(Unfit) as caught:
        named(parameter).accept(value)
    assert (caught.value.help, caught.value.fix) == (help, fix)


class Thing(Described):
    """Something to try."""

    family: ClassVar[str] = "thing"
    name = "thing"

    size = Count("how large")
    window = Window("how wide", default=2)
    class_ = Choice("which", ("a", "b"), default=Word("a"))
    share = Real("how much", default=0.5, named=True)

    def check(self) -> None:
        if self.size == 13:
            raise Unfit("an unlucky size", parameter="size")


def test_values_by_place_and_by_name() -> None:
    thing = Thing.build([3], {"class": Word("b"), "share": 1})
    assert thing.values() == {"size": 3, "window": 2, "class": "b", "share": 1}
    assert thing == Thing.build([3, 2, Word("b")], {"share": 1}) != Thing.build([3], {})
    assert hash(thing) == hash(Thing.build([3, 2, Word("b")], {"share": 1}))
    assert thing.written() == "thing(size = 3, class = b, share = 1)"
    assert Thing.usage() == "it is written `thing(size, window = 2, class = a, share = 0.5)`"


@pytest.mark.parametrize(
    ("positional", "given", "problem", "parameter"),
    [
        ([], {}, "`thing` needs `size`: how large", ""),
        ([1, 2, Word("a"), 4], {}, "`thing` takes 3 values without a name, not 4", "#3"),
        ([1], {"size": 2}, "`size` is given twice", "size"),
        ([1], {"colour": 2}, "`thing` has no argument `colour`", "colour"),
        ([1], {"window": 0}, "`window` must be at least 1, and `0` is not", "window"),
        ([13], {}, "an unlucky size", "size"),
    ],
)
def test_what_cannot_be_built(positional: list[Any], given: dict[str, Any], problem: str, parameter: str) -> None:
    with pytest.raises(Unfit) as caught:
        Thing.build(positional, given)
    assert (caught.value.problem, caught.value.parameter) == (problem, parameter)


def test_instances_share_nothing() -> None:
    one, other = Thing.build([1], {}), Thing.build([2], {})
    assert (one.size, other.size) == (1, 2)
    assert isinstance(Thing.size, Count)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_families_hold_what_bears_their_name(family: str) -> None:
    for name, cls in FAMILIES[family].items():
        assert (cls.name, cls.family) == (name, family)
        assert cls.__doc__
        assert all(parameter.doc for parameter in cls.parameters.values())


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_layers_come_back_from_the_ir(path: Path) -> None:
    for _, node in built_in(path).graph.layers():
        op = restored(item(FAMILIES["layer"][node.op].restore({k: restored(v) for k, v in node.arguments.items()})))
        assert {name: argument(value) for name, value in op.values().items()} == node.arguments


@pytest.mark.parametrize("seed", range(20))
def test_recipes_come_back_from_the_ir(seed: int, tmp_path: Path) -> None:
    recipe = Author(seed).model().module(tmp_path).recipe
    assert recipe
    for declared in (recipe.optimizer, *(term.loss for term in recipe.losses), *([recipe.stop] if recipe.stop else [])):
        again = restored(declared)
        assert item(again) == declared
        assert again == restored(item(again))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"), (3, "3"), (1e-8, "1e-8"), (2.5e20, "2.5e20"), (0.1, "0.1"), (Word("same"), "same"),
        ("a", '"a"'), ((3, 3), "3x3"), ((1.5, 2), "(1.5, 2)"), ([1, [2]], "[1, [2]]"), (None, "none"),
        ((True, False), "(true, false)"),
    ],
)  # fmt: skip
def test_values_are_shown_as_they_are_written(value: Any, text: str) -> None:
    assert show(value) == text


def test_long_lists_are_not_shown() -> None:
    assert describe([1, 2]) == "`[1, 2]`"
    assert describe(list(range(100))) == "this list"


@pytest.mark.parametrize(
    ("value", "number"), [(3, 3), (3.0, 3), (3.5, None), (True, None), (NAN, None), (-INF, None), ("3", None)]
)
def test_whole(value: Any, number: int | None) -> None:
    assert whole(value) == number


def test_counted() -> None:
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


@pytest.mark.parametrize(
    ("call", "written"),
    [
        ("dense(2, weights = [[1, 2], [3, 4]])", "dense(units = 2, weights = [[1, 2], [3, 4]])"),
        ("dense(1, weights = [1, 2], bias = false)", "dense(units = 1, bias = false, weights = [1, 2])"),
        ("reshape(2x1)", "reshape(shape = 2x1)"),
    ],
)
def test_what_is_written_is_read_as_the_same(call: str, written: str) -> None:
    """Several numbers are a list, and several lengths a size."""
    text = "model Net {{\n    input x[2]\n    {}\n}}\n"
    first, again = (op_of(module_of(text.format(one)).graph.nodes[-1]) for one in (call, written))
    assert first == again and first.written() == written
