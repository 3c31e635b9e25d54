"""What people mistype, and what they deserve to read.

Each row below knows one kind of mistake, and the first that recognises a place speaks. When none
does, the message says what does not fit and, if that is certain, what would.
"""

import re
from collections.abc import Callable, Sequence

from archc.diagnostics import Diagnostic, Fix, Related
from archc.source import Source, Span
from archc.syntax import bodies, definitions, misspelt, signs, statements, tree
from archc.syntax.limits import DEEPEST, LONGEST_NAME
from archc.syntax.lines import GOES_ON, OPERATORS, STARTS, Token
from archc.syntax.place import BEGINS_VALUE, ENDS_VALUE, KEYWORDS, Place, inserting, replacing

Row = Callable[[Place], Diagnostic | None]

PARTNER = {"(": ")", "[": "]", "{": "}", ")": "(", "]": "[", "}": "{"}
NAMING = ("LET", "BLOCK", "MODEL", "TRAIN", "INPUT", "OUTPUT", "SHARE", "AS")
"""A new name follows one of these."""
PUNCTUATION = {"EQUAL": "=", "COMMA": ",", "RPAR": ")", "RSQB": "]", "LBRACE": "{", "LSQB": "[", "ARROW": "->"}


def explain(place: Place) -> Diagnostic:
    """What to say of a place where the parser could not go on."""
    return next(filter(None, (row(place) for row in ROWS)), None) or _unexpected(place)


def unpaired_brace(brace: Token) -> Diagnostic:
    """A `{` that nothing closes, or a `}` that closes nothing."""
    if brace.text == "{":
        return Diagnostic("E0102", "this `{` is never closed", brace.span, help="put `}` after its last line")
    return Diagnostic("E0102", "this `}` closes nothing", brace.span, fixes=_deleting(brace.span))


def _deleting(span: Span) -> tuple[Fix, ...]:
    """Without blanks that would then end the line, and with the line if nothing else is on it."""
    text = span.source.text
    begin, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    end = end if end >= 0 else len(text)
    before, behind = text[begin : span.start], text[span.end : end]
    if before.strip():
        begin, end = begin + len(before.rstrip()), span.end
    elif behind.strip():
        begin, end = span.start, end - len(behind.lstrip())
    else:
        end = min(end + 1, len(text))
    return replacing("delete it", (span.source.span(begin, end), ""))


def too_deep(span: Span) -> Diagnostic:
    """Stands in place of all errors of a text that nests without end."""
    title = f"brackets, bodies and operators are nested more than {DEEPEST} deep"
    return Diagnostic("E0110", title, span, label="by far: reading stops here")


def compared_argument(arguments: Sequence[tree.Argument]) -> Diagnostic | None:
    """`conv(8, 3x3, stride == 2)`: a comparison where a call takes its arguments."""
    for argument in arguments:
        match argument:
            case tree.Argument(name=None, value=tree.Binary(operator="==", left=tree.Name() as left)):
                source = left.span.source
                start = source.text.index("==", left.span.end)
                sign = source.span(start, start + 2)
                return Diagnostic(
                    "E0112",
                    "`=` sets an argument, `==` compares",
                    sign,
                    label=f"this compares `{left.value}`",
                    fixes=replacing("write `=`", (sign, "=")),
                )
    return None


def calculated_step(step: tree.Expression) -> Diagnostic | None:
    """`conv(8, 3x3) -> relu // rectify`, `conv(8, 3x3) > relu -> flatten`: no step of a flow is a calculation."""
    value = step.step if isinstance(step, tree.As) else step
    while isinstance(value, tree.Binary) and value.left.span.start == value.span.start:
        gap = value.span.source.span(value.left.span.end, value.right.span.start)
        if value.operator in ("//", ">") and gap.text.strip() == value.operator:
            start = gap.start + gap.text.index(value.operator)
            sign = gap.source.span(start, start + len(value.operator))
            return signs.no_comment(sign) if value.operator == "//" else signs.no_arrow(sign)
        value = value.left
    return None


def nothing_repeated(word: Token, body: tree.Body) -> Diagnostic | None:
    """`repeat 3 { }`. A body whose statements could not be read has something in it."""
    inside = re.sub(r"#[^\n]*", "", body.span.text[1:-1])
    if body.statements or inside.strip():
        return None
    help = "put layers between its braces, or delete it"
    return Diagnostic("E0117", f"this `{word.text}` has nothing to repeat", body.span, help=help)


