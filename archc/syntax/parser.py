"""From text to tree. The only module that knows lark: none of its objects or exceptions leaves here.

A statement that cannot be read costs one error. The parser then goes back to where it stood
before that statement and on to the next one, so that each is judged by itself.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast

from lark import Lark, UnexpectedToken
from lark import Token as LarkToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from archc.diagnostics import Diagnostic, Report
from archc.resources import grammar
from archc.source import Source
from archc.syntax import mistakes, tree
from archc.syntax.build import Builder, Refused
from archc.syntax.limits import mark_excess
from archc.syntax.lines import STARTS, Token, join_lines
from archc.syntax.place import Place
from archc.syntax.reading import hidden_character

MOST_ERRORS = 500


def parse(source: Source, report: Report) -> tree.File:
    """The tree of a file. What cannot be read is missing from it, and told in `report`."""
    return tree.File(source, _parse(source, report, "file") or ())


def parse_expression(source: Source, report: Report) -> tree.Expression | None:
    """A value that stands in no file, as in `--set epochs=5`; None if it cannot be read."""
    errors = report.errors
    value = _parse(source, report, "alone")
    return cast(tree.Expression, value) if report.errors == errors else None


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
    found = _read(mark_excess(lines.tokens), start, errors)
    errors = _in_order(errors)
    if len(errors) > MOST_ERRORS:
        errors[MOST_ERRORS:] = [mistakes.too_many(errors[MOST_ERRORS])]
    report.extend(errors)
    return found


def _in_order(errors: Sequence[Diagnostic]) -> list[Diagnostic]:
    """By place, one for each place, and without the closing braces of bodies that lack the opening one."""
    kept: dict[int, Diagnostic] = {}
    headless = 0
    for error in sorted(errors, key=lambda error: error.span.start if error.span else 0):
        if headless and error.code == "E0102" and error.span and error.span.text == "}":
            headless -= 1
            continue
        headless += error.code == "E0122"
        kept.setdefault(error.span.start if error.span else 0, error)
    return list(kept.values())


def _read(tokens: Sequence[Token], start: str, errors: list[Diagnostic]) -> Any:
    """What the parser makes of the tokens; what it cannot make anything of is added to `errors`."""
    parser = _lark().parse_interactive(start=start)
    saved = parser.copy(deepcopy_values=False)
    inside = ""  # the word whose braces the statement is in: MODEL, TRAIN
    begin = position = 0  # where the statement begins, and the token that is next
    while position < len(tokens):
        token = tokens[position]
        try:
            _feed(parser, token)
        except (UnexpectedToken, Refused) as fault:
            end = _statement_end(tokens, begin)
            if isinstance(fault, Refused):
                errors.append(fault.diagnostic)
            else:
                place = Place(tokens[begin:end], position - begin, inside, frozenset(parser.accepts()))
                errors.append(mistakes.explain(place))
            if len(errors) > MOST_ERRORS:
                return None
            if tokens[begin].type == "RBRACE":
                # something stands behind a body on its last line; the body itself is in order
                _feed(parser, token._replace(type="NEWLINE"))
                begin = position if token.type in STARTS else _statement_end(tokens, position)
            else:
                parser, begin = saved, end
            position, saved = begin, parser.copy(deepcopy_values=False)
            continue
        position += 1
        if token.type in ("NEWLINE", "LBRACE"):
            if token.type == "LBRACE":
                inside = tokens[begin].type
            begin, saved = position, parser.copy(deepcopy_values=False)
        elif token.type == "RBRACE":
            inside = ""
    return None if start == "alone" and errors else parser.feed_eof()


def _statement_end(tokens: Sequence[Token], begin: int) -> int:
    """The index behind the statement that begins at `begin`, its braces and NEWLINE included."""
    depth, braces = 0, False
    for index in range(begin, len(tokens)):
        token = tokens[index]
        # by their text, since a brace that is too deep has another type
        depth += (token.text == "{") - (token.text == "}")
        braces = braces or token.text == "{"
        if token.type == "NEWLINE" and depth <= 0:
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            # what is indented below a header without braces was to be its body
            if braces or tokens[begin].type not in ("MODEL", "TRAIN") or not following:
                return index + 1
            if following.span.column <= tokens[begin].span.column:
                return index + 1
    return len(tokens)


def _feed(parser: InteractiveParser, token: Token) -> None:
    # lark looks at nothing but a token's type
    parser.feed_token(cast(LarkToken, token))


def _tokens(source: Source) -> Iterator[Token]:
    reader = _lark().parse_interactive(source.text, start="file")
    end = 0
    for token in reader.lexer_thread.lex(reader.parser_state):
        end = token.end_pos or 0
        yield Token(token.type, str(token), source, token.start_pos or 0, end)
    yield Token("NEWLINE", "", source, len(source.text), len(source.text))


class _KeepStrange:
    """Has lark keep the terminals that stand in no rule; `join_lines` needs all tokens at once."""

    always_accept = ("OPEN_TEXT", "STRANGE")

    def process(self, stream: Iterator[LarkToken]) -> Iterator[LarkToken]:
        return stream


@cache
def _lark() -> Lark:
    return Lark(
        grammar(),
        parser="lalr",
        lexer="basic",
        start=["file", "alone"],
        transformer=cast(Any, Builder()),
        postlex=cast(Any, _KeepStrange()),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
