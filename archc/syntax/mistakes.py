"""What people mistype, and what they deserve to read.

Each row below knows one kind of mistake, and the first that recognises a place speaks. When none
does, the message says what does not fit and, if that is certain, what would.
"""

import re
from collections.abc import Callable, Sequence

from archc.diagnostics import Diagnostic, Fix, Related
from archc.diagnostics.suggest import closest
from archc.source import Source, Span
from archc.syntax import signs, tree
from archc.syntax.limits import DEEPEST, LONGEST_NAME
from archc.syntax.lines import GOES_ON, OPERATORS, STARTS, Token
from archc.syntax.place import BEGINS_VALUE, ENDS_VALUE, KEYWORDS, Place, inserting, replacing

Row = Callable[[Place], Diagnostic | None]

PARTNER = {"(": ")", "[": "]", "{": "}", ")": "(", "]": "[", "}": "{"}
SETTINGS = frozenset({"data", "loss", "optimizer", "batch", "epochs", "metrics", "init", "validate", "stop", "seed"})
ELSEWHERE = {
    **dict.fromkeys(("class", "def", "fn", "func", "function", "network", "net", "architecture", "nn"), "model"),
    **dict.fromkeys(("const", "var", "set", "val", "define", "constant"), "let"),
    **dict.fromkeys(("training", "trainer", "recipe", "fit", "config", "settings"), "train"),
    **dict.fromkeys(("in", "inputs", "placeholder"), "input"),
    **dict.fromkeys(("return", "out", "outputs", "yield"), "output"),
    **dict.fromkeys(("check", "require", "ensure"), "assert"),
}
"""Words that begin statements of other languages, and ours."""
NAMING = ("LET", "MODEL", "TRAIN", "INPUT", "OUTPUT", "AS")
"""A new name follows one of these."""
PUNCTUATION = {"EQUAL": "=", "COMMA": ",", "RPAR": ")", "RSQB": "]", "LBRACE": "{", "LSQB": "[", "ARROW": "->"}


def explain(place: Place) -> Diagnostic:
    """What to say of a place where the parser could not go on."""
    return next(filter(None, (row(place) for row in ROWS)), None) or _unexpected(place)


def unpaired_brace(brace: Token) -> Diagnostic:
    """A `{` that nothing closes, or a `}` that closes nothing."""
    if brace.text == "{":
        return Diagnostic("E0102", "this `{` is never closed", brace.span, help="put `}` after its last line")
    return Diagnostic("E0102", "this `}` closes nothing", brace.span, fixes=replacing("delete it", (brace.span, "")))


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
                f"brackets and operators are nested more than {DEEPEST} deep",
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
                fixes=replacing("delete it", (token.span, "")),
            )
        case "OPEN_TEXT":
            return _open_text(token)
    return None


def _closing(place: Place, partner: str) -> tuple[Fix, ...]:
    """The bracket at the end of the line, if the rest of the line is certainly inside it."""
    rest = place.tokens[place.index + 1 :]
    if len(rest) < 2 or any(token.type in ("ARROW", "AS", "UNCLOSED") for token in rest):
        return ()
    return inserting(f"put `{partner}` at the end of the line", rest[-1], partner) if rest[-1].type == "NEWLINE" else ()


def _open_text(text: Token) -> Diagnostic:
    return Diagnostic(
        "E0104", "this text has no closing quote", text.span, help='put `"` where it ends, on the same line'
    )


def _name(place: Place) -> Diagnostic | None:
    """Something new needs a name, and what is there is none."""
    token, before = place.token, place.before
    new = before.type in NAMING and (before.type != "TRAIN" or place.inside == "")
    if "NAME" in place.accepted and "NUMBER" not in place.accepted and (new or place.first.type == "MODEL"):
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
            return Diagnostic("E0117", f"a name is missing after `{before.text}`", place.spot, help=_shape(before.type))
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


def _shape(word: str) -> str:
    return {
        "LET": "it is written `let name = …`",
        "MODEL": "it is written `model Name { … }`",
        "INPUT": "it is written `input name[height, width, channels]`",
        "OUTPUT": "it is written `output name = …`",
        "AS": "it is written `conv(6, 5x5) as name`",
    }[word]


