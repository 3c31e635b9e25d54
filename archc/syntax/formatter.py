"""Lays a file out anew: `archc fmt`.

Four spaces of indentation, lines of up to 120 columns, one space around `=`, `->` and operators, none
inside `( )` and `[ ]`, columns as `columns` says. Numbers, names, texts and comments stay as they are written.
- A bracket that fits on its line stands on one, unless its author broke it and ended it with a comma:
  then it stays broken, an item a line. Lists of numbers and words keep their rows, and long rows are filled.
- Brackets around nothing but other brackets share their lines: `examples([` … `])`.
- Braces that hold one statement stay on one line if they were on one.
- A statement too long for a line is broken before each `->` (else at each `or`, `and` or `+`), or else inside its
  brackets, the widest first.
- A comment stays behind what it stood behind, and above what it stood above; where it parts a statement, that
  goes on in the next line.
- One blank line stays where there were any. One stands between top-level items, except between lines of one kind.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from archc.diagnostics import Report
from archc.source import Source
from archc.syntax.columns import Line, align_comments, align_settings, align_statements, paragraphs
from archc.syntax.lines import Token
from archc.syntax.parser import parse, statement_tokens
from archc.syntax.pieces import WIDTH, Braces, Bracket, Part, Piece, hard_break, is_data, read_pieces, text_of
from archc.syntax.place import ENDS_VALUE

_INDENT = 4
_LOOSEST = (frozenset({"ARROW"}), frozenset({"OR"}), frozenset({"AND"}), frozenset({"PLUS", "MINUS"}))
"""Where a statement may be broken outside brackets, the best first."""
_LOOSE = frozenset().union(*_LOOSEST)


class Unfaithful(Exception):
    """The new layout would say something else than the file. A fault of ours, which no file should cause."""


def format_source(source: Source) -> str:
    """The text of a file, laid out anew. Raises Failed if the file has syntax errors."""
    report = Report()
    parse(source, report)
    report.stop_on_errors()
    tokens = statement_tokens(source)
    pieces, tail = read_pieces(source, tokens)
    page = _Page()
    page.items(pieces, tail)
    text = "".join(f"{line}\n" for line in align_comments(page.lines))
    laid_out = Source(source.name, text)
    after = statement_tokens(laid_out)
    if _said(tokens) != _said(after) or _comments(source, tokens) != _comments(laid_out, after):
        raise Unfaithful(f"`{source.name}` would say something else after formatting, and was left as it is")
    return text


def _said(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """The tokens as the parser judges them, without the trailing commas that say nothing: equal means the same tree."""
    said: list[tuple[str, str]] = []
    brackets: list[tuple[int, int]] = []  # for each open one where it stands in `said`, and its commas
    for token in tokens:
        kind = token.type
        if kind in ("LPAR", "LSQB", "LBRACE"):
            brackets.append((len(said), 0))
        elif kind == "COMMA":
            at, commas = brackets[-1]
            brackets[-1] = (at, commas + 1)
        elif kind in ("RPAR", "RSQB", "RBRACE"):
            at, commas = brackets.pop()
            if commas and said[-1][0] == "COMMA" and _spare_comma(said, at, commas):
                said.pop()
        said.append((kind, "" if kind == "NEWLINE" else token.text))
    return said


def _spare_comma(said: Sequence[tuple[str, str]], at: int, commas: int) -> bool:
    """Whether the last of so many commas in the bracket at `at` says nothing, unlike those of `(a,)` and `x[i,]`."""
    attached = at > 0 and (said[at - 1][0] in ENDS_VALUE or (at > 1 and said[at - 2][0] == "DOT"))
    if said[at][0] == "LPAR":
        return attached or commas > 1
    return not attached or (at > 1 and said[at - 2][0] == "INPUT")


def _comments(source: Source, tokens: Sequence[Token]) -> list[str]:
    """Every comment of a text, in order."""
    found: list[str] = []
    end = 0
    for token in (*tokens, None):
        if token and token.type == "NEWLINE":
            continue
        gap = source.text[end : token.start if token else None]
        if "#" in gap:
            found += [line.strip(" \t") for line in gap.split("\n") if "#" in line]
        end = token.end if token else 0
    return found


class _Page:
    """The lines written so far, and the one that is being written."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.indent = 0
        self.written: list[str] = []
        self.column = 0

    def start(self, indent: int) -> None:
        self.indent = self.column = indent

    def put(self, text: str) -> None:
        self.written.append(text)
        self.column += len(text)

    def end(self, comment: str = "") -> None:
        self.lines.append(Line(self.indent, "".join(self.written), comment))
        self.written.clear()

    def lead(self, comments: Sequence[str], indent: int, fresh: bool = False) -> None:
        """Comments on lines of their own, and blank lines; `fresh` says that a bracket or the file has just begun."""
        for comment in comments:
            if comment or not (fresh or self._after_blank()):
                self.lines.append(Line(indent if comment else 0, comment))
            fresh = fresh and not comment

    def below(self, comments: Sequence[str], indent: int, fresh: bool) -> None:
        """The comments below the last item of a bracket or a file."""
        while comments and not comments[-1]:
            comments = comments[:-1]
        self.lead(comments, indent, fresh)

    def items(self, items: Sequence[Piece], tail: Sequence[str]) -> None:
        """A whole file."""
        before = ("", True)  # what the last item began with, and whether it took several lines
        for paragraph in paragraphs(items):
            texts = align_statements(paragraph, WIDTH)
            for item in paragraph:
                top = len(self.lines)
                self.lead(item.lead, 0, fresh=not top)
                first = len(self.lines)
                self.statement(item, 0, texts.get(id(item)))
                this = (item.kind, len(self.lines) > first + 1)
                apart = this[1] or before[1] or this[0] != before[0]
                if top and apart and not any(line.text == "" for line in self.lines[top:first]):
                    self.lines.insert(top, Line(0, ""))
                before = this
        self.below(tail, 0, fresh=not self.lines)

    def statements(self, pieces: Sequence[Piece], indent: int, settings: bool) -> None:
        fresh = True
        for paragraph in paragraphs(pieces):
            texts = {} if settings else align_statements(paragraph, WIDTH - indent)
            names = align_settings(paragraph) if settings else {}
            for piece in paragraph:
                self.lead(piece.lead, indent, fresh)
                fresh = False
                self.statement(piece, indent, texts.get(id(piece)), names.get(id(piece)))

    def statement(self, piece: Piece, indent: int, text: str | None, name: str | None = None) -> None:
        """`text` is the whole of it, if that is known; `name` is how a setting begins."""
        self.start(indent)
        if text is not None:
            self.put(text)
        elif name is not None:
            self.put(f"{name} ")
            self.lay(piece.parts[2:], indent)
        else:
            self.lay(piece.parts, indent)
        self.end(piece.comment)

    def lay(self, parts: Sequence[Part], indent: int, tail: int = 0) -> None:
        """Parts, which begin where the line has got to; `tail` columns will follow the last one."""
        begin = 0
        for at in range(1, len(parts) + 1):
            if at < len(parts) and not hard_break(parts[at - 1], parts[at]):
                continue
            if begin:
                head = parts[begin].head
                level = indent if head.type in ("ELSE", "LBRACE") else indent + _INDENT
                self.end(parts[begin - 1].tail.comment)
                self.lead(head.lead, level)
                self.start(level)
            else:
                level = indent
            self.flow(parts[begin:at], level, tail if at == len(parts) else 0)
            begin = at

    def flow(self, parts: Sequence[Part], indent: int, tail: int) -> None:
        """Parts between which no comment stands, in the first way that fits.

        The ways: no more broken than its author did; cut at operators; with the widest brackets
        broken; both. What is broken here counts as the author's when the result is formatted once
        more: the first way then gives what the third gave, and what the fourth broke makes none of
        the others fit, so that the result stays.
        """
        broken = _broken(parts)
        if _fit(parts, broken, indent, self.column, tail):
            self.write(parts, broken, indent)
            return
        segments = _segments(parts)
        last = len(segments) - 1
        places = [self.column] + [indent + _INDENT] * last
        tails = [0] * last + [tail]
        cut = last and all(
            _fit(segment, _broken(segment), place, place, after)
            for segment, place, after in zip(segments, places, tails, strict=True)
        )
        # the braces of a long condition are broken rather than the condition
        body = any(isinstance(part, Braces) and part.statements for part in parts)
        if not cut or (body and all(part.type != "ARROW" for part in parts)):
            first, others = _widest_first(parts, broken)
            place = self.column
            # the more is broken, the better it fits
            enough = bisect_left(
                range(len(others) + 1),
                True,
                key=lambda count: _fit(parts, first.union(others[:count]), indent, place, tail),
            )
            if enough <= len(others) or not last:
                self.write(parts, first.union(others[:enough]), indent)
                return
        for number, (segment, after) in enumerate(zip(segments, tails, strict=True)):
            if number:
                self.end()
                self.start(indent + _INDENT)
            self.flow(segment, indent + _INDENT * bool(number), after)

    def write(self, parts: Sequence[Part], broken: set[int], indent: int) -> None:
        for at, part in enumerate(parts):
            if at and part.head.spaced:
                self.put(" ")
            if at in broken and isinstance(part, Braces):
                self.braces(part, indent)
            elif at in broken and isinstance(part, Bracket):
                self.bracket(part, indent)
            else:
                assert part.flat is not None
                self.put(part.flat)

    def braces(self, part: Braces, indent: int) -> None:
        self.put("{")
        self.end(part.open.comment)
        self.statements(part.statements, indent + _INDENT, part.settings)
        self.below(part.close.lead, indent + _INDENT, fresh=not part.statements)
        self.start(indent)
        self.put("}")

    def bracket(self, part: Bracket, indent: int) -> None:
        self.put(part.open.text)
        if _hugs(part):
            parts = part.items[0].parts
            self.write(parts, {len(parts) - 1}, indent)
            self.put(part.close.text)
            return
        self.end(part.open.comment)
        inner = indent + _INDENT
        if part.kind == "list" and all(is_data(item) and _fills(item, inner) for item in part.items):
            self.rows(part.items, inner)
        else:
            for at, item in enumerate(part.items):
                comma = "," if part.comma != "never" else ""
                self.lead(item.lead, inner, fresh=not at)
                self.start(inner)
                self.lay(item.parts, inner, len(comma))
                self.put(comma)
                self.end(item.comment)
        self.below(part.close.lead, inner, fresh=not part.items)
        self.start(indent)
        self.put(part.close.text)

    def rows(self, items: Sequence[Piece], indent: int) -> None:
        """Items of a list, as many a row as their author put there and as fit."""
        comment = ""  # what ends the row
        for at, item in enumerate(items):
            text = f"{item.flat},"
            if at and not (item.new_line or item.lead or comment) and self.column + 1 + len(text) <= WIDTH:
                self.put(f" {text}")
            else:
                if at:
                    self.end(comment)
                self.lead(item.lead, indent, fresh=not at)
                self.start(indent)
                self.put(text)
            comment = item.comment
        if items:
            self.end(comment)

    def _after_blank(self) -> bool:
        return bool(self.lines) and not self.lines[-1].text


