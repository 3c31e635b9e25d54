"""The graph style: figures of networks of all kinds without a fault, with few crossings and little empty room."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from archc.draw import graph
from archc.draw.cards import NARROWEST, STEP
from archc.draw.layered import Placement, place
from archc.draw.look import Look
from archc.draw.scene import Rect, Scene, moved
from archc.draw.styles import draw
from archc.draw.svg import words
from archc.ir import Module
from tests.draw.faults import crossings, crossings_of, extent, faults, spread, wires
from tests.draw.rival import drawn, extent_of
from tests.draw.wirings import Wirer
from tests.grower import Grower
from tests.models import BUILT_IN, FOLDER, built_in, module_of

LOOKS = {"by itself": Look(), "closed": Look(0), "one": Look(1), "two": Look(2), "full": Look(full=True)}
MANY, AT_ONCE = {"grown": 500, "wired": 250}, 25
"""Random networks of each kind, and how many a test takes."""

OFTEN = {"grown": 500, "wired": 125}
"""Those that are drawn without being asked for."""

WIDEST_SPREAD, WIDEST_WIRED, LANE = 2.5, 3.7, 22.0
"""How large a figure may be beside what is in it: that of a model or of a random one of real layers, and that
of random wiring, where most of what is in it are lines, with so many px of room along each."""


UNET = """
block double(filters) { conv(filters, 3, padding = same) -> relu -> conv(filters, 3, padding = same) -> relu }

model UNet {
    input image[32, 32, 3]
    double(8) as skip1
    max_pool(2) -> double(16) as skip2
    max_pool(2) -> double(32) as skip3
    max_pool(2) -> double(64)
    conv_transpose(32, 2, stride = 2) as up3
    concat(it, skip3) -> double(32)
    conv_transpose(16, 2, stride = 2) as up2
    concat(it, skip2) -> double(16)
    conv_transpose(8, 2, stride = 2) as up1
    concat(it, skip1) -> double(8)
    conv(3, 1) -> softmax
}
"""

SIAMESE = """
block embed(units) { flatten -> dense(64) -> relu -> dense(units) }

model Siamese {
    input left[28, 28, 1]
    input right[28, 28, 1]
    share tower = embed(32)
    output gap = distance(left -> tower, right -> tower)
}
"""

MANY_ENDS = """
block head(n) { dense(16) -> relu -> dense(n) -> softmax }

model ManyEnds {
    input photo[32, 32, 3]
    input age[1]
    input words[12, 4]
    let seen = photo -> conv(8, 3) -> relu -> global_avg_pool
    let read = words -> flatten -> dense(8) -> relu
    let all = concat(seen, read, age)
    output kind = all -> head(5)
    output where = all -> head(3)
    output grade = concat(all, seen) -> dense(1)
}
"""

DEEP = """
model Deep {
    input x[8]
    repeat 500 { dense(8) -> relu }
    dense(2)
}
"""

UNEQUAL = "model Unequal {\n    input x[400]\n" + "".join(f"    dense({400 - i})\n" for i in range(300)) + "}\n"

NESTED = """
block a { add(dense(8) -> relu, it) }
block b { repeat 3 { a } -> add(a -> tanh, it) }
block c { add(b, b -> dense(8), it) }
block d { c -> repeat 2 { c -> b } }

model Nested {
    input x[8]
    d -> add(d, it) -> dense(2)
}
"""

DENSELY = (
    "model Densely {\n    input x[4]\n    let v0 = x -> dense(4)\n"
    + "".join(
        f"    let v{i} = add({', '.join(f'v{j}' for j in range(i))}, x) -> dense(4) -> relu\n" for i in range(1, 9)
    )
    + "    output y = v8 -> dense(1)\n}\n"
)

LONG_CALLS = """
block part(a, b, c, d) { dense(4) -> relu }

