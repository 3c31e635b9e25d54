"""Times the forms of a network's layers on this machine, each layer with what XLA may compute together with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax

from archc.diagnostics import Report
from archc.ir import Module
from archc.ir.tuning import Measured, Timed, Tuning, layer_key
from archc.ops import Op
from archc.ops.form import Form, Target
from archc.program.emit import lowered
from archc.program.lowering import Lowering, planned
from archc.program.plan import Plan, Step
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from archc.train.contest import Contest, contested
from archc.train.loading import load_program
from archc.train.whole_steps import Listener, WholeSteps, measured_here
from archc.types import TensorType

Options = dict[str, Any] | None


@dataclass(frozen=True)
class Layer:
    """A layer whose `forms` are timed, that of the cost rule first.

    `before` and `behind` are the layers that are timed with it, as they are written, and `entering` is what enters the
    first of them. `trained_before` tells whether anything before it is trained.
    """

    op: Op
    x: TensorType
    forms: tuple[Form, ...]
    entering: TensorType
    before: str
    behind: str
    trained_before: bool

    @property
    def key(self) -> str:
        return layer_key(self.op, self.x)


def layers(module: Module, target: Target) -> list[Layer]:
    """The layers that can be computed in several ways, those of one shape once, in the order of the network."""
    found: dict[str, Layer] = {}
    for layer in _layers(planned(module, Lowering(target)), trained=False):
        found.setdefault(layer.key, replace(layer, forms=_timed_alone(layer.forms, module.recipe is not None)))
    return list(found.values())


def _layers(network: Plan, *, trained: bool) -> Iterator[Layer]:
    """`trained` tells whether what enters the network depends on weights."""
    learnt = {port.name: trained for port in network.graph.inputs}
    for step in network.steps:
        before = any(learnt[value] for value in step.node.inputs)
        learnt[step.node.name] = before or step.params
        if step.body is not None:
            yield from _layers(step.body, trained=True)
        elif step.op is not None and len(step.forms) > 1:
            x = network.shapes[step.node.inputs[0]]
            yield Layer(step.op, x, step.forms, *_before(network, step), _behind(network, step), before)


def _timed_alone(forms: tuple[Form, ...], barriers: bool) -> tuple[Form, ...]:
    """The forms whose differences show in a layer alone; those with barriers only where `barriers` last in steps."""
    found = tuple(form for form in forms if barriers or not form.barrier)
    whole = any(form.together for form in found)
    return tuple(form for form in found if not (whole and form.plain))


_TOGETHER = ("activation", "norm", "pool")
"""The kinds of layers into which XLA puts what is before them, and computes it in another way for it."""


def _before(network: Plan, step: Step) -> tuple[TensorType, str]:
    """The activations and norms that lead to a layer, one behind another, and what enters the first of them."""
    found: list[str] = []
    steps = {each.node.name: each for each in network.steps}
    while True:
        (value,) = step.node.inputs
        source = steps.get(value)
        if source is None or source.op is None or source.op.drawing not in ("activation", "norm"):
            return network.shapes[value], " -> ".join(reversed(found))
        step = source
        found.append(source.op.written())


def _behind(network: Plan, step: Step) -> str:
    """The layers that alone read a layer, one behind another, as far as XLA may compute them together with it."""
    found: list[str] = []
    while True:
        readers = [other for other in network.steps if step.node.name in other.node.inputs]
        if len(readers) != 1 or readers[0].op is None or readers[0].op.drawing not in _TOGETHER:
            return " -> ".join(found)
        (step,) = readers
        assert step.op is not None
        found.append(step.op.written())


def contest(layer: Layer, target: Target, batch: int, options: Options) -> Contest:
    """Times every form of a layer, forward and backward, in turn; `options` are those of its compiler."""
    what = " -> ".join(filter(None, (layer.before, layer.key, layer.behind)))
    return contested(
        what,
        {form.name: form.title for form in layer.forms},
        {form.name: partial(_call, layer, form, target, batch, options) for form in layer.forms},
    )


def _call(layer: Layer, form: Form, target: Target, batch: int, options: Options) -> Callable[[], Any]:
    """A compiled call of a layer in a form: its value, and the gradients that training takes. It ran once."""
    chain = "\n    ".join(filter(None, (layer.before, layer.op.written(), layer.behind)))
    text = f"model Layer {{\n    input x{layer.entering}\n    {chain}\n}}\n"
    report = Report()
    (alone,) = resolve(parse(Source("layer.arch", text), report), Path(), report)
    measured = measured_here(batch, {layer.key: Timed(form=form.name, milliseconds={})})
    tuning = Tuning(file="layer.lowering.json", **{target: measured})
    program = load_program(lowered(alone, Lowering(target, tuning=tuning)), "Layer")
    key = jax.random.key(0)
    state = program.init(key)
    x = jax.random.normal(key, (batch, *layer.entering.shape))
    kept = () if layer.trained_before else (x,)

    def give(params: Any, *entering: Any) -> Any:
        return program.apply(params, state.stats, {"x": (*entering, *kept)[0]}, train=True, key=key)[0]

    given = (state.params, x) if layer.trained_before else (state.params,)
    slopes = jax.random.normal(key, jax.eval_shape(give, *given).shape)

    def step(slopes: Any, *given: Any) -> Any:
        y, back = jax.vjp(give, *given)
        return y, back(slopes)

    compiled = jax.jit(step, compiler_options=options).lower(slopes, *given).compile()
    jax.block_until_ready(compiled(slopes, *given))  # type: ignore[no-untyped-call]
    return lambda: compiled(slopes, *given)


def tuned(module: Module, target: Target, batch: int, listener: Listener) -> Measured:
    """What is fastest of the forms of every layer, and of what steps can call; `listener` is told of each as soon as it
    is known."""
    found: dict[str, Timed] = {}
    # layers are compiled as the steps of the whole network are
    program = load_program(lowered(module, Lowering(target)), module.graph.name)
    options = getattr(program, "COMPILER_OPTIONS", None)
    there = layers(module, target)
    for layer in there:
        result = contest(layer, target, batch, options)
        listener(result)
        if result.seconds:  # else none could be run: the rule goes on choosing
            found[layer.key] = result.timed
    if module.recipe is None:
        return measured_here(batch, found)
    steps = WholeSteps(module, target, batch)
    return steps.library(steps.confirmed({layer.key: layer.forms for layer in there}, found, listener), listener)


def together(before: Tuning | None, target: Target, measured: Measured) -> Tuning:
    """The file's content with what was measured for a target; what is known of the other stays."""
    return (before or Tuning()).model_copy(update={target: measured, "file": ""})
