"""The measures of figures find what they are for: each fault built on purpose, and each node moved onto each."""

from dataclasses import replace

import pytest

from archc.draw.scene import Circle, Line, Mark, Part, Polygon, Rect, Scene, Text, moved
from tests.cost import growth
from tests.draw.faults import Wire, crossings, crossings_of, faults, spread, text_faults

WIDE, HIGH = 100.0, 30.0


def node(name: str, x: float, y: float, title: str = "") -> Part:
    """A box with its name in it; (x, y) is the middle of its upper side."""
    box = Rect(x - WIDE / 2, y, WIDE, HIGH, "conv", "ink")
    return Part("node", (box, Text(x, y + 19, title or name, 12, anchor="middle", fill="conv.text")), name, name, 1)


def edge(start: str, end: str, *points: tuple[float, float]) -> Part:
    return Part("edge", (Line(points, arrow=True),), ends=(start, end))


def frame(name: str, left: float, top: float, right: float, bottom: float) -> tuple[Part, Part]:
    """A frame and its title band, in its upper left corner."""
    return (
        Part("frame", (Rect(left, top, right - left, bottom - top, "frame", "rule"),), name, name),
        Part("band", (Rect(left, top, 70, 20, "band"), Text(left + 6, top + 14, name, 11)), name, name),
    )


def label(x: float, y: float, text: str) -> Part:
    return Part("label", (Text(x, y, text, 10),))


def good() -> Scene:
    """Two nodes in a frame beside a third, one skip, one label."""
    return Scene(
        400,
        400,
        (
            *frame("block", 20, 90, 260, 290),
            node("stem", 200, 20),
            node("block.a", 200, 130),
            node("block.b", 200, 230),
            node("end", 200, 340),
            node("side", 330, 130),
            edge("stem", "block.a", (200, 50), (200, 130)),
            edge("block.a", "block.b", (200, 160), (200, 230)),
            edge("block.b", "end", (200, 260), (200, 340)),
            edge("stem", "side", (230, 50), (230, 70), (330, 70), (330, 130)),
            edge("side", "end", (330, 160), (330, 320), (230, 320), (230, 340)),
            label(206, 200, "14×14"),
            Part("badge", (Rect(240, 122, 22, 14, "badge"), Text(244, 132, "×3", 9, fill="badge.text"))),
        ),
        "good",
    )


def changed(place: int, *marks: Mark) -> Scene:
    """The good figure with other marks in one part."""
    parts = list(good().parts)
    parts[place] = replace(parts[place], marks=marks)
    return replace(good(), parts=tuple(parts))


def with_part(*parts: Part) -> Scene:
    return replace(good(), parts=(*good().parts, *parts))


NAMES = {part.id: place for place, part in enumerate(good().parts) if part.kind == "node"}


def test_a_good_figure_has_no_faults() -> None:
    assert faults(good()) == []
    assert crossings(good()) == 0


