"""What people mistype of `repeat` and `if`, and what of other languages they write instead."""

import re
from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Fix
from archc.diagnostics.suggest import distance
from archc.syntax import misspelt
from archc.syntax.lines import OPERATORS, Token
from archc.syntax.place import BEGINS_VALUE, ENDS_VALUE, Place, inserting, replacing

_LOOPS = frozenset({"for", "foreach", "each", "loop", "times"})
_OPEN_ENDED = frozenset({"while", "until", "do"})
_CHOICES = frozenset({"switch", "match", "case", "when", "unless", "select", "try"})
_ELSE_IF = frozenset({"elif", "elsif", "elseif", "elseIf"})
_REPEAT = (
    "`repeat 3 { … }` repeats three times, `repeat 3 as i { … }` counts i from 0, `repeat list as x { … }` takes each"
)
_CHOOSE = "`if a { … } else if b { … } else { … }`"


def loop(place: Place) -> Diagnostic | None:
    """`for i in range(3) { … }`, `while … { … }`."""
    first = place.first
    if first.type != "NAME" or place.inside == "TRAIN" or place.second.type in ("EQUAL", "NEWLINE", "ARROW"):
        return None
    if first.text in _OPEN_ENDED:
        title = f"there is no `{first.text}`: how often something is repeated is known beforehand"
        return Diagnostic("E0107", title, first.span, help=_REPEAT)
    if first.text in _CHOICES:
        title = f"there is no `{first.text}` in this language"
        return Diagnostic("E0107", title, first.span, help=f"choose with {_CHOOSE}")
    if first.text not in _LOOPS:
        return None
    title = f"`{first.text}` is written `repeat` here"
    fixes = _as_repeat(place)
    return Diagnostic("E0107", title, first.span, help="" if fixes else _REPEAT, fixes=fixes)


def _as_repeat(place: Place) -> tuple[Fix, ...]:
    brace = next((token for token in place.tokens if token.type == "LBRACE"), None)
    if brace is None:
        return ()
    span = place.first.source.span(place.first.start, brace.start)
    counted = re.fullmatch(r"for\s+(\w+)\s+in\s+range\s*\(([^(),]+)\)\s*", span.text)
    listed = re.fullmatch(r"(?:for|foreach)\s+(\w+)\s+in\s+(\w+|\[[^\[\]]*\])\s*", span.text)
    found = counted or listed
    if found:
        header = f"repeat {found[2].strip()} as {found[1]} "
    elif place.second.type == "NUMBER" and place.tokens[2] is brace:
        header = f"repeat {place.second.text} "
    else:
        return ()
    return replacing(f"write `{header.strip()}`", (span, header))


def repeat(place: Place) -> Diagnostic | None:
    """`repeat 3x { … }`, `repeat i in list { … }`, `repeat 3 relu`."""
    head = place.head
    if head is None or place.tokens[head].type != "REPEAT":
        return None
    token, before = place.token, place.before
    if place.index == head + 1 and (token.type == "LBRACE" or place.at_end):
        return Diagnostic("E0117", "`repeat` does not say how often", place.tokens[head].span, help=_REPEAT)
    times = token.text == "times" or (token.text in ("x", "X") and before.type != "NAME")
    if token.type == "NAME" and times and before.type in ("NUMBER", "NAME", "RPAR"):
        gap = token.source.span(before.end, token.end)
        title = "`repeat` takes just the count"
        return Diagnostic("E0101", title, token.span, fixes=replacing(f"delete the `{token.text}`", (gap, "")))
    named = place.index == head + 2 and before.type == "NAME"
    if named and (token.type == "EQUAL" or token.text in ("in", "of")):
        return _named_repeat(place)
    if token.type == "COMMA" and before.type == "NAME" and place.tokens[place.index - 2].type == "AS":
        return Diagnostic("E0101", "`repeat` gives one name", token.span, help="as in `repeat list as x { … }`")
    if token.type == "COMMA":
        return Diagnostic("E0101", "`repeat` takes one count or one list", token.span, help=_REPEAT)
    if token.type == "AS" and "LBRACE" in place.accepted:
        return Diagnostic("E0101", "`repeat` gives one name", token.span, help="as in `repeat list as x { … }`")
    return _bare_branch(place, "what a `repeat` repeats goes in braces", "as in `repeat 3 { conv(16, 3x3) -> relu }`")