def no_value(source: Source) -> Diagnostic:
    """`--set epochs=` with nothing after it."""
    return Diagnostic("E0117", "a value is missing", source.span(0, len(source.text)), help="as in `--set epochs=5`")


def too_many(span: Span) -> Diagnostic:
    """Stands in place of all errors after a certain number."""
    return Diagnostic("E0120", "too many errors: reading stops here", span, help="correct those above first")


def _excess(place: Place) -> Diagnostic | None:
    token = place.token
    match token.type:
        case "LONG_NAME":
            return Diagnostic(
                "E0111",
                f"a name of {len(token.text)} characters: {LONGEST_NAME} are the most",
                token.span,
                notes=("names head columns of tables, label figures and name weights",),
            )
        case "LARGE_NUMBER":
            return Diagnostic(
                "E0109",
                "this number is out of bounds",
                token.span,
                help="whole numbers go up to 2**63 - 1, others from about 1e-307 to 1e308, in 40 characters at most",
            )
        case "DEEP":
            return Diagnostic(
                "E0110",
                f"brackets, bodies and operators are nested more than {DEEPEST} deep",
                token.span,
                label="one too many",
                help="name some of the parts with `let`, and use the names",
            )
    return None


def _bracket(place: Place) -> Diagnostic | None:
    token = place.token
    rest = place.tokens[place.index + 1 :]
    match token.type:
        case "UNCLOSED":
            text = next((other for other in rest if other.type == "OPEN_TEXT"), None)
            if text:
                # the quote has swallowed the closing bracket
                return _open_text(text)
            stray = next((other for other in rest if other.type == "STRAY"), None)
            partner = PARTNER[token.text]
            if stray:
                return Diagnostic(
                    "E0102",
                    f"`{token.text}` is opened and `{stray.text}` closes it",
                    stray.span,
                    label=f"should be `{partner}`",
                    related=(Related(token.span, "opened here"),),
                    fixes=replacing(f"write `{partner}`", (stray.span, partner)),
                )
            return Diagnostic(
                "E0102",
                f"this `{token.text}` is never closed",
                token.span,
                help=f"put `{partner}` where it ends",
                fixes=_closing(place, partner),
            )
        case "STRAY":
            return Diagnostic(
                "E0102",
                f"this `{token.text}` closes nothing",
                token.span,
                fixes=_deleting(token.span),
            )
        case "OPEN_TEXT":
            return _open_text(token)
    return None


def _closing(place: Place, partner: str) -> tuple[Fix, ...]:
    """The bracket at the end of the line or header, if the rest of that is certainly inside it."""
    rest = place.tokens[place.index + 1 :]
    if len(rest) < 2 or any(token.type in ("ARROW", "AS", "UNCLOSED", "ELSE") for token in rest):
        return ()
    body = next((at for at, token in enumerate(rest) if token.type == "LBRACE"), 0)
    if body:
        if place.first.type not in ("BLOCK", "MODEL") and place.head is None:
            return ()
        gap = place.token.source.span(rest[body - 1].end, rest[body - 1].end)
        return replacing(f"put `{partner}` before the body", (gap, partner))
    return inserting(f"put `{partner}` at the end of the line", rest[-1], partner) if rest[-1].type == "NEWLINE" else ()


def _open_text(text: Token) -> Diagnostic:
    return Diagnostic(
        "E0104", "this text has no closing quote", text.span, help='put `"` where it ends, on the same line'
    )


def _name(place: Place) -> Diagnostic | None:
    """Something new needs a name, and what is there is none."""
    token, before = place.token, place.before
    new = before.type in NAMING and (before.type != "TRAIN" or place.inside == "")
    if "NAME" in place.accepted and "NUMBER" not in place.accepted and (new or place.first.type in ("BLOCK", "MODEL")):
        if token.type in KEYWORDS:
            title = f"`{token.text}` is a word of the language and cannot be a name"
            return Diagnostic("E0105", title, token.span, help="choose another name")
        if token.type == "TEXT":
            bare = token.text[1:-1]
            fixes = replacing(f"write `{bare}`", (token.span, bare)) if bare.isidentifier() and bare.isascii() else ()
            return Diagnostic("E0105", "names take no quotes", token.span, fixes=fixes)
        if token.type in ("NUMBER", "SIZE"):
            return Diagnostic("E0105", f"a name begins with a letter, not with `{token.text[0]}`", token.span)
        if new and before.type != "TRAIN":
            return Diagnostic("E0117", f"a name is missing after `{before.text}`", place.spot, help=_shape(place))
    named = place.index >= 2 and place.tokens[place.index - 2].type in NAMING
    if named and before.type == "NAME" and token.type in ("MINUS", "DOT") and place.glued:
        goes_on = place.after.type in ("NAME", "NUMBER") and place.after.start == token.end
        span = token.source.span(before.start, place.after.end if goes_on else token.end)
        better = re.sub(r"\W", "_", span.text)
        return Diagnostic(
            "E0105",
            f"a name is made of letters, digits and `_`, and has no `{token.text}`",
            token.span,
            fixes=replacing(f"write `{better}`", (span, better)),
        )
    return None