model LongCalls {
    input x[4]
    part(1, 2, 3, 4) -> part(4, 12345678, 12345678, 12345678) -> part("a very, very long text", 2, 3, 4)
}
"""

KINDS = {
    "U-Net": UNET,
    "siamese": SIAMESE,
    "many ends": MANY_ENDS,
    "1,000 layers": DEEP,
    "300 unequal layers": UNEQUAL,
    "nested": NESTED,
    "densely": DENSELY,
}


def wired(seed: int, folder: Path) -> Module:
    return module_of(Wirer(seed).network())


def grown(seed: int, folder: Path) -> Module:
    """A random model of the catalogue's layers."""
    return Grower(seed).model(recipe=False).module(folder)


RANDOM = {"wired": wired, "grown": grown}


def look_of(seed: int) -> Look:
    return list(LOOKS.values())[seed % len(LOOKS)]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_models(path: Path, look: str) -> None:
    scene = draw(built_in(path), "graph", LOOKS[look])
    assert faults(scene) == []
    assert spread(scene) <= WIDEST_SPREAD


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind: str, look: str) -> None:
    assert faults(draw(module_of(KINDS[kind]), "graph", LOOKS[look])) == []


@pytest.mark.parametrize(
    ("way", "first"),
    [
        pytest.param(way, first, marks=[] if first < OFTEN[way] else pytest.mark.slow)
        for way, many in MANY.items()
        for first in range(0, many, AT_ONCE)
    ],
)
def test_random_networks(way: str, first: int, tmp_path: Path) -> None:
    found = {}
    for seed in range(first, first + AT_ONCE):
        scene = draw(RANDOM[way](seed, tmp_path), "graph", look_of(seed))
        found[seed] = faults(scene)
        assert spread(scene, LANE) <= WIDEST_WIRED
        assert way == "wired" or spread(scene) <= WIDEST_SPREAD
    assert {seed: lines for seed, lines in found.items() if lines} == {}


@pytest.mark.parametrize("beside", ["tanh", "concat(dense(50) -> tanh, dense(51) -> tanh, dense(52) -> tanh)"])
def test_a_figure_with_much_empty_room_goes_on_in_shorter_columns(beside: str) -> None:
    """A long chain that begins broad, beside a network that soon ends: below that nothing would stand."""
    chain = " -> ".join(["concat(dense(40), dense(41), dense(42))", *(f"dense({30 - i}) -> relu" for i in range(9))])
    text = f"model M {{\n input a[4]\n input b[4]\n output one = a -> {chain}\n output two = b -> {beside}\n}}\n"
    scene = draw(module_of(text), "graph", Look(full=True))
    assert faults(scene) == []
    assert spread(scene) <= WIDEST_SPREAD
    assert len({part.bounds[0] for part in scene.parts if part.kind == "node" and "relu" in part.title}) > 1


@pytest.mark.parametrize("look", ["by itself", "one"])
@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_models_cross_no_more_than_dot_makes_them(path: Path, look: str) -> None:
    scene = draw(built_in(path), "graph", LOOKS[look])
    assert crossings(scene) <= crossings_of(drawn(scene))


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_cross_no_more_than_dot_makes_them(kind: str) -> None:
    scene = draw(module_of(KINDS[kind]), "graph", Look())
    assert crossings(scene) <= crossings_of(drawn(scene))