def _broken(parts: Sequence[Part]) -> set[int]:
    """Which parts cannot stand on one line."""
    return {at for at, part in enumerate(parts) if part.flat is None}


def _fit(parts: Sequence[Part], broken: set[int], indent: int, column: int, tail: int) -> bool:
    """Whether the lines that begin or end outside the broken parts are short enough."""
    for at, part in enumerate(parts):
        column += bool(at and part.head.spaced)
        if at in broken:
            opening, closing = _outside(part)
            if column + opening > WIDTH:
                return False
            column = indent + closing
        else:
            column += len(part.flat or "")
    # `column` only falls behind a broken part, up to which it was looked at
    return column + tail <= WIDTH


def _outside(part: Part) -> tuple[int, int]:
    """How many columns of a broken part stand in its first line, and in its last."""
    opening = closing = 0
    while isinstance(part, Bracket):
        opening += 1
        closing += 1
        if not _hugs(part):
            break
        parts = part.items[0].parts
        opening += len(text_of(parts[:-1]) or "") + bool(len(parts) > 1 and parts[-1].head.spaced)
        part = parts[-1]
    return (opening, closing) if isinstance(part, Bracket) else (1, 1)


def _hugs(part: Bracket) -> bool:
    """Whether it is broken within its only item: `examples([` … `])`."""
    if part.kept or part.commented or part.comma == "must" or len(part.items) != 1:
        return False
    *before, last = part.items[0].parts
    if not isinstance(last, Bracket) or not last.items or (before and hard_break(before[-1], last)):
        return False
    plain = all(not isinstance(other, Bracket | Braces) and other.type not in _LOOSE for other in before)
    return plain and text_of(before) is not None