def _named_repeat(place: Place) -> Diagnostic:
    """`repeat i in list {`, `repeat n = 3 {`."""
    token, name = place.token, place.before
    brace = next((other for other in place.tokens[place.index :] if other.type == "LBRACE"), None)
    title = "what is repeated comes first, and the name for it behind `as`"
    fixes: tuple[Fix, ...] = ()
    if brace and place.after is not brace:
        value = place.text[place.after.start : brace.start].strip()
        header = f"{value} as {name.text} "
        span = token.source.span(name.start, brace.start)
        if "\n" not in value:
            fixes = replacing(f"write `repeat {header.strip()}`", (span, header))
    return Diagnostic("E0101", title, token.span, help="" if fixes else _REPEAT, fixes=fixes)


def named_count(place: Place) -> Diagnostic | None:
    """`repeat(times = 3) { … }`."""
    if place.token.type != "EQUAL" or place.index < 3 or place.tokens[place.index - 3].type != "REPEAT":
        return None
    if place.tokens[place.index - 2].type != "LPAR":
        return None
    title = "`repeat` has no named arguments"
    return Diagnostic("E0101", title, place.before.span.to(place.token.span), help=_REPEAT)


def if_(place: Place) -> Diagnostic | None:
    """`if { … }`, `if a = 3 { … }`, `if a relu`."""
    head = place.head
    if head is None or place.tokens[head].type != "IF":
        return None
    token = place.token
    if place.index == head + 1 and (token.type == "LBRACE" or place.at_end):
        title = "`if` has no condition"
        return Diagnostic("E0117", title, place.tokens[head].span, help="as in `if stride == 1 { … } else { … }`")
    if token.type == "EQUAL":
        title = "`==` compares, `=` gives a name its value"
        return Diagnostic("E0112", title, token.span, fixes=replacing("write `==`", (token.span, "==")))
    if token.type == "NAME" and token.text == "then":
        if place.after.type == "LBRACE":
            gap = token.source.span(token.start, place.after.start)
            title = "no `then` is needed: the brace says it"
            return Diagnostic("E0107", title, token.span, fixes=replacing("delete it", (gap, "")))
        return Diagnostic("E0107", "braces stand in place of `then`", token.span, help=f"as in {_CHOOSE}")
    return _bare_branch(place, "what an `if` chooses goes in braces", f"as in {_CHOOSE}")


def _bare_branch(place: Place, title: str, help: str) -> Diagnostic | None:
    """No brace where a body should begin."""
    token = place.token
    if token.type == "NAME" and token.text in ("do", "begin"):
        return Diagnostic("E0107", f"braces stand in place of `{token.text} … end`", token.span, help=help)
    begins = token.type in BEGINS_VALUE | {"ARROW", "LPAR", "LSQB", "ELSE"} or place.at_end or token.text == ":"
    if "LBRACE" not in place.accepted or not begins:
        return None
    title = f"`{{` is missing: {title}"
    if token.text == ":" or place.at_end:
        return Diagnostic("E0122", title, place.spot, help=help)
    fixes = _wrapped(place, place.index)
    return Diagnostic("E0122", title, place.spot, help="" if fixes else help, fixes=fixes)


def _wrapped(place: Place, begin: int) -> tuple[Fix, ...]:
    """Braces around the step that begins at `begin`, and around that of its `else`."""
    end = place.step_end(begin)
    step = place.tokens[begin:end]
    if not step or any(token.text in "{}:?" or token.type in ("IF", "REPEAT") for token in step):
        return ()
    source = place.token.source
    if step[0].type == "ARROW" or (end < len(place.tokens) and place.tokens[end].type == "ARROW"):
        return ()
    edits = [(source.span(step[0].start, step[0].start), "{ "), (source.span(step[-1].end, step[-1].end), " }")]
    if end < len(place.tokens) and place.tokens[end].type == "ELSE":
        if place.tokens[end + 1].type == "IF":
            return ()
        if place.tokens[end + 1].type != "LBRACE":
            other = place.tokens[end + 1 : place.step_end(end + 1)]
            if not other or any(token.text in "{}:?" or token.type in ("IF", "ELSE") for token in other):
                return ()
            edits += [
                (source.span(other[0].start, other[0].start), "{ "),
                (source.span(other[-1].end, other[-1].end), " }"),
            ]
    return replacing("put braces around it", *edits)