def _shape(place: Place) -> str:
    if place.head is not None:
        return "it is written `repeat list as name { … }`"
    return {
        "LET": "it is written `let name = …`",
        "BLOCK": "it is written `block name(filters) { … }`",
        "MODEL": "it is written `model Name { … }`",
        "INPUT": "it is written `input name[height, width, channels]`",
        "OUTPUT": "it is written `output name = …`",
        "SHARE": "it is written `share name = …`",
        "AS": "it is written `conv(6, 5x5) as name`",
    }[place.before.type]


def _missing_value(place: Place) -> Diagnostic | None:
    """`relu ->` with nothing after it, `f(a,, b)`."""
    token, before = place.token, place.before
    if token.type == "COMMA" and before.type == "COMMA":
        return Diagnostic("E0117", "a value is missing between these commas", before.span.to(token.span))
    if "NUMBER" not in place.accepted or place.index == 0:
        return None
    if before.type == "EQUAL" and token.type in ("BLOCK", "MODEL"):
        help = f"outside of all braces: `{token.text} name(…) {{ … }}`"
        return Diagnostic("E0116", f"`{token.text}` begins an item of the file", token.span, help=help)
    body = token.type == "LBRACE" and before.type in OPERATORS
    if before.type in GOES_ON and (body or place.at_end or token.type in {"RPAR", "RSQB", "COMMA", "ARROW"} | STARTS):
        what = "a layer" if before.type == "ARROW" else "a value"
        if token.type == "OUTPUT" and before.type == "ARROW":
            help = "`output name = …` begins a line of its own"
            return Diagnostic("E0117", "a layer is missing after this `->`", before.span, help=help)
        return Diagnostic("E0117", f"{what} is missing after `{before.text}`", before.span)
    if token.type in ("COMMA", "RPAR", "RSQB") and before.type in ("LPAR", "LSQB", "COMMA"):
        sizes = place.first.type in ("INPUT", "EXPECT")
        title = "the sizes are missing" if sizes else f"a value is missing before `{token.text}`"
        return Diagnostic("E0117", title, token.span)
    if place.at_end and before.type == "ASSERT":
        return Diagnostic("E0117", "`assert` needs a comparison", before.span, help="as in `assert params <= 60_000`")
    if token.type == "EQUAL" and before.type in ("LPAR", "LSQB", "COMMA"):
        return Diagnostic("E0117", "a name is missing before `=`", token.span)
    if token.type in OPERATORS | {"DOT", "AS"}:
        return Diagnostic("E0117", f"a value is missing before `{token.text}`", token.span)
    return None


