"""What parts of a level hold on to."""

from archc.draw.holds import Hold, holds
from archc.draw.scene import Line, Part, Rect, Scene, Text


def node(key: str, x: float, y: float) -> Part:
    return Part("node", (Rect(x, y, 100, 40, "conv"),), id=key)


def wire(*points: tuple[float, float]) -> Part:
    return Part("edge", (Line(points),))


def held(*parts: Part, opens: tuple[str, ...] = ("a",)) -> list[Hold]:
    return holds(Scene(2000, 2000, parts), opens)


def test_nothing_where_nothing_opens() -> None:
    assert held(node("a", 0, 0), wire((50, 40), (50, 80)), opens=("b",)) == [Hold(), Hold()]


def test_lines_end_at_the_nodes_that_they_touch() -> None:
    *_, edge, loose = held(node("a", 0, 0), node("b", 0, 900), wire((20, 40), (20, 900)), wire((150, 0), (150, 40)))
    assert edge.ends == ((0, 1),)
    assert loose.ends == ((-1, -1),)


def test_of_two_nodes_the_closer_one_is_touched() -> None:
    *_, edge = held(node("a", 0, 0), node("b", 101.5, 0), wire((101, 20), (101, 90)))
    assert edge.ends == ((1, -1),)


def test_a_node_holds_on_to_where_its_line_leaves() -> None:
    first, second, *_ = held(node("a", 0, 0), node("b", 0, 100), wire((46.5, 40), (46.5, 100)))
    assert first.point == (46.5, 20)
    assert second.point is None


def test_a_label_goes_with_the_line_beside_it() -> None:
    label = Part("label", (Text(55, 70, "56×56", 10),))
    far = Part("label", (Text(1055, 70, "56×56", 10),))
    parts = held(node("a", 0, 0), wire((50, 40), (50, 100)), wire((110, 40), (110, 100)), label, far)
    assert parts[3].point is not None and parts[3].point[0] == 50
    left, _, right, _ = far.bounds
    assert parts[4].point is not None and parts[4].point[0] == (left + right) / 2


def test_a_badge_belongs_to_the_node_that_it_is_on() -> None:
    badge = Part("badge", (Rect(90, -4, 20, 12, "badge"),))
    named = Part("badge", (Rect(90, -4, 20, 12, "badge"),), id="b")
    *_, by_place, by_name = held(node("a", 0, 0), node("b", 108, 0), badge, named)
    assert (by_place.owner, by_name.owner) == (0, 1)


def test_a_legend_stays_together() -> None:
    swatches = [Part("legend", (Rect(x, 300, 10, 10, "conv"),)) for x in (10, 500)]
    *_, first, last = held(node("a", 0, 0), *swatches)
    assert first.point == last.point == (10, 300)
