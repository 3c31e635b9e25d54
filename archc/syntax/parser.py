"""From text to tree. With `tables`, the only module that knows lark: nothing of it leaves here.

A statement that cannot be read costs one error. The parser then goes back to where it stood
before that statement and on to the next one, so that each is judged by itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, cast

from lark import Lark, UnexpectedToken

from archc.diagnostics import Diagnostic, Report
from archc.resources import grammar
from archc.source import Source
from archc.syntax import mistakes, tree
from archc.syntax.build import Builder, Refused
from archc.syntax.limits import mark_excess, read_until_hopeless
from archc.syntax.lines import STARTS, Token, join_lines
from archc.syntax.place import Place
from archc.syntax.quotes import read_as_texts
from archc.syntax.reading import hidden_character
from archc.syntax.statements import item_meant
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
    read: list[Token] = []
    too_deep = read_until_hopeless(_tokens(source), read)
    if too_deep:
        report.add(mistakes.too_deep(too_deep.span))
        return None
    errors: list[Diagnostic] = []
    lines = join_lines(read_as_texts(read, errors))
    if start == "alone" and not lines.tokens:
        report.add(mistakes.no_value(source))
        return None
    errors += [mistakes.unpaired_brace(brace) for brace in lines.unpaired[: MOST_ERRORS + 1]]
    last = errors[MOST_ERRORS].span if len(errors) > MOST_ERRORS else None
    if last:
        errors[MOST_ERRORS:] = [mistakes.too_many(last)]
        found = None
    else:
        found = _Reader(mark_excess(lines.tokens), errors).read(start)
    errors = _in_order(errors)
    report.extend(errors)
    return found


def _in_order(errors: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, one for each place, and without what follows from a body that lacks its opening brace."""
    kept: dict[int, Diagnostic] = {}
    braces_owed, else_owed = 0, False
    last: Diagnostic | None = None
    for error in sorted(errors, key=lambda error: error.span.start if error.span else 0):
        if not error.span:
            continue
        if braces_owed and error.code == "E0102" and error.span.text == "}":
            braces_owed -= 1
            continue
        if else_owed and error.code == "E0101" and error.span.text == "else":
            continue
        if error.code == "E0122":
            braces_owed, else_owed = braces_owed + 1, True
        if error.span.text == "{" and last and last.span and last.span.text == "{":
            between = error.span.source.text[last.span.end : error.span.start]
            if not between.strip():
                kept.pop(last.span.start, None)  # `{{`: the second says what is wrong with both
        # of two at one place the later found knows more than that a brace has no partner
        kept[error.span.start] = last = error
    return list(kept.values())


@dataclass(slots=True)
class _Statement:
    """One that is being read: its first token, the height of the parser's stack below it, and
    what braces it stands in (see `Place.inside`)."""

    begin: int
    height: int
    inside: str


class _Body(NamedTuple):
    """A body of a statement that cannot be read, which is read all the same: from its brace, or from
    the end of a header that lacks one, up to the index `end`."""

    begin: int
    end: int
    inside: str


