"""Statements that stand in the wrong place, lack a part, or begin with another word."""

import re
from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Related
from archc.diagnostics.suggest import closest, distance
from archc.source import Span
from archc.syntax.lines import Token
from archc.syntax.place import BEGINS_VALUE, Place, inserting, replacing

SETTINGS = frozenset({"data", "loss", "optimizer", "batch", "epochs", "metrics", "init", "validate", "stop", "seed"})
_LISTS = {
    "metrics": "metrics = [accuracy, f1]",
    "freeze": "freeze = [conv1, conv2]",
    "rates": "rates = [conv1 = 0.1, dense1 = 2]",
    "weight_decay": "weight_decay = [5e-4, dense1 = 0]",
    "l1": "l1 = [1e-4, dense1 = 0]",
    "init": "init = [he_normal, dense1 = normal(0.01)]",
}
"""The settings that take a list, and how that is written."""
ELSEWHERE = {
    **dict.fromkeys(("class", "network", "net", "architecture", "nn"), "model"),
    **dict.fromkeys(("def", "fn", "func", "function", "macro", "module", "component", "layer", "sub", "proc"), "block"),
    **dict.fromkeys(("const", "var", "set", "val", "define", "constant"), "let"),
    **dict.fromkeys(("training", "trainer", "recipe", "fit", "config", "settings"), "train"),
    **dict.fromkeys(("in", "inputs", "placeholder"), "input"),
    **dict.fromkeys(("return", "out", "outputs", "yield"), "output"),
    **dict.fromkeys(("check", "require", "ensure"), "assert"),
    **dict.fromkeys(("shared", "tie", "tied", "reuse", "siamese"), "share"),
}
"""Words that begin statements of other languages, and ours."""
_UNSAID = re.compile(r'#[^\n]*|"[^"\n]*"')
_ITEMS = "outside of models, blocks and recipes a line begins with `use`, `let`, `block`, `model` or `train`"
_OUTSIDE = {
    "USE": "put it at the top of the file",
    "BLOCK": "blocks stand in the file itself, outside of all braces",
}
FOLLOWING: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = (
    {
        "use": ("NAME", "TEXT"),
        "let": ("NAME",),
        "block": ("NAME",),
        "model": ("NAME",),
        "train": ("NAME", "LBRACE"),
    },
    {
        "input": ("NAME",),
        "let": ("NAME",),
        "output": ("NAME",),
        "share": ("NAME",),
        "assert": ("NAME", "NUMBER"),
        "expect": ("LSQB",),
    },
)
"""The words that begin a statement, in the file and in a body, and what comes next in each."""


def item_meant(first: Token) -> str:
    """`block`, `model` or `train`, if a line of the file that begins so was to be one; "" otherwise."""
    word = ELSEWHERE.get(first.text.lower(), "") if first.type == "NAME" else ""
    near = closest(first.text, ["block", "model", "train"]) if first.type == "NAME" and not word else []
    found = next(iter(near), word)
    return found if found in ("block", "model", "train") else ""


