"""Long stretches of a comparison in which nothing, or one thing alone, happens: a card that tells how many layers."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from archc.draw.opening import cuttable, shortened, stretch
from archc.draw.outline import Fate, Inside, Piece, Status

LEAST = 3
"""A stretch of fewer pieces stays as it is."""

WORDS = {"same": "unchanged"}


@dataclass(frozen=True)
class Fold:
    """How much is folded: what merely follows changes elsewhere, what has one fate, the middle of what is very long;
    and how many pieces are seen at once."""

    following: bool
    alike: bool
    middle: bool
    most: int


LARGEST = 300
"""Pieces that no page holds."""

FOLDS = (
    *(Fold(False, False, False, LARGEST), Fold(True, False, False, LARGEST), Fold(True, True, False, LARGEST)),
    *(Fold(True, True, True, most) for most in (90, 60, 45, 32, 22, 12, 0)),
)
"""The first that fits a page is drawn."""


def folded(inside: Inside, fold: Fold) -> Inside:
    """The same with cards for long stretches, in blocks too."""
    pieces: list[Piece] = [_folding(piece, fold) for piece in inside.pieces]
    inside = _unchanged(replace(inside, pieces=tuple(pieces)), fold)
    if fold.alike:
        inside = _alike(inside)
    return _without_middle(inside) if fold.middle else inside


def _without_middle(inside: Inside) -> Inside:
    """With one card for what is in the middle of a very long row."""
    pieces = shortened(inside).pieces
    return replace(inside, pieces=tuple(piece if piece.fate else _mixed(piece) for piece in pieces))


def _mixed(piece: Piece) -> Piece:
    """A card of steps with several fates, which it tells."""
    count: Counter[Status] = Counter()
    for part in piece.parts:
        if part.fate is not None:
            count.update(part.fate.inside)
            count.update({part.fate.status: part.layers} if part.fate.status != "same" else {})
    former = [part.fate.earlier or part for part in piece.parts if part.fate and part.fate.status != "added"]
    earlier = replace(piece, parts=tuple(former), output=former[-1].output) if former else None
    since = tuple(part for part in piece.parts if part.fate and part.fate.status != "removed")
    return replace(piece, parts=since, fate=Fate("same", (), earlier, dict(sorted(count.items()))))


def _folding(piece: Piece, fold: Fold) -> Piece:
    opens = piece.open
    return piece if opens is None else replace(piece, open=lambda: folded(opens(), fold))


def _unchanged(inside: Inside, fold: Fold) -> Inside:
    """Without what is unchanged between two lines that alone pass; one piece stays at either end, to be known by."""
    pieces = inside.pieces
    cuts = cuttable(inside)
    found: list[Piece] = []
    index = 0
    for start, end in _runs(pieces, fold):
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        if inner and inner[-1] - inner[0] >= LEAST:
            found += [*pieces[index : inner[0]], _card(pieces[inner[0] : inner[-1]])]
            index = inner[-1]
    return replace(inside, pieces=(*found, *pieces[index:]))


def _runs(pieces: tuple[Piece, ...], fold: Fold) -> list[tuple[int, int]]:
    """From where to where nothing happens."""
    runs, start = [], 0
    for quiet, group in groupby(pieces, lambda piece: _quiet(piece, fold)):
        end = start + len(list(group))
        runs += [(start, end)] if quiet else []
        start = end
    return runs


def _quiet(piece: Piece, fold: Fold) -> bool:
    fate = piece.fate
    if fate is None or fate.status != "same" or fate.inside or piece.kind in ("input", "output"):
        return False
    same = fate.earlier is None or (fate.earlier.output, fate.earlier.parameters) == (piece.output, piece.parameters)
    return fold.following or same


def _alike(inside: Inside) -> Inside:
    """Without the middle of chains in which every piece has the same fate."""
    readers: dict[str, list[Piece]] = {}
    for piece in inside.pieces:
        for value in set(piece.inputs):
            readers.setdefault(value, []).append(piece)
    follows = {
        b.value
        for a, b in pairwise(inside.pieces)
        if b.inputs == (a.value,) and readers[a.value] == [b] and a.value != inside.value and _like(a) == _like(b) != ""
    }
    found: list[Piece] = []
    chain: list[Piece] = []
    for piece in inside.pieces:
        if piece.value not in follows:
            found += _shortened(chain)
            chain = []
        chain.append(piece)
    return replace(inside, pieces=(*found, *_shortened(chain)))


def _shortened(chain: Sequence[Piece]) -> Sequence[Piece]:
    return [chain[0], _card(chain[1:-1]), chain[-1]] if len(chain) - 2 >= LEAST else chain


def _like(piece: Piece) -> str:
    if piece.fate is None or piece.kind in ("input", "output") or piece.fate.inside:
        return ""
    return piece.fate.status


def _card(pieces: Sequence[Piece]) -> Piece:
    """One card for a stretch, which was what its pieces were."""
    first = pieces[0].fate
    assert first is not None
    count = sum(piece.layers for piece in pieces)
    card = stretch(pieces, f"⋮  {count:,} layers {WORDS.get(first.status, first.status)}")
    former = [piece.fate.earlier for piece in pieces if piece.fate and piece.fate.earlier]
    earlier = replace(card, parts=tuple(former), output=former[-1].output) if len(former) == len(pieces) else None
    return replace(card, fate=Fate(first.status, (), earlier, {}, first.before, first.since))