def _elsewhere(place: Place) -> Diagnostic | None:
    """A statement that belongs into other braces, or whose first word is misspelt."""
    first, token = place.first, place.token
    if place.index == 0:
        if place.inside == "" and token.type in ("INPUT", "OUTPUT", "ASSERT", "EXPECT"):
            title = f"`{token.text}` belongs inside a model"
            return Diagnostic("E0116", title, token.span, help="put it between the braces of `model Name { … }`")
        if place.inside == "MODEL" and token.type in ("MODEL", "TRAIN"):
            title = f"`{token.text}` does not belong inside a model"
            return Diagnostic("E0116", title, token.span, help="put it after the `}` that ends the model")
        if place.inside == "" and token.type not in ("NAME",):
            help = "outside of models and recipes a line begins with `let`, `model` or `train`"
            return Diagnostic("E0116", f"{place.shown} does not belong here", token.span, help=help)
        if token.type == "ARROW":
            title = "there is nothing before this `->`"
            help = "the first layer needs no `->`: values flow in by themselves"
            return Diagnostic("E0117", title, token.span, help=help)
    if first.type != "NAME" or place.index > 1:
        return None
    word = _meant(place)
    if word:
        return Diagnostic(
            "E0118",
            f"no statement begins with `{first.text}`",
            first.span,
            help=f"did you mean `{word}`?",
            fixes=replacing(f"write `{word}`", (first.span, word)),
        )
    if place.inside == "":
        if place.after.type == "EQUAL" and first.text in SETTINGS:
            return Diagnostic("E0116", f"the setting `{first.text}` belongs inside `train {{ … }}`", first.span)
        if place.after.type == "EQUAL":
            return _let(place)
        if place.index == 1 and token.type in BEGINS_VALUE:
            help = "outside of models and recipes a line begins with `let`, `model` or `train`"
            return Diagnostic("E0118", f"no statement begins with `{first.text}`", first.span, help=help)
        help = "put layers between the braces of `model Name { … }`"
        return Diagnostic("E0116", f"`{first.text}` belongs inside a model", first.span, help=help)
    if place.inside == "MODEL" and token.type == "EQUAL":
        if first.text in SETTINGS:
            return Diagnostic("E0116", f"the setting `{first.text}` belongs inside `train {{ … }}`", first.span)
        return _let(place)
    return None


def _let(place: Place) -> Diagnostic:
    title = f"`let` is missing before `{place.first.text} = …`"
    return Diagnostic("E0117", title, place.first.span, fixes=inserting("put `let` before it", place.first, "let "))


def _meant(place: Place) -> str:
    """The keyword that a first word was to be, if the next token fits to that."""
    next_type = place.tokens[1].type if len(place.tokens) > 1 else ""
    if next_type not in ("NAME", "LBRACE", "LSQB", "NUMBER") or place.inside == "TRAIN":
        return ""
    if next_type == "LBRACE":
        fits = ["train"]
    elif place.inside == "MODEL":
        fits = ["input", "let", "output", "assert", "expect"]
    else:
        fits = ["model", "let", "train"]
    word = place.first.text
    other = ELSEWHERE.get(word.lower(), "")
    if other in fits:
        return other
    return next(iter(closest(word, fits)), "")


def _setting(place: Place) -> Diagnostic | None:
    """In a recipe, something that is no `name = value`."""
    token = place.token
    if place.inside != "TRAIN":
        return None
    if place.index == 0:
        help = "settings are written `name = value`"
        return Diagnostic("E0116", f"{place.shown} begins no setting", token.span, help=help)
    if place.index != 1:
        return None
    if place.at_end and place.first.type == "NAME":
        word = place.first.text
        return Diagnostic("E0117", f"`{word}` has no value", place.first.span, help=f"write `{word} = …`")
    if token.type in BEGINS_VALUE | {"LSQB"} and place.first.type == "NAME":
        title = f"`=` is missing between `{place.first.text}` and its value"
        return Diagnostic("E0117", title, token.span, fixes=inserting("put `=` before it", token, "= "))
    if token.type == "DOT":
        help = "inside `train { … }` it is just `epochs = …`"
        return Diagnostic("E0116", "the name of a setting is one word", token.span, help=help)
    if token.type in ("ARROW", "LPAR", "NAME"):
        help = "settings are written `name = value`, as in `optimizer = adam(1e-3)`"
        return Diagnostic("E0116", "only settings belong inside `train { … }`", place.first.span, help=help)
    return None


