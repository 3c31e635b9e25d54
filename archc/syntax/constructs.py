"""What people mistype of `use`, `block`, `share`, `repeat` and `if`, and what of other languages they write instead."""

import re
from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Fix
from archc.diagnostics.suggest import closest, distance
from archc.syntax.lines import OPERATORS, Token
from archc.syntax.place import BEGINS_VALUE, ENDS_VALUE, Place, inserting, replacing

_LOOPS = frozenset({"for", "foreach", "each", "loop", "times"})
_OPEN_ENDED = frozenset({"while", "until", "do"})
_CHOICES = frozenset({"switch", "match", "case", "when", "unless", "select", "try"})
_ELSE_IF = frozenset({"elif", "elsif", "elseif", "elseIf"})
_IMPORTS = frozenset({"import", "include", "from", "require", "using", "load"})
_LIBRARIES = frozenset({"torch", "torchvision", "tensorflow", "keras", "jax", "flax", "numpy", "nn", "math", "os"})
_BETWEEN = {"as": "AS", "or": "OR", "and": "AND"}
"""Words between two values, and how the grammar calls them."""
_OPENS = frozenset({"LPAR", "MINUS", "LSQB"})
_TYPES = frozenset({"int", "float", "bool", "str", "string", "number", "integer", "tensor", "layer", "list", "tuple"})
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


def imported(place: Place) -> Diagnostic | None:
    """`import resnet`, `from resnet import stage`, `include "heads.arch"`."""
    first = place.first
    if first.text not in _IMPORTS or first.type != "NAME" or place.index > 1 or place.inside == "TRAIN":
        return None
    if place.second.type not in ("NAME", "TEXT"):
        return None
    name = place.second.text
    line = first.source.span(first.start, place.line_end)
    if name in _LIBRARIES:
        title = "nothing needs to be imported: every layer is there"
        return Diagnostic("E0118", title, first.span, fixes=replacing("delete the line", (line, "")))
    title = f"`{first.text}` is written `use` here"
    fixes = replacing(f"write `use {name}`", (line, f"use {name}")) if place.inside == "" else ()
    help = '`use resnet` takes in a family of the library, `use "blocks/heads.arch"` a file'
    return Diagnostic("E0118", title, first.span, help="" if fixes else help, fixes=fixes)


def use(place: Place) -> Diagnostic | None:
    """`use heads.arch`, `use resnet.stage`, `use a, b`."""
    if place.first.type != "USE" or not place.index or place.inside:
        return None
    token = place.token
    target = place.second
    if place.at_end and place.index == 1:
        help = 'as in `use resnet` or `use "blocks/heads.arch"`'
        return Diagnostic("E0117", "what to use is missing", place.spot, help=help)
    path = re.compile(r"[^\s\"'#]+").match(place.text, target.start)
    if token.text in (".", "/", "//", "-", "*", "..", "~", "\\") and path:
        span = token.source.span(*path.span())
        words = path.group()
        if "/" in words or words.endswith(".arch"):
            file = words if words.endswith(".arch") else f"{words.rstrip('/.')}.arch"
            fixes = replacing(f'write `"{file}"`', (span, f'"{file}"')) if '"' not in words else ()
            return Diagnostic("E0105", "a file's name goes in quotes", span, fixes=fixes)
        if token.type == "DOT" and target.type == "NAME":
            title = f"`use` takes in all of `{target.text}`"
            help = f"write `use {target.text}`, and then `{words}(…)` where it is needed"
            return Diagnostic("E0101", title, span, help=help, fixes=replacing(help, (span, target.text)))
    if token.type == "AS":
        help = "where two files bring the same name, `resnet.stage(…)` says which is meant"
        return Diagnostic("E0101", "what is used keeps its own name", token.span, help=help)
    if token.type == "COMMA":
        gap = token.source.span(token.start, place.after.start)
        fixes = replacing("write a line for each", (gap, "\nuse ")) if place.after.type in ("NAME", "TEXT") else ()
        return Diagnostic("E0117", "every `use` has a line of its own", token.span, fixes=fixes)
    if token.type == "NAME" and token.text == "from" and place.after.type in ("NAME", "TEXT"):
        span = token.source.span(target.start, place.after.end)
        better = place.after.text
        title = f"`use` takes in all of `{better}`" if place.after.type == "NAME" else "`use` takes in the whole file"
        return Diagnostic("E0101", title, span, fixes=replacing(f"write `use {better}`", (span, better)))
    if token.type in ("STRANGE", "OPEN_TEXT"):
        return None
    help = 'it is written `use resnet` or `use "blocks/heads.arch"`'
    return Diagnostic("E0101", f"{place.shown} does not fit into a `use`", place.spot, help=help)


