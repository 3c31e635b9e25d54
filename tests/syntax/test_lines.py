"""Which ends of lines end a statement."""

import pytest

from archc.diagnostics import Report
from archc.source import Source
from archc.syntax import parse, tree


def statements(body: str) -> list[str]:
    """The statements of a model with this body, white space made even."""
    report = Report()
    [model] = parse(Source("test.arch", f"model A {{{body}}}"), report).items
    assert not report.found, report.found
    assert isinstance(model, tree.Model)
    return [" ".join(statement.span.text.split()) for statement in model.body]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("\n\n  # nothing\n\n", []),
        (" a ", ["a"]),
        ("a\nb", ["a", "b"]),
        ("\n\na\n\n\n# c\n\nb # d\n", ["a", "b"]),
        ("a(1,\n2\n)\nb", ["a(1, 2 )", "b"]),
        ("a([1,\n\n2,\n])\nb", ["a([1, 2, ])", "b"]),
        ("a ->\nb\nc", ["a -> b", "c"]),
        ("a\n\n# remark\n -> b\nc", ["a # remark -> b", "c"]),
        ("a\nas b\n-> c", ["a as b -> c"]),
        ("let a =\n\n1\nb", ["let a = 1", "b"]),
        ("let a = 1 +\n2\n+ 3\n- 4", ["let a = 1 + 2 + 3", "- 4"]),
        ("let a = b and\nc\nor d\nand not\ne", ["let a = b and c or d and not e"]),
        ("let a = 40%\nb", ["let a = 40%", "b"]),
        ("let a = 10 %\n3", ["let a = 10 % 3"]),
        ("assert a ==\n3\nb", ["assert a == 3", "b"]),
    ],
)
def test_lines(body: str, expected: list[str]) -> None:
    assert statements(body) == expected


def test_a_body_may_begin_on_the_next_line() -> None:
    report = Report()
    file = parse(Source("test.arch", "model A\n\n{\n a\n}\n\n\ntrain\n{ b = 1 }"), report)
    assert not report.found
    assert len(file.items) == 2


def errors(text: str) -> list[tuple[str, int]]:
    report = Report()
    parse(Source("test.arch", text), report)
    return [(d.span.text, d.span.line) for d in report.found if d.span]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the bracket, not the brace that shows it
        ("model A {\n conv(6, (5x5)\n relu\n}\nmodel B { tanh }", [("(", 2)]),
        ("model A {\n conv(6,\n  5x5\n relu -> x x\n}", [("(", 2), ("x", 4)]),
        ("let a = [1, (2\nlet b = 3", [("[", 1)]),
        # what people indent tells which brace is missing
        ("model A {\n relu\n\nmodel B {\n tanh\n}\n", [("{", 1)]),
        ("model A {\n relu {\n tanh\n}\n", [("{", 2)]),
        ("train {\n a = 1\n}\n}\nmodel B {\n tanh\n}\n", [("}", 4)]),
        # and is not looked at when no brace is missing
        ("model A {\n  relu\n      }\n   train {\n a = 1 }", []),
        ("model A { relu\n", [("{", 1)]),
    ],
)
def test_brackets_without_a_partner(text: str, expected: list[tuple[str, int]]) -> None:
    assert errors(text) == expected


def test_a_missing_value_does_not_reach_into_the_next_statement() -> None:
    for rest in ("output y = relu", "x = 3", "let z = 3"):
        report = Report()
        [model] = parse(Source("test.arch", f"model A {{\n let a =\n {rest}\n relu\n}}"), report).items
        assert report.found[0].title == "a value is missing after `=`"
        assert isinstance(model, tree.Model) and model.body[-1].span.text == "relu"
