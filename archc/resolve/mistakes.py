"""Names that nothing has, and what people probably meant."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from archc.diagnostics import Edit, Fix, Related
from archc.diagnostics.suggest import closest
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Described, Parameter, Quoted, show
from archc.resolve.absent import PENALTY, SETTINGS, instead, plain
from archc.resolve.arithmetic import FUNCTIONS
from archc.resolve.wrong import Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree

ACTIVATION = ("activation", "act", "activation_fn", "nonlinearity")
"""What other tools call the argument for what follows a layer."""

NETWORK = {
    "it": "`it` is the value that enters a step",
    "params": "`params` counts the parameters of the network",
    "macs": "`macs` counts the operations of the network",
}
"""Names that only networks have, and what they stand for."""
WITHOUT_EFFECT = ("inplace", "in_channels", "in_features", "num_features", "input_shape", "input_dim")
"""Arguments of other tools that say what archc knows by itself."""

ADAPTIVE = ("AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d")
"""PyTorch's pools to a size that archc has for means alone; of size 1 they are global."""
SMALLER = "other sizes follow from a window: `avg_pool(2)` or `max_pool(2)` halves each side"

FURTHER = {"sgd": ("momentum",), "adam": ("beta1", "beta2"), "lion": ("beta1", "beta2"), "rmsprop": ("rho",)}
"""What stands behind the rate in other tools, where it has to be named."""

NUMBER = re.compile(r"[\d.]+(?:e-?\d+)?")

TRAINING = ("training", "is_training", "train", "eval")
"""What other tools call it that a network is being trained."""


def unknown_name(name: tree.Name, candidates: list[str], *, in_model: bool) -> Wrong:
    """A name that is neither a layer nor given in the file."""
    word = name.value
    if word in NETWORK and not in_model:
        help = f"{NETWORK[word]}: only a model or a block knows it"
        return wrong("E0301", f"there is no `{word}` here", name.span, help=help)
    if word in TRAINING and in_model:
        help = "layers that differ in training, such as `dropout`, know by themselves whether they are trained"
        return wrong("E0301", f"there is no name `{word}`", name.span, help=help)
    kind = "layer or name" if in_model else "name"
    otherwise = "names are given by `let`, `as`, `input` and parameters, before they are used" if in_model else ""
    return misspelt("E0301", f"there is no {kind} `{word}`", name.span, word, candidates, otherwise=otherwise)


def unknown_number(name: tree.Name, candidates: list[str]) -> Wrong:
    """A name that nothing has, where a number is needed."""
    word = name.value
    if word in OPS:
        return wrong("E0313", f"`{word}` is a layer, and a number is needed here", name.span)
    if word in ("batch", "batch_size", "none", "None", "_"):
        return wrong("E0301", f"there is no name `{word}`", name.span, help="the batch is never written: leave it out")
    if word in NETWORK and "it" not in candidates:
        return unknown_name(name, [], in_model=False)
    if word == "data":
        return wrong("E0301", "`data` alone is no number", name.span, help="facts about it are: `data.classes`")
    sides = word.split("x")
    if len(sides) > 1 and len(set(sides)) == 1 and sides[0] in candidates:
        help = f"a size like `5x5` is made of digits; for one of equal sides write just `{sides[0]}`"
        return wrong("E0301", f"there is no name `{word}`", name.span, help=help, fix=sides[0])
    if len(sides) == 2 and set(sides) <= set(candidates):
        better = f"({sides[0]}, {sides[1]})"
        help = f"a size like `5x5` is made of digits; of names it is `{better}`"
        return wrong("E0301", f"there is no name `{word}`", name.span, help=help, fix=better)
    return misspelt("E0301", f"there is no name `{word}`", name.span, word, candidates)