def share(place: Place) -> Diagnostic | None:
    """`share embed(2) as tower`, `share a, b = …`."""
    if place.first.type != "SHARE" or place.index < 2 or place.accepted != {"EQUAL"}:
        return None
    line = place.first.source.span(place.second.start, place.line_end)
    named = re.fullmatch(r"(.+?)\s+as\s+([A-Za-z_]\w*)", line.text)
    if named and "{" not in line.text:
        better = f"{named[2]} = {named[1]}"
        title = "what is shared comes behind its name"
        return Diagnostic("E0117", title, line, fixes=replacing(f"write `share {better}`", (line, better)))
    if place.token.type in ("LPAR", "ARROW"):
        help = f"give it a name to use it by: `share name = {line.text}`"
        if len(line.text) > 40:
            help = "give it a name to use it by: `share name = …`"
        return Diagnostic("E0117", "what is shared needs a name", place.second.span, help=help)
    if place.token.type == "COMMA":
        title = "every `share` gives one name"
        return Diagnostic("E0101", title, place.token.span, help="write a line for each: `share name = …`")
    return None


def block(place: Place) -> Diagnostic | None:
    """`block f(x) = …`, `block f x { … }`, `block f(x: int) { … }`."""
    first, token, before = place.first, place.token, place.before
    if first.type not in ("BLOCK", "MODEL") or place.index < 2:
        return None
    word = first.text
    if token.text == ":" and place.in_brackets and before.type == "NAME":
        if place.after.type == "NAME" and place.after.text in _TYPES:
            span = token.source.span(before.end, place.after.end)
            title = f"`{before.text}` needs no type: what is passed says it"
            return Diagnostic("E0101", title, place.after.span, fixes=replacing("delete it", (span, "")))
        return None
    if "LBRACE" not in place.accepted:
        return None
    if token.type in ("EQUAL", "ARROW"):
        title = f"the body of a `{word}` goes in braces"
        help = f"write `{{` instead of `{token.text}`, and `}}` after the body"
        fixes = _in_braces(place)
        return Diagnostic("E0122", title, token.span, help="" if fixes else help, fixes=fixes)
    if "LPAR" in place.accepted and token.type in ("NAME", "LSQB", "NUMBER") and place.same_line(before):
        title = f"the parameters of a `{word}` go in `( )`"
        return Diagnostic(
            "E0101", title, token.span, help=f"as in `{word} {place.second.text}(filters, k = 3) {{ … }}`"
        )
    return None


def _in_braces(place: Place) -> tuple[Fix, ...]:
    """`{` instead of the token, and `}` at the end of the line."""
    token, last = place.token, place.tokens[-1]
    if place.after.type == "LBRACE":
        gap = token.source.span(token.start, place.after.start)
        return replacing(f"delete the `{token.text}`", (gap, ""))
    if last.type != "NEWLINE" or place.after is last or any(other.text in "{}" for other in place.tokens):
        return ()
    end = token.source.span(place.tokens[-2].end, place.tokens[-2].end)
    return replacing("write the body in braces", (token.span, "{"), (end, " }"))


def repeat(place: Place) -> Diagnostic | None:
    """`repeat 3x { … }`, `repeat i in list { … }`, `repeat 3 relu`."""
    head = place.head
    if head is None or place.tokens[head].type != "REPEAT":
        return None
    token, before = place.token, place.before
    if place.index == head + 1 and (token.type == "LBRACE" or place.at_end):
        return Diagnostic("E0117", "`repeat` does not say how often", place.tokens[head].span, help=_REPEAT)
    if token.type == "NAME" and token.text in ("x", "X", "times") and before.type in ("NUMBER", "NAME", "RPAR"):
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
            if token.type == "NAME" and _near(token.text, "if") and place.after.type in BEGINS_VALUE:
                return _instead(token, "if")
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


