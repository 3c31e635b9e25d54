"""What can be done about the slowest of a step: a sentence each, which fits its cause."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from archc.ir.items import restored
from archc.recipes.optimizer import Optimizer
from archc.train.profiling.attribution import Part
from archc.train.profiling.ceilings import Ceilings
from archc.train.profiling.costs import Layer, Work
from archc.train.profiling.profile import Profile, Spent
from archc.types import TensorType

Bound = Literal["compute", "memory", "neither", ""]

NEAR = 0.5
"""From which share of a ceiling something runs as fast as can be expected."""

FAR = 0.1
"""Below which share of both ceilings neither of them is what holds something up."""

_TINY = {"cpu": 100e-6, "gpu": 20e-6}
"""Seconds, forward and backward, in which starting operations matters as much as what they do."""

BESIDE = (
    "what a block or repeat does beside its layers. A device loop takes out the weights of each copy and puts away "
    "what the gradient needs; with `--unroll` steps are faster, and XLA compiles for longer"
)

CHEAPER = "fewer filters or a larger stride cost less"
"""What helps a convolution in whatever form."""

_FEW_CHANNELS = 4
_RARE_IDLE = 0.25
_SLOWED = 2


@dataclass(frozen=True)
class Rate:
    """What is reached a second, and which shares of the ceilings that is."""

    flops: float
    bytes: float
    of_flops: float
    of_bytes: float

    @property
    def bound(self) -> Bound:
        """Which ceiling is nearer; neither if both are far."""
        if not (self.flops or self.bytes):
            return ""
        if max(self.of_flops, self.of_bytes) < FAR:
            return "neither"
        return "compute" if self.of_flops >= self.of_bytes else "memory"


def rate(work: Work, seconds: float, ceilings: Ceilings) -> Rate:
    """What work in so many seconds comes to."""
    if not seconds:
        return Rate(0, 0, 0, 0)
    flops, bytes_ = work.flops / seconds, work.bytes / seconds
    return Rate(flops, bytes_, flops / ceilings.flops, bytes_ / ceilings.bytes)


@dataclass(frozen=True)
class Slow:
    """One of the slowest, `share` of the step, and what can be done about it."""

    name: str
    seconds: float
    share: float
    advice: str


def slowest(profile: Profile, count: int = 3) -> list[Slow]:
    """The slowest layers and parts, the slowest first."""
    found: list[tuple[str, Spent, str]] = []
    for key, spent in profile.layers.items():
        layer = profile.layer(key)
        found.append((".".join(key), spent, of_layer(profile, layer, spent) if layer else BESIDE))
    for part, spent in profile.parts.items():
        found.append((part, spent, of_part(profile, part)))
    found.sort(key=lambda each: -each[1].seconds)
    return [Slow(name, each.seconds, each.seconds / profile.traced, advice) for name, each, advice in found[:count]]


def of_step(profile: Profile) -> str:
    """What is to be said of the step as a whole; nothing where layers are what takes the time."""
    watched = profile.traced / profile.step
    if watched > _SLOWED:
        return (
            f"watching makes a step {watched:.1f} times as long, so small are its operations, and shares are those of "
            f"watched steps. A larger `batch` than {profile.recipe.batch:,} has fewer steps an epoch"
        )
    idle = profile.idle / profile.traced
    if idle < _RARE_IDLE:
        return ""
    return (
        f"in {idle:.0%} of the step no operation runs: the network is so small that starting operations takes as long "
        f"as they do. A larger `batch` than {profile.recipe.batch:,} has fewer steps an epoch"
    )


def of_layer(profile: Profile, layer: Layer, spent: Spent) -> str:
    """What can be done about a layer."""
    reached = rate(layer.forward + layer.backward, spent.seconds, profile.ceilings)
    if max(reached.of_flops, reached.of_bytes) < NEAR and spent.seconds / layer.copies < _tiny(profile.platform):
        return (
            f"it takes {1e6 * spent.seconds / layer.copies:.0f} µs, in which starting its operations matters as "
            "much as what they do: a larger `batch` has fewer steps an epoch"
        )
    if profile.platform == "gpu" and profile.recipe.precision == "float32" and layer.op.keeps:
        return "it computes in float32; `precision = bf16` lets the tensor cores do it, several times as fast"
    if not layer.forward.flops and reached.of_bytes >= NEAR:
        return _full("memory", "smaller values, as by a stride or by pooling before it")
    kinds: dict[str, Callable[[Profile, Layer, Spent, Rate], str]] = {
        "conv": _convolution,
        "dense": _dense,
        "pool": _pool,
        "norm": _norm,
        "activation": _activation,
        "noise": _noise,
    }
    said = kinds.get(layer.op.drawing, _other)(profile, layer, spent, reached)
    return said if max(reached.of_flops, reached.of_bytes) >= NEAR else said + _of_forms(profile, layer)


def _of_forms(profile: Profile, layer: Layer) -> str:
    """That another form may be faster, where that is worth a try."""
    chosen, *others = profile.forms.get(layer.key, (None,))
    if chosen is None or not others:
        return ""
    if profile.lowering.plain:
        rule = profile.rules[layer.key][0]
        return "" if rule.plain else f". Without `--plain` it has a form that suits its shape better: {rule.title}"
    if chosen.measured:
        return ""
    return f". Its form ({chosen.title}) goes by a rule: `archc tune` measures whether another is faster here"


def _tiny(platform: str) -> float:
    return _TINY["cpu" if platform == "cpu" else "gpu"]


def _convolution(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    if reached.of_flops >= NEAR:
        return _full("compute", "fewer filters, a smaller window, or pooling before it")
    if layer.x.channels <= _FEW_CHANNELS:
        channels = f"{layer.x.channels} channel" + "s" * (layer.x.channels > 1)
        return (
            f"it reads {channels}, too few to keep the processor's vector units busy, and reaches "
            f"{reached.of_flops:.0%} of its rate: {CHEAPER}"
        )
    if spent.backward > 4 * spent.forward:
        return (
            f"its backward pass takes {spent.backward / spent.forward:.0f} times its forward pass, where twice is "
            f"usual: the form of its gradients suits this shape badly; {CHEAPER}"
        )
    return f"it reaches {reached.of_flops:.0%} of the rate of a large matrix product: {CHEAPER}"


def _dense(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    batch = profile.recipe.batch
    if reached.of_flops >= NEAR:
        return _full("compute", "fewer units, or fewer inputs, as by pooling")
    if reached.bound == "memory" and layer.weights > batch * (layer.x.size + TensorType(layer.output).size):
        return (
            f"its {layer.weights:,} weights are moved for {batch:,} examples at a time, and moving them is what takes "
            "long: a larger `batch`, or fewer inputs or units"
        )
    return f"it reaches {reached.of_flops:.0%} of the rate of a large matrix product: a larger `batch` keeps it busier"


def _pool(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    sight = layer.op.sight(layer.x)
    overlap = sight is not None and any(span > stride for span, stride in sight)
    if overlap and layer.op.name == "max_pool" and spent.backward > spent.forward:
        stride = "x".join(str(stride) for _, stride in sight or ())
        return (
            "its windows overlap, so its gradient has to look for the maximum of each anew; "
            f"`max_pool({stride})`, with windows side by side, takes a fraction of it"
        )
    return _other(profile, layer, spent, reached)


def _norm(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    return (
        f"it goes over its {layer.x.size * profile.recipe.batch:,} numbers several times, for statistics and for their "
        "gradients, and computes little: it costs less where values are smaller, behind a stride or pooling"
    )


def _activation(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    numbers = f"{layer.x.size * profile.recipe.batch:,} numbers"
    if not layer.op.linear and layer.op.name not in ("relu", "relu6", "leaky_relu", "clip", "linear"):
        return f"`{layer.op.name}` of {numbers} takes several operations for each; `relu` takes one"
    return f"it moves {numbers} and computes hardly anything: it costs less where values are smaller, behind pooling"


def _noise(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    return (
        f"it draws random numbers for {layer.x.size * profile.recipe.batch:,} values in every step: it costs less "
        "where values are fewer, behind pooling"
    )


def _other(profile: Profile, layer: Layer, spent: Spent, reached: Rate) -> str:
    return (
        f"it moves {layer.forward.bytes + layer.backward.bytes:,} bytes at {reached.of_bytes:.0%} of the memory's rate,"
        " and computes little: it costs less where values are smaller"
    )


def _full(ceiling: str, less: str) -> str:
    what = "a large matrix product" if ceiling == "compute" else "adding to a large array"
    return f"it runs at the rate of {what}, or near it, so that only less work makes it faster: {less}"


def of_part(profile: Profile, part: Part) -> str:
    """What can be done about a part of the step that is no layer."""
    recipe = profile.recipe
    match part:
        case "optimizer":
            optimizer = restored(recipe.optimizer)
            slots = optimizer.slots() if isinstance(optimizer, Optimizer) else 0
            state = f", and {slots} number{'s' * (slots > 1)} of state for each" if slots else ""
            return (
                f"`{optimizer.name}` goes over {profile.graph.parameters:,} parameters{state}, however many examples a "
                f"step has: a larger `batch` than {recipe.batch:,} has fewer steps"
            )
        case "batch":
            return f"it gathers the {recipe.batch:,} rows of a batch from all over the data, whatever the network does"
        case "metrics":
            return "the metrics of training batches: fewer `metrics` take less"
        case "loss":
            return "the loss and its gradient: they take as long as the output is large"
        case "network":
            return "what stands between layers: values that are rounded or handed on, and random keys"
        case "loop":
            return "the loop over the steps of an epoch: a larger `batch` has fewer"