def elsewhere(place: Place) -> Diagnostic | None:
    """A statement that belongs into other braces, or whose first word is misspelt."""
    first, token = place.first, place.token
    if place.index == 0:
        if place.inside == "" and token.type in ("INPUT", "OUTPUT", "ASSERT", "EXPECT"):
            title = f"`{token.text}` belongs inside a model"
            return Diagnostic("E0116", title, token.span, help="put it between the braces of `model Name { … }`")
        if place.inside == "" and token.type in ("SHARE", "REPEAT", "IF"):
            title = f"`{token.text}` belongs inside a model or a block"
            return Diagnostic("E0116", title, token.span, help="put it between the braces of `model Name { … }`")
        if place.in_body and token.type in ("USE", "BLOCK", "MODEL", "TRAIN"):
            where = {"MODEL": "a model", "BLOCK": "a block"}.get(place.inside, "other braces")
            title = f"`{token.text}` does not belong inside {where}"
            help = _OUTSIDE.get(token.type, f"put it after the `}}` that ends {where.replace('a ', 'the ')}")
            return Diagnostic("E0116", title, token.span, help=help)
        if token.type == "LBRACE" and place.text[: token.start].rstrip().endswith("{"):
            fixes = replacing("delete it", (token.span, ""))
            return Diagnostic("E0101", "one `{` is enough", token.span, fixes=fixes)
        if place.in_body and token.type == "LBRACE":
            help = "braces belong to something: `repeat 3 { … }`, `if a { … } else { … }`"
            return Diagnostic("E0101", "nothing begins with `{`", token.span, help=help)
        if place.inside == "" and token.type not in ("NAME",):
            return Diagnostic("E0116", f"{place.shown} does not belong here", token.span, help=_ITEMS)
        if token.type == "ARROW":
            title = "there is nothing before this `->`"
            help = "the first layer needs no `->`: values flow in by themselves"
            return Diagnostic("E0117", title, token.span, help=help)
    if first.type != "NAME" or place.index > 1:
        return None
    if place.second.type in ("BLOCK", "MODEL", "TRAIN", "LET", "USE", "INPUT", "OUTPUT", "SHARE"):
        gap = first.source.span(first.start, place.second.start)
        title = f"nothing stands before `{place.second.text}`"
        return Diagnostic("E0118", title, first.span, fixes=replacing(f"delete `{first.text}`", (gap, "")))
    word = _meant(place)
    if word == "output" and place.inside in ("BLOCK", "BODY") and first.text.lower() in ("return", "yield"):
        gap = first.source.span(first.start, place.second.start)
        title = f"no `{first.text}` is needed: the last value is what a body gives"
        return Diagnostic("E0107", title, first.span, fixes=replacing("delete it", (gap, "")))
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
            return Diagnostic("E0118", f"no statement begins with `{first.text}`", first.span, help=_ITEMS)
        help = "put layers between the braces of `model Name { … }`"
        return Diagnostic("E0116", f"`{first.text}` belongs inside a model", first.span, help=help)
    if place.in_body and token.type == "EQUAL":
        if first.text in SETTINGS:
            return Diagnostic("E0116", f"the setting `{first.text}` belongs inside `train {{ … }}`", first.span)
        return _let(place)
    return None


def _let(place: Place) -> Diagnostic:
    earlier = _let_before(place)
    if earlier:
        return Diagnostic(
            "E0304",
            f"`{place.first.text}` has a value already, and here values never change",
            place.first.span,
            related=(Related(earlier, "named here"),),
            help="give the new value a name of its own: `let name = …`",
        )
    title = f"`let` is missing before `{place.first.text} = …`"
    return Diagnostic("E0117", title, place.first.span, fixes=inserting("put `let` before it", place.first, "let "))


def _let_before(place: Place) -> Span | None:
    """Where a `let` around the statement or before it names what the statement begins with."""
    source, end = place.first.source, place.first.start
    # what comments and texts hold is blanked, so that offsets stay
    text = _UNSAID.sub(lambda found: " " * len(found.group()), source.text[:end])
    for found in reversed(list(re.finditer(rf"\blet\s+({place.first.text})\s*=", text))):
        depth = lowest = 0
        for sign in re.findall(r"[{}]", text[found.end() :]):
            depth += 1 if sign == "{" else -1
            lowest = min(lowest, depth)
        if not lowest:
            return source.span(*found.span(1))
    return None


def _meant(place: Place) -> str:
    """The keyword that a first word was to be, if the next token fits to that."""
    if place.inside == "TRAIN" or len(place.tokens) < 2:
        return ""
    fits = [word for word, kinds in FOLLOWING[place.inside != ""].items() if place.second.type in kinds]
    word = place.first.text
    other = ELSEWHERE.get(word.lower(), "")
    if other in fits:
        return other
    near = closest(word, fits)
    if not near and (place.inside == "" or (len(place.tokens) > 2 and place.tokens[2].type == "EQUAL")):
        # so short a word might be anything, but nothing else is written like this
        near = [fit for fit in fits if distance(word, fit, 1) <= 1]
    return next(iter(near), "")


