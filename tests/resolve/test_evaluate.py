"""What expressions give, and what flows name."""

import math
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from archc.diagnostics import Diagnostic, Report
from archc.ir import Module
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.cost import growth, timed


def compiled(body: str, top: str = "", parameters: str = "") -> tuple[list[Module], list[Diagnostic]]:
    text = f"{top}\nmodel Net{parameters} {{\n    input image[8, 6, 3]\n    {body}\n}}\n"
    report = Report()
    modules = resolve(parse(Source("net.arch", text), report), Path(), report)
    # most names here are there to be looked at, not to be used
    return modules, [diagnostic for diagnostic in report.found if diagnostic.code != "W0302"]


def value(expression: str, top: str = "") -> Any:
    (module, *_), found = compiled("flatten", top, f"(n = {expression})")
    assert not found
    return module.arguments["n"]


def units(body: str, top: str = "") -> list[int]:
    modules, found = compiled(body, top)
    assert [d.title for d in found] == []
    return [node.output[-1] for node in modules[0].graph.nodes if node.op == "dense"]


@pytest.mark.parametrize("written", ["[8, 6, 3]", "(8, 6, 3)", "8x6x3"])
def test_a_shape_is_compared_in_every_form(written: str) -> None:
    assert units(f"if it.shape == {written} {{ flatten -> dense(1) }} else {{ flatten -> dense(2) }}") == [1]
    assert units(f"if {written} != it.shape {{ flatten -> dense(1) }} else {{ flatten -> dense(2) }}") == [2]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 3", 1),
        ("10%3", 1),
        ("40%", 0.4),
        ("7 / 2", 3.5),
        ("6 / 2", 3.0),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("1.5M", 1_500_000),
        ("min(3, 1, 2)", 1),
        ("max(3, 1, 2.5)", 3),
        ("floor(2.7)", 2),
        ("ceil(2.1)", 3),
        ("round(2.6)", 3),
        ("floor(-2.5)", -3),
        ("sqrt(9)", 3.0),
        ("log2(8)", 3.0),
        ("make_divisible(33, 8)", 32),
        ("make_divisible(3, 8)", 8),
        ("make_divisible(37, 8)", 40),
        ("make_divisible(11, 8)", 16),
        ("1 < 2", True),
        ("2 <= 1", False),
        ("1 == 1.0", True),
        ("1 != 2 and 2 > 1", True),
        ("not true or false", False),
        ("5x5 == (5, 5)", True),
        ("[1, [2, 3]][1][0]", 2),
        ("(4, 5)[1]", 5),
    ],
)
def test_expressions(expression: str, expected: object) -> None:
    assert value(expression) == expected
    assert isinstance(value(expression), type(expected))


def test_and_or_look_no_further_than_needed() -> None:
    assert value("true or 1 / 0 > 1") is True
    assert value("false and 1 / 0 > 1") is False


def test_names() -> None:
    assert value("a * b", "let a = 6\nlet b = a + 1") == 42
    assert units("let n = 4\nflatten\ndense(n)\ndense(n + 1)") == [4, 5]


def test_facts() -> None:
    assert units("let c = conv(4, 3x3)\nc -> flatten -> dense(c.height * 100 + c.width * 10 + c.channels)") == [644]
    assert units("flatten -> dense(it.size // 2) -> dense(it.channels + image.channels)") == [72, 75]
    assert units("let c = conv(4, 3x3)\nc -> flatten -> dense(c.params) -> dense(c.macs)") == [112, 2592]
    assert units("flatten -> dense(image.shape[0])") == [8]


def test_promises_see_the_whole_model() -> None:
    body = "conv(4, 3x3)\nflatten\ndense(8)"
    (module,), _ = compiled(body)
    parameters, macs = 4 * 28 + 97 * 8 - 8 + 8, 24 * 4 * 27 + 96 * 8
    assert (module.graph.parameters, module.graph.macs) == (parameters, macs)
    assert compiled(f"assert params == {parameters}\n{body}\nassert macs == {macs} and params < 1K")[1] == []
    assert [d.code for d in compiled(f"assert params == {parameters + 1}\n{body}")[1]] == ["E0501"]


def test_it_is_what_entered_the_line() -> None:
    assert units("flatten\ndense(5)\nlet aside = it -> dense(7)\naside -> dense(2) -> relu") == [5, 7, 2]
    assert units("flatten -> dense(5)\nlet n = it.channels\ndense(n + 1)") == [5, 6]


def test_a_named_flow_leaves_it_where_it_was() -> None:
    modules, found = compiled(
        "flatten\nlet aside = dense(7) -> relu\noutput a = aside -> dense(2)\noutput b = dense(3)"
    )
    assert not found
    assert [node.inputs[0] for node in modules[0].graph.nodes] == ["image", "flatten1", "dense1", "relu1", "flatten1"]


