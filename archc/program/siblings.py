"""Kernels that do the job of another one on a target, in all layers that need it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.code import Name, kernels
from archc.ir import Recipe
from archc.ops import Site
from archc.ops.form import Target
from archc.program.body import place
from archc.program.choice import Choice
from archc.program.link import link
from archc.program.lowering import Lowering, is_narrow
from archc.program.plan import Plan, Step


@dataclass(frozen=True)
class Sibling:
    """`kernel` does the job of `job`: how and why, and what else there is."""

    job: str
    kernel: str
    topic: str
    chosen: str
    other: str
    why: str


SIBLINGS: Mapping[Target, tuple[Sibling, ...]] = {
    "cpu": (
        Sibling(
            "standardized",
            "standardized_by_products",
            "batch statistics",
            "products with ones",
            "sums",
            "XLA's sums take one core of a CPU, its products all: six convolutions of [64, 16, 16, 32] with batch norm "
            "take 41 ms so, and 49 by sums",
        ),
        Sibling(
            "conv3d",
            "conv3d_by_planes",
            "convolution of volumes",
            "a sum of convolutions of planes",
            "XLA's convolution",
            "XLA's takes 3.4 to 4.3 times as long on a CPU: 48.6 against 11.4 ms for 3x3x3 from 8 to 16 channels over "
            "[8, 16, 16, 16, 8], with its gradients",
        ),
    ),
    "gpu": (),
}


WHY = {each.kernel: each.why for target in SIBLINGS.values() for each in target}
"""Why each is taken."""


def siblings(recipe: Recipe | None, lowering: Lowering) -> tuple[Sibling, ...]:
    """Those that a program may have: none if it is plain, or narrow, where wide sums stay what they are."""
    return () if lowering.plain or is_narrow(recipe) else SIBLINGS[lowering.target]


def sibling_choices(plan: Plan, found: Sequence[Sibling], within: str = "") -> Iterator[Choice]:
    """A choice for each layer that needs one of them."""
    for step in plan.steps:
        where = f"{within}{step.node.name}"
        if step.body is not None:
            yield from sibling_choices(step.body, found, f"{where}.")
        else:
            needed = _kernels(plan, step)
            for each in found:
                if each.job in needed:
                    yield Choice(each.topic, each.chosen, each.why, (each.other,), where, place(step))


def _kernels(plan: Plan, step: Step) -> set[str]:
    """The kernels that a layer calls, and those that these call."""
    shapes, value = plan.shapes, Name("x")
    first, *others = (shapes[name] for name in step.node.inputs)
    form = step.form.kernel if step.form else ""
    beside = (value,) * len(others)
    site = Site(step.scope, value, value, first, shapes[step.node.name], value, "", beside, tuple(others), form)
    assert step.op is not None
    lowered = step.op.lower(site)
    called = {name for update in (*lowered.train, *lowered.evaluate) for name in kernels(update.value)}
    return {name for name, _ in link(called, {}).texts}
