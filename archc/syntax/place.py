"""Where the parser could not go on, and the pieces that messages about it are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from archc.diagnostics import Edit, Fix
from archc.source import Span
from archc.syntax.lines import CLOSING, OPENING, STARTS, Token

KEYWORDS = STARTS | {"REPEAT", "IF", "ELSE", "AS", "AND", "OR", "NOT", "TRUE", "FALSE"}
BEGINS_VALUE = frozenset(
    {"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "NOT", "IF", "REPEAT", "LONG_NAME", "LARGE_NUMBER"}
)
ENDS_VALUE = frozenset({"NAME", "NUMBER", "SIZE", "TEXT", "TRUE", "FALSE", "RPAR", "RSQB"})


_DIVIDES = frozenset({"ARROW", "COMMA", "EQUAL", "ELSE", "NEWLINE"})
_ENDS = frozenset({"ARROW", "COMMA", "NEWLINE", "LBRACE", "ELSE"})
"""What ends a step, a header or a value."""


@dataclass(frozen=True, slots=True)
class Place:
    """The statement that could not be read, and the token of it that does not fit.

    `inside` says in what braces the statement is: MODEL, BLOCK, TRAIN, BODY (of a `repeat` or an
    `if`), or "" for none. `accepted` holds the types of tokens that would have fitted.
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
    def second(self) -> Token:
        """The token after the first; the first if there is no other."""
        return self.tokens[min(1, len(self.tokens) - 1)]

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

    @property
    def in_body(self) -> bool:
        """Whether layers may stand here."""
        return self.inside in ("MODEL", "BLOCK", "BODY")

    @property
    def line_end(self) -> int:
        """The offset at which the line of the first token ends, its comment not counted."""
        line = self.first.span.line
        return max(token.end for token in self.tokens if token.type != "NEWLINE" and token.span.line == line)

    @property
    def head(self) -> int | None:
        """The index of the `repeat` or `if` whose header is not over yet."""
        begin = self.step_begin(self.index)
        return begin if begin < self.index and self.tokens[begin].type in ("REPEAT", "IF") else None

    def head_of_body(self, closing: int) -> Token | None:
        """The `repeat`, `if` or `else` whose body ends with the brace at `closing`."""
        depth = 0
        for index in range(closing, -1, -1):
            depth += (self.tokens[index].text == "}") - (self.tokens[index].text == "{")
            if not depth:
                if index and self.tokens[index - 1].type == "ELSE":
                    return self.tokens[index - 1]
                begin = self.step_begin(index)
                return self.tokens[begin] if begin < index else None
        return None

    def step_begin(self, index: int) -> int:
        """The index of the first token of the step, header or value that goes on at `index`."""
        depth = 0
        while index > 0:
            kind = self.tokens[index - 1].type
            depth += (kind in CLOSING) - (kind in OPENING or kind == "UNCLOSED")
            if depth < 0 or kind == "RBRACE" or (not depth and kind in _DIVIDES):
                break
            index -= 1
        return index

    def step_end(self, index: int, stop: str = "else") -> int:
        """The index after the step, header or value that goes on at `index`; of the first `stop` before that."""
        depth = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if not depth and (token.type in _ENDS or token.text == stop):
                break
            depth += (token.type in OPENING) - (token.type in CLOSING)
            if depth < 0:
                break
            index += 1
        return index

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