def else_(place: Place) -> Diagnostic | None:
    """`elif`, `else` without `if`, `else relu`."""
    token, before, first = place.token, place.before, place.first
    behind = token if before.type == "RBRACE" and place.index else first if place.index == 1 else None
    if behind is not None and behind.type == "NAME" and place.inside:
        if behind.text in _ELSE_IF:
            title = f"`{behind.text}` is written `else if` here"
            return Diagnostic("E0107", title, behind.span, fixes=replacing("write `else if`", (behind.span, "else if")))
        brace_follows = any(other.type == "LBRACE" for other in place.tokens[place.index :])
        if brace_follows and behind is token and distance(behind.text, "else", 2) <= 1 + (len(behind.text) > 4):
            help = "did you mean `else`?"
            fixes = replacing("write `else`", (behind.span, "else"))
            return Diagnostic("E0118", f"no statement begins with `{behind.text}`", behind.span, help=help, fixes=fixes)
    if token.type == "ELSE":
        head = place.head_of_body(place.index - 1) if before.type == "RBRACE" else None
        if head is not None and head.type == "REPEAT":
            return Diagnostic("E0101", "a `repeat` has no `else`", token.span, help=f"an `if` has: {_CHOOSE}")
        if head is not None and head.type in ("IF", "ELSE"):
            return Diagnostic("E0101", "this `if` has an `else` already", token.span, help=f"as in {_CHOOSE}")
        if place.head is not None and place.tokens[place.head].type == "IF":
            return None
        if place.after.text == ":":
            title = "`{` is missing: what an `else` chooses goes in braces"
            return Diagnostic("E0122", title, place.after.span, help=f"as in {_CHOOSE}")
        return Diagnostic("E0101", "there is no `if` before this `else`", token.span, help=f"as in {_CHOOSE}")
    if before.type == "ELSE" and place.index:
        end = place.step_end(place.index)
        if end < len(place.tokens) and place.tokens[end].type == "LBRACE" and token.type != "LBRACE":
            if token.type == "NAME" and misspelt.near(token.text, "if") and place.after.type in BEGINS_VALUE:
                return misspelt.instead(token, "if")
            title = "`if` is missing between `else` and its condition"
            return Diagnostic("E0117", title, token.span, fixes=inserting("put `if` before it", token, "if "))
        title = "`{` is missing: what an `else` chooses goes in braces"
        fixes = _wrapped(place, place.index) if token.type in BEGINS_VALUE else ()
        return Diagnostic("E0122", title, place.spot, help="" if fixes else f"as in {_CHOOSE}", fixes=fixes)
    return None


def choice(place: Place) -> Diagnostic | None:
    """`c ? a : b`, `a if c else b`, and an `if` within a calculation."""
    token, before = place.token, place.before
    if token.text == "?":
        return _ternary(place, "?", ":", question_first=True)
    if token.type not in ("IF", "REPEAT") or not place.index:
        return None
    if before.type in ENDS_VALUE and token.type == "IF":
        end = place.step_end(place.index)
        braced = end < len(place.tokens) and place.tokens[end].type == "LBRACE"
        return None if braced else _ternary(place, "if", "else", question_first=False)
    if before.type in OPERATORS or (before.type == "LPAR" and "NUMBER" in place.accepted):
        help = f"name it first, `let name = {token.text} …`, and use the name here"
        title = f"`{token.text}` does not fit into a calculation"
        if before.type == "LPAR":
            title = f"no brackets are needed around an `{token.text}`" if token.type == "IF" else title
            help = help if token.type != "IF" else "braces hold its parts: `if a { … } else { … }`"
        return Diagnostic("E0101", title, token.span, help=help)
    return None