def _fills(item: Piece, indent: int) -> bool:
    """Whether an item fits a row."""
    return item.flat is not None and indent + len(item.flat) + 1 <= WIDTH


def _segments(parts: Sequence[Part]) -> list[Sequence[Part]]:
    """The parts, cut at the loosest operators among them, but not within an `if` that has an `else`.

    A line may begin with any but a minus, and end in any.
    """
    types = [part.type for part in parts]
    for loosest in _LOOSEST[:1] if "ELSE" in types else _LOOSEST:
        if not loosest.intersection(types):
            continue
        behind = "MINUS" in loosest and "MINUS" in types
        cuts = [at + behind for at, kind in enumerate(types) if kind in loosest]
        ends = [0, *(at for at in cuts if 0 < at < len(parts)), len(parts)]
        return [parts[begin:end] for begin, end in pairwise(ends)]
    return [parts]


def _widest_first(parts: Sequence[Part], broken: set[int]) -> tuple[set[int], list[int]]:
    """What to break first, which is all braces, and the brackets to break one after another, the widest first."""
    can = [at for at, part in enumerate(parts) if at not in broken and _holds_any(part)]
    braces = {at for at in can if isinstance(parts[at], Braces)}
    return broken | braces, sorted(set(can) - braces, key=lambda at: (-len(parts[at].flat or ""), at))


def _holds_any(part: Part) -> bool:
    match part:
        case Braces():
            return bool(part.statements)
        case Bracket():
            return bool(part.items)
        case _:
            return False
