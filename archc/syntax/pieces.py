"""A file as it is laid out: words, brackets and statements, with every comment where it stands.

The tree knows neither comments nor which sum was put in brackets, so this is made from the tokens.
Only texts without syntax errors can be read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from archc.source import Source
from archc.syntax.lines import Token
from archc.syntax.place import ENDS_VALUE

WIDTH = 120
"""The columns of a line."""

_CLOSING = {"LPAR": "RPAR", "LSQB": "RSQB"}
_ENDS_STATEMENT = frozenset({"NEWLINE"})
_ENDS_ITEM = frozenset({"COMMA", "RPAR", "RSQB"})
_DATA = frozenset({"NUMBER", "SIZE", "TEXT", "NAME", "TRUE", "FALSE", "SIGN"})
_GLUED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_("
"""What a remainder's sign may be glued to: before anything else `10%` would be a percentage."""


@dataclass(slots=True)
class Word:
    """A token. `type` is its name in the grammar, or SIGN for the minus of `-x`.

    `lead` holds the comments on the lines above it ("" for blank lines), `comment` is the one
    behind it; both are empty where they belong to the whole item or statement.
    """

    type: str
    text: str
    new_line: bool = False
    spaced: bool = False
    lead: list[str] = field(default_factory=list)
    comment: str = ""

    @property
    def flat(self) -> str:
        return self.text

    @property
    def head(self) -> "Word":
        return self

    tail = head


@dataclass(slots=True)
class Piece:
    """An item of a bracket, a statement, a setting, or a top-level item.

    `flat` is its text on one line, None where it needs several.
    """

    parts: list["Part"]
    lead: list[str]
    new_line: bool
    comment: str = ""
    flat: str | None = None

    @property
    def kind(self) -> str:
        return self.parts[0].head.type


@dataclass(slots=True)
class Bracket:
    """What stands between `( )` or `[ ]`.

    `flat` is its text on one line, None where that is broken or longer than any line.
    `comma` says where a trailing comma may stand ("free"), must stand (`(a,)`) or must not (`(a)`, `x[i]`).
    `kept` says that the author broke it over lines and wants it so.
    """

    kind: Literal["call", "item", "list", "group"]
    open: Word
    items: list[Piece]
    close: Word
    comma: Literal["free", "must", "never"]
    kept: bool
    flat: str | None = None

    type = "BRACKET"

    @property
    def head(self) -> Word:
        return self.open

    @property
    def tail(self) -> Word:
        return self.close

    @property
    def commented(self) -> bool:
        """Whether a comment stands in it, outside its items."""
        return bool(self.open.comment or any(self.close.lead)) or any(
            item.comment or any(item.lead) for item in self.items
        )


@dataclass(slots=True)
class Braces:
    """What stands between `{ }`; `flat` is as for brackets, `settings` says that it is the body of a recipe."""

    open: Word
    statements: list[Piece]
    close: Word
    settings: bool
    flat: str | None = None

    type = "BRACES"

    @property
    def head(self) -> Word:
        return self.open

    @property
    def tail(self) -> Word:
        return self.close


Part = Word | Bracket | Braces


def read_pieces(source: Source, tokens: Iterable[Token]) -> tuple[list[Piece], list[str]]:
    """The top-level items of a file, and the comments below the last of them."""
    reader = _Reader(_words(source, tokens))
    items = reader.statements("END")
    return items, reader.words[reader.at].lead


def hard_break(before: Part, part: Part) -> bool:
    """Whether a comment parts the two, so that the second begins a line."""
    return bool(before.tail.comment or any(part.head.lead))


def text_of(parts: Sequence[Part]) -> str | None:
    """The parts on one line, or None if they need several."""
    written: list[str] = []
    before: Part | None = None
    for part in parts:
        flat = part.flat
        if flat is None:
            return None
        if before is not None:
            if hard_break(before, part):
                return None
            if part.head.spaced:
                written.append(" ")
        written.append(flat)
        before = part
    return "".join(written)


def is_data(piece: Piece) -> bool:
    """Whether an item is a number, a word, a text or a list of such: what fills rows."""
    for part in piece.parts:
        match part:
            case Word():
                if part.type not in _DATA:
                    return False
            case Bracket():
                if part.kind not in ("list", "group") or not all(map(is_data, part.items)):
                    return False
            case Braces():
                return False
    return True


def _words(source: Source, tokens: Iterable[Token]) -> list[Word]:
    """The tokens with the comments between them, and an END behind them."""
    words: list[Word] = []
    text, end = source.text, 0
    last = Word("", "")
    before, member = "", False  # the type of the word before; whether it is the dot of `it.channels`
    for token in tokens:
        kind = token.type
        if kind == "NEWLINE":
            words.append(Word("NEWLINE", ""))
            before = ""
            continue
        word = Word(kind, token.text)
        gap = text[end : token.start]
        if "\n" in gap or "#" in gap:
            word.lead, word.new_line = _read_gap(gap, last)
        if member:
            word.type = "NAME"
        elif kind == "MINUS" and before not in ENDS_VALUE:
            word.type = "SIGN"
        word.spaced = not (
            before in ("", "SIGN", "DOT", "LPAR", "LSQB")
            or kind == "DOT"
            or (kind in ("LPAR", "LSQB") and before in ENDS_VALUE)
        )
        words.append(word)
        last, before, member, end = word, word.type, kind == "DOT", token.end
    words.append(final := Word("END", ""))
    final.lead = _read_gap(text[end:] + "\n", last)[0]
    _glue_remainders(words)
    return words


