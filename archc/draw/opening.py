"""Which blocks a graph figure opens, and what it leaves out so that it fits a page."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from archc.draw.look import Look
from archc.draw.outline import Inside, Piece, walk

LONG = 60
"""A row of so many layers is drawn whole."""

KEPT_FIRST, KEPT_LAST = 34, 16
"""Of a longer one, what is drawn before and behind the rest."""

WIDE = 200
"""Up to so many layers, branches of which the middle consists are drawn: they are no row."""

Opened: TypeAlias = Callable[[Piece, int], bool]
"""Whether a piece that can open is open, `depth` blocks down."""


def opened(whole: Inside, look: Look, most: int) -> tuple[Inside, Opened]:
    """What is asked for; by itself as many floors as show `most` pieces, and then one of each kind of block."""
    if look.full:
        return whole, _all
    shown = shortened(whole)
    if look.depth is not None:
        return shown, _down_to(look.depth)
    return shown, by_room(shown, most)


def by_room(inside: Inside, most: int) -> Opened:
    """As many floors as show `most` pieces, and then one of each kind of block; of two networks where they differ."""
    depth, deepest = 0, _deepest(inside)
    while depth < deepest and _seen(inside, _down_to(depth + 1)) <= most:
        depth += 1
    return _with_examples(inside, depth, most)


def _matters(piece: Piece) -> bool:
    return piece.fate is None or bool(piece.fate.inside)


def _all(piece: Piece, depth: int) -> bool:
    return True


def _down_to(floors: int) -> Opened:
    return lambda piece, depth: (depth < floors or piece.kind == "group") and _matters(piece)


def _deepest(inside: Inside) -> int:
    """How many blocks lie in one another."""
    return max(
        (_deepest(piece.open()) + (piece.kind == "block") for piece in inside.pieces if piece.open is not None),
        default=0,
    )


def _seen(inside: Inside, is_open: Opened) -> int:
    return sum(1 for _ in walk(inside, is_open))


def _with_examples(inside: Inside, depth: int, most: int) -> Opened:
    """Opens blocks that lie deeper where they stand first, as long as there is room."""
    chosen: set[str] = set()
    kinds = set(_kinds_open(inside, depth))

    def is_open(piece: Piece, at: int) -> bool:
        return (at < depth or piece.kind == "group" or piece.id in chosen) and _matters(piece)

    for _ in range(most):
        seen = list(walk(inside, is_open))
        count = len(seen)
        readers = Counter((_scope(piece), value) for piece in seen for value in set(piece.inputs))
        for piece in seen:
            if piece.open is None or piece.kind != "block" or not _matters(piece):
                continue
            if any(readers[_scope(piece), value] > 1 for value in piece.inputs):
                # beside others it would make their rows high, and leave them empty
                continue
            kind = _kind(piece)
            if kind in kinds:
                continue
            kinds.add(kind)
            if count - 1 + len(piece.open().pieces) <= most and len(piece.open().pieces) > 1:
                chosen.add(piece.id)
                break
        else:
            break
    return is_open


def _kinds_open(inside: Inside, floors: int) -> Iterator[tuple[str, ...]]:
    """Of the blocks that are open anyway, what they look like inside."""
    for piece in inside.pieces:
        if piece.open is not None and (piece.kind == "group" or floors):
            if piece.kind == "block":
                yield _kind(piece)
            yield from _kinds_open(piece.open(), floors - (piece.kind == "block"))


def _scope(piece: Piece) -> str:
    return piece.id.rpartition(".")[0]


def _kind(piece: Piece) -> tuple[str, ...]:
    """Equal for blocks that look alike inside, however wide they are."""
    assert piece.node is not None and piece.node.body is not None
    body = piece.node.body
    return (body.name, *(node.body.name if node.body else node.op for node in body.nodes))


def shortened(inside: Inside) -> Inside:
    """Without the middle of a very long row of layers, for which one card stands that tells how many."""
    pieces = inside.pieces
    if len(pieces) <= LONG:
        return inside
    cuts = cuttable(inside)
    first = max((cut for cut in cuts if cut <= KEPT_FIRST), default=None)
    last = min((cut for cut in cuts if cut >= len(pieces) - KEPT_LAST), default=None)
    if first is None or last is None or last - first < 2:
        return inside
    left_out = pieces[first:last]
    between = [first, *(cut for cut in cuts if first < cut < last), last]
    if len(pieces) <= WIDE and max(b - a for a, b in pairwise(between)) > LONG // 2:
        return inside
    if any(piece.kind in ("input", "output") for piece in left_out):
        return inside
    told = sum(piece.layers for piece in left_out)
    rest = stretch(left_out, f"⋮  {told:,} layers")
    return replace(inside, pieces=(*pieces[:first], rest, *pieces[last:]))


def stretch(left_out: Sequence[Piece], shown: str) -> Piece:
    """One card for pieces of which only the first reads from others, one value, and only the last is read."""
    first, end = left_out[0], left_out[-1]
    return Piece(
        "rest",
        f"{first.id} to {end.id}",
        end.value,
        first.inputs[:1],
        end.output,
        place=first.place,
        parts=tuple(left_out),
        shown=shown,
    )


def cuttable(inside: Inside) -> list[int]:
    """Before which pieces all that goes on is the value of the one before."""
    where = {piece.value: index for index, piece in enumerate(inside.pieces)}
    reach = [0] * (len(inside.pieces) + 1)
    for index, piece in enumerate(inside.pieces):
        for value in piece.inputs:
            if value in where:
                reach[where[value]] = max(reach[where[value]], index)
    found, farthest = [], 0
    for index in range(1, len(inside.pieces)):
        if farthest < index and all(where.get(value) == index - 1 for value in inside.pieces[index].inputs):
            found.append(index)
        farthest = max(farthest, reach[index - 1] if reach[index - 1] > index else 0)
    return found
