"""Two networks in one figure: what differs is marked, what was removed stands where it stood."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.draw.differences import scene
from archc.draw.formats import printed
from archc.draw.look import Look
from archc.draw.scene import Line, Part, Rect, Scene, Text
from archc.draw.theme import THEMES
from archc.ir import Graph, Module
from archc.ir.compare import Difference, compare, compare_modules
from tests.author import Author
from tests.draw.faults import faults
from tests.ir.test_compare import Written, net
from tests.models import FOLDER, built_in, module_of

GOLDEN = Path(__file__).parents[1] / "golden" / "figures" / "differences"

NET = """model Net {
    input x[16, 16, 3]
    conv(8, 3x3, padding = same) as first -> relu as bend
    max_pool(2x2) as half
    flatten
    dense(10) as last
}
"""
FORKED = """model Net {
    input x[16, 16, 3]
    conv(8, 3x3, padding = same) as stem
    let left = stem -> conv(8, 1x1) as one
    let right = stem -> conv(8, 3x3, padding = same) as three -> relu as bend
    concat(left, right) as both
    flatten
    dense(10) as last
}
"""


def figure(before: str, after: str, look: Look | None = None) -> Scene:
    return between(module_of(before), module_of(after), look)


def between(before: Module, after: Module, look: Look | None = None) -> Scene:
    """The figure of a difference, which is as a figure should be."""
    found = scene(compare_modules(before, after), ("a", "b"), look or Look())
    assert faults(found) == []
    return found


def of_graphs(before: Graph, after: Graph) -> Scene:
    found = scene(Difference(compare(entered(before), entered(after)), (), ()), ("a", "b"), Look())
    assert faults(found) == []
    return found


def entered(graph: Graph) -> Graph:
    """The same, its input not called as those of its blocks are."""
    called = {"it": "x"}
    nodes = (node.model_copy(update={"inputs": tuple(called.get(v, v) for v in node.inputs)}) for node in graph.nodes)
    (port,) = (port.model_copy(update={"name": "x", "value": "x"}) for port in graph.inputs)
    (end,) = (port.model_copy(update={"value": called.get(port.value, port.value)}) for port in graph.outputs)
    return graph.model_copy(update={"inputs": (port,), "nodes": tuple(nodes), "outputs": (end,)})


def parts(found: Scene, kind: str) -> dict[str, Part]:
    return {part.id: part for part in found.parts if part.kind == kind}


def texts(part: Part) -> list[str]:
    return [mark.text for mark in part.marks if isinstance(mark, Text)]


def marked(found: Scene) -> dict[str, str]:
    """What is marked, cards and frames, by the colour of its border."""
    roles = {}
    for part in found.parts:
        boxes = [mark for mark in part.marks if isinstance(mark, Rect)]
        borders = [mark for mark in boxes if mark.stroke_width == 2]
        if part.kind in ("node", "band") and borders:
            roles[part.id] = borders[0].stroke
            assert f"{borders[0].stroke}.paper" in [mark.fill for mark in boxes]
            assert bool(borders[0].dash) == (borders[0].stroke == "removed" or part.id.count(" to ") > 0)
    return roles


def flows(found: Scene, stroke: str) -> set[tuple[str, str]]:
    """From where to where lines of a colour lead."""
    edges = [part for part in found.parts if part.kind == "edge"]
    ends = set()
    for part in edges:
        (line,) = [mark for mark in part.marks if isinstance(mark, Line)]
        assert bool(line.dash) == (line.stroke == "removed")
        if line.stroke == stroke and part.ends:
            ends.add(part.ends)
    return ends


def said(found: Scene, id: str) -> list[str]:
    return texts(({**parts(found, "node"), **parts(found, "band")})[id])


def heading(found: Scene) -> list[str]:
    return texts(next(part for part in found.parts if part.kind == "note"))


def labels(found: Scene) -> dict[str, str]:
    return {id: texts(part)[0] for id, part in parts(found, "label").items()}


def test_added() -> None:
    found = figure(NET, NET.replace("max_pool(2x2)", "conv(4, 1x1) as new\n    max_pool(2x2)"))
    assert marked(found) == {"new": "added"}
    assert said(found, "new")[:2] == ["new: conv 4", "+ added"]
    assert flows(found, "added") == {("bend", "new"), ("new", "half")}
    assert not flows(found, "removed")
    assert labels(found)["half"] == "8×8×8 → 8×8×4"
    assert "flatten1" in labels(found) and "512 → 256" in labels(found)["flatten1"]


def test_what_was_removed_stands_where_it_stood() -> None:
    found = figure(NET, NET.replace(" -> relu as bend", ""))
    assert marked(found) == {"bend (removed)": "removed"}
    assert said(found, "bend (removed)") == ["bend: relu", "− removed"]
    assert flows(found, "removed") == {("first", "bend (removed)"), ("bend (removed)", "half")}
    assert flows(found, "added") == {("first", "half")}
    nodes = parts(found, "node")
    assert nodes["first"].bounds[3] < nodes["bend (removed)"].bounds[1]
    assert nodes["bend (removed)"].bounds[3] < nodes["half"].bounds[1]


def test_the_last_one_before_the_output() -> None:
    before = "model M {\n    input x[4]\n    dense(3)\n    softmax\n}\n"
    found = figure(before, before.replace("    softmax\n", ""))
    assert flows(found, "removed") == {("dense1", "softmax1 (removed)"), ("softmax1 (removed)", "output output")}
    assert flows(found, "added") == {("dense1", "output output")}
    back = figure(before.replace("    softmax\n", ""), before)
    assert flows(back, "added") == {("dense1", "softmax1"), ("softmax1", "output output")}
    assert not flows(back, "removed")


def test_nothing_leads_into_a_parameter() -> None:
    """It takes no value of the network, whether it is in one of the two, in both, or in a block that is."""
    one = "model M {\n    input x[16, 4]\n    conv(4, 1)\n    flatten -> dense(2)\n}\n"
    two = one.replace("    flatten", "    add(it, parameter(it.shape))\n    flatten")
    three = two.replace("conv(4, 1)", "conv(4, 1) -> relu")
    block = "block emb(n) {\n    add(it, parameter(it.shape)) -> conv(n, 1)\n}\n"
    four = block + one.replace("    flatten", "    repeat 2 { emb(4) }\n    flatten")
    for a, b in ((one, two), (two, one), (two, three), (three, four), (four, two)):
        found = figure(a, b)
        ends = [part.ends for part in found.parts if part.kind == "edge" and part.ends]
        assert not any("parameter" in end for _, end in ends), (a, b)
        assert any("parameter" in start for start, _ in ends)


def test_one_for_another() -> None:
    found = figure(NET, NET.replace("relu as bend", "tanh"))
    assert marked(found) == {"bend (removed)": "removed", "tanh1": "added"}
    assert flows(found, "removed") == {("first", "bend (removed)"), ("bend (removed)", "half")}
    assert flows(found, "added") == {("first", "tanh1"), ("tanh1", "half")}


def test_changed() -> None:
    found = figure(NET, NET.replace("conv(8, 3x3", "conv(16, 5x5"))
    assert marked(found) == {"first": "changed"}
    assert said(found, "first")[1:3] == ["~ filters 8 → 16", "~ window 3×3 → 5×5"]
    assert said(found, "first")[-1].startswith("224 → 1,216 params · ")
    assert "5,130 → 10,250 params" in " · ".join(said(found, "last"))
    assert labels(found)["first"] == "16×16×8 → 16×16×16"
    assert not flows(found, "added") and not flows(found, "removed")


def test_renamed_and_moved() -> None:
    found = figure(NET, NET.replace("as first", "as begin"))
    assert marked(found) == {"begin": "moved"} and "> was first" in said(found, "begin")
    moved = NET.replace(" -> relu as bend", "").replace("as half", "as half -> relu as bend")
    assert "> moved, was behind first" in said(figure(NET, moved), "bend")


def test_ordinals_that_follow_are_no_news() -> None:
    before = "model M {\n    input x[4]\n    dense(3) -> relu\n    dense(2) -> relu\n}\n"
    found = figure(before, before.replace("dense(3) -> relu", "dense(3) -> relu\n    tanh -> relu"))
    assert set(marked(found).values()) == {"added"} and len(marked(found)) == 2
    assert heading(found)[1] == "2 layers added"


def test_branches() -> None:
    after = FORKED.replace(" -> relu as bend", "").replace(
        "concat(left, right)", "let mid = stem -> max_pool(3x3, stride = 1, padding = same) as pool\n"
        "    concat(left, right, mid)",
    )  # fmt: skip
    found = figure(FORKED, after)
    assert marked(found) == {"bend (removed)": "removed", "pool": "added", "both": "changed"}
    assert flows(found, "removed") == {("three", "bend (removed)"), ("bend (removed)", "both")}
    assert flows(found, "added") == {("stem", "pool"), ("pool", "both"), ("three", "both")}
    back = figure(after, FORKED)
    assert flows(back, "removed") == {("stem", "pool (removed)"), ("pool (removed)", "both")}
    assert flows(back, "added") == {("three", "bend"), ("bend", "both")}


def test_a_line_that_is_gone() -> None:
    found = figure(FORKED, FORKED.replace("concat(left, right)", "concat(left, right, stem)"))
    assert flows(found, "added") == {("stem", "both")} and marked(found) == {"both": "changed"}
    back = figure(FORKED.replace("concat(left, right)", "concat(left, right, stem)"), FORKED)
    assert flows(back, "removed") == {("stem", "both")}


def test_inputs_and_outputs() -> None:
    found = figure(NET, NET.replace("x[16, 16, 3]", "x[32, 32, 3]"))
    assert marked(found) == {"x": "changed"}
    assert said(found, "x") == ["x 32×32×3", "~ 16×16×3 → 32×32×3"]
    assert labels(found)["first"] == "16×16×8 → 32×32×8"
    found = figure(NET, NET.replace("dense(10)", "dense(3)"))
    assert marked(found) == {"last": "changed", "output output": "changed"}
    assert said(found, "output output")[1] == "~ 10 → 3"
    two = NET.replace("dense(10) as last", "dense(10) as last\n    output a = last\n    output b = bend")
    found = figure(two, two.replace("output b = bend", "output c = half"))
    assert marked(found)["output b (removed)"] == "removed" and marked(found)["output c"] == "added"
    assert flows(found, "removed") == {("bend", "output b (removed)")}


BLOCKS = """block unit(f) { conv(f, 3x3, padding = same) as c -> relu }