def _read_gap(gap: str, last: Word) -> tuple[list[str], bool]:
    """The comments of what stands before a word, and whether it begins a line; `last` gets the one behind it."""
    lines = gap.split("\n")
    if last.type:
        last.comment = lines.pop(0).strip(" \t")
        new_line = bool(lines)
    else:
        new_line = True
    lead: list[str] = []
    for line in lines[:-1]:
        comment = line.strip(" \t")
        if comment or not lead or lead[-1]:
            lead.append(comment)
    return lead, new_line


def _glue_remainders(words: Sequence[Word]) -> None:
    """`10 % 3` is written as `10%3`: with spaces it could be taken for a percentage."""
    for index, word in enumerate(words):
        if word.text != "%" or word.type != "TIMES":
            continue
        number, after = words[index - 1], words[index + 1]
        plain = number.type == "NUMBER" and not number.text.endswith("%") and after.text[:1] in _GLUED
        if plain and not (hard_break(number, word) or hard_break(word, after)):
            word.spaced = after.spaced = False


class _Reader:
    def __init__(self, words: list[Word]):
        self.words = words
        self.at = 0

    def statements(self, end: str) -> list[Piece]:
        found: list[Piece] = []
        while self.words[self.at].type != end:
            found.append(self.piece(_ENDS_STATEMENT))
            self.at += 1
        return found

    def piece(self, ends: frozenset[str]) -> Piece:
        first = self.words[self.at]
        lead, first.lead = first.lead, []
        parts: list[Part] = []
        while (word := self.words[self.at]).type not in ends:
            if word.lead:
                word.lead = [comment for comment in word.lead if comment]
            if word.type == "LBRACE":
                parts.append(self.braces(parts))
            elif word.type in _CLOSING:
                parts.append(self.bracket(parts))
            else:
                self.at += 1
                parts.append(word)
        _break_alike(parts)
        last = parts[-1].tail
        comment, last.comment = last.comment, ""
        return Piece(parts, lead, first.new_line, comment, text_of(parts))

    def braces(self, before: Sequence[Part]) -> Braces:
        opening = self.words[self.at]
        self.at += 1
        statements = self.statements("RBRACE")
        closing = self.words[self.at]
        self.at += 1
        settings = before[0].head.type == "TRAIN" and len(before) <= 2 and before[-1].head.type != "EQUAL"
        braces = Braces(opening, statements, closing, settings)
        if opening.comment or any(closing.lead):
            return braces
        if not statements:
            braces.flat = "{}"
        elif len(statements) == 1 and not closing.new_line:
            only = statements[0]
            if only.flat is not None and len(only.flat) <= WIDTH and not (only.new_line or only.comment):
                braces.flat = f"{{ {only.flat} }}"
        return braces

    def bracket(self, before: Sequence[Part]) -> Bracket:
        opening = self.words[self.at]
        end = _CLOSING[opening.type]
        kind = _kind(opening, before)
        self.at += 1
        items: list[Piece] = []
        trailing = False
        while self.words[self.at].type != end:
            items.append(item := self.piece(_ENDS_ITEM))
            trailing = self.words[self.at].type == "COMMA"
            if trailing:
                self.at += 1
                _hand_on(self.words[self.at - 1], item, self.words[self.at])
        closing = self.words[self.at]
        self.at += 1
        comma: Literal["free", "must", "never"] = "free"
        if kind == "item" or (kind == "group" and len(items) == 1):
            comma = "must" if trailing else "never"
        if comma == "free":
            kept = trailing and (closing.new_line or any(item.new_line for item in items))
        else:
            kept = items[0].new_line and closing.new_line
        bracket = Bracket(kind, opening, items, closing, comma, kept)
        texts = [item.flat for item in items if item.flat is not None]
        if len(texts) == len(items) and sum(map(len, texts)) <= WIDTH and not (kept or bracket.commented):
            inner = ", ".join(texts) + "," * (comma == "must")
            bracket.flat = f"{opening.text}{inner}{closing.text}"
        return bracket


def _kind(opening: Word, before: Sequence[Part]) -> Literal["call", "item", "list", "group"]:
    round = opening.type == "LPAR"
    previous = before[-1] if before else None
    attached = previous is not None and (previous.tail.type in ENDS_VALUE)
    if not attached:
        return "group" if round else "list"
    if round:
        return "call"
    sizes = len(before) == 2 and before[0].head.type == "INPUT"
    return "list" if sizes else "item"


def _hand_on(comma: Word, item: Piece, following: Word) -> None:
    """Gives the comments around a comma to the item before it, or to what follows."""
    above = [comment for comment in comma.lead if comment]
    if above or (item.comment and comma.comment):
        above += [comma.comment] * bool(comma.comment)
    elif comma.comment:
        item.comment = comma.comment
    following.lead = above + following.lead
    following.new_line = following.new_line or comma.new_line


def _break_alike(parts: Sequence[Part]) -> None:
    """If one branch of an `if` needs several lines, or a comment stands before an `else`, all branches are broken."""
    branches: list[Braces] = []
    broken = after_else = False
    for before, part in pairwise((None, *parts, None)):
        if part is None or (isinstance(part, Braces) and not after_else):
            if broken:
                for branch in branches:
                    branch.flat = None if branch.statements else branch.flat
            branches, broken = [], False
        elif before is not None and branches and (after_else or part.type == "ELSE"):
            broken = broken or hard_break(before, part)
        if isinstance(part, Braces):
            branches.append(part)
            broken = broken or part.flat is None
            after_else = False
        elif part is not None:
            after_else = after_else or part.type == "ELSE"
