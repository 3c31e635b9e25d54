"""Signs and numbers as other languages write them, and what stands for them here."""

import re
import unicodedata
from itertools import takewhile

from archc.diagnostics import Diagnostic, Fix, Related
from archc.source import Span
from archc.syntax.lines import CLOSING, OPENING, Token
from archc.syntax.place import ENDS_VALUE, Place, replacing
from archc.syntax.quotes import OTHER, quoted

SIGNS = {
    "-->": "->",
    "==>": "->",
    "=>": "->",
    "|>": "->",
    "~>": "->",
    ">>": "->",
    "→": "->",
    "⟶": "->",
    "➔": "->",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=<": "<=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    ":=": "=",
    "&&": "and",
    "||": "or",
    "!": "not ",
    "&": "and",
    "|": "or",
    "^": "**",
    "\N{MIDDLE DOT}": "*",
    "\N{ASTERISK OPERATOR}": "*",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{FULLWIDTH COMMA}": ",",
    "\N{FULLWIDTH LEFT PARENTHESIS}": "(",
    "\N{FULLWIDTH RIGHT PARENTHESIS}": ")",
}
_LONGEST_FIRST = sorted(SIGNS, key=len, reverse=True)
_CHANGES = ("+=", "-=", "*=", "/=", "++", "--")


def comment(place: Place) -> Diagnostic | None:
    """`relu  // rectify`, `/* rectify */`."""
    token = place.token
    star = place.text.find("/*", max(token.start - 1, 0), token.start + 2)
    if star >= 0:
        start = star
    else:
        behind = list(takewhile(lambda other: other.text != "//", reversed(place.tokens[: place.index + 1])))
        if len(behind) > place.index:
            return None
        slashes = place.tokens[place.index - len(behind)]
        closed = sum((other.type in CLOSING) - (other.type in OPENING) for other in behind)
        if closed > 0 or not place.same_line(slashes):
            return None  # a division within brackets, or one of another line
        gap = place.text[max(slashes.start - 2, 0) : slashes.start]
        # two spaces or a new line before it: a remark, where one space is a division
        remark = slashes is token or gap.isspace() or not place.in_brackets
        if not remark:
            return None
        start = slashes.start
    return no_comment(token.source.span(start, start + 2))


def no_comment(sign: Span) -> Diagnostic:
    """A `//` or `/*` that was to begin a comment."""
    text = sign.source.text
    end = text.find("\n", sign.end)
    rest = text[sign.end : end if end >= 0 else len(text)]
    fixes: tuple[Fix, ...] = ()
    if sign.text == "//":
        fixes = replacing("write `#`", (sign, "#"))
    elif rest.rstrip().endswith("*/") and rest.count("*/") == 1:
        words = rest.rstrip()[:-2].rstrip()
        fixes = replacing("write `#`", (sign.source.span(sign.start, sign.end + len(rest)), f"#{words}"))
    return Diagnostic(
        "E0114",
        f"comments begin with `#`, not with `{sign.text}`",
        sign,
        notes=("`//` is whole division: `7 // 2` is 3",) if sign.text == "//" else (),
        help="write `#`",
        fixes=fixes,
    )


def no_arrow(*signs: Span) -> Diagnostic:
    """Each `>` between layers."""
    title = "`>` compares, and `->` leads from layer to layer"
    return Diagnostic("E0106", title, signs[0], fixes=replacing("write `->`", *((sign, "->") for sign in signs)))


def sign(place: Place) -> Diagnostic | None:
    """A sign that means something elsewhere: `=>`, `&&`, `:=` …"""
    start = place.token.start
    text = place.text
    for wrong in _LONGEST_FIRST:
        for shift in range(len(wrong)):
            if text.startswith(wrong, start - shift) and (len(wrong) > 1 or place.token.type == "STRANGE"):
                return _other(place, wrong, start - shift)
    for change in _CHANGES:
        if place.index and any(text.startswith(change, start - shift) for shift in range(len(change))):
            return _change(place, change)
    return None


