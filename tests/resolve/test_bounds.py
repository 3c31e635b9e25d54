"""However large the numbers are and however often things are doubled, the answer is there in a moment."""

from collections.abc import Iterator

import pytest

from archc.diagnostics import Report
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.cost import timed
from tests.models import FOLDER

LONGEST = 10.0
"""Seconds; on a machine of its own none takes one, and what isn't bounded takes years."""


def codes(text: str) -> set[str]:
    report = Report()
    file = parse(Source("net.arch", text), report)
    modules, seconds = timed(lambda: resolve(file, FOLDER, report))
    assert seconds < LONGEST
    assert bool(modules) == (report.errors == 0)
    return {diagnostic.code for diagnostic in report.found if diagnostic.severity == "error"}


def model(flow: str, before: str = "") -> str:
    return f"{before}model Net {{\n    input x[4]\n    {flow}\n    dense(1)\n}}\n"


# reliability.md, row 3


@pytest.mark.parametrize(
    "value",
    [
        "10**12",
        "10**18",
        "2**63",
        "9**9**9",
        "1e300",
        "-1",
        "0",
        "2.5",
        "-(10**18)",
        "10**18 * 10**18",
        "1 // 0",
        "0.1",
    ],
)
@pytest.mark.parametrize(
    "layer", ["dense({})", "dense({}) -> relu -> dense({})", "repeat {} {{ relu }}", "dropout({})"]
)
def test_numbers_out_of_bounds(layer: str, value: str) -> None:
    told = codes(model(layer.replace("{}", value).replace("{{", "{").replace("}}", "}")))
    allowed = (layer.startswith("dropout") and value in ("0", "0.1")) or (layer.startswith("repeat") and value == "0")
    assert bool(told) != allowed
    assert told <= {"E0109", "E0203", "E0208", "E0310", "E0311", "E0317", "E0318"}


# reliability.md, row 4


def tower(name: str, first: str, floor: str, height: int = 40) -> str:
    """`floor` in terms of `{}`, the floor below."""
    lines = [f"{name}0 {first}"]
    lines += [f"{name}{i} {floor.format(*[i - 1] * floor.count('{}'))}" for i in range(1, height)]
    return "\n".join(lines) + "\n"


def doubling() -> Iterator[tuple[str, str, str]]:
    blocks = tower("block b", "{{ relu }}".format(), "{{ b{} -> b{} }}", 31)
    yield "blocks", model("b30", blocks), "E0317"
    distinct = "block b0(n) { dense(4) }\n" + "".join(
        f"block b{i}(n) {{ b{i - 1}(2 * n) -> b{i - 1}(2 * n + 1) }}\n" for i in range(1, 31)
    )
    yield "blocks with other arguments", model("b30(1)", distinct), "E0317"
    yield "empty blocks", model("b30(1)", distinct.replace("dense(4)", "")), "E0317"
    branches = distinct.replace("->", ",").replace("{ b", "{ add(b").replace("+ 1)", "+ 1))")
    yield "blocks in branches", model("b30(1)", branches), "E0317"
    wrong = branches.replace("dense(4)", "dense(n, foo = 3)")
    yield "wrong blocks in branches", model("b30(1)", wrong), "E0209"
    lists = tower("let a", "= [1, 2]", "= [a{}, a{}]", 60)
    for use in ("dense(4, weights = a59)", "repeat a59 as n { relu }", "a59 -> relu", "if a59 == a59 { relu }"):
        yield f"lists in {use[:10]}", model(use, lists), "E0311"
    yield "tuples", model("dense(a59)", tower("let a", "= (1, 2)", "= (a{}, a{})", 60)), "E0311"
    yield "layers", model("a59", tower("let a", "= relu", "= a{} -> a{}", 60)), "E0317"
    handed = "block p(a, b) { a -> b }\nlet l0 = relu\n" + tower("let m", "= 1", "= 1", 1)
    handed += "let l1 = p(l0, l0)\n" + "".join(f"let l{i} = p(l{i - 1}, l{i - 1})\n" for i in range(2, 40))
    yield "layers handed on", model("l39", handed), "E0317"
    yield "repeats", model("repeat 10 { " * 20 + "relu" + " }" * 20), "E0317"
    yield "repeats of nothing", model("repeat 1000 { " * 20 + "it" + " }" * 20), "E0317"
    yield "repeats of names", model("repeat 1000 as i { repeat 1000 as j { let a = i } }"), "E0317"
    yield "one large repeat", model("repeat 10**6 { relu }"), "E0317"
    yield "repeats in blocks", model("b", "block a { repeat 1000 { relu } }\nblock b { repeat 1000 { a } }\n"), "E0317"
    calls = "block f(n) { dense(4) }\n"
    yield "bodies of one block", model("repeat 30000 as i { f(i) }", calls), "E0317"
    deep = "".join(f"block b{i} {{ {'add(it, ' * 40}{f'b{i - 1}' if i else 'relu'}{')' * 40} }}\n" for i in range(40))
    yield "depth times depth", model("b39", deep), "E0316"


@pytest.mark.parametrize(("text", "code"), [pytest.param(text, code, id=name) for name, text, code in doubling()])
def test_expansion(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize("times", [1000])
def test_many_mistakes(times: int) -> None:
    many = range(times)
    assert codes(model("\n    ".join(f"dnse({i})" for i in many))) == {"E0301"}
    assert codes(model("relu", "".join(f"block b{i}(n) {{ dense(n, fo = {i}) }}\n" for i in many))) == {"E0209"}
    branches = "".join(f"    if n {{ dense(n, fo = {i}) }}\n" for i in many)
    assert codes(model("relu", f"block f(n) {{\n{branches}}}\n")) == {"E0209"}
    circle = "".join(f"block b{i} {{ b{(i + 1) % times} }}\n" for i in many)
    assert codes(model("relu", circle)) == {"E0315"}