def unknown_call(
    callee: tree.Name, call: tree.Call, kind: str, family: Mapping[str, type[Described]], own: Sequence[str] = ()
) -> Wrong:
    """A call of something that is neither in the family nor a function; `own` are names of the file."""
    title = f"there is no {kind} `{callee.value}`"
    if callee.value == "it":
        help = "leave the brackets out: layers take it by themselves"
        return wrong("E0308", "`it` is the value that enters a step, and takes no arguments", callee.span, help=help)
    if callee.value == "range" and len(call.arguments) == 1:
        times = call.arguments[0].value.span.text
        help = f"`repeat {times} as i {{ … }}` counts from 0 to {times} - 1"
        return wrong("E0301", title, callee.span, help=help, fix=times, at=call.span)
    near = closest(callee.value, [*own, *family, *FUNCTIONS])
    other = instead(callee.value, family)
    if other and not (near and near[0] in own):
        return wrong("E0301", f"archc has no `{callee.value}`", callee.span, help=other)
    if near and near[0] in family and near[0] not in own:
        cls = family[near[0]]
        meant = rewritten(cls, call)
        if meant:
            return wrong("E0301", title, callee.span, help=f"did you mean `{meant}`?", fix=meant, at=call.span)
        if word_of(call) in ADAPTIVE:
            return wrong("E0301", title, callee.span, help=f"`{cls.name}` pools to one cell; {SMALLER}")
        # another tool's arguments may mean something else here, and are left to the person
        fix = near[0] if callee.value.islower() else None
        return wrong("E0301", title, callee.span, help=f"did you mean `{near[0]}`? {cls.usage()}", fix=fix)
    if near:
        return wrong("E0301", title, callee.span, help=f"did you mean `{near[0]}`?", fix=near[0])
    known = ", ".join(f"`{name}`" for name in sorted(family or FUNCTIONS))
    help = f"there are {known}"
    if kind == "layer":
        help = of_your_own(callee.value)
    for other_family, members in FAMILIES.items():
        if kind == "function" and callee.value in members:
            title = f"`{call.span.text}` is of the kind `{other_family}`, and a number is needed here"
            help = "it stands alone, without arithmetic"
            if other_family == "optimizer":
                help = f"it stands alone: `optimizer = {call.span.text}`; {PENALTY}"
            return wrong("E0310", title, callee.span, help=help)
    return wrong("E0301", title, callee.span, help=help)


def foreign_call(
    callee: tree.Member, call: tree.Call, layers: Mapping[str, type[Described]], kind: str = "layer"
) -> Wrong:
    """`nn.Linear(784, 10)`; `layers` are what may have been meant, each of a kind."""
    title = f"there is no {kind} `{callee.span.text}`"
    word = callee.name.value
    near = word if word in layers else next(iter(closest(word, layers)), "")
    other = instead(word, layers)
    if other:
        return wrong("E0308", f"archc has no `{word}`", callee.span, help=other)
    if not near:
        return wrong("E0308", title, callee.span, help=of_your_own(word) if layers and kind == "layer" else "")
    meant = rewritten(layers[near], call)
    if not meant and word in ADAPTIVE:
        return wrong("E0308", title, callee.span, help=f"`{near}` pools to one cell; {SMALLER}")
    if not meant:
        help = f"{kind}s stand by themselves: `{near}` is the nearest; {layers[near].usage()}"
        return wrong("E0308", title, callee.span, help=help)
    return wrong("E0308", title, callee.span, help=f"{kind}s stand by themselves: `{meant}`", fix=meant, at=call.span)


def of_your_own(word: str) -> str:
    """The help for a layer that neither archc nor the file has."""
    return f"docs/reference.md lists the layers; one of your own is a block: `block {word} {{ … }}`"


