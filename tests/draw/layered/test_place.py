"""Boxes in rows: nothing lies on anything else, and every line goes from its source to its input."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.draw.layered import Box, Placement, Wire, place

Case = tuple[list[Box], list[Wire]]


@st.composite
def networks(draw: st.DrawFn) -> Case:
    """Boxes of any size, each reading up to three of those before it."""
    count = draw(st.integers(1, 14))
    boxes, wires = [], []
    for index in range(count):
        ins = draw(st.integers(0, min(3, index)))
        width = draw(st.sampled_from([30.0, 120.0, 250.0]))
        tail = draw(st.sampled_from([(0.0, 0.0), (40.0, 13.0)]))
        fixed = ins and draw(st.booleans())
        enters = tuple(width * (slot + 1) / (ins + 1) for slot in range(ins)) if fixed else None
        boxes.append(Box(width, draw(st.sampled_from([20.0, 50.0, 300.0])), width / 2, ins, enters, tail))
        wires += [Wire(draw(st.integers(0, index - 1)), index, slot) for slot in range(ins)]
    return boxes, wires


def cell(box: Box, corner: tuple[float, float]) -> tuple[float, float, float, float]:
    """The box and its label."""
    x, y = corner
    return (x, y, x + max(box.width, box.leaves + box.tail[0]), y + box.height + box.tail[1])


def through(line: tuple[tuple[float, float], ...], box: tuple[float, float, float, float]) -> bool:
    """Whether a line passes the inside of a box."""
    left, top, right, bottom = box
    for (ax, ay), (bx, by) in pairwise(line):
        if (
            max(ax, bx) > left + 0.6
            and min(ax, bx) < right - 0.6
            and max(ay, by) > top + 0.01
            and min(ay, by) < bottom - 0.01
        ):
            return True
    return False


def check(boxes: list[Box], wires: list[Wire], placed: Placement) -> None:
    cells = [cell(box, corner) for box, corner in zip(boxes, placed.corners, strict=True)]
    for index, (left, top, right, bottom) in enumerate(cells):
        assert left >= -0.01 and top >= -0.01 and right <= placed.width + 0.01 and bottom <= placed.height + 0.01
        for other in cells[:index]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    bodies = [(x, y, x + box.width, y + box.height) for box, (x, y) in zip(boxes, placed.corners, strict=True)]
    for wire, line in zip(wires, placed.lines, strict=True):
        box, (x, y) = boxes[wire.source], placed.corners[wire.source]
        assert line[0] == pytest.approx((x + box.leaves, y + box.height))
        box, (x, y) = boxes[wire.target], placed.corners[wire.target]
        assert line[-1][1] == pytest.approx(y)
        assert x < line[-1][0] < x + box.width
        if box.enters is not None:
            assert line[-1][0] == pytest.approx(x + box.enters[wire.slot])
        for body in bodies:
            assert not through(line, body)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(networks())
def test_nothing_lies_on_anything_else(case: Case) -> None:
    check(*case, place(*case))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(networks(), st.sampled_from([100.0, 400.0]))
def test_nor_in_columns(case: Case, tallest: float) -> None:
    check(*case, place(*case, tallest))


def test_a_chain_is_a_straight_line() -> None:
    boxes = [Box(width, 30, width / 2, 1) for width in (50, 200, 80, 120)]
    placed = place(boxes, [Wire(0, 1, 0), Wire(1, 2, 0), Wire(2, 3, 0)])
    middles = {x + box.leaves for box, (x, _) in zip(boxes, placed.corners, strict=True)}
    assert middles == {100}
    assert all(len(line) == 2 for line in placed.lines)


def test_the_main_line_is_straight_past_a_skip() -> None:
    """From the first box to the last, which also reads the first."""
    boxes = [Box(100, 30, 50), Box(100, 30, 50, 1), Box(100, 30, 50, 1), Box(100, 30, 50, 2)]
    placed = place(boxes, [Wire(0, 1, 0), Wire(1, 2, 0), Wire(2, 3, 0), Wire(0, 3, 1)])
    assert len({x for x, _ in placed.corners}) == 1
    assert [len(line) for line in placed.lines[:3]] == [2, 2, 2]
    skip = placed.lines[3]
    assert max(x for x, _ in skip) > 100
    assert skip[-1][0] != placed.lines[2][-1][0]


def test_branches_that_cross_if_left_alone_do_not() -> None:
    """Four sources, read in the opposite order."""
    boxes = [Box(60, 30, 30)] * 4 + [Box(60, 30, 30, 1)] * 4
    wires = [Wire(index, 7 - index, 0) for index in range(4)]
    placed = place(boxes, wires)
    assert all(len(line) == 2 for line in placed.lines)


def test_a_swap_that_cannot_be_avoided_steps_aside() -> None:
    """Two boxes that both read two, with fixed inputs the other way round: no line lies on another."""
    boxes = [Box(60, 30, 30)] * 2 + [Box(142, 30, 71, 2, (112, 30))]
    placed = place(boxes, [Wire(0, 2, 0), Wire(1, 2, 1)])
    check(boxes, [Wire(0, 2, 0), Wire(1, 2, 1)], placed)
    upright = [
        {(round(ax), y) for y in range(round(min(ay, by)) + 1, round(max(ay, by)))}
        for line in placed.lines
        for (ax, ay), (bx, by) in pairwise(line)
        if ax == bx
    ]
    assert sum(map(len, upright)) == len(set().union(*upright))


def test_the_edge_of_a_frame_stands_first_and_last() -> None:
    boxes = [Box(0, 0, 0, first=True), Box(80, 20, 40, 1), Box(80, 20, 40, 1), Box(0, 0, 0, 2, (0, 0), last=True)]
    placed = place(boxes, [Wire(0, 1, 0), Wire(1, 2, 0), Wire(2, 3, 0), Wire(0, 3, 1)])
    assert placed.corners[0][1] == 0
    assert placed.corners[3][1] == placed.height


def test_what_leads_out_of_a_frame_is_straight_beside_a_longer_dead_end() -> None:
    first, last = Box(0, 0, 0, first=True), Box(0, 0, 0, 1, (0,), last=True)
    boxes = [first, *[Box(80, 20, 40, 1)] * 4, last]
    wires = [Wire(0, 1, 0), Wire(1, 2, 0), Wire(2, 3, 0), Wire(0, 4, 0), Wire(4, 5, 0)]
    placed = place(boxes, wires)
    assert placed.corners[0][0] == placed.corners[4][0] + 40 == placed.corners[5][0]


def test_a_short_branch_stands_beside_a_line_alone() -> None:
    """Two boxes behind the third of ten: they are passed by a line, and no column needs to be as wide as two."""
    boxes = [Box(100, 40, 50, 1)] * 12
    wires = [*(Wire(index, index + 1, 0) for index in range(9)), Wire(2, 10, 0), Wire(10, 11, 0)]
    placed = place(boxes, wires)
    check(boxes, wires, placed)
    assert len({x for x, _ in placed.corners[:10]}) == 1 and len(placed.lines[2]) == 2
    assert placed.corners[11][1] + 40 < placed.corners[3][1]
    assert placed.width < 2 * 100
    # where a skip goes by as well, nothing waits
    passed = [*boxes[:9], Box(100, 40, 50, 2), *boxes[10:]]
    placed = place(passed, [*wires, Wire(0, 9, 1)])
    assert placed.corners[3][1] == placed.corners[10][1]
    # behind it, a column can be cut
    assert len({round(x) for x, _ in place(boxes, wires, 450).corners[:10]}) == 2


def test_columns_are_even_and_joined() -> None:
    boxes = [Box(100, 40, 50, 1)] * 20
    wires = [Wire(index, index + 1, 0) for index in range(19)]
    placed = place(boxes, wires, 600)
    lefts = sorted({round(x) for x, _ in placed.corners})
    assert len(lefts) == 2
    assert [sum(round(x) == left for x, _ in placed.corners) for left in lefts] == [10, 10]
    assert [len(line) for line in placed.lines] == [2] * 9 + [6] + [2] * 9


def test_a_skip_leaves_its_column_beside_the_boxes_and_passes_above_the_next() -> None:
    """From the second box, in the first of three columns, to the last box but one, in the third."""
    boxes = [Box(100, 40, 50, 1)] * 28 + [Box(100, 40, 50, 2), Box(100, 40, 50, 1)]
    wires = [*(Wire(index, index + 1, 0) for index in range(29)), Wire(1, 28, 1)]
    placed = place(boxes, wires, 600)
    check(boxes, wires, placed)
    lefts = sorted({round(x) for x, _ in placed.corners})
    assert len(lefts) == 3
    down, turn, *_, last = line = placed.lines[-1]
    assert turn[1] < placed.corners[2][1] and down[1] == placed.corners[1][1] + 40
    heads = min(y for _, y in placed.corners)
    above = [(ax, bx) for (ax, ay), (bx, by) in pairwise(line) if ay == by < heads]
    assert [(ax < lefts[1], bx > lefts[2] + 100) for ax, bx in above] == [(True, True)]
    assert last[1] == placed.corners[28][1]
    assert len(line) == 8
    # there is no room left for it where it isn't
    assert lefts[1] - lefts[0] < 100 + 2 * 34


def test_a_stack_of_cards_is_entered_in_the_middle_of_the_first() -> None:
    placed = place([Box(100, 30, 50), Box(107, 37, 50, 1), Box(100, 30, 50, 1)], [Wire(0, 1, 0), Wire(1, 2, 0)])
    assert [len(line) for line in placed.lines] == [2, 2]
    assert {x for x, _ in placed.corners} == {0}


def test_frames_stand_below_each_other_where_their_lines_would_lead_far_aside() -> None:
    """Each is entered near its left edge and left near its right one: straight lines would make a staircase."""
    boxes = [Box(300, 100, 270, 1, (30.0,))] * 6
    wires = [Wire(index, index + 1, 0) for index in range(5)]
    placed = place(boxes, wires)
    check(boxes, wires, placed)
    assert placed.width == 300 and {x for x, _ in placed.corners} == {0}
    # a step that makes it hardly wider is straight
    boxes = [Box(300, 100, 160, 1, (150.0,))] * 3
    assert {len(line) for line in place(boxes, wires[:2]).lines} == {2}


def test_what_reads_nothing_stands_right_above_what_reads_it() -> None:
    """Beside a high box, with a line of its own."""
    boxes = [Box(100, 40, 50), Box(100, 400, 50, 1), Box(60, 40, 30), Box(100, 40, 50, 2)]
    wires = [Wire(0, 1, 0), Wire(1, 3, 0), Wire(2, 3, 1)]
    placed = place(boxes, wires)
    check(boxes, wires, placed)
    foot = placed.corners[2][1] + 40
    assert foot + 40 > placed.corners[3][1] > placed.corners[1][1] + 400


@pytest.mark.parametrize(("width", "points"), [(10.0, [2, 2]), (40.0, [4, 4])])
def test_a_line_that_would_step_aside_by_a_few_px_is_straight(width: float, points: list[int]) -> None:
    """What enters a box is 26 px apart, unless what leads there is nearly so too."""
    boxes = [Box(width, 40, width / 2)] * 2 + [Box(120, 40, 60, 2)]
    placed = place(boxes, [Wire(0, 2, 0), Wire(1, 2, 1)])
    assert sorted(len(line) for line in placed.lines) == points


def test_what_is_joined_stands_side_by_side() -> None:
    """Of four boxes that read nothing, the first and the last are read together, and so are the two others."""
    boxes = [Box(100, 40, 50)] * 4 + [Box(100, 40, 50, 2)] * 2
    placed = place(boxes, [Wire(0, 4, 0), Wire(3, 4, 1), Wire(1, 5, 0), Wire(2, 5, 1)])
    assert sorted(range(4), key=lambda box: placed.corners[box]) in ([0, 3, 1, 2], [1, 2, 0, 3])


def test_nothing_takes_no_room() -> None:
    assert place([], []) == Placement((), (), 0, 0)


def test_the_same_boxes_are_placed_the_same() -> None:
    boxes = [Box(60 + 10 * index, 30, 30, min(index, 3)) for index in range(12)]
    wires = [Wire(index - slot - 1, index, slot) for index in range(12) for slot in range(min(index, 3))]
    assert place(boxes, wires) == place(list(boxes), list(wires))
