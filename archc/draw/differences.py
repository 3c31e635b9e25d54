"""Two networks in one figure: what the second has, and what was removed from the first where it stood."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeAlias

from archc.draw.captions import compared
from archc.draw.cards import form
from archc.draw.graph import BROADEST, TALLEST, Layout, engine
from archc.draw.look import Look
from archc.draw.opening import Opened, by_room
from archc.draw.outline import Fate, Inside, Outline, Piece, Status, entering, leaving, lone, read_by, walk
from archc.draw.scene import Scene
from archc.draw.stretches import FOLDS, LARGEST, folded
from archc.ir.compare import Change, Comparison, Difference, Pair, PortChange, Value
from archc.ir.graph import Graph, Node, Port, made
from archc.ir.match import Alignment, Match, named
from archc.ir.telling import came_from, cut, shown

Place: TypeAlias = tuple[int, int]
"""Where a step stands: by the second graph's last step before it, and then by the first's."""

FIRST: Place = (-1, 0)
"""Where what flows in stands."""

LONGEST_WORD = 26
"""Of a value that was changed, as many characters are shown."""


def scene(difference: Difference, names: tuple[str, str], look: Look) -> Scene:
    """The figure of a difference; `names` are those of the two networks."""
    whole = Merge(difference.graph).whole()
    for fold in FOLDS:
        shown = folded(whole, fold)
        is_open = _opened(shown, look, fold.most)
        if fold is not FOLDS[-1] and sum(1 for _ in walk(shown, is_open)) > LARGEST:
            continue
        laid = Layout(is_open, TALLEST, engine(look)).lay(shown)
        if laid.width <= 1.4 * BROADEST and laid.height <= 1.3 * TALLEST:
            break
    return compared(difference, names, laid.parts, laid.width, laid.height)


def _opened(inside: Inside, look: Look, most: int) -> Opened:
    """Blocks that hold something that differs, if no more than `most` pieces are seen; or all as deep as is asked."""
    asked = look.depth
    if asked is None:
        return by_room(inside, most)
    return lambda piece, depth: depth < asked or piece.kind == "group"


def gone(name: str) -> str:
    """What a step is called that only the first network has."""
    return f"{name} (removed)"


@dataclass
class Merge:
    """Makes pieces of two graphs, under the second's names."""

    comparison: Comparison
    outline: Outline = field(default_factory=lambda: Outline(siblings=False))

    def __post_init__(self) -> None:
        self.pairs = {pair.after.scope: pair for pair in self.comparison.pairs}

    def whole(self) -> Inside:
        """The networks, from their inputs to their outputs."""
        found = self.comparison
        changes = {change.after.name: change for change in found.inputs if change.after}
        inputs = [_port(entering(port), changes.get(port.name)) for port in found.after.inputs]
        values = {port.name: port.name for port in found.before.inputs}
        for change in found.inputs:
            if change.before and change.after:
                values[change.before.name] = change.after.name
            elif change.before:
                values[change.before.name] = gone(change.before.name)
                inputs.append(_removed_port(entering(change.before), ()))
        steps = self._steps(found.alignment, "", values, False)
        return Inside((), (*inputs, *steps, *self._outputs(values, [*inputs, *steps])))

    def _outputs(self, values: dict[str, str], pieces: Sequence[Piece]) -> Iterator[Piece]:
        """What leaves; `values` tells what the first graph's values are called."""
        found = self.comparison
        lost = {piece.value for piece in pieces if piece.fate and piece.fate.status == "removed"}
        changes = {change.after.name: change for change in found.outputs if change.after}
        former = {port.name: port for port in found.before.outputs}
        for port in found.alignment.after.outputs:
            change = changes.get(port.name)
            piece = _port(leaving(port, port.value), change)
            before = change.before if change else former[port.name]
            was = values[_value(found.alignment.before, before)] if before else port.value
            ghosts = {was} if was != port.value and (was in lost or change) else set()
            since = {port.value} if was != port.value or not before else set()
            yield _reading(piece, ghosts, since)
        for change in found.outputs:
            if change.before and not change.after:
                value = values[_value(found.alignment.before, change.before)]
                yield _removed_port(leaving(change.before, value), (value,))

    def _steps(self, alignment: Alignment, scope: str, values: dict[str, str], shared: bool) -> list[Piece]:
        """The steps of two graphs; `values` says what inputs of the first are called, and learns it of the rest."""
        values |= {match.before.name: match.after.name for match in alignment.matches}
        values |= {node.name: gone(node.name) for node in alignment.removed}
        matches = {match.after.name: match for match in alignment.matches}
        added = {node.name: node.inputs for node in alignment.added}
        lost = {gone(node.name) for node in alignment.removed}
        unread: dict[str, list[str]] = {}
        places = {node.name: (index, 0) for index, node in enumerate(alignment.after.nodes)}
        pieces: dict[Place, Piece] = {}
        for index, node in enumerate(alignment.removed):
            # behind what it read, which keeps everything in an order in which it can be computed
            read = tuple(dict.fromkeys(values[value] for value in node.inputs if value in values))
            place = (max((places.get(value, FIRST)[0] for value in read), default=FIRST[0]), index + 1)
            places[gone(node.name)] = place
            pieces[place] = self._whole(node, scope, read if read_by(node) else (), "removed", shared)
        for node in alignment.after.nodes:
            place, match = places[node.name], matches.get(node.name)
            if match is None:
                pieces[place] = self._whole(node, scope, read_by(node), "added", shared)
                continue
            pair = self.pairs.get(scope + node.name)
            former = {values[value] for value in read_by(match.before) if value in values}
            since = set(read_by(node)) - former
            # of a line into which steps were put, those that it now leads through tell where it led
            ghosts = former & lost | (former - _past(read_by(node), added))
            # a line upwards can't be drawn: what it led to, or came from, is told instead
            upwards = {value for value in ghosts if places.get(value, FIRST) >= place}
            piece = _reading(self._matched(match, pair, scope, shared), ghosts - upwards, since)
            for value in sorted(upwards):
                if value in lost:
                    unread.setdefault(value, []).append(node.name)
                elif not match.moved:
                    piece = _saying(piece, f"~ read {value}")
            pieces[place] = piece
        for value, readers in unread.items():
            pieces[places[value]] = _saying(pieces[places[value]], f"− led to {', '.join(readers)}")
        return [pieces[place] for place in sorted(pieces)]

    def _whole(self, node: Node, scope: str, inputs: tuple[str, ...], status: Status, shared: bool) -> Piece:
        """A step that only one of the networks has, with all that is in it."""
        piece = self.outline.step(made(Node)(**{**dict(node), "inputs": inputs}), scope, inputs, shared)
        if status == "removed":
            piece = replace(piece, value=gone(piece.value))
        return _marked(piece, status)

    def _matched(self, match: Match, pair: Pair | None, scope: str, shared: bool) -> Piece:
        """A step that both have."""
        a, b, inner = match.before, match.after, match.inner
        piece = self.outline.step(b, scope, read_by(b), shared)
        earlier = self.outline.step(a, scope, read_by(a), shared)
        if pair is None or inner is None or (a.shares and b.shares):
            return self._fated(_marked(piece, "same"), earlier, [pair])
        shared = shared or bool(b.shares)
        single = lone(b)
        if b.op == "repeat" and not (single and _one(inner)):
            assert b.body is not None
            piece = self.outline.group(b, b.body, scope, read_by(b), shared)
            return self._opening(piece, earlier, [pair], inner, scope, shared)
        if b.op != "repeat" or single is None:
            return self._opening(piece, earlier, [pair], inner, f"{scope}{b.name}.", shared)
        both = [pair, self.pairs.get(scope + single.name)]
        within = inner.matches[0].inner
        if within is None:
            return self._fated(piece, earlier, both)
        return self._opening(piece, earlier, both, within, f"{scope}{single.name}.", shared)

    def _opening(
        self, piece: Piece, earlier: Piece, pairs: Sequence[Pair | None], inner: Alignment, scope: str, shared: bool
    ) -> Piece:
        """With both bodies in it."""
        ports = list(zip(inner.before.inputs, inner.after.inputs, strict=False))
        steps = self._steps(inner, scope, {old.name: new.name for old, new in ports}, shared)
        value = inner.after.outputs[0].value
        shapes = {new.name: old.shape for old, new in ports}
        inside = Inside(
            tuple(port.name for port in inner.after.inputs),
            tuple(steps),
            value,
            tuple(port.shape for port in inner.after.inputs),
            tuple(shapes.get(port.name, port.shape) for port in inner.after.inputs),
        )
        differs: Counter[Status] = Counter()
        for step in steps:
            if step.fate is not None:
                differs.update(step.fate.inside)
                differs.update([step.fate.status] if step.fate.status != "same" else [])
        piece = replace(piece, open=lambda: inside)
        return self._fated(piece, earlier, pairs, differs)

    def _fated(
        self, piece: Piece, earlier: Piece, pairs: Sequence[Pair | None], inside: Mapping[Status, int] | None = None
    ) -> Piece:
        words = [word for pair in pairs if pair for word in _words(pair)]
        status: Status = words[0][0] if words else "same"
        return replace(
            piece, fate=Fate(status, tuple(word for _, word in words), earlier, dict(sorted((inside or {}).items())))
        )


