"""Bounds on what a text may hold, so that none takes long or exhausts a stack later on.

Tokens beyond a bound get a type of their own, which no rule of the grammar takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from archc.syntax.lines import CLOSING, CONTINUES, OPENING, OPERATORS, Token

DEEPEST = 100
"""Brackets, bodies and operators within each other. Whoever walks a tree may recurse that deep."""
HOPELESS = 2_000
"""A text that nests deeper is read no further."""
LONGEST_NAME = 48
"""Characters of a name: names head columns, label figures and name weights."""
LARGEST_INTEGER = 2**63 - 1

_LONGEST_NUMBER = 40
_EXACT = 2.0**53
_SUFFIXES = {"%": -2, "K": 3, "M": 6, "G": 9, "T": 12}


def number(text: str) -> int | float | None:
    """What the text of a number stands for, or None where that is out of bounds. Whole numbers are ints."""
    if len(text) > _LONGEST_NUMBER:
        return None
    digits = text.replace("_", "")
    if digits.isdigit():
        whole = int(digits)
        return whole if whole <= LARGEST_INTEGER else None
    shift = _SUFFIXES.get(digits[-1], 0)
    mantissa, _, exponent = (digits[:-1] if shift else digits).lower().partition("e")
    # one decimal exponent, so that 1.1M is exactly whole and 40% the float nearest to 0.4
    value = float(f"{mantissa}e{int(exponent or 0) + shift}")
    vanished = value == 0 and mantissa.strip("0.") != ""
    if value == float("inf") or vanished:
        return None
    # a percentage stays a share: 100% of the rows aren't one row
    return int(value) if value.is_integer() and value < _EXACT and digits[-1] != "%" else value


def size(text: str) -> tuple[int, ...] | None:
    """What the text of a size (`5x5`) stands for, or None where that is out of bounds."""
    if len(text) > 2 * _LONGEST_NUMBER:
        return None
    parts = [int(part) for part in text.split("x")]
    return tuple(parts) if max(parts) <= LARGEST_INTEGER else None


class Depth:
    """How deep the expressions and bodies nest where a reader of tokens stands.

    The depth of a place is the length of the way from the tree's root to it. Operators count on
    along an expression, since a sum of a hundred terms is a tree of a hundred levels; so does every
    `else if` of a chain.
    """

    def __init__(self) -> None:
        self._frames = [_Frame()]

    def exceeds(self, kind: str, most: int) -> bool:
        """Whether one more token, of this kind, makes it too deep. What is too deep counts for nothing further out."""
        if self._after(kind) <= most:
            return False
        frame = self._frames[-1]
        frame.operators = frame.deepest = frame.most = 0
        return True

    def _after(self, kind: str) -> int:
        """The depth with one more token; 0 where that one makes nothing deeper."""
        frame = self._frames[-1]
        if kind in ("COMMA", "ARROW", "EQUAL", "ELSE"):
            frame.begin_expression()
            if kind != "ELSE":
                frame.branches = 0
                return 0
            frame.branches += 1
            return frame.above + frame.branches
        if kind == "NEWLINE":
            frame.begin_expression()
            frame.branches = 0
        elif kind in OPENING:
            if kind == "LBRACE":
                frame.begin_expression()  # what stands before it is a condition or a count
            self._frames.append(_Frame(frame.above + frame.branches + frame.operators + 1))
            return self._frames[-1].above
        elif kind in CLOSING and len(self._frames) > 1:
            inner = self._frames.pop()
            frame = self._frames[-1]
            # the bracket itself counts on as an operator does, for a call of a call nests as well
            frame.operators += 1
            frame.deepest = max(frame.deepest, inner.most, inner.depth)
            # a brace makes nothing deeper than what it holds, and must keep its partner
            return 0 if kind == "RBRACE" else frame.above + frame.depth
        elif kind in OPERATORS or kind == "DOT":
            frame.operators += 1
            return frame.above + frame.depth
        return 0


@dataclass(slots=True)
class _Frame:
    """How deep it is between two brackets.

    `above` is the depth of the brackets; `branches`, `operators` and `deepest` belong to the
    expression at hand: its chain of `else`, its own operators, and the deepest bracket in it;
    `most` is the deepest of the expressions before it.
    """

    above: int = 0
    branches: int = 0
    operators: int = 0
    deepest: int = 0
    most: int = 0

    @property
    def depth(self) -> int:
        return self.branches + self.operators + self.deepest

    def begin_expression(self) -> None:
        self.most = max(self.most, self.depth)
        self.operators = self.deepest = 0


def mark_excess(tokens: Iterable[Token]) -> list[Token]:
    """The tokens, those that are out of bounds marked as LARGE_NUMBER, LONG_NAME or DEEP."""
    marked: list[Token] = []
    depth = Depth()
    for token in tokens:
        kind = token.type
        if kind == "NAME":
            if len(token.text) > LONGEST_NAME:
                token = token._replace(type="LONG_NAME")
        elif kind in ("NUMBER", "SIZE"):
            if (number(token.text) if kind == "NUMBER" else size(token.text)) is None:
                token = token._replace(type="LARGE_NUMBER")
        elif depth.exceeds(kind, DEEPEST):
            token = token._replace(type="DEEP")
        marked.append(token)
    return marked


def read_until_hopeless(tokens: Iterable[Token], read: list[Token]) -> Token | None:
    """Collects tokens as the lexer gives them in `read`; stops at one that is so deep that no more need be read."""
    depth = Depth()
    line_ended = False
    for token in tokens:
        read.append(token)
        kind = token.type
        if kind == "NEWLINE":
            line_ended = True
            continue
        if line_ended and kind not in CONTINUES:
            depth.exceeds("NEWLINE", HOPELESS)
        line_ended = False
        if depth.exceeds(kind, HOPELESS):
            return token
    return None