BROKEN = {
    "a text on a text": (with_part(label(208, 198, "beside")), "`14×14` of label 14×14 overlaps `beside`"),
    "a text beside another by less than a hair": (with_part(label(206, 201, "×")), "overlaps"),
    "a text wider than its node": (
        changed(
            NAMES["end"],
            *node("end", 200, 340).marks[:1],
            Text(200, 359, "a name that is far too long", 12, anchor="middle"),
        ),
        "sticks out of node end",
    ),
    "a text below its node": (
        changed(NAMES["end"], *node("end", 200, 340).marks[:1], Text(200, 385, "end", 12, anchor="middle")),
        "sticks out of node end",
    ),
    "a turned text higher than its node": (
        changed(NAMES["side"], *node("side", 330, 130).marks[:1], Text(330, 160, "turned", 12, turned=True)),
        "sticks out of node side",
    ),
    "a text wider than its band": (
        changed(1, Rect(20, 90, 70, 20, "band"), Text(26, 104, "residual blocks", 11)),
        "sticks out of band block",
    ),
    "a text cut by a line inside its node": (
        changed(
            NAMES["end"],
            *node("end", 200, 340).marks[:1],
            Rect(150, 340, 55, 30, "pool"),
            node("end", 200, 340).marks[1],
        ),
        "is cut by the border of node end",
    ),
    "a text cut by a frame": (with_part(label(10, 200, "label")), "is cut by the border of frame block"),
    "a text on a node": (with_part(label(160, 350, "x")), "lies on node end"),
    "a text outside the page": (with_part(label(370, 200, "a long one")), "outside the page"),
    "a node outside the page": (with_part(node("more", 60, 380)), "node more is outside the page"),
    "a line outside the page": (
        with_part(edge("side", "end", (380, 150), (410, 150), (410, 350), (250, 350))),
        "edge side to end is outside the page",
    ),
    "an edge through a node": (
        with_part(edge("stem", "end", (180, 50), (180, 340))),
        "edge stem to end crosses node block.a",
    ),
    "an edge into its own node": (
        with_part(edge("stem", "end", (150, 35), (10, 35), (10, 355), (155, 355))),
        "edge stem to end crosses node end",
    ),
    "an edge along a node's border": (
        with_part(edge("stem", "block.a", (150, 40), (150, 145))),
        "edge stem to block.a runs along the border of node block.a",
    ),
    "an edge through a band": (
        with_part(edge("stem", "block.a", (150, 35), (60, 35), (60, 145), (150, 145))),
        "edge stem to block.a crosses band block",
    ),
    "a slanted edge through a corner": (
        with_part(edge("stem", "side", (250, 20), (385, 155), (380, 145))),
        "edge stem to side crosses node side",
    ),
    "an edge through a label": (
        with_part(edge("block.a", "block.b", (220, 160), (220, 230))),
        "runs through `14×14`",
    ),
    "an arrow's head through a text": (with_part(label(202, 338, "i")), "runs through `i`"),
    "a line in a node through its text": (
        changed(NAMES["end"], *node("end", 200, 340).marks, Line(((150, 355), (250, 355)))),
        "runs through `end`",
    ),
    "nodes on one another": (with_part(node("more", 120, 350)), "node end overlaps node more"),
    "a legend on a node": (
        with_part(Part("legend", (Rect(240, 360, 30, 30, "pool"),))),
        "node end overlaps legend",
    ),
    "a frame that cuts a node": (with_part(frame("more", 300, 100, 390, 250)[0]), "node side is half in frame more"),
    "frames half in one another": (with_part(frame("more", 250, 200, 300, 310)[0]), "partly overlaps frame"),
    "a frame twice": (with_part(frame("block", 20, 90, 260, 290)[0]), "partly overlaps frame"),
    "a frame without what is its own": (with_part(node("block.c", 70, 320)), "node block.c is not in frame block"),
    "a frame with what isn't its own": (with_part(node("other", 85, 250)), "node other is in frame block"),
    "a badge on a text": (
        with_part(Part("badge", (Rect(170, 340, 30, 14, "badge"), Text(176, 350, "×", 9)))),
        "`end` of node end is covered by badge ×",
    ),
    "badges on one another": (with_part(Part("badge", (Rect(250, 112, 22, 14, "badge"),))), "badge"),
    "a text painted over": (
        Scene(400, 400, (*good().parts[2:], *good().parts[:2])),
        "covered by frame block",
    ),
    "a name twice": (with_part(node("end", 70, 340)), "2 times node end"),
    "an arrow of no length": (with_part(edge("stem", "end", (150, 50), (150, 50))), "has an arrow of 0.0 px"),
    "an arrow shorter than its head": (
        with_part(edge("stem", "end", (150, 35), (140, 35), (140, 39), (144, 39))),
        "has an arrow of 4.0 px",
    ),
    "an edge from nothing": (with_part(edge("", "end", (270, 355), (250, 355))), "begins at nothing"),
    "an edge to nothing": (with_part(edge("side", "", (380, 145), (395, 145))), "ends at nothing"),
    "an edge to another node": (
        with_part(edge("side", "block.a", (380, 145), (390, 145), (390, 360), (250, 360))),
        "edge side to block.a ends at node end",
    ),
    "an edge from another node": (
        with_part(edge("end", "end", (380, 145), (390, 145), (390, 360), (250, 360))),
        "edge end to end begins at node side",
    ),
    "an edge through a frame of others": (
        with_part(edge("stem", "end", (150, 35), (110, 35), (110, 355), (150, 355))),
        "edge stem to end runs through frame block",
    ),
    "an edge on another": (
        with_part(edge("x", "end", (250, 40), (290, 40), (290, 70), (320, 70), (320, 130))),
        "runs on edge",
    ),
    "an edge through a circle": (
        with_part(
            Part("node", (Circle(350, 250, 10, "merge"),), id="+"),
            edge("side", "end", (380, 145), (390, 145), (345, 260), (345, 355), (250, 355)),
        ),
        "edge side to end crosses node +",
    ),
    "an edge through a solid": (
        with_part(
            Part("node", (Polygon(((340, 240), (360, 250), (350, 270)), "face"),), id="solid"),
            edge("side", "end", (380, 145), (390, 145), (390, 230), (340, 262), (340, 355), (250, 355)),
        ),
        "edge side to end crosses node solid",
    ),
    "no number": (with_part(label(float("nan"), 10, "x")), "can't be"),
    "a box of less than nothing": (with_part(Part("node", (Rect(10, 10, -5, 5, "conv"),))), "can't be"),
    "a part of nothing": (with_part(Part("node", ())), "no marks"),
    "an endless page": (replace(good(), height=float("inf")), "page"),
}
"""Figures with one fault each, and a part of what is said of it."""