def _missing_value(place: Place) -> Diagnostic | None:
    """`relu ->` with nothing after it, `f(a,, b)`."""
    token, before = place.token, place.before
    if "NUMBER" not in place.accepted or place.index == 0:
        return None
    if before.type in GOES_ON and (place.at_end or token.type in {"RPAR", "RSQB", "COMMA", "ARROW"} | STARTS):
        what = "a layer" if before.type == "ARROW" else "a value"
        if token.type == "OUTPUT" and before.type == "ARROW":
            help = "`output name = …` begins a line of its own"
            return Diagnostic("E0117", "a layer is missing after this `->`", before.span, help=help)
        return Diagnostic("E0117", f"{what} is missing after `{before.text}`", before.span)
    if token.type == "COMMA" and before.type == "COMMA":
        return Diagnostic("E0117", "a value is missing between these commas", before.span.to(token.span))
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


def _output(place: Place) -> Diagnostic | None:
    """`output q` alone."""
    if place.first.type != "OUTPUT" or place.index != 2 or not place.at_end or place.before.type != "NAME":
        return None
    name = place.before.text
    help = f"say which value it is: `output {name} = …`"
    return Diagnostic("E0117", f"the output `{name}` has no value", place.before.span, help=help)


def _body(place: Place) -> Diagnostic | None:
    """`model LeNet` without braces."""
    if "LBRACE" not in place.accepted or place.first.type not in ("MODEL", "TRAIN"):
        return None
    title = f"`{{` is missing: the body of a `{place.first.text}` goes in braces"
    return Diagnostic("E0122", title, place.spot, help="put `{` at the end of this line, and `}` after the body")


def _dims(place: Place) -> Diagnostic | None:
    """`input image(28, 28, 1)`, `expect 7x7`."""
    word = place.first.type
    if place.accepted != {"LSQB"} or word not in ("INPUT", "EXPECT"):
        return None
    example = "input image[28, 28, 1]" if word == "INPUT" else "expect [7, 7, 512]"
    title = f"`{place.first.text}` takes its sizes in square brackets"
    return Diagnostic("E0117", title, place.spot, help=f"as in `{example}`")


def _second_statement(place: Place) -> Diagnostic | None:
    """Something after a statement that is complete."""
    token, before = place.token, place.before
    if "NEWLINE" not in place.accepted or place.at_end or not place.index:
        return None
    if before.type == "RBRACE" or token.type in STARTS or place.first.type in ("INPUT", "EXPECT"):
        if token.type == "ARROW":
            title = f"`{place.first.text}` is a statement of its own"
            where = "begin a new line" if place.same_line(before) else "write the line"
            help = f"{where} without the `->`"
            return Diagnostic("E0117", title, token.span, help=help)
        title = f"a new line is missing before {place.shown}"
        return Diagnostic("E0117", title, token.span, help="every statement has a line of its own")
    if token.type == "AS":
        return Diagnostic("E0105", "this step has a name already", token.span)
    if before.type not in ENDS_VALUE or token.type not in BEGINS_VALUE:
        return None
    if place.inside == "TRAIN" and token.type == "NAME" and place.after.type == "EQUAL":
        return Diagnostic(
            "E0117",
            f"a new line is missing before {place.shown}",
            token.span,
            help="every setting has a line of its own",
            fixes=inserting("begin a new line before it", token, "\n    "),
        )
    if before.type == "NAME" and token.type in ("NUMBER", "SIZE", "TEXT"):
        help = f"as in `{before.text}({token.text})`" if len(token.text) < LONGEST_NAME else ""
        return Diagnostic("E0117", f"what `{before.text}` takes goes in `( )`", token.span, help=help)
    if place.inside == "MODEL" and place.first.type != "ASSERT":
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
    return Diagnostic("E0101", "only models and recipes have a body in braces", place.token.span, help=help)


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
    signs.quotes,
    signs.sign,
    signs.semicolon,
    signs.colon,
    signs.strange,
    signs.number,
    _name,
    _elsewhere,
    _setting,
    signs.equals,
    _missing_value,
    _output,
    _body,
    _dims,
    _second_statement,
    _comma,
    _brace,
    _arrow,
)
