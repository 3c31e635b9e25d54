"""Bounds on what a text may hold, so that none takes long or exhausts a stack later on.

Tokens beyond a bound get a type of their own, which no rule of the grammar takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from archc.syntax.lines import CLOSING, OPENING, OPERATORS, Token

DEEPEST = 100
"""Brackets and operators within each other. Whoever walks a tree may recurse that deep."""
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
    return int(value) if value.is_integer() and value < _EXACT else value


def size(text: str) -> tuple[int, ...] | None:
    """What the text of a size (`5x5`) stands for, or None where that is out of bounds."""
    if len(text) > 2 * _LONGEST_NUMBER:
        return None
    parts = [int(part) for part in text.split("x")]
    return tuple(parts) if max(parts) <= LARGEST_INTEGER else None


@dataclass(slots=True)
class _Frame:
    """How deep the expressions between two brackets nest.

    `operators` and `deepest` belong to the expression at hand: its own operators, and the
    deepest bracket in it; `most` is the deepest of the expressions before it.
    """

    operators: int = 0
    deepest: int = 0
    most: int = 0

    @property
    def depth(self) -> int:
        return self.operators + self.deepest


def mark_excess(tokens: Iterable[Token]) -> list[Token]:
    """The tokens, those that are out of bounds marked as LARGE_NUMBER, LONG_NAME or DEEP."""
    marked: list[Token] = []
    frames = [_Frame()]
    for token in tokens:
        kind = token.type
        frame = frames[-1]
        deep = False
        if kind == "NAME":
            if len(token.text) > LONGEST_NAME:
                token = token._replace(type="LONG_NAME")
        elif kind in ("NUMBER", "SIZE"):
            if (number(token.text) if kind == "NUMBER" else size(token.text)) is None:
                token = token._replace(type="LARGE_NUMBER")
        elif kind in ("COMMA", "ARROW", "EQUAL"):
            frame.most = max(frame.most, frame.depth)
            frame.operators = frame.deepest = 0
        elif kind == "NEWLINE":
            frame.operators = frame.deepest = frame.most = 0
        elif kind in OPENING:
            frames.append(_Frame())
            deep = len(frames) > DEEPEST + 1
        elif kind in CLOSING and len(frames) > 1:
            inner = frames.pop()
            frame = frames[-1]
            # the bracket itself counts on as an operator does, for a call of a call nests as well
            frame.operators += 1
            if kind != "RBRACE":
                frame.deepest = max(frame.deepest, inner.most, inner.depth)
                deep = frame.depth > DEEPEST
        elif kind in OPERATORS or kind == "DOT":
            frame.operators += 1
            deep = frame.depth > DEEPEST
        marked.append(token._replace(type="DEEP") if deep else token)
    return marked
