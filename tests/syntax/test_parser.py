"""Text -> tree: the whole sequential language, exact places, and what no text may do."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.diagnostics import Failed, Report
from archc.resources import grammar, models_folder
from archc.source import Source, Span
from archc.syntax import parse, parse_expression, read_source, source_from_bytes, tree
from tests.cost import growth, timed

GOOD = sorted((Path(__file__).parent / "good").glob("*.arch"))
TEXTS = [path.read_text(encoding="utf-8") for path in GOOD]
fuzzed = settings(max_examples=150, deadline=None)


def parsed(text: str) -> tree.File:
    report = Report()
    file = parse(Source("test.arch", text), report)
    assert not report.found, report.found
    return file


def value(text: str) -> tree.Expression:
    report = Report()
    found = parse_expression(Source("--set x", text), report)
    assert found is not None and not report.found, report.found
    return found


def problems(text: str) -> list[str]:
    report = Report()
    parse(Source("test.arch", text), report)
    assert all(diagnostic.span for diagnostic in report.found)
    return [diagnostic.code for diagnostic in report.found]


def plain(node: Any) -> Any:
    """A node without its places, as a nested tuple."""
    if isinstance(node, tuple):
        return tuple(map(plain, node))
    if not dataclasses.is_dataclass(node):
        return node
    fields = [getattr(node, field.name) for field in dataclasses.fields(node) if field.name not in ("span", "source")]
    return (type(node).__name__, *map(plain, fields))


def nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for part in node:
            yield from nodes(part)
    elif dataclasses.is_dataclass(node) and not isinstance(node, Span | Source):
        yield node
        for field in dataclasses.fields(node):
            yield from nodes(getattr(node, field.name))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_parse(path: Path) -> None:
    report = Report()
    file = parse(read_source(path, path.name), report)
    assert not report.found
    assert file.items


def test_a_model() -> None:
    [model] = parsed("model A(n, k = 3) {\n  input x[2, n]\n  conv(n, 5x5, stride = k) as c -> relu\n}\n").items
    name = ("Name", "n")
    assert plain(model) == (
        "Model",
        ("Name", "A"),
        (("Parameter", name, None), ("Parameter", ("Name", "k"), ("Number", 3))),
        (
            ("Input", ("Name", "x"), (("Number", 2), name)),
            (
                "Flow",
                (
                    "Chain",
                    (
                        (
                            "As",
                            (
                                "Call",
                                ("Name", "conv"),
                                (
                                    ("Argument", None, name),
                                    ("Argument", None, ("Size", (5, 5))),
                                    ("Argument", ("Name", "stride"), ("Name", "k")),
                                ),
                            ),
                            ("Name", "c"),
                        ),
                        ("Name", "relu"),
                    ),
                ),
            ),
        ),
    )


def test_every_statement() -> None:
    model, train = parsed(
        "model A {\n let a = 1\n output b = c\n assert d == e\n expect [_, 3]\n f\n}\n"
        "train quick { input = 1\n if = 2 }\n"
    ).items
    assert isinstance(model, tree.Model) and isinstance(train, tree.Train)
    assert [type(statement).__name__ for statement in model.body] == ["Let", "Output", "Assert", "Expect", "Flow"]
    assert plain(train) == (
        "Train",
        ("Name", "quick"),
        (("Setting", ("Name", "input"), ("Number", 1)), ("Setting", ("Name", "if"), ("Number", 2))),
        (),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1_000", 1000),
        ("007", 7),
        ("3.0", 3),
        ("1e3", 1000),
        ("1e-3", 0.001),
        ("40%", 0.4),
        ("100%", 1.0),
        ("5M", 5_000_000),
        ("2.5G", 2_500_000_000),
        ("1.1M", 1_100_000),
        ("0.1K", 100),
        ("1.5e1K", 15_000),
        ("9_007_199_254_740_993", 2**53 + 1),
        ("9223372036854775807", 2**63 - 1),
        ("1e30", 1e30),
        ("0.0", 0),
        ("0e999", 0),
    ],
)
def test_numbers(text: str, expected: float) -> None:
    number = value(text)
    assert isinstance(number, tree.Number)
    assert number.value == expected and type(number.value) is type(expected)


@pytest.mark.parametrize(
    "text", ["1e400", "1e-400", "9223372036854775808", "9" * 4301, "9" * 4301 + "x3", "1e299T", "1" * 99999]
)
def test_numbers_out_of_bounds(text: str) -> None:
    assert problems(f"let a = {text}") == ["E0109"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a == b", "not (a == b)"),
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a % b // c", "(a % b) // c"),
        ("-a ** b", "-(a ** b)"),
        ("a ** -b ** c", "a ** (-(b ** c))"),
        ("-a * b", "(-a) * b"),
        ("a < b + c", "a < (b + c)"),
        ("a.b[c](d).e", "(((a.b)[c])(d)).e"),
        ("10%3", "10 % 3"),
        ("10%x", "10 % x"),
        ("10% - 3", "(10%) - 3"),
    ],
)
def test_operators_bind_as_people_expect(text: str, same: str) -> None:
    assert plain(value(text)) == plain(value(same))


def test_a_text_is_taken_as_it_is() -> None:
    assert plain(value(r'"C:\data # no comment"')) == ("Text", r"C:\data # no comment")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_node_knows_its_place(path: Path) -> None:
    file = parsed(path.read_text(encoding="utf-8"))
    for node in nodes(file.items):
        text = node.span.text
        assert text == text.strip()
        match node:
            case tree.Name(value=word):
                assert text == word
            case tree.Text(value=words):
                assert text == f'"{words}"'
            case tree.Call() | tree.Tuple():
                assert text.endswith(")")
            case tree.Listing() | tree.Item() | tree.Input() | tree.Expect():
                assert text.endswith("]")
            case tree.Model() | tree.Train():
                assert text.startswith(("model", "train")) and text.endswith("}")
        for inner in nodes(tuple(getattr(node, field.name) for field in dataclasses.fields(node))):
            assert node.span.start <= inner.span.start < inner.span.end <= node.span.end


def test_brackets_belong_to_what_they_hold() -> None:
    found = value("(1 + 2) * 3")
    assert isinstance(found, tree.Binary)
    assert (found.span.text, found.left.span.text) == ("(1 + 2) * 3", "(1 + 2)")


def test_the_unnamed_output_is_an_argument() -> None:
    call, listing = value("cross_entropy(output)"), value("[output]")
    assert isinstance(call, tree.Call) and isinstance(listing, tree.Listing)
    for arguments in (call.arguments, listing.items):
        (argument,) = arguments
        assert argument.name is None and argument.value == tree.Name(argument.span, "output")
    assert problems("train { loss = output }\n") == ["E0117"]


def test_a_value_from_outside() -> None:
    report = Report()
    assert parse_expression(Source("--set x", ""), report) is None
    assert parse_expression(Source("--set x", "1 +"), report) is None
    assert parse_expression(Source("--set x", "1\n2"), report) is None
    assert parse_expression(Source("--set x", "\udcff"), report) is None
    assert [d.code for d in report.found] == ["E0117", "E0117", "E0116", "E0003"]
    assert plain(value("[8, 16]")) == plain(value(" [\n8,\n16]  # comment\n"))


def test_each_bad_statement_costs_one_error_and_no_other_statement() -> None:
    body = "".join(f"    conv({i}, 3x3) tanh\n    dense({i})\n" for i in range(60))
    report = Report()
    file = parse(Source("test.arch", f"model A {{\n{body}}}\nlet a = )\ntrain {{ b: 3\n c = 4 }}\n"), report)
    assert [d.code for d in report.found] == ["E0106"] * 60 + ["E0102", "E0112"]
    model, bad, train = file.items
    assert isinstance(model, tree.Model) and isinstance(bad, tree.Bad) and isinstance(train, tree.Train)
    assert [type(statement).__name__ for statement in model.body] == ["Bad", "Flow"] * 60
    assert [statement.span.text for statement in model.body[1::2]] == [f"dense({i})" for i in range(60)]
    assert bad.span.text.strip() == "let a = )" and [bad.span.text.strip() for bad in train.bad] == ["b: 3"]
    assert [setting.span.text for setting in train.settings] == ["c = 4"]


def test_errors_end_at_some_point() -> None:
    codes = problems("x x\n" * 10_000)
    assert len(codes) == 501 and codes[-1] == "E0120"
    assert len(problems("}\n" * 10_000)) == 501
    assert len(problems("relu('a')\n" * 10_000)) == 501


@pytest.mark.parametrize("depth", [10**2 + 1, 10**3, 10**4, 10**5])
@pytest.mark.parametrize(
    "left, right", [("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("not ", ""), ("", "+1"), ("", "()")]
)
def test_depth_is_bounded(left: str, right: str, depth: int) -> None:
    assert problems(f"let a = {left * depth}b{right * depth}") == ["E0110"]


@pytest.mark.parametrize("left, right", [("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("", "+1")])
def test_depth_within_the_bound(left: str, right: str) -> None:
    assert problems(f"let a = {left * 90}b{right * 90}") == []


def test_depth_counts_what_is_within_each_other() -> None:
    many = ", ".join("(1 + 2) * 3 - f(4)" for _ in range(500))
    assert problems(f"let a = [{many}]") == []
    nested = "b"
    for _ in range(20):
        nested = f"({nested} + 1 + 1 + 1 + 1 + 1)"
    assert problems(f"let a = {nested}") == ["E0110"]


def test_long_chains_are_flat() -> None:
    [model] = parsed("model A { input x[2]\n" + "relu -> " * 10_000 + "relu\n}").items
    assert isinstance(model, tree.Model)
    flow = model.body[1]
    assert isinstance(flow, tree.Flow) and isinstance(flow.value, tree.Chain)
    assert len(flow.value.steps) == 10_001


JUNK = [
    *"([{)]}\"'#;×=,.-+x1é@\\\n%",
    "{\n",
    "}\n",
    "f(",
    "->",
    "1+",
    "model A {\n",
    "let a=(\n",
    "5 x 5 ",
    "{}}",
    "=>",
    "//",
]


@pytest.mark.parametrize("piece", JUNK, ids=repr)
def test_junk_is_refused_quickly(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    _, seconds = timed(lambda: (problems(text), problems("model A {\n" + text)))
    assert seconds < 10, "1.3 on a machine of its own"
    assert growth(lambda times: problems(piece * times), 250) < 4.4


def test_work_grows_with_the_text_and_no_faster() -> None:
    line = "    conv(16, 5x5, padding = same) -> batch_norm -> relu\n"
    assert growth(lambda lines: parsed("model A {\n" + line * lines + "}\n"), 100) < 4.4


@fuzzed
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    try:
        source = source_from_bytes(data, "test.arch")
    except Failed as failed:
        assert [diagnostic.code for diagnostic in failed.diagnostics] in (["E0002"], ["E0003"])
    else:
        report = Report()
        parse(source, report)
        parse_expression(source, report)


@fuzzed
@given(st.text(alphabet=st.sampled_from("modeltrain letinputx1{}()[]=->,.\"#\n\n  0%*+é;:'/"), max_size=200))
def test_any_text(text: str) -> None:
    problems(text)


WORDS = re.findall(
    r"\S+",
    "use let block model train input output share assert expect repeat if else as and or not true for elif import "
    'a b f relu 3 2.5 5x5 40% "t" "o -> = == < + * // ( ) [ ] { } { } ( ) , . ; : ? @ × #c',
)


@fuzzed
@given(st.lists(st.sampled_from([*WORDS, "\n", "\n", "\n    "]), max_size=60))
def test_any_words(words: list[str]) -> None:
    problems(" ".join(words))
    problems("model A {\n" + " ".join(words) + "\n}")


@fuzzed
@given(st.sampled_from(TEXTS), st.data())
def test_damaged_bytes(text: str, data: st.DataObject) -> None:
    damaged = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["set", "insert", "cut"]))
        if kind == "set":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "insert":
            damaged[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        else:
            del damaged[at : at + data.draw(st.integers(1, 30))]
            damaged += b"\n"
    try:
        source = source_from_bytes(bytes(damaged), "test.arch")
    except Failed:
        return
    problems(source.text)


@fuzzed
@given(st.sampled_from(TEXTS), st.data())
def test_damaged_words(text: str, data: st.DataObject) -> None:
    words = re.findall(r"\w+|\s+|->|.", text)
    for _ in range(data.draw(st.integers(1, 6))):
        a, b = (data.draw(st.integers(0, len(words) - 1)) for _ in "ab")
        kind = data.draw(st.sampled_from(["swap", "cut", "double"]))
        if kind == "swap":
            words[a], words[b] = words[b], words[a]
        elif kind == "cut":
            words[a] = ""
        else:
            words[a] = words[a] + words[b]
    problems("".join(words))


def test_windows_and_other_editors() -> None:
    text = "# ü\nmodel A {\n\tinput x[2]\n\trelu\n}\n"
    for data in (text.replace("\n", "\r\n").encode("utf-8-sig"), text.replace("\n", "\r").encode()):
        source = source_from_bytes(data, "test.arch")
        assert source.text == text
        assert plain(parsed(source.text).items) == plain(parsed(text).items)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"caf\xe9", "E0002", "byte 3 (0xE9), in line 1"),
        (b"\xef\xbb\xbf\nab\xff", "E0002", "byte 6 (0xFF), in line 2"),
        ("model A {}".encode("utf-16"), "E0002", "byte 0"),
        (b"a\0b", "E0003", "U+0000"),
        ("a = \u202e3".encode(), "E0003", "U+202E"),
        ("a\u200bb".encode(), "E0003", "U+200B"),
        (b"a\x1b[31m", "E0003", "U+001B"),
        (b"# " + b"x" * 10_000_000, "E0005", "10 MB"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, code: str, words: str) -> None:
    with pytest.raises(Failed) as caught:
        source_from_bytes(data, "test.arch")
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code == code
    assert words in diagnostic.title


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.arch")
    (tmp_path / "file.arch").write_text("let a = 1")
    cases = {
        tmp_path: "it is a folder",
        tmp_path / "pipe.arch": "it is no ordinary file",
        tmp_path / "missing.arch": "there is no such file",
        tmp_path / "file.arch" / "more.arch": "a file and no folder",
        Path("/dev/null"): "it is no ordinary file",
        Path("a\0b"): "NUL",
        tmp_path / ("x" * 5000): "too long",
    }
    for path, words in cases.items():
        with pytest.raises(Failed) as caught:
            read_source(path, "shown.arch")
        [diagnostic] = caught.value.diagnostics
        assert (diagnostic.code, diagnostic.span) == ("E0001", None)
        assert diagnostic.title.startswith("`shown.arch` cannot be read") and words in diagnostic.title
    assert read_source(tmp_path / "file.arch", "shown.arch").name == "shown.arch"


def test_the_grammar_is_strictly_lalr() -> None:
    from lark import Lark

    # `interegular`, with which lark finds terminals that overlap, is among what tests need
    Lark(grammar(), parser="lalr", lexer="basic", start=["file", "alone", "body", "train"], strict=True)


def test_what_travels_with_the_package_is_found() -> None:
    assert "chain" in grammar()
    assert models_folder().name.endswith("models")