def rewritten(cls: type[Described], call: tree.Call) -> str:
    """The call as archc would have it: `Conv2D(32, (3, 3), activation = "relu")` becomes `conv(32, 3x3) -> relu`.

    "" where that isn't certain: what is written means something else in archc, or nothing.
    """
    if issubclass(cls, Op) and cls.merges:
        flows = [argument.value for argument in call.arguments if argument.name is None]
        if len(flows) == 1 and isinstance(flows[0], tree.Listing):
            flows = [item.value for item in flows[0].items]
        return f"{cls.name}({', '.join(flow.span.text for flow in flows)})"
    if cls.name == "permute":
        return ""  # other tools count its axes otherwise
    word = word_of(call)
    positional: list[str] = []
    named: dict[str, str] = {}
    tail = ""
    if cls.name == "adaptive_avg_pool" and len(call.arguments) == 1 and of_one(call.arguments[0].value):
        return "global_avg_pool"
    if cls.family == "schedule" and word.endswith("LR") and any(a.name is None for a in call.arguments):
        return ""  # PyTorch's begin with an optimizer, or with lengths
    if word in ADAPTIVE and not (len(call.arguments) == 1 and of_one(call.arguments[0].value)):
        return ""
    for argument in call.arguments if word not in ADAPTIVE else ():
        text = plainly(argument.value)
        if argument.name is None:
            taking = list(cls.parameters.values())[len(positional) : len(positional) + 1]
            positional.append(spelt(argument.value, taking[0]) if taking else text)
            continue
        key = argument.name.span.text
        if key in ACTIVATION and cls.family == "layer":
            tail = f" -> {text}"
            continue
        if key == "betas" and "beta1" in cls.parameters:
            both = betas(argument.value)
            if both is None:
                return ""
            named |= both
            continue
        if key in WITHOUT_EFFECT or (
            key in ("dim", "axis") and cls.name in ("softmax", "log_softmax") and text in ("1", "-1")
        ):
            continue
        near = key if key in cls.parameters else next(iter(closest(key, cls.parameters)), "")
        if not near or near in named:
            return ""
        named[near] = spelt(argument.value, cls.parameters[near])
    places = [p for p in cls.parameters.values() if not p.named_only]
    if names_inputs_first(word, len(positional)):
        del positional[0]
    if word in ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d") and "momentum" in named:
        return ""  # PyTorch's is the share of the new, and ours that of the old
    further = FURTHER.get(cls.name, ())
    if len(positional) > len(places) + len(further):
        return ""
    for name, text in zip(further, positional[len(places) :], strict=False):
        if name in named or not NUMBER.fullmatch(text):
            return ""
        named[name] = text
    positional = positional[: len(places)]
    for place in places[len(positional) :]:
        if not place.required or place.name not in named:
            break
        positional.append(named.pop(place.name))
    parts = [*positional, *(f"{key} = {text}" for key, text in named.items())]
    return (f"{cls.name}({', '.join(parts)})" if parts else cls.name) + tail


def spelt(value: tree.Expression, parameter: Parameter) -> str:
    """A value as its parameter takes it: a path stays in quotes; what others quote besides is a word here."""
    return value.span.text if isinstance(value, tree.Text) and isinstance(parameter, Quoted) else plainly(value)


def word_of(call: tree.Call) -> str:
    """`Linear` of `nn.Linear(784, 10)`."""
    return call.callee.span.text.rpartition(".")[2]


def names_inputs_first(word: str, positional: int) -> bool:
    """Whether a call is PyTorch's, which names the inputs of a layer before its outputs."""
    least = {"Linear": 2, "Conv": 3, "ConvTranspose": 3, "BatchNorm": 1, "InstanceNorm": 1, "LayerNorm": 1}
    # Keras writes `Conv2D`, and Flax `Conv`
    kind = word if word in ("Linear", "LayerNorm") else word[:-2] if word.endswith(("1d", "2d", "3d")) else ""
    return kind in least and positional >= least[kind]


def of_one(value: tree.Expression) -> bool:
    """Whether a size is 1, in each direction."""
    text = plainly(value)
    return bool(text) and set(text.split("x")) == {"1"}


def betas(value: tree.Expression) -> dict[str, str] | None:
    """`(0.9, 0.99)`, as PyTorch has both of them; None for anything else."""
    items: Sequence[tree.Expression] = ()
    match value:
        case tree.Tuple():
            items = value.items
        case tree.Listing():
            items = [item.value for item in value.items]
    if len(items) != 2 or not all(isinstance(item, tree.Number) for item in items):
        return None
    return {"beta1": items[0].span.text, "beta2": items[1].span.text}


