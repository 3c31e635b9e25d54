"""Texts in other quotes than `"`: they are told, and then read as if the quotes were right."""

import re
from collections.abc import Sequence

from archc.diagnostics import Diagnostic
from archc.source import Span
from archc.syntax.lines import Token
from archc.syntax.place import replacing

_CURLY = "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
OTHER = f"'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}{_CURLY}"
_QUOTED = re.compile(rf"[{OTHER}]([^{OTHER}\"\n]*)[{OTHER}]")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AROUND = (
    frozenset({"LPAR", "LSQB", "COMMA", "EQUAL", "COMPARE"}),
    frozenset({"RPAR", "RSQB", "COMMA", "NEWLINE", "LBRACE", "RBRACE"}),
)
"""Between these a quoted text is a value, and no apostrophe."""


def quoted(mark: Token) -> Diagnostic | None:
    """What to say of a text whose opening quote is `mark`; None if nothing closes it."""
    found = _QUOTED.match(mark.source.text, mark.start)
    if not found:
        return None
    words, span = found[1], mark.source.span(*found.span())
    title = "text goes in double quotes, and words such as `same` in none"
    help = f'write `"{words}"`'
    if _BARE.fullmatch(words) and mark.text not in _CURLY:
        help = f'write `{words}` if it is a word of the language or a name, `"{words}"` if it is a text'
        return Diagnostic("E0103", title, span, help=help)
    return Diagnostic("E0103", title, span, help=help, fixes=replacing(help, (span, f'"{words}"')))


def read_as_texts(tokens: Sequence[Token], errors: list[Diagnostic]) -> list[Token]:
    """The tokens, with each value in other quotes as the text that it would be in the right ones."""
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        error = quoted(token) if token.type == "STRANGE" and token.text in OTHER else None
        if error and error.span and read and read[-1].type in _AROUND[0]:
            after = _behind(tokens, at, error.span)
            if after < len(tokens) and tokens[after].type in _AROUND[1]:
                errors.append(error)
                read.append(token._replace(type="TEXT", text=f'"{error.span.text[1:-1]}"', end=error.span.end))
                at = after
                continue
        read.append(token)
        at += 1
    return read


def _behind(tokens: Sequence[Token], at: int, span: Span) -> int:
    """The index of the token behind the closing quote; of none if that is no token, as in a comment."""
    while at < len(tokens) and tokens[at].end < span.end:
        at += 1
    closed = at < len(tokens) and tokens[at].end == span.end and tokens[at].type == "STRANGE"
    return at + 1 if closed else len(tokens)