def test_names_of_layers() -> None:
    modules, found = compiled("conv(2, 3x3) as conv2 -> relu\nconv(2, 3x3)\nconv(2, 1x1)\nflatten as flat -> dense(2)")
    assert not found
    assert [node.name for node in modules[0].graph.nodes] == ["conv2", "relu1", "conv1", "conv3", "flat", "dense1"]


def test_an_argument_takes_its_own_words_before_names() -> None:
    modules, found = compiled("conv(2, 3x3, padding = same)\nflatten", top="let same = 1")
    assert not found
    assert modules[0].graph.nodes[0].output == (8, 6, 2)


def test_whole_floats_are_whole() -> None:
    assert units("flatten\ndense(16 / 4)\ndense(1e1)") == [4, 10]


EXTREMES = [
    "10**12", "10**10**10", "2**1e9", "1e400", "9" * 5000,
    "1T * 1T * 1T", "(1T)**60", "0.5**-1000", "(-8)**0.5", "0**-1",
    "1 / 1e-300", "1e-300 / 1e300", "1e308 * 10", "-(10**18) - 1", "sqrt(-1e300)", "log2(0)", "1e18 % 1e-18", "2.5",
    "0", "-1", "1.0000001", "make_divisible(1e18, 7)", "make_divisible(1, 1e300)", "round(1e300)", "min(1, 10**19)",
]  # fmt: skip


@pytest.mark.parametrize("body", ["flatten -> dense({})", "conv({}, 3x3) -> flatten", "max_pool({}) -> flatten"])
@pytest.mark.parametrize("number", EXTREMES, ids=lambda text: text[:20])
def test_numbers_out_of_bounds_cost_nothing(number: str, body: str) -> None:
    compiled("flatten")
    tracemalloc.start()
    (modules, found), seconds = timed(lambda: compiled(body.format(number)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found and not modules
    assert all(diagnostic.span and diagnostic.span.line == 4 for diagnostic in found)
    assert seconds < 0.2, "a fiftieth of that on a machine of its own"
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "shape", ["10**6, 10**6, 10**6", "2_000_000_000, 2_000_000_000, 3", "1e300", "3.5", "0", "-1", "2T"]
)
def test_inputs_out_of_bounds(shape: str) -> None:
    report = Report()
    text = f"model Net {{\n    input image[{shape}]\n    relu\n}}\n"
    assert resolve(parse(Source("net.arch", text), report), Path(), report) == []
    (diagnostic,) = report.found
    assert diagnostic.code in ("E0204", "E0208", "E0311")


def test_a_file_that_cannot_be_read_whole_is_not_complained_about_further() -> None:
    _, found = compiled("flatten -> dense(3", top="let a = = 3")
    assert {diagnostic.code[:3] for diagnostic in found} == {"E01"}


def test_many_layers_cost_no_more_than_one_each() -> None:
    def rows(count: int) -> None:
        line = "conv(3, 3x3, padding = same, bias = false) -> batch_norm -> relu"
        modules, found = compiled("\n".join([line] * count) + "\nassert params > 1")
        assert not found
        assert len(modules[0].graph.nodes) == 3 * count

    assert growth(rows, 50) < 4.4


def test_arithmetic_is_exact() -> None:
    assert value("10 ** 18") == 10**18
    assert value("3 * (10 ** 17 + 1)") == 3 * (10**17 + 1)
    assert math.isclose(value("2 ** 0.5"), math.sqrt(2))


def test_what_could_be_read_is_resolved_beside_what_could_not() -> None:
    text = (
        "block unit(n) {\n    dense(n) dropout(10%)\n    rellu\n}\n"
        "model Net {\n    input image[28, 28, 1]\n    flatten -> unit(3)\n    let n = 5 5\n    dense(n) -> tnah\n"
        "    output x = image -> convv(3, 3)\n}\n"
        "train {\n    data = digits\n    loss : mse\n    optimizer = adamm(1e-3)\n    batch = 0\n    epochs = 3\n}\n"
    )
    report = Report()
    assert resolve(parse(Source("net.arch", text), report), Path("data"), report) == []
    told = [(found.span.line, found.code) for found in report.found if found.span]
    assert told == sorted(told), "from the top of the file, whichever phase found it"
    assert told == [
        (2, "E0106"), (3, "E0301"), (8, "E0106"), (9, "E0301"), (10, "E0301"),
        (14, "E0112"), (15, "E0301"), (16, "E0203"),
    ]  # fmt: skip
