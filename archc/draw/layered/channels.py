"""The room between two rows: which line turns at which height, so that few cross and none lies on another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

TRACK = 8.0
"""From one turn to the next, in px."""

NEAR = 4.0
"""Two vertical pieces closer than this would be read as one."""

STRAIGHT = 0.5
"""A line that goes aside by less than this doesn't turn."""

MANY = 200
"""So many lines are ordered by where they lead alone."""


@dataclass
class Net:
    """The lines of one value between two rows: from `top` down to each of `bottoms` (x in px)."""

    top: float
    bottoms: Sequence[float]
    track: int = -1
    """How deep it turns, counted from the top; -1 for a straight one."""

    jog: float = 0
    """How far it steps aside before it turns, where another line comes up below it."""

    span: tuple[float, float] = field(default=(0.0, 0.0))

    @property
    def turns(self) -> bool:
        return any(abs(x - self.top) > STRAIGHT for x in self.bottoms)


def tracked(nets: Sequence[Net]) -> None:
    """Gives every net that turns its track."""
    turning = [net for net in nets if net.turns]
    for net in turning:
        net.span = (min(net.top, *net.bottoms), max(net.top, *net.bottoms))
    order = _ordered(turning)
    _jogged(order, nets)
    first = 1 if any(net.jog for net in order) else 0
    for index, net in enumerate(order):
        lowest = max((other.track for other in order[:index] if _meet(other, net)), default=first - 1)
        net.track = lowest + 1


def _meet(a: Net, b: Net) -> bool:
    """Whether their turns would touch at one height."""
    return a.span[0] < b.span[1] + NEAR and b.span[0] < a.span[1] + NEAR


def _ordered(nets: list[Net]) -> list[Net]:
    """From the one that turns first to the one that turns last."""
    if len(nets) < 2:
        return list(nets)
    # of those that lead to the right, the rightmost turns first; of the others the leftmost
    rough = sorted(nets, key=lambda net: -net.top if _rightwards(net) else net.top)
    if len(nets) > MANY:
        return rough
    left, found = list(rough), list[Net]()
    while left:
        costs = [sum(_cost(net, other) - _cost(other, net) for other in left if other is not net) for net in left]
        found.append(left.pop(costs.index(min(costs))))
    for _ in range(len(found)):
        swapped = False
        for index, (a, b) in enumerate(pairwise(found)):
            if _cost(b, a) < _cost(a, b):
                found[index], found[index + 1] = b, a
                swapped = True
        if not swapped:
            break
    return found


def _rightwards(net: Net) -> bool:
    return sum(net.bottoms) / len(net.bottoms) > net.top


def _cost(above: Net, below: Net) -> int:
    """Crossings if one turns above the other; a line on another counts as many."""
    count = sum(below.span[0] < x < below.span[1] for x in above.bottoms)
    count += above.span[0] < below.top < above.span[1]
    return count + 1000 * _covers(above, below)


def _covers(above: Net, below: Net) -> bool:
    """Whether the upper one comes down where the lower one still comes from above."""
    return any(abs(x - below.top) < NEAR for x in above.bottoms)


def _jogged(order: Sequence[Net], nets: Sequence[Net]) -> None:
    """Where two nets can't be ordered, the lower one steps aside first."""
    for index, below in enumerate(order):
        if not any(_covers(above, below) for above in order[:index]):
            continue
        busy = [net.top for net in nets if net is not below] + [x for net in nets for x in net.bottoms]
        for step in (7.0, -7.0, 14.0, -14.0, 21.0, -21.0):
            x = below.top + step
            if all(abs(x - other) >= NEAR for other in busy):
                below.jog = step
                below.span = (min(below.span[0], x), max(below.span[1], x))
                break
