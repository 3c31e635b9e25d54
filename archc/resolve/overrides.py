"""`--set K=V`, as edits of the file's text.

What is set from outside is written into the file where it stands, so that there is one way to read
a file, and the file kept with a run says all that was decided.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.diagnostics import Report
from archc.diagnostics.suggest import closest
from archc.recipes.settings import Settings
from archc.resolve.wrong import Wrong, wrong
from archc.source import Source, Span
from archc.syntax import tree
from archc.syntax.parser import parse, parse_expression


@dataclass(frozen=True)
class Place:
    """Where the value of a key stands, or would: offsets, and what has to be put around it."""

    start: int
    end: int
    lead: str = ""
    tail: str = ""

    @classmethod
    def of(cls, span: Span) -> "Place":
        return cls(span.start, span.end)


def override(source: Source, settings: Sequence[str], report: Report) -> Source:
    """The source with every `K=V` written into it; faults go to the report."""
    for written in settings:
        try:
            source = overridden(source, written, report)
        except Wrong as error:
            report.add(error.diagnostic)
    return source


def overridden(source: Source, written: str, report: Report) -> Source:
    """The source with one `K=V` written into it. Raises Wrong."""
    key, equals, text = (part.strip() for part in written.partition("="))
    if not equals or not key:
        help = "it is written `--set NAME=VALUE`, such as `--set train.epochs=5`"
        raise wrong("E0320", f"`--set {written}` has no value", None, help=help)
    if "#" in re.sub(r'"[^"]*"', "", text):
        raise wrong("E0320", f"`--set {written}` has a comment in it", None, help="a value alone stands behind the `=`")
    if parse_expression(Source(f"--set {key}", text), report) is None:
        return source
    file = parse(source, Report())
    places = sorted(find(file, key), key=lambda place: place.start, reverse=True)
    if not places:
        raise unknown_key(file, key)
    changed = source.text
    for place in places:
        value = place.lead + text.replace("\n", " ") + place.tail
        changed = changed[: place.start] + value + changed[place.end :]
    return Source(source.name, changed)


def find(file: tree.File, key: str) -> Iterator[Place]:
    """Where the value of a key stands: everywhere, so that it holds whichever model and recipe are used."""
    head, _, rest = key.partition(".")
    if rest:
        yield from find_setting(file, rest) if head == "train" else ()
        return
    models = {item.name.value: item for item in file.items if isinstance(item, tree.Model)}
    for item in file.items:
        match item:
            case tree.Let() if item.name.value == key:
                yield Place.of(item.value.span)
            case tree.Model():
                yield from find_parameter(item, key)
            case tree.Train():
                yield from find_argument(item, models, key)
            case _:
                pass


def find_parameter(model: tree.Model, key: str) -> Iterator[Place]:
    """The default of a parameter."""
    for parameter in model.parameters:
        if parameter.name.value == key and parameter.default is not None:
            yield Place.of(parameter.default.span)
        elif parameter.name.value == key:
            yield Place(parameter.name.span.end, parameter.name.span.end, " = ")


def find_argument(train: tree.Train, models: dict[str, tree.Model], key: str) -> Iterator[Place]:
    """The value in `model = Net(hidden = 8)`, which comes before the parameter's default."""
    for setting in train.settings:
        call = setting.value
        if setting.name.value != "model" or not isinstance(call, tree.Call) or call.callee.span.text not in models:
            continue
        names = [parameter.name.value for parameter in models[call.callee.span.text].parameters]
        for i, argument in enumerate(call.arguments):
            name = argument.name.span.text if argument.name is not None else next(iter(names[i : i + 1]), "")
            if name == key:
                yield Place.of(argument.value.span)


def find_setting(file: tree.File, path: str) -> Iterator[Place]:
    """`quick.epochs` of a named recipe; `epochs` of the unnamed one, and of those on top of it that say it anew."""
    recipe, _, key = path.rpartition(".")
    for item in file.items:
        if not isinstance(item, tree.Train):
            continue
        name = item.name.value if item.name else ""
        written = [Place.of(setting.value.span) for setting in item.settings if setting.name.value == key]
        if name == recipe:
            yield from written or [new_setting(item, key)]
        elif not recipe:
            yield from written


def new_setting(train: tree.Train, key: str) -> Place:
    """A line of its own before the closing brace."""
    text, end = train.span.source.text, train.span.end - 1
    line = text.rfind("\n", 0, end) + 1
    alone = not text[line:end].strip()
    return Place(line, line, f"    {key} = ", "\n") if alone else Place(end, end, f"\n    {key} = ", "\n")


def unknown_key(file: tree.File, key: str) -> Wrong:
    """No parameter, `let` or recipe has the name."""
    head, _, rest = key.partition(".")
    recipes = [item.name.value if item.name else "" for item in file.items if isinstance(item, tree.Train)]
    if head == "train" and rest:
        recipe = rest.rpartition(".")[0]
        named = f"recipe `{recipe}`" if recipe else "unnamed recipe"
        known = ", ".join(f"`train.{name}.…`" if name else "`train.…`" for name in recipes)
        help = f"there is {known}" if known else "the file has no `train { … }` at all"
        return wrong("E0321", f"`--set {key}`: the file has no {named}", None, help=help)
    names = [item.name.value for item in file.items if isinstance(item, tree.Let)]
    names += [p.name.value for item in file.items if isinstance(item, tree.Model) for p in item.parameters]
    near = closest(key, names)
    if key in Settings.parameters and recipes:
        written = [f"`train.{name}.{key}`" if name else f"`train.{key}`" for name in recipes]
        help = f"it is a setting of the recipe, which is written {' or '.join(written)}"
        return wrong("E0321", f"`--set {key}`: the file has no parameter or `let` of that name", None, help=help)
    settings = "settings of the recipe are written `train.epochs`"
    help = f"what can be set is {', '.join(f'`{name}`' for name in names)}; {settings}" if names else settings
    help = f"did you mean `{near[0]}`?" if near else help
    return wrong("E0321", f"`--set {key}`: the file has no parameter or `let` of that name", None, help=help)