def _second_statement(place: Place) -> Diagnostic | None:
    """Something after a statement that is complete."""
    token, before = place.token, place.before
    if "NEWLINE" not in place.accepted or place.at_end or not place.index:
        return None
    if token.type == "COMMA" and place.inside == "TRAIN" and place.after.type == "NAME":
        if place.tokens[place.index + 2].type != "EQUAL":
            title = f"`{place.first.text}` takes one value, and a list of values goes in `[ ]`"
            return Diagnostic("E0117", title, token.span)
        gap = token.source.span(before.end, place.after.start)
        title = "settings are separated by lines, not by `,`"
        return Diagnostic("E0117", title, token.span, fixes=replacing("begin a new line", (gap, "\n    ")))
    if before.type == "RBRACE" or token.type in STARTS or place.first.type in ("INPUT", "EXPECT"):
        if token.type == "ARROW":
            title = f"`{place.first.text}` is a statement of its own"
            where = "begin a new line" if place.same_line(before) else "write the line"
            help = f"{where} without the `->`"
            return Diagnostic("E0117", title, token.span, help=help)
        arrow = "`->` or " if place.in_body and token.type in BEGINS_VALUE else ""
        title = f"{arrow}a new line is missing before {place.shown}"
        return Diagnostic("E0117", title, token.span, help="every statement has a line of its own")
    if token.type == "COMMA" and place.in_body and place.first.type == "NAME" and place.after.type == "NAME":
        title = "`->` and not `,` leads from layer to layer"
        gap = token.source.span(before.end, place.after.start)
        return Diagnostic("E0106", title, token.span, fixes=replacing("write `->`", (gap, " -> ")))
    if token.type == "COMMA" and place.inside and place.after.type == "NEWLINE":
        title = "no `,` is needed: the end of the line ends a statement"
        return Diagnostic("E0101", title, token.span, fixes=replacing("delete it", (token.span, "")))
    if token.type == "AS":
        return Diagnostic("E0105", "this step has a name already", token.span)
    if before.type not in ENDS_VALUE or token.type not in BEGINS_VALUE:
        return None
    if place.inside == "TRAIN" and token.type == "NAME" and place.after.type == "EQUAL":
        gap = token.source.span(before.end, token.start)
        return Diagnostic(
            "E0117",
            f"a new line is missing before {place.shown}",
            token.span,
            help="every setting has a line of its own",
            fixes=replacing("begin a new line before it", (gap, "\n    ")),
        )
    if before.type == "NAME" and token.type in ("NUMBER", "SIZE", "TEXT"):
        help = f"as in `{before.text}({token.text})`" if len(token.text) < LONGEST_NAME else ""
        return Diagnostic("E0117", f"what `{before.text}` takes goes in `( )`", token.span, help=help)
    if place.in_body and place.first.type != "ASSERT":
        return Diagnostic(
            "E0106",
            f"`->` is missing before {place.shown}",
            token.span,
            fixes=inserting("put `->` before it", token, "-> "),
        )
    title = f"{place.shown} does not fit after a complete value"
    return Diagnostic("E0101", title, token.span, help="is an operator missing?")


def _comma(place: Place) -> Diagnostic | None:
    """`conv(6 5x5)`."""
    token, before = place.token, place.before
    if "COMMA" not in place.accepted or before.type not in ENDS_VALUE or token.type not in BEGINS_VALUE | {"UNCLOSED"}:
        return None
    gap = token.source.span(before.end, before.end)
    return Diagnostic(
        "E0108",
        f"a comma is missing before {place.shown}",
        token.span,
        fixes=replacing("put a comma before it", (gap, ",")),
    )


def _brace(place: Place) -> Diagnostic | None:
    """`sgd { lr: 0.1 }`."""
    if place.token.text not in ("{", "}") or not place.index:
        return None
    help = "arguments go in `( )`, lists in `[ ]`"
    title = "no body in braces belongs here"
    return Diagnostic("E0101", title, place.token.span, help=help)


def _arrow(place: Place) -> Diagnostic | None:
    """A flow where only a value fits."""
    if place.token.type != "ARROW" or not place.index:
        return None
    help = "name the flow first, `let name = …`, and use the name here"
    return Diagnostic("E0101", "a flow does not fit here, only a value", place.token.span, help=help)


def _unexpected(place: Place) -> Diagnostic:
    certain = [PUNCTUATION[kind] for kind in sorted(place.accepted) if kind in PUNCTUATION]
    span = place.spot
    if len(place.accepted) == 1 and certain:
        what = "is missing at" if place.at_end else "is missing before"
        value_follows = certain == ["="] and place.token.type in BEGINS_VALUE
        fixes = inserting("put `=` before it", place.token, "= ") if value_follows else ()
        return Diagnostic("E0117", f"`{certain[0]}` {what} {place.shown}", span, fixes=fixes)
    if place.at_end:
        return Diagnostic("E0101", f"{place.shown} comes too early", span, label="something is missing here")
    help = "commas separate arguments and items, inside `( )` and `[ ]`" if place.token.type == "COMMA" else ""
    return Diagnostic("E0101", f"{place.shown} does not fit here", span, help=help)


ROWS: tuple[Row, ...] = (
    _excess,
    signs.comment,
    _bracket,
    bodies.loop,
    definitions.imported,
    definitions.use,
    definitions.block,
    definitions.named,
    misspelt.between,
    misspelt.before_list,
    bodies.choice,
    bodies.else_,
    bodies.repeat,
    bodies.named_count,
    bodies.if_,
    bodies.counted_body,
    misspelt.header,
    bodies.braces,
    signs.quotes,
    signs.sign,
    signs.semicolon,
    signs.colon,
    signs.strange,
    signs.number,
    _name,
    statements.elsewhere,
    statements.setting,
    signs.equals,
    _missing_value,
    statements.output,
    statements.body,
    statements.dims,
    _second_statement,
    _comma,
    _brace,
    _arrow,
)