@pytest.mark.parametrize(
    "what", ["a text on a text", "a text cut by a frame", "a text on a node", "an edge through a label", "no number"]
)
def test_faults_of_texts_are_found_alone(what: str) -> None:
    scene, words = BROKEN[what]
    assert any(words in line for line in text_faults(scene))
    assert not text_faults(BROKEN["an edge through a band"][0])


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_found(what: str) -> None:
    scene, words = BROKEN[what]
    found = faults(scene)
    assert any(words in line for line in found), found


def test_what_only_touches_is_no_fault() -> None:
    """A text beside another, edges that begin on one border, a node at the rim of its frame, a badge on a node."""
    touching = with_part(
        label(206, 210, "below"),
        node("block.c", 70, 240),
        edge("stem", "side", (200, 50), (200, 70), (330, 70), (330, 130)),
        Part("node", (Circle(350, 250, 10, "merge"),), id="+"),
        edge("side", "+", (350, 160), (350, 240)),
        edge("+", "end", (340, 250), (310, 250), (310, 310), (240, 310), (240, 340)),
    )
    assert faults(touching) == []


def test_a_halo_lets_a_text_lie_on_its_own_edge() -> None:
    for halo, ends, found in (("paper", ("a", "b"), 0), ("", ("a", "b"), 1), ("paper", ("a", "c"), 1)):
        text = Part("label", (Text(200, 145, "x", 9, anchor="middle", halo=halo),), ends=ends)
        lines = faults(
            Scene(400, 400, (node("a", 200, 50), node("b", 200, 200), edge("a", "b", (200, 80), (200, 200)), text))
        )
        assert len(lines) == found, lines


@pytest.mark.parametrize("name", NAMES)
def test_a_node_on_another_is_found(name: str) -> None:
    """Every node of a good figure moved onto every other one, with its text or without."""
    start = good().parts[NAMES[name]].marks[0]
    assert isinstance(start, Rect)
    for other in NAMES.keys() - {name}:
        end = good().parts[NAMES[other]].marks[0]
        assert isinstance(end, Rect)
        for aside in (0, 60, -60):
            there = moved(good().parts[NAMES[name]], end.x - start.x + aside, end.y - start.y)
            for marks in (there.marks, there.marks[:1]):
                assert any("overlaps node" in line for line in faults(changed(NAMES[name], *marks)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dx", "dy"), [(0, 8), (0, -8), (-130, 0), (130, 0)])
def test_a_node_moved_away_from_its_edges_is_found(name: str, dx: float, dy: float) -> None:
    assert faults(changed(NAMES[name], *moved(good().parts[NAMES[name]], dx, dy).marks))


def test_crossings() -> None:
    across = with_part(edge("block.a", "side", (250, 145), (280, 145)), edge("a", "b", (300, 100), (360, 100)))
    assert crossings(across) == 1
    up, over = Wire("a", ((0, 0), (0, 100))), Wire("b", ((-50, 50), (50, 50)))
    assert crossings_of([up, over]) == 1
    assert crossings_of([up, replace(over, source="a")]) == 0
    assert crossings_of([up, Wire("b", ((-50, 50), (0, 50), (50, 50)))]) == 1, "in a corner, once"
    assert crossings_of([up, Wire("b", ((-50, 100), (0, 100)))]) == 0, "they end in one place"
    assert crossings_of([up, Wire("b", ((-9, 9), (0, 20), (0, 60), (9, 70)))]) == 1, "together, then on the other side"
    assert crossings_of([up, Wire("b", ((-9, 9), (9, 20), (9, 60), (-9, 70)))]) == 2


def test_spread() -> None:
    near = Scene(200, 200, (node("a", 100, 10), node("b", 100, 70), edge("a", "b", (100, 40), (100, 70))))
    far = Scene(200, 500, (node("a", 100, 10), node("b", 100, 400), edge("a", "b", (100, 40), (100, 400))))
    assert spread(near) == pytest.approx((100 * 90) / (2 * 100 * 60))
    assert spread(far) == pytest.approx((100 * 420) / (2 * 100 * 60))
    assert spread(near, 10) == pytest.approx((100 * 90) / (2 * 100 * 60 + 10 * 30)), "and of its line"
    assert spread(replace(far, width=900, height=900)) == spread(far), "margins don't count"


def test_a_thousand_nodes_are_measured_near_by() -> None:
    """Each thing beside its neighbours only, so that large figures can be measured."""

    def measure(rows: int) -> None:
        parts: list[Part] = []
        for row in range(rows):
            for column in range(4):
                x, y = 100 + column * 150.0, 20 + row * 80.0
                name = f"n{row}_{column}"
                parts.append(node(name, x, y))
                if row:
                    parts.append(edge(f"n{row - 1}_{column}", name, (x, y - 50), (x, y)))
                    parts.append(label(x + 4, y - 20, "28×28×64"))
        scene = Scene(800, rows * 80 + 40, tuple(parts))
        assert (faults(scene), crossings(scene)) == ([], 0)

    assert growth(measure, 62) < 4.4
