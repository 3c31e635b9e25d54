"""Characters and signs that other languages use, and what stands for them here."""

import re
import unicodedata

from archc.diagnostics import Diagnostic
from archc.syntax.place import Place, replacing

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
    "·": "*",
    "∗": "*",
    "×": "*",
    "÷": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{FULLWIDTH COMMA}": ",",
    "\N{FULLWIDTH LEFT PARENTHESIS}": "(",
    "\N{FULLWIDTH RIGHT PARENTHESIS}": ")",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
}
_LONGEST_FIRST = sorted(SIGNS, key=len, reverse=True)
_CHANGES = ("+=", "-=", "*=", "/=", "++", "--")
_SINGLE_QUOTES = "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
_QUOTED = re.compile(rf"[{_SINGLE_QUOTES}]([^{_SINGLE_QUOTES}\"\n]*)[{_SINGLE_QUOTES}]")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def comment(place: Place) -> Diagnostic | None:
    """`relu  // rectify`, `/* rectify */`."""
    token = place.token
    star = place.text.find("/*", max(token.start - 1, 0), token.start + 2)
    if star >= 0:
        start = star
    else:
        slashes = next((t for t in reversed(place.tokens[: place.index + 1]) if t.text == "//"), None)
        if slashes is None or not place.same_line(slashes):
            return None
        gap = place.text[max(slashes.start - 2, 0) : slashes.start]
        # two spaces or a new line before it: a remark, where one space is a division
        remark = slashes is token or gap.isspace() or not place.in_brackets
        if not remark:
            return None
        start = slashes.start
    sign = token.source.span(start, start + 2)
    return Diagnostic(
        "E0114",
        f"comments begin with `#`, not with `{sign.text}`",
        sign,
        notes=("`//` is whole division: `7 // 2` is 3",) if sign.text == "//" else (),
        help="write `#`",
        fixes=replacing("write `#`", (sign, "#")) if sign.text == "//" else (),
    )


def sign(place: Place) -> Diagnostic | None:
    """A sign that means something elsewhere: `=>`, `&&`, `×` …"""
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
    right = SIGNS[wrong]
    span = place.token.source.span(start, start + len(wrong))
    if wrong == "×" and place.before.type in ("NUMBER", "SIZE") and place.after.type in ("NUMBER", "SIZE"):
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
    """`'same'`."""
    token = place.token
    if token.text not in _SINGLE_QUOTES or token.type != "STRANGE":
        return None
    quoted = _QUOTED.match(place.text, token.start)
    if not quoted:
        return Diagnostic("E0103", f"`{token.text}` means nothing here", token.span, help='texts stand in `"`')
    words, span = quoted.group(1), token.source.span(*quoted.span())
    title = 'texts stand in `"`, and words such as `same` in no quotes'
    help = f'write `"{words}"`'
    if _BARE.fullmatch(words):
        help = f'write `{words}` if it is a word of the language or a name, `"{words}"` if it is a text'
        return Diagnostic("E0103", title, span, help=help)
    return Diagnostic("E0103", title, span, help=help, fixes=replacing(help, (span, f'"{words}"')))


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
    if place.first.type in ("MODEL", "TRAIN"):
        return Diagnostic(
            "E0122",
            f"the body of a `{place.first.text}` stands in braces",
            span,
            help="write `{` instead of `:`, and `}` behind the last line",
        )
    if place.before.type == "NAME" and "EQUAL" in place.accepted:
        return Diagnostic(
            "E0112",
            f"`=` and not `:` gives `{place.before.text}` its value",
            span,
            fixes=replacing("write `=`", (span, " =")),
        )
    return Diagnostic("E0103", "`:` means nothing here", span)


def strange(place: Place) -> Diagnostic | None:
    """Any other character that stands in no word of the language."""
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
        help = "names are made of the letters a to z and A to Z, digits and `_`; texts and comments may hold any letter"
    elif character == "\\":
        help = "a line goes on by itself inside brackets, and after `->`, `=` and operators"
    elif character == "?":
        help = "there is no choice between values yet in this version of the language"
    return Diagnostic("E0103", f"`{character}` means nothing here", token.span, notes=notes, help=help)