model Net {
    input x[16, 16, 3]
    unit(4) as one
    unit(8) as two
    unit(16) as three
    flatten
    dense(10) as last
}
"""


def test_blocks_that_hold_what_differs_are_open() -> None:
    after = BLOCKS.replace("unit(8) as two", "other(8) as two").replace(
        "\nmodel", "block other(f) { conv(f, 3x3, padding = same) as c -> batch_norm -> relu }\n\nmodel"
    )
    found = figure(BLOCKS, after)
    assert set(parts(found, "frame")) == {"two"}
    assert marked(found) == {"two": "changed", "two.batch_norm1": "added"}
    assert said(found, "two")[1] == "~ block unit → other"
    closed = figure(BLOCKS, after, Look(0))
    assert not parts(closed, "frame") and "~ inside: 1 added" in said(closed, "two")
    every = figure(BLOCKS, after, Look(1))
    assert set(parts(every, "frame")) == {"one", "two", "three"}


def test_a_block_that_came_or_went_opens_when_asked() -> None:
    after = BLOCKS.replace("    unit(8) as two\n", "")
    found = figure(BLOCKS, after)
    assert marked(found) == {"two (removed)": "removed"} and not parts(found, "frame")
    found = figure(BLOCKS, after, Look(1))
    inner = {"two (removed).c (removed)": "removed", "two (removed).relu1 (removed)": "removed"}
    assert marked(found) == {"two (removed)": "removed", **inner}
    found = figure(after, BLOCKS, Look(1))
    assert marked(found) == {"two": "added", "two.c": "added", "two.relu1": "added"}


def test_repeats() -> None:
    inner: list[Written] = ["dense(2)", "relu"]
    found = of_graphs(net((4, inner)), net((6, inner)))
    assert marked(found) == {"repeat1": "changed"}
    assert "~ ×4 → ×6" in said(found, "repeat1") and "×6" in said(found, "repeat1")
    found = of_graphs(net((4, inner)), net((4, ["dense(2)", "tanh"])))
    assert marked(found) == {"relu1 (removed)": "removed", "tanh1": "added"}
    found = of_graphs(net((4, [("unit", "", inner)])), net((5, [("unit", "", inner)])))
    assert marked(found) == {"unit1": "changed"} and "~ ×4 → ×5" in said(found, "unit1")
    group: list[Written] = [("unit", "", inner), "dense(2)", "tanh"]
    found = of_graphs(net((4, group)), net((5, [*group, "relu"])))
    assert marked(found) == {"repeat1": "changed", "relu1": "added"}
    assert said(found, "repeat1")[:2] == ["repeat", "~ ×4 → ×5"]


def test_nothing_differs() -> None:
    module = built_in(FOLDER / "lenet5.arch")
    found = between(module, module)
    assert heading(found)[:2] == ["a → b", "no difference"] and not marked(found)
    assert any("layers unchanged" in text for id in parts(found, "node") for text in said(found, id))


def test_long_stretches_are_one_card() -> None:
    steps: list[Written] = ["dense(2)", "relu"] * 40
    found = of_graphs(net(*steps), net(*steps[:40], "tanh", *steps[40:]))
    shown = [said(found, id)[0] for id in parts(found, "node")]
    assert shown == ["x 2", "dense 2", "⋮  38 layers unchanged", "relu", "tanh", "dense 2", "⋮  38 layers unchanged",
                     "relu", "y 2"]  # fmt: skip
    found = of_graphs(net("dense(2)"), net("dense(2)", *["relu", "tanh"] * 200))
    assert "⋮  398 layers added" in [said(found, id)[0] for id in parts(found, "node")]
    found = of_graphs(net(*steps * 10), net(*[str(step).replace("2", "3") for step in steps * 10]))
    assert found.height < 1600 and any("~ inside:" in " ".join(said(found, id)) for id in parts(found, "node"))


def test_the_caption_tells_names_totals_and_settings() -> None:
    text = (FOLDER / "digits.arch").read_text(encoding="utf-8")
    found = figure(text, text.replace("dense(128)", "dense(64)").replace("batch        = 32", "batch = 64"))
    told = heading(found)
    assert told[0] == "a → b"
    assert " ".join(told[1:]) == (
        "1 layer changed, 1 setting of the recipe changed "
        "76,586 → 43,114 parameters · 675 k → 642 k MACs recipe: batch 32 → 64"
    )


def test_of_many_settings_some_are_told() -> None:
    found = between(built_in(FOLDER / "mlp.arch"), built_in(FOLDER / "mnist_mlp.arch"))
    lines = heading(found)
    start = next(index for index, line in enumerate(lines) if line.startswith("recipe:"))
    assert len(lines) - start <= 3 and lines[-1].endswith(" more")


def test_the_legend_tells_the_signs_that_are_seen() -> None:
    found = figure(NET, NET.replace(" -> relu as bend", ""))
    legend = [texts(part)[0] for part in found.parts if part.kind == "legend"]
    assert legend == ["− removed", "unchanged", "flow added", "flow removed", "flow unchanged"]


@pytest.mark.parametrize("pair", [
    ("lenet5", "lenet5_1998"), ("resnet18", "resnet34"), ("resnet50", "resnet152"), ("resnet50", "vgg16"),
    ("googlenet", "googlenet_torchvision"), ("alexnet", "alexnet_torchvision"), ("vgg11", "vgg19"),
    ("googlenet", "resnet50"), ("mnist_to_usps", "digits"),
], ids="-".join)  # fmt: skip
def test_models(pair: tuple[str, str]) -> None:
    one, two = (built_in(FOLDER / f"{name}.arch") for name in pair)
    for found in (between(one, two), between(two, one)):
        assert found.width <= 1400 and found.height <= 1700
        assert marked(found)


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_pairs(first: int, tmp_path: Path) -> None:
    """Networks that have little in common, and one and the same with other names."""
    last: Module | None = None
    for seed in range(first, first + 20):
        sketch = Author(seed).model(recipe=False)
        module = sketch.module(tmp_path)
        between(module, sketch.module(tmp_path, lambda name: f"z_{name}"))
        if last is not None:
            between(last, module)
            between(last, module, Look(2))
        last = module


@pytest.mark.parametrize("seed", range(30))
def test_random_edits(seed: int) -> None:
    """Each layer and block of either network is seen, in a card or in the number of one."""
    chance = random.Random(seed)
    old, new = edited(chance, 3)
    found = of_graphs(net(*old), net(*new))
    comparison = compare(net(*old), net(*new))
    assert all(role in ("added", "removed", "changed", "moved") for role in marked(found).values())
    if not comparison.equal:
        assert marked(found) or not (comparison.added or comparison.removed or comparison.changed)


def edited(chance: random.Random, deep: int, around: str = "") -> tuple[list[Written], list[Written]]:
    """Steps, and the same with some put in, left out or otherwise."""
    old: list[Written] = []
    new: list[Written] = []
    for index in range(chance.randint(2, 7)):
        kinds = ["layer"] * 4 + ["block"] * (deep > 0) + ["repeat"] * (deep > 0 and around != "repeat")
        kind = chance.choice(kinds)
        a: Written = chance.choice(["dense(2)", "relu", "tanh", "sigmoid"])
        b: Written = a
        if kind != "layer":
            inner = edited(chance, deep - 1, kind)
            a, b = ((f"kind{deep}_{index}_", "", x) if kind == "block" else (chance.randint(2, 4), x) for x in inner)
        fate = chance.random()
        old += [a] if fate > 0.12 else []
        new += [b] if fate < 0.88 else []
        new += ["softmax"] if chance.random() < 0.1 else []
    return [*old, "dense(2)"], [*new, "dense(2)"]


@pytest.mark.parametrize("seed", range(200))
def test_lines_are_those_of_the_two_networks(seed: int) -> None:
    """The unchanged and the added ones are the second's, the unchanged and the removed ones the first's: but for those
    that lead through added layers now, and for those that would lead upwards, which are told in words."""
    chance = random.Random(seed)
    names = [f"l{index}" for index in range(chance.randint(3, 8))]
    kept = [name for name in names if chance.random() < 0.8]
    new = sorted({*kept, *(f"{name}x" for name in names if chance.random() < 0.2)})
    old = module_of(branching(chance, names))
    after = module_of(branching(chance, new or names))
    found = between(old, after)
    comparison = compare(old.graph, after.graph)
    alignment = comparison.alignment
    called = {match.before.name: match.after.name for match in alignment.matches} | {"x": "x"}
    called |= {node.name: f"{node.name} (removed)" for node in alignment.removed}
    for change in comparison.outputs:
        if change.before:
            end = f"output {change.before.name}"
            called[end] = f"output {change.after.name}" if change.after else f"{end} (removed)"
    ours = lines(after.graph, {})
    theirs = lines(old.graph, called)
    same, added, removed = (flows(found, role) for role in ("edge", "added", "removed"))
    assert same | added == ours and not same & added
    assert removed <= theirs - ours and same <= theirs and not added & theirs
    inserted = {node.name: node.inputs for node in alignment.added}
    for start, end in theirs - same - removed:
        through, waiting = set[str](), [value for value, reader in ours if reader == end and value in inserted]
        while waiting:
            through |= {value := waiting.pop(), *inserted[value]}
            waiting += [each for each in inserted[value] if each in inserted]
        words = " ".join(said(found, end) + (said(found, start) if start != "x" else []))
        assert start in through or "> moved" in words or f"~ read {start}" in words or "− led to" in words


def branching(chance: random.Random, names: list[str]) -> str:
    """A network of named layers, each of which reads one or two of those right before it; the rest are outputs."""
    before, read, steps = ["x"], set[str](), []
    for name in names:
        reads = list(dict.fromkeys(chance.choice(before[-3:]) for _ in range(chance.randint(1, 2))))
        call = f"add({', '.join(reads)})" if len(reads) > 1 else f"{reads[0]} -> {random.Random(name).choice(KINDS)}"
        steps.append(f"{call} as {name}")
        read |= set(reads)
        before.append(name)
    if "x" not in read:
        return branching(chance, names)
    outputs = [f"output out{index} = {name}" for index, name in enumerate(names) if name not in read]
    return "model M {\n    input x[8]\n    " + "\n    ".join([*steps, *outputs]) + "\n}\n"


def lines(graph: Graph, called: dict[str, str]) -> set[tuple[str, str]]:
    """From where to where a network's lines lead, under the names of a figure."""
    found = {(called.get(v, v), called.get(node.name, node.name)) for node in graph.nodes for v in node.inputs}
    ends = {f"output {port.name}": port.value for port in graph.outputs}
    return found | {(called.get(value, value), called.get(end, end)) for end, value in ends.items()}