def setting(place: Place) -> Diagnostic | None:
    """In a recipe, something that is no `name = value`."""
    token = place.token
    if place.inside != "TRAIN":
        return None
    listed = _bare_list(place)
    if listed:
        return listed
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
    if place.first.type in ("IF", "REPEAT"):
        title = f"`{place.first.text}` begins no setting"
        return Diagnostic(
            "E0116", title, place.first.span, help="as in `epochs = if data.examples < 1000 { 30 } else { 10 }`"
        )
    if token.type in ("ARROW", "LPAR", "NAME") or place.first.type != "NAME":
        help = "settings are written `name = value`, as in `optimizer = adam(1e-3)`"
        return Diagnostic("E0116", "only settings belong inside `train { … }`", place.first.span, help=help)
    return None


def _bare_list(place: Place) -> Diagnostic | None:
    """`metrics = accuracy, mae`, `rates = a = 1, b = 2`."""
    if place.first.text not in _LISTS or place.second.type != "EQUAL" or place.in_brackets:
        return None
    comma = place.token.type == "COMMA" and place.index > 2 and place.after.type in BEGINS_VALUE
    named = place.token.type == "EQUAL" and place.index == 3 and place.before.type == "NAME"
    if not (comma or named) or (comma and _setting_follows(place.tokens, place.index)):
        return None
    end = next(
        at
        for at, token in enumerate(place.tokens)
        if token.type == "NEWLINE" or (token.type == "COMMA" and _setting_follows(place.tokens, at))
    )
    values = place.tokens[2:end]
    span = place.first.source.span(values[0].start, values[-1].end)
    title = f"the values of `{place.first.text}` are a list, and lists go in `[ ]`"
    plain = all(token.type not in ("UNCLOSED", "STRAY", "STRANGE", "OPEN_TEXT", "LBRACE") for token in values)
    fixes = replacing(f"write `[{span.text}]`", (span, f"[{span.text}]")) if plain and "\n" not in span.text else ()
    return Diagnostic("E0117", title, span, fixes=fixes, help="" if fixes else f"as in `{_LISTS[place.first.text]}`")


def _setting_follows(tokens: Sequence[Token], comma: int) -> bool:
    """Whether a setting that is none of the values of a list begins behind the comma."""
    name, sign = (tokens[min(at, len(tokens) - 1)] for at in (comma + 1, comma + 2))
    return name.text in SETTINGS | _LISTS.keys() and sign.type == "EQUAL"


def output(place: Place) -> Diagnostic | None:
    """`output q` alone."""
    if (
        place.first.type not in ("OUTPUT", "SHARE", "LET")
        or place.index != 2
        or not place.at_end
        or place.before.type != "NAME"
    ):
        return None
    name = place.before.text
    word = place.first.text
    if word == "output" and (name == "it" or _named_before(place, name)):
        title = f"an output has a name of its own, and `{name}` is a value"
        return Diagnostic("E0117", title, place.before.span, help=f"it is written `output name = {name}`")
    title = f"the output `{name}` has no value" if word == "output" else f"`{name}` has no value"
    help = f"say which value it is: `{word} {name} = …`"
    return Diagnostic("E0117", title, place.before.span, help=help)


def _named_before(place: Place, name: str) -> bool:
    """Whether something before this statement bears the name."""
    text = _UNSAID.sub(" ", place.text[: place.first.start])
    return re.search(rf"\b(?:as|let|share|input)\s+{name}\b", text) is not None


def body(place: Place) -> Diagnostic | None:
    """`model LeNet` without braces."""
    if "LBRACE" not in place.accepted or place.first.type not in ("BLOCK", "MODEL", "TRAIN"):
        return None
    title = f"`{{` is missing: the body of a `{place.first.text}` goes in braces"
    return Diagnostic("E0122", title, place.spot, help="put `{` at the end of this line, and `}` after the body")


def dims(place: Place) -> Diagnostic | None:
    """`input image(28, 28, 1)`, `expect 7x7`."""
    word = place.first.type
    if place.accepted != {"LSQB"} or word not in ("INPUT", "EXPECT"):
        return None
    example = "input image[28, 28, 1]" if word == "INPUT" else "expect [7, 7, 512]"
    title = f"`{place.first.text}` takes its sizes in square brackets"
    return Diagnostic("E0117", title, place.spot, help=f"as in `{example}`")