def plainly(value: tree.Expression) -> str:
    """A value as archc writes it: words without quotes, sizes with an `x`, true and false in lower case."""
    match value:
        case tree.Tuple(items=items) if len(items) > 1 and all(item.span.text.isdigit() for item in items):
            return "x".join(item.span.text for item in items)
        case tree.Text(value=text) if text.isidentifier():
            return text
        case tree.Name(value=("True" | "False") as word):
            return word.lower()
        case _:
            return value.span.text


def unknown_argument(
    cls: type[Described], key: tree.Name, argument: tree.Argument, callee: tree.Name, span: Span
) -> Wrong:
    """An argument that the layer doesn't have."""
    title = f"`{callee.value}` has no argument `{key.value}`"
    if key.value in ACTIVATION and cls.family == "layer":
        return activation_argument(argument, span)
    both = betas(argument.value) if key.value == "betas" and "beta1" in cls.parameters else None
    if both is not None:
        meant = ", ".join(f"{name} = {text}" for name, text in both.items())
        return wrong("E0209", title, key.span, help=f"write `{meant}`", fix=meant, at=argument.span)
    near = closest(key.value, cls.parameters)
    if near:
        return wrong("E0209", title, key.span, help=f"did you mean `{near[0]}`?", fix=near[0])
    return wrong("E0209", title, key.span, help=cls.usage())


def activation_argument(argument: tree.Argument, span: Span) -> Wrong:
    """`conv(32, 3x3, activation = relu)`."""
    wanted = plainly(argument.value).lower()
    other = instead(wanted, OPS) if wanted not in OPS else ""
    if wanted not in OPS and not other:
        near = closest(wanted, [name for name, op in OPS.items() if op.activation])
        wanted = near[0] if near else "…"
    if other:
        return wrong("E0211", f"archc has no `{wanted}`", argument.span, help=other)
    start, end = argument.span.start - span.start, argument.span.end - span.start
    others = f"{span.text[:start]}{span.text[end:]}"
    others = others.replace("(, ", "(").replace(", ,", ",").replace(", )", ")").replace("()", "")
    meant = f"{others} -> {wanted}"
    fix = None if wanted == "…" else meant
    title = "activations are steps of their own"
    return wrong("E0211", title, argument.span, help=f"write `{meant}`", fix=fix, at=span)


def unknown_setting(setting: tree.Setting, known: list[str]) -> Wrong:
    """A setting that `train` doesn't have."""
    key = setting.name
    title = f"`train` has no setting `{key.value}`"
    near = closest(key.value, known)
    help, fix = as_setting(key.value, setting.value)
    if help:
        return wrong("E0401", title, key.span, help=help, fix=fix, at=setting.span)
    owners = [name for name, cls in FAMILIES["optimizer"].items() if key.value in cls.parameters]
    if key.value in ("lr", "learning_rate", "rate", "eta"):
        help = f"the learning rate belongs to the optimizer: `optimizer = adam({setting.value.span.text})`"
        return wrong("E0401", title, key.span, help=help)
    if not near and owners:
        meant = f"optimizer = {owners[0]}(…, {key.value} = {setting.value.span.text})"
        return wrong("E0401", title, key.span, help=f"it belongs to the optimizer: `{meant}`")
    if not near and plain(key.value) in SETTINGS:
        return wrong("E0401", title, key.span, help=SETTINGS[plain(key.value)])
    otherwise = "the settings are " + ", ".join(f"`{k}`" for k in known)
    return misspelt("E0401", title, key.span, key.value, known, otherwise=otherwise)


