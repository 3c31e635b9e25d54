"""Which ends of lines end a statement, and which brackets belong together.

Stands between lexer and parser. The lexer gives a NEWLINE for every end of a line; what leaves
here has one after every statement, also before a `}`, and none elsewhere. Braces leave in
pairs; a bracket that has no partner leaves as UNCLOSED or STRAY, which no rule of the grammar takes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from archc.source import Source, Span

_NEAR = 200
"""How many open brackets are searched for the brace that a line belongs to."""


class Token(NamedTuple):
    """A word of the language. `type` is its name in the grammar."""

    type: str
    text: str
    source: Source
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)


class Lines(NamedTuple):
    """Tokens as the grammar takes them, and the braces without a partner."""

    tokens: list[Token]
    unpaired: list[Token]


OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = {closing: opening for opening, closing in OPENING.items()}

OPERATORS = frozenset({"COMPARE", "PLUS", "MINUS", "TIMES", "POWER", "AND", "OR", "NOT"})
GOES_ON = OPERATORS | {"ARROW", "EQUAL"}
"""A line that ends in one of these goes on in the next."""
CONTINUES = frozenset({"ARROW", "PLUS", "AS", "AND", "OR", "ELSE", "LBRACE"})
"""A line that begins with one of these continues the one before."""
STARTS = frozenset({"USE", "LET", "BLOCK", "MODEL", "TRAIN", "INPUT", "OUTPUT", "SHARE", "ASSERT", "EXPECT"})
"""Words that begin a statement and no value: not even a line that goes on reaches across them."""


def join_lines(tokens: Sequence[Token]) -> Lines:
    """The tokens of a whole text, the last of which is a NEWLINE at its end."""
    pairs = _Pairs(tokens)
    if pairs.unclosed or pairs.stray:
        # brackets alone do not tell which of them is missing; how people indent lines does
        pairs = _Pairs(tokens, pairs)
    left: list[Token] = []
    depth: list[str] = []  # the paired brackets that are open
    unclosed = False  # whether this statement has a bracket that nothing closes

    def end_statement(at: Token) -> None:
        nonlocal unclosed
        unclosed = False
        if left and left[-1].type not in ("NEWLINE", "LBRACE"):
            left.append(at._replace(type="NEWLINE"))

    for index, token in enumerate(tokens):
        for _ in range(pairs.missing.get(index, 0)):
            here = token._replace(text="", end=token.start)
            end_statement(here)
            left.append(here._replace(type="RBRACE", text="}"))
            depth.pop()
            if (not depth or depth[-1] == "LBRACE") and token.type not in CONTINUES:
                end_statement(here)
        kind = token.type
        if kind == "NEWLINE":
            if not (depth and depth[-1] != "LBRACE") and not _goes_on(left, tokens, index, unclosed):
                end_statement(token)
        elif kind == "RBRACE":
            if index not in pairs.stray:
                end_statement(token._replace(text="", end=token.start))
                left.append(token)
                depth.pop()
        elif kind in OPENING:
            if index in pairs.unclosed and kind != "LBRACE":
                unclosed = True
                left.append(token._replace(type="UNCLOSED"))
            else:
                depth.append(kind)
                left.append(token)
        elif index in pairs.stray:
            left.append(token._replace(type="STRAY"))
        else:
            if kind in CLOSING:
                depth.pop()
            left.append(token)
    return Lines(left, [tokens[index] for index in pairs.unpaired_braces])


def _goes_on(left: Sequence[Token], tokens: Sequence[Token], index: int, unclosed: bool) -> bool:
    """Whether the statement goes on after the end of line at `index`."""
    last = left[-1].type if left else "NEWLINE"
    following, second = (tokens[i].type if i < len(tokens) else "" for i in (index + 1, index + 2))
    if following in CONTINUES and last != "NEWLINE":
        return True
    if following in STARTS or following in ("RBRACE", ""):
        return False
    # the rest of a call whose bracket is never closed is no statement of its own
    if unclosed and last in ("COMMA", "UNCLOSED"):
        return True
    # `name = …` is never the rest of something
    return last in GOES_ON and (second != "EQUAL" or following in ("NUMBER", "SIZE", "TEXT"))


class _Open:
    """A bracket that is open where `_Pairs` stands."""

    __slots__ = ("body_indented", "counts", "indent", "index", "kind")

    def __init__(self, kind: str, index: int, counts: dict[str, int]):
        self.kind = kind
        self.index = index
        self.counts = counts
        """Of a brace: how many brackets of each kind were open around it, up to the next brace."""
        self.indent = -1
        self.body_indented: bool | None = None
        """Of a brace: whether its first line stands further right than its own; None before that line."""


class _Pairs:
    """Finds the partner of every bracket, and what the others are.

    With what a first look without layout found, a second finds brackets without a partner by where
    lines begin; braces only if some of them lack theirs.
    """

    def __init__(self, tokens: Sequence[Token], first: "_Pairs | None" = None):
        self._tokens = tokens
        self.unclosed: set[int] = set()
        self.stray: set[int] = set()
        self.missing: dict[int, int] = {}
        """How many closing braces are missing before a token."""
        self._open: list[_Open] = []
        self._counts = dict.fromkeys(OPENING, 0)
        self._indents: dict[int, int] = {}
        self._late = sorted(first.stray) if first else []
        by_layout, braces = first is not None, bool(first and first.unpaired_braces)
        for index, token in enumerate(tokens):
            if braces and self._open and token.type != "NEWLINE" and self._leads_line(index):
                self._follow_lines(index)
            if braces and token.type == "ELSE":
                self._follow_else(index)
            if token.type in OPENING:
                self._enter(token.type, index)
            elif token.type in CLOSING:
                kind = CLOSING[token.type]
                if by_layout and self._leads_line(index) and self._follow_indents(kind, index, braces):
                    continue
                if by_layout and not self._leads_line(index) and self._too_early(kind, index, braces):
                    self.stray.add(index)
                    continue
                self._leave(kind, index, braces)
        while self._open:
            self._drop(len(tokens) - 1)

    @property
    def unpaired_braces(self) -> list[int]:
        return sorted(i for i in self.unclosed | self.stray if self._tokens[i].type in ("LBRACE", "RBRACE"))

    def _enter(self, kind: str, index: int) -> None:
        self._open.append(_Open(kind, index, self._counts))
        if kind == "LBRACE":
            self._counts = dict.fromkeys(OPENING, 0)
            self._counts["LBRACE"] = self._open[-1].counts["LBRACE"] + 1
        else:
            self._counts[kind] += 1

    def _leave(self, kind: str, index: int, braces: bool) -> None:
        # counted rather than searched for, since a text may be all brackets
        if not self._counts[kind]:
            brace = next((opened for opened in reversed(self._open[-_NEAR:]) if opened.kind == "LBRACE"), None)
            if not (braces and brace and brace.counts[kind]):
                self.stray.add(index)
                return
            # `add(a, if c { b )`: the brace is the one without a partner
        while self._open[-1].kind != kind:
            self._drop(index)
        self._close()

    def _close(self) -> None:
        opened = self._open.pop()
        if opened.kind == "LBRACE":
            self._counts = opened.counts
        else:
            self._counts[opened.kind] -= 1

    def _drop(self, index: int) -> None:
        """Nothing closes the innermost open bracket, as the token at `index` shows."""
        opened = self._open[-1]
        self.unclosed.add(opened.index)
        if opened.kind == "LBRACE":
            if self._tokens[index].type in ("RPAR", "RSQB") and self._before(index) == "COMMA":
                # the comma is one of the call that the bracket ends
                index = next(i for i in range(index - 1, 0, -1) if self._tokens[i].type == "COMMA")
            self.missing[index] = self.missing.get(index, 0) + 1
        self._close()

    def _follow_indents(self, kind: str, index: int, braces: bool) -> bool:
        """If a line begins with a bracket that stands under the line of an outer one, and not of the inner
        one, then the inner has no partner. Whether the bracket at `index` itself has none."""
        indent = self._indent(index)
        for inner, opened in enumerate(reversed(self._open[-_NEAR:])):
            if opened.kind == "LBRACE" and kind != "LBRACE":
                return False
            if opened.kind == kind and self._line_indent(opened) <= indent:
                if self._line_indent(opened) == indent:
                    for _ in range(inner):
                        self._drop(index)
                elif kind == "LBRACE" and braces and opened.body_indented and not inner:
                    # further right than the brace it would close: its own is the one that is missing
                    self.stray.add(index)
                    return True
                return False
        return False

    def _follow_lines(self, index: int) -> None:
        """A line that stands no further right than that of an open brace is beyond its body."""
        indent = self._indent(index)
        if self._begins_item(index):
            outer = next((opened for opened in reversed(self._open[-_NEAR:]) if opened.kind == "LBRACE"), None)
            if outer is None or indent <= self._line_indent(outer):
                while self._open:
                    self._drop(index)
                return
        while self._open and self._open[-1].kind == "LBRACE":
            brace = self._open[-1]
            if brace.body_indented is None:
                inline = self._tokens[brace.index + 1].type != "NEWLINE"
                brace.body_indented = inline or indent > self._line_indent(brace)
            kind = self._tokens[index].type
            if kind == "RBRACE" or kind in CONTINUES or not brace.body_indented or indent > self._line_indent(brace):
                return
            self._drop(index)

    def _begins_item(self, index: int) -> bool:
        """Whether `block`, `model` or `train` at `index` begins an item of the file."""
        if self._tokens[index].type not in ("BLOCK", "MODEL", "TRAIN"):
            return False
        first, second = (self._tokens[i].type if i < len(self._tokens) else "" for i in (index + 1, index + 2))
        if self._tokens[index].type == "TRAIN" and first == "LBRACE":
            return True
        return first == "NAME" and second in ("LBRACE", "LPAR")

    def _too_early(self, kind: str, index: int, braces: bool) -> bool:
        """Whether the bracket at `index`, which begins no line, would close one of an earlier line that goes on."""
        opened = next((opened for opened in reversed(self._open[-_NEAR:]) if opened.kind == kind), None)
        if opened is None or self._line(opened.index) == self._line(index):
            return False
        if kind != "LBRACE":
            # one that nothing closes then stands under the line of the opening one
            hanging = self._tokens[opened.index + 1].type == "NEWLINE" and opened is self._open[-1]
            at = bisect_right(self._late, index)
            late = self._late[at] if at < len(self._late) else None
            if not hanging or late is None or CLOSING[self._tokens[late].type] != kind or not self._leads_line(late):
                return False
            return self._indent(late) == self._line_indent(opened)
        following = self._tokens[index + 1].type if index + 1 < len(self._tokens) else ""
        if not braces or following in ("", "RBRACE"):
            return False
        if following != "NEWLINE":
            return following in ("ELSE", "COMMA", "ARROW", "AS", "RPAR")
        if opened is not self._open[-1]:
            return False
        first = next((i for i in range(index + 2, len(self._tokens)) if self._tokens[i].type != "NEWLINE"), index)
        if first == index or self._tokens[first].type in ("RBRACE", *CONTINUES):
            return False
        return bool(opened.body_indented) and self._indent(first) > self._line_indent(opened)

    def _follow_else(self, index: int) -> None:
        """`if a { b else { c }`: an `else` stands behind a body."""
        if self._open and self._open[-1].kind == "LBRACE" and self._before(index) != "RBRACE":
            self._drop(index)

    def _before(self, index: int) -> str:
        """The type of the token before, ends of lines left out."""
        while index and self._tokens[index - 1].type == "NEWLINE":
            index -= 1
        return self._tokens[index - 1].type if index else ""

    def _leads_line(self, index: int) -> bool:
        return index == 0 or self._tokens[index - 1].type == "NEWLINE"

    def _line_indent(self, opened: _Open) -> int:
        if opened.indent < 0:
            opened.indent = self._indent(opened.index)
        return opened.indent

    def _line(self, index: int) -> int:
        token = self._tokens[index]
        return token.source.place(token.start)[0]

    def _indent(self, index: int) -> int:
        """How far the line of a token is indented."""
        line = self._line(index)
        if line not in self._indents:
            text = self._tokens[index].source.line(line)
            self._indents[line] = len(text) - len(text.lstrip())
        return self._indents[line]
