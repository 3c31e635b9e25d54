"""Names that nothing has, and what people probably meant."""

from archc.diagnostics.suggest import closest
from archc.ops import OPS
from archc.parameters import FAMILIES, Described
from archc.resolve.wrong import Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

LATER = {"add", "concat", "multiply", "average", "maximum", "subtract", "dot", "distance"}
"""Merges, which come with branches."""


def unknown_name(name: tree.Name, candidates: list[str], *, in_model: bool, call: tree.Call | None = None) -> Wrong:
    """A name that is neither a layer nor given in the file."""
    word = name.value
    if word in LATER:
        return wrong("E0302", f"`{word}` joins branches, which this version doesn't have yet", name.span)
    near = closest(word, candidates)
    written = f"{near[0]}" if near else ""
    if call is not None:
        if near:
            return wrong(
                "E0301",
                f"there is no layer `{word}`",
                name.span,
                help=f"did you mean `{rewritten(near[0], call)}`?",
                fix=written,
            )
        return wrong("E0301", f"there is no layer `{word}`", name.span, help=layers())
    kind = "layer or name" if in_model else "name"
    return misspelt(
        "E0301", f"there is no {kind} `{word}`", name.span, word, candidates, otherwise=layers() if in_model else ""
    )


def layers() -> str:
    return "the layers are " + ", ".join(f"`{name}`" for name in sorted(OPS))


def rewritten(name: str, call: tree.Call) -> str:
    """The call as archc would have it: `Conv2D(32, (3, 3))` becomes `conv(32, 3x3)`."""
    parts = []
    for argument in call.arguments:
        if argument.name is not None:
            continue
        if isinstance(argument.value, tree.Tuple) and all(isinstance(i, tree.Number) for i in argument.value.items):
            parts.append("x".join(item.span.text for item in argument.value.items))
        else:
            parts.append(argument.value.span.text)
    return f"{name}({', '.join(parts)})" if parts else name


def unknown_argument(
    cls: type[Described], key: tree.Name, argument: tree.Argument, callee: tree.Name, span: Span
) -> Wrong:
    """An argument that the layer doesn't have."""
    if key.value in ("activation", "act", "activation_fn") and cls.family == "layer":
        wanted = argument.value.span.text.strip('"').lower()
        others = span.text.replace(argument.span.text, "").replace("(, ", "(").replace(", ,", ",").replace(", )", ")")
        return wrong("E0211", "activations are steps of their own", argument.span, help=f"write `{others} -> {wanted}`")
    known = list(cls.parameters)
    near = closest(key.value, known)
    if near:
        return wrong(
            "E0209",
            f"`{callee.value}` has no argument `{key.value}`",
            key.span,
            help=f"did you mean `{near[0]}`?",
            fix=near[0],
        )
    return wrong("E0209", f"`{callee.value}` has no argument `{key.value}`", key.span, help=cls.usage())


def unknown_setting(key: tree.Name, known: list[str]) -> Wrong:
    """A setting that `train` doesn't have."""
    near = closest(key.value, known)
    for family in ("optimizer",):
        owners = [name for name, cls in FAMILIES[family].items() if key.value in cls.parameters]
        if not near and owners:
            return wrong(
                "E0401",
                f"`train` has no setting `{key.value}`",
                key.span,
                help=f"it belongs to the optimizer: `optimizer = {owners[0]}({key.value} = …)`",
            )
    if key.value in ("lr", "learning_rate", "rate"):
        return wrong(
            "E0401",
            f"`train` has no setting `{key.value}`",
            key.span,
            help="the learning rate belongs to the optimizer: `optimizer = adam(1e-3)`",
        )
    return misspelt(
        "E0401",
        f"`train` has no setting `{key.value}`",
        key.span,
        key.value,
        known,
        otherwise="the settings are " + ", ".join(f"`{k}`" for k in known),
    )
