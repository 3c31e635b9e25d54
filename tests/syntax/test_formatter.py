"""`archc fmt`: one layout, nothing lost, and the same again when it is done twice."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.diagnostics import Failed, Report
from archc.resources import models_folder
from archc.source import Source
from archc.syntax import columns, formatter, parse, pieces, tree
from archc.syntax.formatter import Unfaithful, format_source
from tests.cost import growth, steps
from tests.syntax.test_parser import nodes, parsed, plain
from tests.writer import Writer

FILES = sorted((Path(__file__).parent / "formatter").glob("*.arch"))
COMMENT = re.compile(r'"[^"\n]*"|(#[^\n]*)')


def formatted(text: str) -> str:
    return format_source(Source("test.arch", text))


def comments(text: str) -> list[str]:
    """All comments, in order."""
    return [found[1].rstrip() for found in COMMENT.finditer(text) if found[1]]


def check(text: str) -> str:
    """The text laid out anew, which says the same, keeps all comments, and is a layout that stays."""
    after = formatted(text)
    assert plain(parsed(after).items) == plain(parsed(text).items)
    assert comments(after) == comments(text)
    assert formatted(after) == after
    assert not re.search(r"[ \t]+$|\t(?![^\n]*#)|\n\n\n|\A\n|\n\n\Z|[^\n]\Z", COMMENT.sub('""', after), re.MULTILINE)
    return after


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_layouts(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(path.with_suffix(".txt"), check(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(models_folder().glob("*.arch")), ids=lambda path: path.stem)
def test_our_own_models_are_in_order(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert check(text) == text


@pytest.mark.parametrize(
    "hundreds", [pytest.param(number, marks=[pytest.mark.slow] * (number >= 15)) for number in range(100)]
)
def test_random_programs(hundreds: int) -> None:
    for seed in range(100 * hundreds, 100 * hundreds + 100):
        check(Writer(seed).file())


@pytest.mark.parametrize("width", [30, 50, 80])
def test_random_programs_on_narrow_pages(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pieces, columns, formatter):
        monkeypatch.setattr(module, "WIDTH", width)
    for seed in range(10_000, 10_200):
        check(Writer(seed).file())


def test_the_random_programs_hold_everything() -> None:
    texts = [Writer(seed).file() for seed in range(1_000)]
    found = {type(node).__name__ for text in texts for node in nodes(parsed(text).items)}
    closed = {kind.__name__ for group in (tree.Expression, tree.Statement, tree.TopLevel) for kind in group.__args__}
    assert closed - {"Bad"} <= found
    joined = "\n".join(texts)
    for before in ("(", "[", "{", ",", "->", "=", ")", "]", "}", "+", "and", ".", "as"):
        assert re.search(rf"{re.escape(before)} *#", joined), f"no comment behind {before}"
    for after in (")", "]", "}", ",", "->", "=", "{", "else", "as", "+", "."):
        assert re.search(rf"#[^\n]*\n\s*{re.escape(after)}", joined), f"no comment above {after}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("\n  \n", ""),
        ("# a", "# a\n"),
        ("\n\n#a  \n\n\n#b\n\n", "#a\n\n#b\n"),
        ("let a = 1", "let a = 1\n"),
        ("let a = 10 % 3", "let a = 10%3\n"),
        ("let a = 10 % # c\n3", "let a = 10 %  # c\n    3\n"),
        ("let a = f([\n1,\n],)", "let a = f([\n    1,\n])\n"),
        ("let a = f(([\n1,\n],),)", "let a = f((\n    [\n        1,\n    ],\n))\n"),
        ("train {}\ntrain a {}", "train   {}\ntrain a {}\n"),
        ("use a\nlet b = 1\nlet c = 2", "use a\n\nlet b = 1\nlet c = 2\n"),
    ],
)
def test_small_things(text: str, expected: str) -> None:
    assert check(text) == expected


def test_windows_line_ends_and_byte_order_marks_go() -> None:
    from archc.syntax import source_from_bytes

    data = "\ufefflet a=1 # b\r\n\r\n".encode()
    assert format_source(source_from_bytes(data, "test.arch")) == "let a = 1  # b\n"


def test_lines_are_as_long_as_they_may_be_and_no_longer() -> None:
    name = "n" * 40
    exact = f"let a = f({name}, {name}, {'n' * 25})\n"
    assert len(exact) == pieces.WIDTH + 1 and check(exact) == exact
    longer = exact.replace("let a", "let bc")
    assert check(longer) == f"let bc = f(\n    {name},\n    {name},\n    {'n' * 25},\n)\n"


def test_files_with_errors_are_refused() -> None:
    with pytest.raises(Failed) as caught:
        formatted("model A {\n    conv(1\n}\nlet = 3\n")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["E0102", "E0117"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.replace("  # one", ""),
        lambda line: line.replace("1", "2"),
        lambda line: line.replace("(a,)", "(a)"),
        lambda line: line.replace("x[3]", "x[3,]"),
        lambda line: line.replace("f(a)", "f(a -> a)"),
    ],
)
def test_a_layout_that_says_something_else_is_refused(
    spoil: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "let b = [1, (a,), x[3], f(a)]  # one\n"
    assert check(text) == text
    align = columns.align_comments
    monkeypatch.setattr(formatter, "align_comments", lambda lines: map(spoil, align(lines)))
    with pytest.raises(Unfaithful):
        formatted(text)


@pytest.mark.parametrize("commas", [True, False])
@pytest.mark.parametrize("depth", [10, 90])
def test_deep_files(depth: int, commas: bool) -> None:
    comma = ",\n" if commas else ""
    check(f"let a = {'f([' * (depth // 2)}1{f'{comma}]{comma})' * (depth // 2)}\n")
    check("block a {\n" + "if b {\n" * depth + "c\n" + "}\n" * depth + "}\n")


def test_long_files_take_little_more() -> None:
    def long(size: int) -> Source:
        lines = "".join(
            f"    conv({n}, 5x5, padding = same) -> batch_norm -> relu  # {n}\n    stage({n}, 3, {n % 7})\n"
            for n in range(size)
        )
        chain = "    " + "relu -> conv(16, 5x5) -> " * size + "relu\n"
        rows = "    let rows = [" + "[0, 1, 2], " * 2 * size + "]\n"
        return Source("test.arch", f"model A {{\n{lines}{chain}{rows}}}\n")

    assert growth(lambda size: format_source(long(size)), 20) < 4.4
    source = long(20)
    assert steps(lambda: format_source(source)) < 4 * steps(lambda: parse(source, Report())), "it parses twice"