def _other(place: Place, wrong: str, start: int) -> Diagnostic:
    # in a model a bar is a pipe of another language
    pipe = wrong == "|" and place.in_body and place.first.type != "ASSERT"
    right = "->" if pipe else SIGNS[wrong]
    span = place.token.source.span(start, start + len(wrong))
    if (
        wrong == "\N{MULTIPLICATION SIGN}"
        and place.before.type in ("NUMBER", "SIZE")
        and place.after.type in ("NUMBER", "SIZE")
    ):
        return size(place, place.before.text, place.after.text, place.before.start, place.after.end)
    title = f"`{wrong}` is written `{right.strip()}` here"
    return Diagnostic("E0115", title, span, fixes=replacing(f"write `{right.strip()}`", (span, right)))


def _change(place: Place, change: str) -> Diagnostic:
    return Diagnostic(
        "E0115",
        f"`{change}` changes a value, and here values never change",
        place.token.span,
        help="give the new value a name of its own: `let name = …`",
    )


def size(place: Place, left: str, right: str, start: int, end: int) -> Diagnostic:
    """A size whose parts stand apart."""
    span = place.token.source.span(start, end)
    written = f"{left}x{right}"
    return Diagnostic(
        "E0113",
        f"a size is written `{written}`, with the letter x and without spaces",
        span,
        help=f"write `{written}`",
        fixes=replacing(f"write `{written}`", (span, written)),
    )


def quotes(place: Place) -> Diagnostic | None:
    """`'same'`, or quotes as a word processor sets them."""
    token = place.token
    if token.text not in OTHER or token.type != "STRANGE":
        return None
    no_quote = Diagnostic("E0103", f"`{token.text}` means nothing here", token.span, help="text goes in double quotes")
    return quoted(token) or no_quote


def semicolon(place: Place) -> Diagnostic | None:
    if place.token.text != ";":
        return None
    span = place.token.span
    title = "no `;` is needed: the end of the line ends a statement"
    if place.after.type == "NEWLINE":
        return Diagnostic("E0103", title, span, help="delete it", fixes=replacing("delete it", (span, "")))
    return Diagnostic("E0103", title, span, help="begin a new line here, or put a comma if this is a list")


def colon(place: Place) -> Diagnostic | None:
    """`batch: 32`, `model LeNet:`."""
    if place.token.text != ":":
        return None
    span = place.token.span
    if place.first.type in ("BLOCK", "MODEL", "TRAIN") and not place.in_brackets:
        return Diagnostic(
            "E0122",
            f"the body of a `{place.first.text}` goes in braces",
            span,
            help="write `{` instead of `:`, and `}` after the last line",
        )
    if place.before.type == "NAME" and "EQUAL" in place.accepted:
        return Diagnostic(
            "E0112",
            f"`=` and not `:` gives `{place.before.text}` its value",
            span,
            fixes=replacing("write `=`", (span, " =")),
        )
    if place.first.type == "INPUT" and place.index == 2:
        title = f"no `:` is needed: the sizes of `{place.before.text}` stand right behind it"
        if place.after.type == "LSQB":
            gap = span.source.span(place.before.end, place.after.start)
            return Diagnostic("E0103", title, span, fixes=replacing("delete it", (gap, "")))
        return Diagnostic("E0103", title, span, help=f"as in `input {place.before.text}[28, 28, 1]`")
    return Diagnostic("E0103", "`:` means nothing here", span)


def strange(place: Place) -> Diagnostic | None:
    """Any other character that the language does not use."""
    token = place.token
    if token.type != "STRANGE":
        return None
    character = token.text
    if character.isspace():
        name = unicodedata.name(character, "no ordinary space").lower()
        title = f"a space that is not an ordinary one: U+{ord(character):04X}, {name}"
        return Diagnostic("E0103", title, token.span, fixes=replacing("write an ordinary space", (token.span, " ")))
    notes: tuple[str, ...] = ()
    help = ""
    if not character.isascii():
        notes = (f"it is U+{ord(character):04X}, {unicodedata.name(character, 'which has no name').lower()}",)
    if character.isalpha():
        help = "names are made of a to z, A to Z, digits and `_`; any letter may be in a comment or in quotes"
    elif character == "\\":
        help = "a line goes on by itself inside brackets, and after `->`, `=` and operators"
    return Diagnostic("E0103", f"`{character}` means nothing here", token.span, notes=notes, help=help)


