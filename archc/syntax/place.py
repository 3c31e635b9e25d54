"""Where the parser could not go on, and the pieces that messages about it are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from archc.diagnostics import Edit, Fix
from archc.source import Span
from archc.syntax.lines import STARTS, Token

KEYWORDS = STARTS | {"REPEAT", "IF", "ELSE", "AS", "AND", "OR", "NOT", "TRUE", "FALSE"}
BEGINS_VALUE = frozenset(
    {"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "NOT", "IF", "REPEAT", "LONG_NAME", "LARGE_NUMBER"}
)
ENDS_VALUE = frozenset({"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "RPAR", "RSQB"})


@dataclass(frozen=True, slots=True)
class Place:
    """The statement that could not be read, and the token of it that does not fit.

    `inside` is the word whose braces the statement is in (MODEL, TRAIN; "" for none), and
    `accepted` holds the types of tokens that would have fitted.
    """

    tokens: Sequence[Token]
    index: int
    inside: str
    accepted: frozenset[str]

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def first(self) -> Token:
        return self.tokens[0]

    @property
    def before(self) -> Token:
        """The token before the one that does not fit; that one itself if it is the first."""
        return self.tokens[max(self.index - 1, 0)]

    @property
    def after(self) -> Token:
        """The token after the one that does not fit; that one itself if it is the last."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    @property
    def text(self) -> str:
        """The whole text, of which `token.start` is an offset."""
        return self.token.source.text

    @property
    def glued(self) -> bool:
        """Whether nothing stands between the token and the one before."""
        return self.index > 0 and self.before.end == self.token.start

    @property
    def at_end(self) -> bool:
        """Whether the statement ends where more should follow."""
        return self.token.type == "NEWLINE"

    @property
    def in_brackets(self) -> bool:
        return bool(self.accepted & {"RPAR", "RSQB"})

    def same_line(self, token: Token) -> bool:
        return "\n" not in self.text[token.end : self.token.start]

    @property
    def shown(self) -> str:
        """How a sentence calls the token."""
        if not self.at_end:
            return f"`{self.token.text}`"
        return "the end of the file" if self.token.start >= len(self.text) else "the end of the line"

    @property
    def spot(self) -> Span:
        """The token, or the place after the last one if the statement ended too early."""
        if self.at_end and self.index:
            return self.token.source.span(self.before.end, self.before.end)
        return self.token.span


def replacing(title: str, *edits: tuple[Span, str]) -> tuple[Fix, ...]:
    return (Fix(title, tuple(Edit(span, text) for span, text in edits)),)


def inserting(title: str, token: Token, text: str) -> tuple[Fix, ...]:
    """Puts the text before the token."""
    return replacing(title, (token.source.span(token.start, token.start), text))