@pytest.mark.parametrize("count", [25, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", RANDOM)
def test_random_networks_cross_no_more_than_dot_makes_them(way: str, count: int, tmp_path: Path) -> None:
    """All together: each of both has its luck."""
    ours, theirs = 0, 0
    for seed in range(count):
        scene = draw(RANDOM[way](seed, tmp_path), "graph", look_of(seed))
        ours += crossings(scene)
        theirs += crossings_of(drawn(scene))
    assert ours <= theirs


@pytest.mark.parametrize("count", [25, pytest.param(250, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", RANDOM)
def test_random_networks_take_less_room_than_dot_gives_them(way: str, count: int, tmp_path: Path) -> None:
    """Four fifths of it, where half are smaller and half larger; where there are more lines than boxes, as much."""
    shares = []
    for seed in range(count):
        scene = draw(RANDOM[way](seed, tmp_path), "graph", look_of(seed))
        shares.append(extent(scene) / extent_of(scene))
    assert median(shares) < 0.9 and max(shares) < 1.8


BY_TURNS = """
model ByTurns {
    input x[8, 8, 3]
    let y = add(x -> conv(3, 3, padding = same) -> relu -> tanh, x -> dropout(10%)) -> relu
    output image = y -> separable_conv(3, 2x3, padding = same, multiplier = 3, dilation = 2x2)
    output kind = y -> flatten -> dense(9) -> relu -> dense(2)
}
"""


def test_the_first_branch_goes_on_straight_where_a_figure_is_much_narrower_so() -> None:
    scene = draw(module_of(BY_TURNS), "graph", Look())
    boxes = {part.id: part.bounds for part in scene.parts if part.kind == "node"}
    (image,) = (box for name, box in boxes.items() if "separable_conv" in name)
    (x,) = (box for name, box in boxes.items() if name.endswith("x"))
    assert (image[0] + image[2]) / 2 == (x[0] + x[2]) / 2


def test_a_branch_goes_on_straight_beside_what_is_higher() -> None:
    scene = draw(module_of(MANY_ENDS), "graph", Look())
    boxes = {part.id: part.bounds for part in scene.parts if part.kind in ("node", "frame")}
    (line,) = (wire.points for wire in wires(scene) if wire.name == "global_avg_pool1 to concat2")
    assert [(x, y) for (x, y), (ax, ay) in pairwise(line) if x == ax] == [line[0], line[2]]
    assert len(line) == 4
    assert boxes["concat2"][3] < boxes["dense2"][1] < boxes["output grade"][1] < boxes["head2"][3]


def test_branches_stand_in_their_order_below_what_they_read() -> None:
    text = "concat(conv(1, 1), conv(2, 1), conv(3, 1) -> relu -> conv(3, 1), conv(4, 1), it, conv(5, 1))"
    scene = draw(module_of(f"model Net {{\n input x[8, 8, 4]\n {text}\n conv(2, 1)\n}}\n"), "graph", Look())
    nodes = {part.id: part.bounds for part in scene.parts if part.kind == "node"}
    first = {name: nodes[name] for name in ("conv1", "conv2", "conv3", "conv5", "conv6")}
    assert len({top for _, top, _, _ in first.values()}) == 1
    assert sorted(first, key=lambda name: first[name][0]) == list(first)


def test_many_branches_are_no_long_row() -> None:
    """All are drawn, where the middle of as many layers behind one another is one card."""
    arms = ", ".join(f"conv({filters}, 3x3, padding = same) -> relu" for filters in range(1, 31))
    chain = " -> ".join(f"conv({filters}, 3x3, padding = same) -> relu" for filters in range(1, 31))
    texts = (
        f"model Net {{ input x[8, 8, 3]\n {layers}\n flatten\n dense(2) }}" for layers in (f"concat({arms})", chain)
    )
    wide, long = (draw(module_of(text), "graph", Look()) for text in texts)
    assert not any("layers" in word for part in wide.parts if part.kind == "node" for word in words(part))
    assert sum(part.kind == "node" for part in wide.parts) == 65
    assert any("⋮" in word for part in long.parts if part.kind == "node" for word in words(part))


def test_cards_are_of_few_widths() -> None:
    scene = draw(module_of(UNEQUAL), "graph", Look())
    widths = {part.bounds[2] - part.bounds[0] for part in scene.parts if part.kind == "node"}
    assert len(widths) <= 5
    assert all((width - NARROWEST) % STEP == 0 for width in widths)


def test_a_frame_is_called_with_as_many_arguments_as_fit() -> None:
    scene = draw(module_of(LONG_CALLS), "graph", Look(full=True))
    called = [words(part) for part in scene.parts if part.kind == "band"]
    assert called == ["part(1, 2, 3, 4)", "part(4, 12345678, …)", "part"]


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "vgg16"])
@pytest.mark.parametrize("look", [Look(full=True), Look(2), Look()], ids=["full", "two levels", "fitting"])
def test_frames_that_are_kept_for_other_columns_are_as_if_laid_out_anew(
    name: str, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = built_in(FOLDER / f"{name}.arch")
    kept = draw(module, "graph", look)
    monkeypatch.setattr(graph.Layout, "_frame", graph.Layout._framed)
    assert draw(module, "graph", look) == kept


def test_random_frames_that_are_kept_are_as_if_laid_out_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [Grower(seed).model(recipe=False).module(tmp_path) for seed in range(60)]
    kept = [draw(module, "graph", Look(full=True)) for module in modules]
    monkeypatch.setattr(graph.Layout, "_frame", graph.Layout._framed)
    assert [draw(module, "graph", Look(full=True)) for module in modules] == kept


def test_what_is_drawn_of_an_initialiser_is_what_was_written() -> None:
    text = "model M {\n    input x[4]\n    add(it, parameter(4, normal(0.5)))\n    dense(3, bias = uniform(0.1))\n}\n"
    said = " ".join(words(part) for part in draw(module_of(text), "graph", Look()).parts)
    assert "init normal(0.5)" in said and "bias uniform(0.1)" in said and "none" not in said


def test_the_window_of_a_sequence_is_called_one() -> None:
    """As `3×3` needs no name, and a number alone does."""
    text = "model M {\n    input x[64, 4]\n    conv(8, 5) -> max_pool(2) -> conv(4, 1)\n}\n"
    said = " ".join(words(part) for part in draw(module_of(text), "graph", Look()).parts)
    assert "window 5" in said and "window 2" in said and "window 1" in said


def test_an_input_whose_shape_stands_below_its_name_keeps_its_corners() -> None:
    """Its border is not painted over by the paper behind the lines, which has corners of its own."""
    name = "an_input_whose_name_is_longer_than_any_card_abcd"
    text = f"model Named {{ input {name}[32, 32, 3]\n input x[32, 32, 3]\n add({name}, x) -> flatten -> dense(2) }}"
    scene = draw(module_of(text), "graph", Look())
    boxes = {part.id: [mark for mark in part.marks if isinstance(mark, Rect)] for part in scene.parts}
    around, paper = boxes[name]
    assert around.radius - paper.radius <= around.stroke_width / 2
    (pill,) = boxes["x"]
    assert pill.radius == pill.height / 2 - 0.5


def figures() -> dict[str, Scene]:
    return {
        name: draw(built_in(FOLDER / f"{name}.arch"), "graph", Look()) for name in ("googlenet", "resnet18", "alexnet")
    }


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "alexnet"])
def test_any_card_moved_onto_another_is_a_fault(name: str) -> None:
    scene = figures()[name]
    cards = [place for place, part in enumerate(scene.parts) if part.kind == "node"]
    for one, other in zip(cards, [*cards[1:], cards[0]], strict=True):
        (x, y, *_), (left, top, *_) = scene.parts[one].bounds, scene.parts[other].bounds
        parts = list(scene.parts)
        parts[one] = moved(parts[one], left - x + 3, top - y + 3)
        assert any("overlaps node" in line for line in faults(replace(scene, parts=tuple(parts))))


def aside(made: Placement) -> Placement:
    """The last box moved a little."""
    (x, y), corners = made.corners[-1], made.corners[:-1]
    return replace(made, corners=(*corners, (x + 9, y + 9)))


def straightened(made: Placement) -> Placement:
    """Lines that go straight from their start to their end."""
    return replace(made, lines=tuple((line[0], line[-1]) for line in made.lines))


def squeezed(made: Placement) -> Placement:
    """All boxes nearer to each other."""
    return replace(made, corners=tuple((x, y * 0.8) for x, y in made.corners), height=made.height * 0.8)


@pytest.mark.parametrize("broken", [aside, straightened, squeezed])
def test_a_broken_layout_is_a_fault(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(NESTED)
    assert faults(draw(module, "graph", Look())) == []
    monkeypatch.setattr(graph, "place", lambda *given: broken(place(*given)))
    assert faults(draw(module, "graph", Look())) != []
