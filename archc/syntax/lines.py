"""Which ends of lines end a statement, and which brackets belong together.

Stands between lexer and parser. The lexer gives a NEWLINE for every end of a line; what leaves
here has one after every statement, also before a `}`, and none elsewhere. Braces leave in
pairs; a bracket that has no partner leaves as UNCLOSED or STRAY, which no rule of the grammar takes.
"""

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
    if pairs.unpaired_braces:
        # braces alone do not tell which of them is missing; how people indent lines does
        pairs = _Pairs(tokens, by_layout=True)
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
            end_statement(here)
            depth.pop()
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
    return last in GOES_ON and second != "EQUAL"


class _Pairs:
    """Finds the partner of every bracket, and what the others are."""

    def __init__(self, tokens: Sequence[Token], by_layout: bool = False):
        self._tokens = tokens
        self.unclosed: set[int] = set()
        self.stray: set[int] = set()
        self.missing: dict[int, int] = {}
        """How many closing braces are missing before a token."""
        self._open: list[tuple[str, int]] = []
        self._counts = dict.fromkeys(OPENING, 0)
        self._outer: list[dict[str, int]] = []
        self._indents: dict[int, int] = {}
        for index, token in enumerate(tokens):
            if token.type in OPENING:
                self._enter(token.type, index)
            elif token.type in CLOSING:
                if by_layout and token.type == "RBRACE" and self._outer:
                    self._follow_indents(index)
                self._leave(CLOSING[token.type], index)
            elif by_layout and self._open and token.type in ("BLOCK", "MODEL", "TRAIN") and self._begins_item(index):
                self._abandon(index)
        self._abandon(len(tokens) - 1)

    @property
    def unpaired_braces(self) -> list[int]:
        return sorted(i for i in self.unclosed | self.stray if self._tokens[i].type in ("LBRACE", "RBRACE"))

    def _enter(self, kind: str, index: int) -> None:
        self._open.append((kind, index))
        if kind == "LBRACE":
            self._outer.append(self._counts)
            self._counts = dict.fromkeys(OPENING, 0)
        else:
            self._counts[kind] += 1

    def _leave(self, kind: str, index: int) -> None:
        # counted rather than searched for, since a text may be all brackets
        if not (self._outer if kind == "LBRACE" else self._counts[kind]):
            self.stray.add(index)
            return
        while self._open[-1][0] != kind:
            self._drop(index)
        self._open.pop()
        if kind == "LBRACE":
            self._counts = self._outer.pop()
        else:
            self._counts[kind] -= 1

    def _follow_indents(self, index: int) -> None:
        """If a brace stands under an outer line, and not under the inner one, the inner has no partner."""
        if not self._leads_line(index):
            return
        indent = self._indent(index)
        for inner, (kind, opened) in enumerate(reversed(self._open[-_NEAR:])):
            if kind == "LBRACE" and self._indent(opened) <= indent:
                if self._indent(opened) == indent:
                    for _ in range(inner):
                        self._drop(index)
                return

    def _abandon(self, index: int) -> None:
        """A new item begins at `index`, or the text ends: whatever is open stays open."""
        while self._open:
            self._drop(index)

    def _drop(self, index: int) -> None:
        """Nothing closes the innermost open bracket, as the token at `index` shows."""
        kind, opened = self._open.pop()
        self.unclosed.add(opened)
        if kind == "LBRACE":
            self._counts = self._outer.pop()
            self.missing[index] = self.missing.get(index, 0) + 1
        else:
            self._counts[kind] -= 1

    def _begins_item(self, index: int) -> bool:
        """Whether the `model` or `train` at `index` begins a model or a recipe beside what is open."""
        outer = next((opened for kind, opened in reversed(self._open[-_NEAR:]) if kind == "LBRACE"), index)
        if not self._leads_line(index) or self._indent(index) > self._indent(outer):
            return False
        first, second = (self._tokens[i].type if i < len(self._tokens) else "" for i in (index + 1, index + 2))
        if self._tokens[index].type == "TRAIN" and first == "LBRACE":
            return True
        return first == "NAME" and second in ("LBRACE", "LPAR")

    def _leads_line(self, index: int) -> bool:
        return index == 0 or self._tokens[index - 1].type == "NEWLINE"

    def _indent(self, index: int) -> int:
        """How far the line of a token is indented."""
        token = self._tokens[index]
        line = token.source.place(token.start)[0]
        if line not in self._indents:
            text = token.source.line(line)
            self._indents[line] = len(text) - len(text.lstrip())
        return self._indents[line]