def equals(place: Place) -> Diagnostic | None:
    """`=` and `==` mixed up."""
    token = place.token
    if token.type == "EQUAL" and place.first.type == "ASSERT":
        title = "`==` compares, `=` gives a name its value"
        return Diagnostic("E0112", title, token.span, fixes=replacing("write `==`", (token.span, "==")))
    if token.text == "==" and "EQUAL" in place.accepted:
        title = "`=` gives a name its value, `==` compares"
        return Diagnostic("E0112", title, token.span, fixes=replacing("write `=`", (token.span, "=")))
    if token.text == ">" and place.in_body and place.index == 0:
        return no_arrow(token.span)
    if token.type == "COMPARE" and place.before.type in ENDS_VALUE:
        earlier = [other for other in place.tokens[: place.index] if other.type == "COMPARE"]
        if earlier and _between_layers(place, earlier[-1]):
            return no_arrow(earlier[-1].span, token.span)
        if earlier:
            return Diagnostic(
                "E0121",
                "comparisons cannot be chained",
                token.span,
                related=(Related(earlier[-1].span, "the first one"),),
                help="compare twice: `a < b and b < c`",
            )
    return None


def _between_layers(place: Place, earlier: Token) -> bool:
    """Whether a flow has `>` twice: `x > relu > tanh`."""
    if place.token.text != ">" or earlier.text != ">" or place.first.type != "NAME" or not place.in_body:
        return False
    within = place.tokens[place.tokens.index(earlier) : place.index]
    opened = sum((token.type in OPENING) - (token.type in CLOSING) for token in within)
    return not opened and not place.in_brackets


def number(place: Place) -> Diagnostic | None:
    """Numbers and sizes that are written otherwise: `5 x 5`, `5k`, `.5`, `3d`."""
    token, before = place.token, place.before
    if before.type in ("NUMBER", "SIZE") and token.type == "NAME" and place.index:
        rest = token.text[1:]
        if token.text[0] in "xX" and place.same_line(before):
            if not rest and place.after.type in ("NUMBER", "SIZE"):
                return size(place, before.text, place.after.text, before.start, place.after.end)
            if re.fullmatch(r"[0-9]+([xX][0-9]+)*", rest):
                return size(place, before.text, rest.lower(), before.start, token.end)
            if rest and place.glued:
                help = f"give the parts as `({before.text}, {rest})`"
                title = "a size such as `5x5` is made of digits only"
                return Diagnostic("E0113", title, before.span.to(token.span), help=help)
        if place.glued:
            return _glued(place)
    if token.type == "DOT" and place.after.type == "NUMBER" and place.after.start == token.end:
        span = token.span.to(place.after.span)
        better = f"0{span.text}"
        title = "a digit is missing before the point"
        return Diagnostic("E0119", title, span, fixes=replacing(f"write `{better}`", (span, better)))
    if before.type == "DOT" and place.index >= 2 and place.tokens[place.index - 2].type == "NUMBER":
        whole = place.tokens[place.index - 2]
        if whole.end == before.start:
            title = "a digit is missing after the point"
            help = f"write `{whole.text}.0` or `{whole.text}`"
            return Diagnostic("E0119", title, whole.span.to(before.span), help=help)
    return None


def _glued(place: Place) -> Diagnostic:
    before, token = place.before, place.token
    span = before.span.to(token.span)
    if token.text in ("k", "m", "g", "t", "B", "b"):
        letter = {"B": "G", "b": "G"}.get(token.text, token.text.upper())
        better = before.text + letter
        title = f"write `{better}`: counts end in K, M, G or T"
        return Diagnostic("E0119", title, span, fixes=replacing(f"write `{better}`", (span, better)))
    title = f"the number `{before.text}` runs into `{token.text}`"
    return Diagnostic(
        "E0119", title, span, help="a name begins with a letter, and a space or a sign separates it from a number"
    )