def _ternary(place: Place, sign: str, other: str, question_first: bool) -> Diagnostic:
    title = f"`{sign} … {other}` is written `if … {{ … }} else {{ … }}` here"
    begin = place.step_begin(place.index)
    left = place.tokens[begin : place.index]
    middle_end = place.step_end(place.index + 1, stop=other)
    middle = place.tokens[place.index + 1 : middle_end]
    fixes: tuple[Fix, ...] = ()
    divided = middle_end < len(place.tokens) and place.tokens[middle_end].text == other
    right = place.tokens[middle_end + 1 : place.step_end(middle_end + 1)] if divided else ()
    whole = [*left, *middle, *right]
    plain = left and middle and not any(t.text in ("{", "}", "?", ":", "if", "else") for t in whole)
    if plain and not any(t.type in ("UNCLOSED", "STRAY", "STRANGE") for t in whole) and (right or not question_first):
        condition, then = (left, middle) if question_first else (middle, left)
        source = place.token.source

        def words(tokens: Sequence[Token]) -> str:
            return source.text[tokens[0].start : tokens[-1].end]

        better = f"if {words(condition)} {{ {words(then)} }}"
        if right:
            better += f" else {{ {words(right)} }}"
        span = source.span(left[0].start, whole[-1].end)
        if "\n" not in better:
            fixes = replacing(f"write `{better}`", (span, better))
    return Diagnostic("E0107", title, place.token.span, help="" if fixes else f"as in {_CHOOSE}", fixes=fixes)


def counted_body(place: Place) -> Diagnostic | None:
    """`3 * { … }`, `3 { … }`."""
    token, before = place.token, place.before
    if not place.in_body:
        return None
    if token.type == "NAME" and token.text in ("x", "X", "times") and place.after.type == "LBRACE":
        return _counted(before, token) if before.type == "NUMBER" else None
    if token.type == "LBRACE" and place.index and not place.same_line(before):
        help = "braces belong to something: `repeat 3 { … }`, `if a { … } else { … }`"
        return Diagnostic("E0101", "nothing begins with `{`", token.span, help=help)
    if token.type == "LBRACE" and place.index:
        begin = place.step_begin(place.index)
        step = place.tokens[begin : place.index]
        if step and step[-1].text == "*" and len(step) == 2 and step[0].type in ("NUMBER", "NAME"):
            return _counted(step[0], step[-1])
        if len(step) == 1 and step[0].type == "NUMBER":
            return _counted(step[0], step[0])
    return None


def _counted(count: Token, last: Token) -> Diagnostic:
    better = f"repeat {count.text}"
    span = count.source.span(count.start, last.end)
    title = f"several times the same is written `{better} {{ … }}`"
    return Diagnostic("E0107", title, span, fixes=replacing(f"write `{better}`", (span, better)))


def braces(place: Place) -> Diagnostic | None:
    """`conv{8, 3x3}`, `share tower = { … }`, `if a { … }, else { … }`, `if a { 1 } else { 2 } + 3`."""
    token, before = place.token, place.before
    if not place.index:
        return None
    if token.type == "LBRACE" and before.type == "NAME" and place.head is None:
        closing = place.step_end(place.index + 1, stop="}")
        while closing < len(place.tokens) and place.tokens[closing].type in ("COMMA", "ARROW"):
            closing = place.step_end(closing + 1, stop="}")
        end = place.tokens[closing : closing + 2]
        title = f"what `{before.text}` takes goes in `( )`"
        fixes: tuple[Fix, ...] = ()
        if [other.type for other in end] == ["NEWLINE", "RBRACE"] and place.same_line(before):
            fixes = replacing("write `(` and `)`", (token.span, "("), (end[1].span, ")"))
        return Diagnostic("E0101", title, token.span, fixes=fixes)
    if token.type == "LBRACE" and before.type == "EQUAL" and place.index == 3:
        help = "a flow stands there as it is; one of several lines is a `block`"
        return Diagnostic("E0101", "no braces are needed behind `=`", token.span, help=help)
    if before.type != "RBRACE":
        return None
    if token.type == "COMMA" and place.after.type == "ELSE":
        title = "no `,` is needed before `else`"
        return Diagnostic("E0101", title, token.span, fixes=replacing("delete it", (token.span, "")))
    if token.type in OPERATORS:
        help = "name what comes before it, `let name = …`, and use the name here"
        return Diagnostic("E0101", f"`{token.text}` does not fit after a body", token.span, help=help)
    return None