KINDS = ("dense(8)", "relu", "tanh", "sigmoid")


def test_the_same_bytes_again() -> None:
    one, two = (built_in(FOLDER / f"{name}.arch") for name in ("lenet5", "lenet5_1998"))
    for form in ("svg", "png", "pdf"):
        for theme in THEMES:
            assert printed(between(one, two), form, theme) == printed(between(one, two), form, theme)


def test_golden_figure(golden: Callable[[Path, str], None]) -> None:
    one, two = (built_in(FOLDER / f"{name}.arch") for name in ("lenet5", "lenet5_1998"))
    golden(GOLDEN / "lenet5-lenet5_1998.svg", printed(between(one, two), "svg").decode())


CHAIN = "model Net {\n    input x[8, 8, 4]\n    %s\n    global_avg_pool -> dense(3)\n}\n"


def test_what_was_moved_shows_both_ways() -> None:
    layers = ("conv(4, 3x3, padding = same)", "relu", "max_pool(2x2)", "conv(8, 3x3)")
    first, act, pool, last = layers
    found = figure(*(CHAIN % " -> ".join(order) for order in (layers, (pool, first, act, last))))
    assert said(found, "max_pool1")[1] == "> moved, was behind relu1"
    assert flows(found, "added") == {("x", "max_pool1"), ("max_pool1", "conv1"), ("relu1", "conv2")}
    # a line from relu1 up to max_pool1 can't be drawn: the card tells of it
    assert flows(found, "removed") == {("x", "conv1"), ("max_pool1", "conv2")}


def test_what_led_upwards_is_told() -> None:
    net = "model U {\n input x[16, 16, 4]\n %s\n conv(2, 1x1)\n}\n"
    found = figure(
        net % "conv(8, 3x3, padding = same) as a\n max_pool(2x2)\n upsample(2)\n concat(a, it) as both",
        net % "concat(conv(3, 1x1), conv(5, 1x1)) as both\n max_pool(2x2)",
    )
    assert said(found, "upsample1 (removed)")[1:] == ["− removed", "− led to both"]


def test_layers_of_more_copies_are_counted() -> None:
    found = figure(*(f"model R {{\n input x[4]\n repeat {n} {{ dense(4) -> relu }}\n}}\n" for n in (3, 5)))
    assert heading(found)[1].startswith("4 layers added, 1 repeat changed")