def _past(read: Iterable[str], others: Mapping[str, tuple[str, ...]]) -> set[str]:
    """What is read, and what is read through steps that were added; `others` tells what those read."""
    waiting, found = list(read), set(read)
    while waiting:
        fresh = set(others.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += sorted(fresh)
    return found


def _one(inner: Alignment) -> bool:
    """Whether one step has become one."""
    return len(inner.matches) == 1 and not inner.added and not inner.removed


def _value(graph: Graph, port: Port) -> str:
    """What an output takes, where its repeats may have been written out."""
    return next((other.value for other in graph.outputs if other.name == port.name), port.value)


def _reading(piece: Piece, before: set[str], since: set[str]) -> Piece:
    """With lines from what it read before, and marks on those from what it reads since."""
    assert piece.fate is not None
    fate = replace(piece.fate, before=frozenset(before), since=frozenset(since))
    return replace(piece, inputs=(*piece.inputs, *sorted(before)), fate=fate)


def _saying(piece: Piece, word: str) -> Piece:
    """With one more word on what became of it."""
    assert piece.fate is not None
    status = "changed" if piece.fate.status == "same" else piece.fate.status
    return replace(piece, fate=replace(piece.fate, status=status, words=(*piece.fate.words, word)))


def _marked(piece: Piece, status: Status, scope: str = "", called: str = "") -> Piece:
    """With the same fate for all that is in it; `called` is what the `scope` around it is called in the figure."""
    words = {"added": ("+ added",), "removed": ("− removed",)}.get(status, ())
    read = frozenset(piece.inputs)
    before, since = (read if status == side else frozenset[str]() for side in ("removed", "added"))
    fate = Fate(status, words, before=before, since=since)
    id, opens = called + piece.id.removeprefix(scope), piece.open
    if status == "removed":
        # the second network may have another step of that name
        id = gone(id)
    scopes = (f"{piece.id}.", f"{id}.") if piece.kind == "block" else (scope, called)

    def inside() -> Inside:
        assert opens is not None
        found = opens()
        return replace(found, pieces=tuple(_marked(step, status, *scopes) for step in found.pieces))

    return replace(piece, id=id, fate=fate, open=cache(inside) if opens else None)


def _port(piece: Piece, change: PortChange | None) -> Piece:
    """An input or output of the second network."""
    if change is None:
        return replace(piece, fate=Fate("same"))
    if change.before is None or change.after is None:
        return replace(piece, fate=Fate("added", ("+ added",)))
    old, new = change.before, change.after
    words = [f"~ {form(old.shape)} → {form(new.shape)}"] if old.shape != new.shape else []
    words += [f"~ was {old.name}"] if old.name != new.name else []
    earlier = replace(piece, output=old.shape)
    return replace(piece, fate=Fate("changed", tuple(words or ["~ takes another value"]), earlier))


def _removed_port(piece: Piece, read: tuple[str, ...]) -> Piece:
    fate = Fate("removed", ("− removed",), before=frozenset(read))
    return replace(piece, id=gone(piece.id), value=gone(piece.value), fate=fate)


def _words(pair: Pair) -> Iterator[tuple[Status, str]]:
    """How a step differs, the weightiest first."""
    for change in pair.changes:
        yield "changed", f"~ {_word(change)}"
    if pair.moved:
        yield "moved", ", ".join(filter(None, ("> moved", came_from(pair))))
    if pair.renamed and (named(pair.before.node) or named(pair.after.node)):
        yield "renamed", f"> was {pair.before.node.name}"


def _word(change: Change) -> str:
    if change.what == "inputs":
        return "reads something else"
    if change.what == "count":
        return f"×{change.before} → ×{change.after}"
    what = change.what.rstrip("_").replace("_", " ")
    before, after = _value_word(change.before), _value_word(change.after)
    if change.before is None and isinstance(change.after, bool | int | float | str):
        return f"with {what} {after}"
    if change.after is None and isinstance(change.before, bool | int | float | str):
        return f"without {what} {before}"
    return f"{before} → {after}" if what == "op" else f"{what} {before} → {after}"


def _value_word(value: Value) -> str:
    if isinstance(value, tuple) and value and all(type(size) is int for size in value):
        return "×".join(map(str, value))
    return cut(" ".join(shown(value).split()), LONGEST_WORD)