def misspelt_header(place: Place) -> Diagnostic | None:
    """`repaet 3 { … }`, `fi a { … }`."""
    token, before = place.token, place.before
    if not place.inside or not place.index:
        return None
    if token.type == "LBRACE":
        first = place.tokens[place.step_begin(place.index)]
        meant = next(iter(closest(first.text, ["repeat"])), "") if first.type == "NAME" else ""
        return _misspelt(first, meant) if meant else None
    if before.type == "NAME" and token.type in BEGINS_VALUE | {"MINUS"}:
        end = place.step_end(place.index)
        if end >= len(place.tokens) or place.tokens[end].type != "LBRACE":
            return None
        if _near(before.text, "if"):
            return _misspelt(before, "if")
        meant = next(iter(closest(before.text, ["repeat"])), "")
        return _misspelt(before, meant) if meant else None
    return None


def _misspelt(word: Token, meant: str) -> Diagnostic:
    title = f"no body in braces belongs to `{word.text}`"
    fixes = replacing(f"write `{meant}`", (word.span, meant))
    return Diagnostic("E0118", title, word.span, help=f"did you mean `{meant}`?", fixes=fixes)


def _counted(count: Token, last: Token) -> Diagnostic:
    better = f"repeat {count.text}"
    span = count.source.span(count.start, last.end)
    title = f"several times the same is written `{better} {{ … }}`"
    return Diagnostic("E0107", title, span, fixes=replacing(f"write `{better}`", (span, better)))


def misspelt(place: Place) -> Diagnostic | None:
    """`conv(6, 5x5) sa C1`, `a == 3 adn b`, `expcet [3, 4]`."""
    token, before = place.token, place.before
    if token.type == "NAME" and place.index and before.type in ENDS_VALUE and place.after.type in BEGINS_VALUE | _OPENS:
        words = [word for word, kind in _BETWEEN.items() if kind in place.accepted and _near(token.text, word)]
        if place.after.type != "NAME" or any(other.type == "COMPARE" for other in place.tokens):
            words = [word for word in words if word != "as"]
        if words:
            named = words[0] == "as" and place.head is None and place.first.type != "ASSERT"
            return _instead(token, "as" if named else words[-1])
    if before.type == "NAME" and place.index and token.type in BEGINS_VALUE and _near(before.text, "not"):
        earlier = place.tokens[place.index - 2].type if place.index > 1 else ""
        if earlier in OPERATORS | {"EQUAL", "IF", "ASSERT", "LPAR", "COMMA"}:
            return _instead(before, "not")
    return None


def _near(word: str, meant: str) -> bool:
    """Whether a short word is another with one slip."""
    return word != meant and len(word) <= len(meant) + 1 and distance(word, meant, 1) <= 1


def _instead(word: Token, meant: str) -> Diagnostic:
    title = f"`{word.text}` does not fit here"
    fixes = replacing(f"write `{meant}`", (word.span, meant))
    return Diagnostic("E0118", title, word.span, help=f"did you mean `{meant}`?", fixes=fixes)


def misspelt_before_list(place: Place) -> Diagnostic | None:
    """`expcet [3, 4]`, `repaet [3, 4] as n { … }`."""
    if place.token.type != "COMMA" or not place.in_body:
        return None
    opening = place.step_begin(place.index) - 1
    while opening > 0 and place.tokens[opening].type == "COMMA":
        opening = place.step_begin(opening) - 1
    if opening < 1 or place.tokens[opening].type != "LSQB" or place.tokens[opening - 1].type != "NAME":
        return None
    word = place.tokens[opening - 1]
    if word.end == place.tokens[opening].start:
        return None
    meant = next(iter(closest(word.text, ["repeat", *(["expect"] if opening == 1 else [])])), "")
    return _instead(word, meant) if meant else None
