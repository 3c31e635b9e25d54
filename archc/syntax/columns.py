"""What stands in columns, as in a paper's table.

Statements that no blank line parts are a paragraph, and the lines of a paragraph are aligned:
- the `=` of a recipe's settings, all of them;
- the numbers of three or more calls of one layer, if the calls hold two or more numbers and nothing
  else: `stage( 64, 3, 1)`;
- `as` behind the first step, of two or more flows, and the first `->` of those that have one;
- the first `->` of three or more other flows that begin with the same layer;
- the `=` of neighbouring `let`, `output` or `share` lines, and the `{` of neighbouring items on one line.
Only what stands on one line takes part, and no column is made that would push a line beyond the width.
Behind lines of one indentation without a blank line between, comments stand in one column. Lines that begin with a
closing bracket take no part: `}` and `} else {` have nothing in common with the lines around them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from archc.syntax.pieces import WIDTH, Bracket, Part, Piece, Word, hard_break, text_of

_TABLE = 3
"""How many like calls make a table."""
_ASSIGNED = ("LET", "OUTPUT", "SHARE")
_CLOSE = "}])"
_BRACED = ("BLOCK", "MODEL", "TRAIN")


@dataclass(slots=True)
class Line:
    """A line of what is written, without its indentation; a comment on its own line is its text."""

    indent: int
    text: str
    comment: str = ""


def paragraphs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The statements between blank lines."""
    found: list[Piece] = []
    for piece in pieces:
        if found and "" in piece.lead:
            yield found
            found = []
        found.append(piece)
    if found:
        yield found


def align_settings(settings: Iterable[Piece]) -> dict[int, str]:
    """The name and the `=` of each setting of a paragraph, by the id of the piece."""
    plain = [piece for piece in settings if len(piece.parts) > 2 and not any(_breaks(piece.parts[:3]))]
    width = max((len(_text(piece.parts[:1])) for piece in plain), default=0)
    return {id(piece): f"{_text(piece.parts[:1]).ljust(width)} =" for piece in plain}


def align_statements(paragraph: Sequence[Piece], room: int) -> dict[int, str]:
    """The lines that differ from `flat`, by the id of the piece; `room` is how many columns a line has."""
    found: dict[int, str] = {}
    single = [piece for piece in paragraph if piece.flat is not None and len(piece.flat) <= room]
    rows = [row for piece in single if (row := _Row.of(piece))]
    _align_numbers(rows, room)
    named = [row for row in rows if row.name]
    _align(named, room, lambda row: row.head, _set_head, 2)
    _align([row for row in named if row.rest], room, lambda row: row.name, _set_name, 2)
    for same in _by(lambda row: row.callee, [row for row in rows if row.rest and not row.name]):
        _align(same, room, lambda row: row.head, _set_head, _TABLE)
    for row in rows:
        found[id(row.piece)] = row.text
    chosen = set(map(id, single))
    for (kind, on_one_line), group in groupby(paragraph, key=lambda piece: (piece.kind, id(piece) in chosen)):
        if on_one_line and kind in (*_ASSIGNED, *_BRACED):
            found.update(_align_neighbours(list(group), -1 if kind in _BRACED else 2, room))
    return found


def align_comments(lines: Sequence[Line]) -> Iterator[str]:
    """The finished lines."""
    for (_, blank), group in groupby(lines, key=lambda line: (line.indent, not line.text)):
        run = list(group)
        if blank:
            yield from ("" for _ in run)
            continue
        commented = [line for line in run if line.comment and line.text[0] not in _CLOSE]
        column = max((len(line.text) for line in commented), default=0)
        if any(line.indent + column + 2 + len(line.comment) > WIDTH for line in commented):
            column = 0
        for line in run:
            aligned = line.text if line.text[0] in _CLOSE else line.text.ljust(column)
            yield " " * line.indent + (f"{aligned}  {line.comment}" if line.comment else line.text)


@dataclass(slots=True)
class _Row:
    """A flow on one line: its first step, ` as name`, and the steps after it. `numbers`: see `_numbers`."""

    piece: Piece
    callee: str
    numbers: tuple[str, ...]
    head: str
    name: str
    rest: str

    @classmethod
    def of(cls, piece: Piece) -> "_Row | None":
        """None for other statements, and for flows that begin with `if` or `repeat`."""
        parts = piece.parts
        if not (isinstance(parts[0], Word) and parts[0].type == "NAME"):
            return None
        end = next((at for at, part in enumerate(parts) if part.head.type in ("AS", "ARROW")), len(parts))
        named = end < len(parts) and parts[end].head.type == "AS"
        after = end + 2 if named else end
        name = f" {_text(parts[end:after])}" if named else ""
        rest = f" {_text(parts[after:])}" if after < len(parts) else ""
        numbers = _numbers(parts[1]) if end == 2 and isinstance(parts[1], Bracket) else ()
        return cls(piece, parts[0].text, numbers, _text(parts[:end]), name, rest)

    @property
    def text(self) -> str:
        return self.head + self.name + self.rest


def _text(parts: Sequence[Part]) -> str:
    """The text of parts that are known to fit a line."""
    text = text_of(parts)
    assert text is not None
    return text


def _breaks(parts: Sequence[Part]) -> Iterator[bool]:
    return (hard_break(before, part) for before, part in pairwise(parts))


def _numbers(call: Bracket) -> tuple[str, ...]:
    """The arguments of a call of two or more numbers and nothing else; none for other calls."""
    if call.kind != "call" or len(call.items) < 2:
        return ()
    for item in call.items:
        types = [part.head.type for part in item.parts]
        if types not in (["NUMBER"], ["SIGN", "NUMBER"]):
            return ()
    return tuple(_text(item.parts) for item in call.items)


def _align_numbers(rows: Sequence[_Row], room: int) -> None:
    for same in _by(lambda row: (row.callee, len(row.numbers)), [row for row in rows if row.numbers]):
        widths = [max(map(len, column)) for column in zip(*(row.numbers for row in same), strict=True)]
        table = [
            f"{row.callee}({', '.join(map(str.rjust, row.numbers, widths))})"
            for row in same
        ]  # fmt: skip
        longest = max(len(head) + len(row.name) + len(row.rest) for head, row in zip(table, same, strict=True))
        if len(same) >= _TABLE and longest <= room:
            for row, head in zip(same, table, strict=True):
                row.head = head


def _align(
    rows: Sequence[_Row], room: int, cell: Callable[[_Row], str], put: Callable[[_Row, str], None], least: int
) -> None:
    """Pads a cell of `least` or more rows to one width, unless a line gets too long."""
    width = max((len(cell(row)) for row in rows), default=0)
    if len(rows) >= least and all(len(row.text) + width - len(cell(row)) <= room for row in rows):
        for row in rows:
            put(row, cell(row).ljust(width))


def _set_head(row: _Row, text: str) -> None:
    row.head = text


def _set_name(row: _Row, text: str) -> None:
    row.name = text


def _by(key: Callable[[_Row], object], rows: Iterable[_Row]) -> Iterable[list[_Row]]:
    groups: dict[object, list[_Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.values()


def _align_neighbours(pieces: Sequence[Piece], split: int, room: int) -> dict[int, str]:
    """Lines whose parts from `split` on begin in one column."""
    heads = [_text(piece.parts[:split]) for piece in pieces]
    width = max(map(len, heads))
    lines = {
        id(piece): f"{head.ljust(width)} {_text(piece.parts[split:])}"
        for piece, head in zip(pieces, heads, strict=True)
    }
    return lines if all(len(line) <= room for line in lines.values()) else {}
