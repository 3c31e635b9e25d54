"""What people mistype of `use`, `block`, `share` and of what else gives names."""

import re

from archc.diagnostics import Diagnostic, Fix
from archc.syntax.place import Place, inserting, replacing

_IMPORTS = frozenset({"import", "include", "from", "require", "using", "load"})
_LIBRARIES = frozenset({"torch", "torchvision", "tensorflow", "keras", "jax", "flax", "numpy", "nn", "math", "os"})
_TYPES = frozenset({"int", "float", "bool", "str", "string", "number", "integer", "tensor", "layer", "list", "tuple"})


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


def named(place: Place) -> Diagnostic | None:
    """`share embed(2) as tower`, `let a, b = …`, `let f(n) = …`."""
    first, token = place.first, place.token
    if first.type not in ("SHARE", "LET", "OUTPUT") or place.index < 2 or place.accepted != {"EQUAL"}:
        return None
    if token.type == "COMMA":
        title = f"every `{first.text}` gives one name"
        return Diagnostic("E0101", title, token.span, help=f"write a line for each: `{first.text} name = …`")
    closing = place.step_end(place.index + 1)
    if token.type == "LPAR" and [t.type for t in place.tokens[closing : closing + 2]] == ["RPAR", "EQUAL"]:
        title = f"what takes parameters is a `block`, and no `{first.text}`"
        help = f"outside of all braces: `block {place.before.text}(…) {{ … }}`"
        return Diagnostic("E0101", title, token.span, help=help)
    if first.type != "SHARE":
        return None
    line = first.source.span(place.second.start, place.line_end)
    behind = re.fullmatch(r"(.+?)\s+as\s+([A-Za-z_]\w*)", line.text)
    if behind and "{" not in line.text:
        better = f"{behind[2]} = {behind[1]}"
        title = "what is shared comes behind its name"
        return Diagnostic("E0117", title, line, fixes=replacing(f"write `share {better}`", (line, better)))
    if token.type in ("LPAR", "ARROW"):
        shown = line.text if len(line.text) <= 40 else "…"
        help = f"give it a name to use it by: `share name = {shown}`"
        return Diagnostic("E0117", "what is shared needs a name", place.second.span, help=help)
    return None


def block(place: Place) -> Diagnostic | None:
    """`block f(x) = …`, `block f x { … }`, `block f(x: int) { … }`."""
    first, token, before = place.first, place.token, place.before
    if first.type not in ("BLOCK", "MODEL", "TRAIN") or place.index < (1 if first.type == "TRAIN" else 2):
        return None
    word = first.text
    if place.in_brackets and before.type == "NAME" and token.type in ("NUMBER", "SIZE", "TEXT", "TRUE", "FALSE"):
        title = f"`=` is missing between `{before.text}` and its value"
        return Diagnostic("E0117", title, token.span, fixes=inserting("put `=` before it", token, "= "))
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
    if first.type == "TRAIN" and token.type == "LPAR" and place.index == 1 and place.after.type == "NAME":
        name, closing = place.after, place.tokens[3]
        if closing.type != "RPAR":
            return None
        span = token.source.span(before.end, closing.end)
        title = "the name of a recipe takes no brackets"
        fixes = replacing(f"write `train {name.text}`", (span, f" {name.text}"))
        return Diagnostic(
            "E0101", title, token.span, fixes=replacing(f"write `train {name.text}`", (span, f" {name.text}"))
        )
    if "LPAR" in place.accepted and token.type in ("NAME", "LSQB", "NUMBER", "COMPARE") and place.same_line(before):
        if token.type == "NAME" and not any(other.type == "LBRACE" for other in place.tokens):
            return None
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
