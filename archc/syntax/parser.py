"""From text to tree. With `tables`, the only module that knows lark: nothing of it leaves here.

A statement that cannot be read costs one error. The parser then goes back to where it stood
before that statement and on to the next one, so that each is judged by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from lark import Lark, UnexpectedToken

from archc.diagnostics import Diagnostic, Report
from archc.resources import grammar
from archc.source import Source
from archc.syntax import mistakes, tree
from archc.syntax.build import Builder, Refused
from archc.syntax.limits import mark_excess
from archc.syntax.lines import STARTS, Token, join_lines
from archc.syntax.place import Place
from archc.syntax.reading import hidden_character
from archc.syntax.tables import build

MOST_ERRORS = 500


def parse(source: Source, report: Report) -> tree.File:
    """The tree of a file. What cannot be read is missing from it, and told in `report`."""
    return tree.File(source, _parse(source, report, "file") or ())


def parse_expression(source: Source, report: Report) -> tree.Expression | None:
    """A value that stands in no file, as in `--set epochs=5`; None if it cannot be read."""
    errors = report.errors
    value = _parse(source, report, "alone")
    return cast(tree.Expression, value) if report.errors == errors else None


def statement_tokens(source: Source) -> list[Token]:
    """The tokens of a text without errors, a NEWLINE after each statement; what the tree leaves out is between them."""
    return join_lines(list(_tokens(source))).tokens


def _parse(source: Source, report: Report, start: str) -> Any:
    hidden = hidden_character(source)
    if hidden:
        report.add(hidden)
        return None
    lines = join_lines(list(_tokens(source)))
    if start == "alone" and not lines.tokens:
        report.add(mistakes.no_value(source))
        return None
    errors = [mistakes.unpaired_brace(brace) for brace in lines.unpaired[:MOST_ERRORS]]
    if len(lines.unpaired) > MOST_ERRORS:
        errors.append(mistakes.too_many(lines.unpaired[MOST_ERRORS].span))
        found = None
    else:
        found = _read(mark_excess(lines.tokens), start, errors)
    errors = _in_order(errors)
    report.extend(errors)
    return found


def _in_order(errors: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, one for each place, and without the closing braces of bodies that lack the opening one."""
    kept: dict[int, Diagnostic] = {}
    headless = 0
    for error in sorted(errors, key=lambda error: error.span.start if error.span else 0):
        if headless and error.code == "E0102" and error.span and error.span.text == "}":
            headless -= 1
            continue
        headless += error.code == "E0122"
        # of two at one place the later found knows more than that a brace has no partner
        kept[error.span.start if error.span else 0] = error
    return list(kept.values())


@dataclass(slots=True)
class _Statement:
    """One that is being read: its first token, the height of the parser's stack below it, and
    the word whose braces it stands in (MODEL, TRAIN …; "" for none)."""

    begin: int
    height: int
    inside: str


def _read(tokens: Sequence[Token], start: str, errors: list[Diagnostic]) -> Any:
    """What the parser makes of the tokens; what it cannot make anything of is added to `errors`."""
    parser = _Stack(start)
    at = _Statement(0, 1, "")
    outer: list[_Statement] = []  # the statements in whose braces it stands
    position = 0
    while position < len(tokens):
        token = tokens[position]
        try:
            parser.feed(token)
        except (UnexpectedToken, Refused) as fault:
            end = _statement_end(tokens, at.begin)
            if isinstance(fault, Refused):
                errors.append(fault.diagnostic)
            else:
                place = Place(tokens[at.begin : end], position - at.begin, at.inside, parser.accepted())
                errors.append(mistakes.explain(place))
            if len(errors) > MOST_ERRORS:
                errors[-1] = mistakes.too_many(token.span)
                return None
            if position > at.begin and tokens[position - 1].type == "RBRACE" and "NEWLINE" in parser.accepted():
                # something follows a body on its last line; the body itself is in order
                parser.feed(token._replace(type="NEWLINE"))
                at.begin = position if token.type in STARTS else _statement_end(tokens, position)
            else:
                if position > at.begin:
                    parser.forget(at.height)
                at.begin = end
            position = at.begin
            continue
        if position == at.begin:
            at.height = parser.height - 1
        position += 1
        if token.type == "NEWLINE":
            at.begin = position
        elif token.type == "LBRACE":
            outer.append(at)
            at = _Statement(position, parser.height, tokens[at.begin].type)
        elif token.type == "RBRACE":
            at = outer.pop()
    return None if start == "alone" and errors else parser.finish()


def _statement_end(tokens: Sequence[Token], begin: int) -> int:
    """The index after the statement that begins at `begin`, its braces and NEWLINE included."""
    depth, braces = 0, False
    for index in range(begin, len(tokens)):
        token = tokens[index]
        # by their text, since a brace that is too deep has another type
        depth += (token.text == "{") - (token.text == "}")
        braces = braces or token.text == "{"
        if token.type == "NEWLINE" and depth <= 0:
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            # what is indented below a header without braces was to be its body
            if braces or tokens[begin].type not in ("BLOCK", "MODEL", "TRAIN") or not following:
                return index + 1
            if following.type == "RBRACE" or following.span.column <= tokens[begin].span.column:
                return index + 1
    return len(tokens)


def _tokens(source: Source) -> Iterator[Token]:
    reader: Any = _lark().parse_interactive(source.text, start="file")
    for token in reader.lexer_thread.lex(reader.parser_state):
        yield Token(token.type, str(token), source, token.start_pos, token.end_pos)
    yield Token("NEWLINE", "", source, len(source.text), len(source.text))


class _Stack:
    """Lark's parser, fed token by token, which can forget what was last."""

    def __init__(self, start: str):
        # lark leaves this part untyped, and of a token it looks at nothing but the type
        self._parser = cast(Any, _lark().parse_interactive("", start=start))
        self._state = self._parser.parser_state
        self.feed: Callable[[Token], None] = self._parser.feed_token

    @property
    def height(self) -> int:
        return len(self._state.state_stack)

    def forget(self, height: int) -> None:
        """Back to the time when the stack was so high. What is below must not have changed since."""
        del self._state.state_stack[height:]
        del self._state.value_stack[height - 1 :]  # the start has a state and no value

    def accepted(self) -> frozenset[str]:
        """The types of tokens that would fit now."""
        return frozenset(self._parser.accepts())

    def finish(self) -> Any:
        return self._parser.feed_eof()


class _KeepStrange:
    """Has lark keep the terminals that stand in no rule; `join_lines` needs all tokens at once."""

    always_accept = ("OPEN_TEXT", "STRANGE")

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        return stream


@cache
def _lark() -> Lark:
    return build(
        grammar(),
        start=["file", "alone"],
        transformer=cast(Any, Builder()),
        postlex=cast(Any, _KeepStrange()),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
