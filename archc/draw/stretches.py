"""Long stretches of a comparison in which nothing, or one thing alone, happens: a card that tells how many layers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from archc.draw.opening import cuttable, stretch
from archc.draw.outline import Fate, Inside, Piece

LEAST = 3
"""A stretch of fewer pieces stays as it is."""

WORDS = {"same": "unchanged"}


@dataclass(frozen=True)
class Fold:
    """How much is folded: what merely follows changes elsewhere, what has one fate; and how many pieces are seen."""

    following: bool
    alike: bool
    most: int


FOLDS = (
    *(Fold(False, False, 10_000), Fold(True, False, 10_000), Fold(True, True, 10_000)),
    *(Fold(True, True, most) for most in (90, 60, 45, 32, 22)),
)
"""The first that fits a page is drawn."""


def folded(inside: Inside, fold: Fold) -> Inside:
    """The same with cards for long stretches, in blocks too."""
    pieces: list[Piece] = [_folding(piece, fold) for piece in inside.pieces]
    inside = _unchanged(replace(inside, pieces=tuple(pieces)), fold)
    return _alike(inside) if fold.alike else inside


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
        inner = [cut for cut in cuts if start < cut < end]
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