def as_setting(key: str, value: tree.Expression) -> tuple[str, str | None]:
    """The help for a setting that takes something else here than in other tools, and the fix if it is certain."""
    word, text = plain(key), value.span.text
    called = value.callee.span.text if isinstance(value, tree.Call) else ""
    if word in ("earlystopping", "patience"):
        if text in ("false", "False", "none"):
            return "leave it out: nothing is stopped early without `stop`", None
        rounds = f", patience = {text}" if text.isdigit() else ""
        meant = f"stop = {text}" if called == "early_stopping" else f"stop = early_stopping(val_loss{rounds})"
        # patience may well stand beside a `stop`
        return f"write `{meant}`", meant if word == "earlystopping" else None
    if word in ("checkpoint", "pretrained", "finetune", "initfrom", "startfrom"):
        if called in FAMILIES["source of weights"]:
            return f"write `start = {text}`", f"start = {text}"
        return 'what training starts from is `start = run("…")`; the best epoch is kept by itself', None
    return "", None


def decayed_twice(optimizer: Described, written: tree.Setting, decay: tree.Setting) -> Wrong:
    """`weight_decay = 1e-4` beside `optimizer = adamw(1e-3)`."""
    name, amount, value = optimizer.name, decay.value.span.text, written.value
    own = optimizer.values()["weight_decay"]
    title = f"`{name}` has a weight decay of its own, {show(own)}, and this would be a second one"
    related = (Related(value.span, "decays already"),)
    said = isinstance(value, tree.Call) and any(
        isinstance(argument.name, tree.Name) and argument.name.value == "weight_decay" for argument in value.arguments
    )
    if said:
        return wrong("E0417", title, decay.span, related=related, help="leave this setting out")
    meant = f"{value.span.text.removesuffix(')')}, weight_decay = {amount})"
    help = f"say it there, and leave this setting out: `optimizer = {meant}`"
    error = wrong("E0417", title, decay.span, related=related, help=help)
    if isinstance(value, tree.Call) and decay.span.source is value.span.source:
        edits = (Edit(value.span, meant), Edit(whole_line(decay.span), ""))
        fix = Fix("say it in the optimizer", edits)
        return Wrong(replace(error.diagnostic, fixes=(fix,)))
    return error


def whole_line(span: Span) -> Span:
    """The span with its line's beginning and end, if nothing else stands there."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start)
    ends = text[span.end : span.end + 1] in ("", "\n")
    alone = start >= 0 and ends and not text[start : span.start].strip()
    return Span(span.source, start, span.end) if alone else span


def of_other_family(word: tree.Name, family: str) -> Wrong | None:
    """`loss = mae`, `metrics = mse`."""
    losses, metrics = sorted(FAMILIES["loss"]), sorted(FAMILIES["metric"])
    if family == "loss" and word.value in metrics:
        instead = ["mse", "half_mse"] if word.value in ("rmse", "r2") else losses
        help = f"write `metrics = {word.value}`; as a loss there is {either(instead)}"
        return wrong("E0407", f"`{word.value}` is a metric, not a loss", word.span, help=help)
    if family == "metric" and word.value in losses:
        help = f"write `loss = {word.value}`, which is always reported; metrics are {either(metrics)}"
        return wrong("E0407", f"`{word.value}` is a loss, not a metric", word.span, help=help)
    return None


def either(names: list[str]) -> str:
    """`a`, `b` or `c`, in backquotes."""
    shown = [f"`{name}`" for name in names]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def without_inputs(callee: tree.Name, arguments: Sequence[tree.Argument]) -> str:
    """`conv(1, 16, 3x3)` names its input channels, as PyTorch does: the call without them; "" for any other."""
    if callee.value != "conv" or len(arguments) < 3:
        return ""
    match arguments[:3]:
        case [
            tree.Argument(name=None, value=tree.Number() | tree.Member() | tree.Name()),
            tree.Argument(name=None, value=tree.Number() | tree.Name()),
            tree.Argument(name=None, value=tree.Number() | tree.Size()),
        ]:
            return f"conv({', '.join(argument.span.text for argument in arguments[1:])})"
    return ""