class _Reader:
    """Makes what it can of some tokens; what it cannot make anything of is added to `errors`."""

    def __init__(self, tokens: Sequence[Token], errors: list[Diagnostic]):
        self.tokens = tokens
        self.errors = errors
        self.bodies: list[_Body] = []

    def read(self, start: str) -> Any:
        """The tree, for that start symbol of the grammar."""
        parser = _Stack(start)
        if not self._feed(parser, _Statement(0, 1, ""), len(self.tokens)):
            return None
        found = None if start == "alone" and self.errors else parser.finish()
        while self.bodies:
            if not self._read_body(self.bodies.pop()):
                return None
        return found

    def _read_body(self, body: _Body) -> bool:
        parser = _Stack("train" if body.inside == "TRAIN" else "body")
        brace = self.tokens[body.begin]._replace(type="LBRACE")
        if body.inside == "TRAIN":
            parser.feed(brace._replace(type="TRAIN"))
        parser.feed(brace)
        return self._feed(parser, _Statement(body.begin + 1, parser.height, body.inside), body.end)

    def _feed(self, parser: "_Stack", at: _Statement, end: int) -> bool:
        """Reads up to `end`; False if there are too many errors to go on."""
        tokens = self.tokens
        outer: list[_Statement] = []  # the statements in whose braces it stands
        position = at.begin
        while position < end:
            token = tokens[position]
            try:
                parser.feed(token)
            except (UnexpectedToken, Refused) as fault:
                accepted = parser.accepted()
                statement = tokens[at.begin : _statement_end(tokens, at)]
                if isinstance(fault, Refused):
                    self.errors.append(fault.diagnostic)
                else:
                    self.errors.append(mistakes.explain(Place(statement, position - at.begin, at.inside, accepted)))
                if len(self.errors) > MOST_ERRORS:
                    self.errors[-1] = mistakes.too_many(token.span)
                    return False
                after = at.begin + len(statement)
                follows = position > at.begin and tokens[position - 1].type == "RBRACE" and "NEWLINE" in accepted
                if follows and parser.ends(token):
                    # something follows a body on its last line; the body itself is in order
                    if token.type in STARTS:
                        at.begin = position
                        continue
                else:
                    if position > at.begin:
                        parser.forget(at.height)
                    parser.skip(tokens[at.begin], tokens[after - 1])
                self._keep_bodies(at, position, after)
                position = at.begin = after
                continue
            if position == at.begin:
                at.height = parser.height - 1
            position += 1
            if token.type == "NEWLINE":
                at.begin = position
            elif token.type == "LBRACE":
                outer.append(at)
                at = _Statement(position, parser.height, _inside(at, tokens))
            elif token.type == "RBRACE" and outer:
                at = outer.pop()
        return True

    def _keep_bodies(self, at: _Statement, fault: int, end: int) -> None:
        """The braces of a statement from its fault on are read by themselves, if statements stand in them."""
        tokens = self.tokens
        inside = _inside(at, tokens)
        if tokens[fault].type == "DEEP":
            return
        kinds = {token.type for token in tokens[at.begin : fault + 1]}
        if tokens[fault].type == "LBRACE" and not kinds & _HEADS:
            return
        if at.inside == "TRAIN" and not kinds & {"IF", "ELSE"}:
            return
        depth = begin = 0
        for index in range(fault, end):
            if tokens[index].type == "NEWLINE" and not depth and index + 1 < end:
                self.bodies.append(_Body(index, end, inside))
                return
            if tokens[index].text == "{":
                begin = begin if depth else index
                depth += 1
            elif tokens[index].text == "}":
                depth -= 1
                if not depth and tokens[begin].type == "LBRACE":
                    self.bodies.append(_Body(begin, index + 1, inside))


_HEADS = frozenset({"BLOCK", "MODEL", "TRAIN", "REPEAT", "IF", "ELSE"})
"""Words whose braces hold statements or settings."""


def _inside(at: _Statement, tokens: Sequence[Token]) -> str:
    """What the braces within a statement are; see `Place.inside`."""
    first = tokens[at.begin]
    if first.type in ("BLOCK", "MODEL", "TRAIN"):
        return first.type
    return item_meant(first).upper() or "BODY" if not at.inside else "BODY"


def _statement_end(tokens: Sequence[Token], at: _Statement) -> int:
    """The index after the statement, its braces and NEWLINE included."""
    depth, braces, begin = 0, False, at.begin
    headless = False
    header = tokens[begin].type in ("BLOCK", "MODEL", "TRAIN") or (not at.inside and item_meant(tokens[begin]))
    for index in range(begin, len(tokens)):
        token = tokens[index]
        # by their text, since a brace that is too deep has another type
        depth += (token.text == "{") - (token.text == "}")
        braces = braces or (token.text == "{" and not headless)
        if token.type == "NEWLINE" and depth <= 0:
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            # what is indented below a header without braces was to be its body
            if braces or not header or not following:
                return index + 1
            if following.type == "RBRACE" or following.span.column <= tokens[begin].span.column:
                return index + 1
            headless = True
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

    def ends(self, token: Token) -> bool:
        """Ends a statement before a token; False if it is to be forgotten for a mistake of its own."""
        try:
            self.feed(token._replace(type="NEWLINE"))
        except Refused:
            return False
        return True

    def skip(self, first: Token, last: Token) -> None:
        """Where a statement could not be read, the tree says so."""
        if "BAD" in self._parser.accepts():
            self.feed(first._replace(type="BAD", end=last.end))
            self.feed(last._replace(type="NEWLINE"))

    def accepted(self) -> frozenset[str]:
        """The types of tokens that would fit now."""
        return frozenset(self._parser.accepts()) - {"BAD"}

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
        start=["file", "alone", "body", "train"],
        transformer=cast(Any, Builder()),
        postlex=cast(Any, _KeepStrange()),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
