"""Repeats: what their copies are called, and which of them become one node."""

from pathlib import Path
from typing import Any

import pytest

from archc.diagnostics import Report
from archc.ir import Graph
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.resolve.test_blocks import UNIT, drawn, graph_of, node, told


def test_equal_copies_are_one_node() -> None:
    graph = graph_of("dense(4)\nrepeat 3 { dense(4) -> relu }\ndense(2)", shape="6")
    assert drawn(graph) == ["dense1", ("repeat1", "dense2", "relu1"), "dense5"]
    repeat = node(graph, "repeat1")
    assert (repeat.count, repeat.inputs, repeat.output) == (3, ("dense1",), (4,))
    assert repeat.copies == (("dense2", "relu1"), ("dense3", "relu2"), ("dense4", "relu3"))
    assert node(graph, "dense5").inputs == ("repeat1",)
    assert (graph.parameters, graph.macs) == (28 + 3 * 20 + 10, 24 + 3 * 16 + 8)


def test_scopes_are_those_of_the_layers_written_out() -> None:
    repeated = graph_of("unit(4)\nrepeat 3 { unit(4) -> dropout(10%) }\nunit(4)", UNIT)
    written = graph_of("unit(4)\n" + "unit(4) -> dropout(10%)\n" * 3 + "unit(4)", UNIT)
    assert [scope for scope, _ in repeated.layers()] == [scope for scope, _ in written.layers()]
    assert (repeated.parameters, repeated.macs) == (written.parameters, written.macs)


@pytest.mark.parametrize(
    ("body", "nodes"),
    [
        ("repeat 3 { dense(5) }", ["dense1", "dense2", "dense3"]),  # the first copy is entered by another shape
        ("dense(6)\nrepeat 2 as i { dense(6 + i) }", ["dense1", "dense2", "dense3"]),
        ("dense(6) as y\nrepeat 2 { add(dense(6), y) }", ["y", "dense1", "add1", "dense2", "add2"]),
        ("repeat 2 { dense(6) as a }\nadd(a)", ["a1", "a2", "add1"]),
        ("repeat 2 { dense(6) as a }\nadd(a[0], it)", ["a1", "a2", "add1"]),
        ("share f = dense(6)\nrepeat 3 { f -> relu }", ["f", "relu1", "f_2", "relu2", "f_3", "relu3"]),
        ("repeat 1 { dense(6) }", ["dense1"]),
        ("repeat 0 { dense(6) }\nrelu", ["relu1"]),
        ("repeat [3, 4] { relu }", [("repeat1", "relu1")]),
        ("repeat [8, 4] as n { dense(n) }", ["dense1", "dense2"]),
        ("repeat 2 { it }\nrelu", ["relu1"]),
    ],
)
def test_only_equal_copies_fold(body: str, nodes: list[Any]) -> None:
    assert drawn(graph_of(body, shape="6")) == nodes


def test_what_all_copies_read_enters_the_repeat() -> None:
    graph = graph_of("dense(6) as y\nrelu\nrepeat 3 { add(dense(6), y) }", shape="6")
    repeat = node(graph, "repeat1")
    assert repeat.inputs == ("relu1", "y") and repeat.body is not None
    assert [port.name for port in repeat.body.inputs] == ["it", "y"]


def test_names_inside_are_lists_behind() -> None:
    body = (
        "repeat 3 as i { conv(4 * 2 ** i, 3, padding = 1) as skip -> max_pool(2) }\n"
        "repeat 3 as i { upsample(2) -> conv(skip[2 - i].channels, 1) -> add(it, skip[2 - i]) }"
    )
    graph = graph_of(body, shape="16, 16, 3")
    assert [n.name for n in graph.nodes if n.op == "conv"][:3] == ["skip1", "skip2", "skip3"]
    assert node(graph, "add1").inputs == ("conv1", "skip3")
    assert node(graph, "add3").output == (16, 16, 4)


def test_a_merge_takes_the_list_of_copies() -> None:
    graph = graph_of("repeat 3 { conv(4, 3, padding = same) as y -> relu }\nconcat(y, it)")
    assert node(graph, "concat1").inputs == ("y1", "y2", "y3", "relu3")
    assert node(graph, "concat1").output == (8, 8, 16)


def test_repeats_in_repeats() -> None:
    graph = graph_of("repeat 2 { repeat 5 { dense(6) } -> relu }", shape="6")
    assert drawn(graph) == [("repeat1", "dense1"), "relu1", ("repeat2", "dense6"), "relu2"]
    lists = graph_of("repeat 2 { repeat 3 { dense(6) as d } }\nadd(d[1][1], d[0][0], it)", shape="6")
    assert lists.nodes[-1].inputs == ("d5", "d1", "d6")


def test_the_index_counts_from_zero_and_belongs_to_its_repeat() -> None:
    graph = graph_of("repeat 3 as i { dense(i + 1) }\nrepeat 2 as i { dense(i + 5) }", shape="4")
    assert [n.output for n in graph.nodes] == [(1,), (2,), (3,), (5,), (6,)]
    assert [d.code for d in told("model Net {\n input x[4]\n repeat 2 as i { relu }\n dense(i)\n}")] == ["E0301"]


def test_a_copy_that_fails_is_named() -> None:
    (found,) = told("model Net {\n input x[8, 8, 3]\n repeat 6 { conv(3, 3) }\n}")
    assert found.code == "E0205" and "copy 4 of 6" in found.notes[0]


def replayed(text: str) -> tuple[Graph, Graph]:
    """A graph whose repeats were taken as written, and one in which every copy was worked out by itself."""
    from archc.resolve.body import Body

    graphs = []
    fast = Body.like_last
    for judge in (fast, lambda *_: False):
        Body.like_last = judge  # type: ignore[method-assign,assignment]
        try:
            report = Report()
            graphs.append(resolve(parse(Source("net.arch", text), report), Path("data"), report)[0].graph)
        finally:
            Body.like_last = fast  # type: ignore[method-assign]
    return graphs[0], graphs[1]


@pytest.mark.parametrize(
    "body",
    [
        "dense(6) -> repeat 9 { dense(6) as a -> relu }\nadd(a, it)",
        "repeat 9 { unit(6) as u -> add(it, relu) }\nadd(u[3], u[8], it)",
        "dense(6) as z\nrepeat 4 { add(dense(6), z) as y }\nadd(y)",
        "repeat 4 { dense(6)\nlet half = it\nrelu -> add(it, half) }\nadd(half[1], it)",
        "relu\nrepeat 5 { if it.params > 100 { relu } else { dense(6) } }",
        "relu\nlet z = it\nrepeat 5 { let y = z\nadd(y, relu) }",
    ],
)
def test_copies_that_are_copied_are_those_that_would_be_worked_out(body: str) -> None:
    top = "block unit(n) { dense(n) -> tanh }"
    fast, slow = replayed(f"{top}\nmodel Net {{\n input x[6]\n{body}\n}}")
    assert fast == slow
