"""What decides how a network is computed, where it can be done in several ways that give the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archc.diagnostics import Failed
from archc.ir import Module, Node, Recipe
from archc.ir.tuning import NEARLY, Timed, Tuning, layer_key, tuning_of, unknown
from archc.ops import Op
from archc.ops.form import Form, Target
from archc.passes import run
from archc.program.library import Library, libraries
from archc.program.plan import Plan, convolves, plan
from archc.types import TensorType

SCANNED_FROM: Mapping[Target, int] = {"cpu": 16, "gpu": 4}
"""Copies from which a repeat is scanned. With fewer, compiling takes no longer and steps are faster written out."""

WIDE_HEAD = 1024
"""Of dense layers beside convolutions, those with so many inputs are worth a form: others are a hundredth of a step."""


@dataclass(frozen=True)
class Lowering:
    """The cost rules of a target, and what was measured instead.

    With `unroll` no repeat becomes a device loop, with `plain` every layer has the form that a reader would
    expect; `narrow` values are bfloat16, `barriers` last where steps are compiled for it, and beside `convolutions`
    dense layers are a small part.
    """

    target: Target = "cpu"
    unroll: bool = False
    plain: bool = False
    tuning: Tuning | None = None
    narrow: bool = False
    barriers: bool = False
    convolutions: bool = False

    def scanned(self, node: Node, body: Plan) -> bool:
        """Whether a repeat is. On a CPU none with convolutions: XLA's crawl inside a device loop."""
        enough = node.count >= SCANNED_FROM[self.target]
        return not self.unroll and enough and not (self.target == "cpu" and body.convolves)

    def forms(self, op: Op, x: TensorType, before: Op | None = None) -> tuple[Form, ...]:
        """The ways in which a layer can be computed, that which is chosen first; none if there is but one. `before` is
        what it reads.

        All add up in the type of their values, which XLA's own don't: in bfloat16 they would lose digits. Raises
        Failed if a form was measured that there is not.
        """
        small = self.convolutions and op.drawing == "dense" and x.rank == 1 and x.size < WIDE_HEAD
        found = () if self.narrow or small else op.forms(x, self.target)
        if self.plain:
            plain = sorted(found, key=lambda form: not form.plain)
            return tuple(replace(form, why="`--plain` asks for the form that is shortest to read") for form in plain)
        if not self.barriers:
            # a sum that is computed again may be rounded otherwise, and a maximum then isn't found among its own cells
            found = tuple(sorted(found, key=lambda form: form.barrier))
        if before is not None and before.drawing == "norm":
            # a norm reads its gradient three times over: [128, 28, 28, 8], strides of 2, 24 against 6 ms
            found = tuple(sorted(found, key=lambda form: form.scattered))
        timed = self.tuning.timed(op, x, self.target) if self.tuning and found else None
        if self.tuning is None or timed is None:
            return found
        chosen = next((form for form in found if form.name == timed.form), None)
        if chosen is None:
            raise _no_form(self.tuning, layer_key(op, x), timed, found)
        others = tuple(form for form in found if form is not chosen)
        return (replace(chosen, why=_why(timed, others, self.tuning), measured=self.tuning.file), *others)

    def libraries(self, recipe: Recipe | None, plan: Plan) -> tuple[Library, ...]:
        """What XLA may call for products and convolutions, that which is chosen first; none with `plain`. Raises Failed
        if what was measured there is not."""
        return () if self.plain else libraries(recipe, plan, self.target, self.tuning)


def lowering_of(path: Path, target: Target = "cpu", *, unroll: bool = False, plain: bool = False) -> Lowering:
    """How the network of a `.arch` file is computed: by the rules, and by what was measured, which plain ones don't
    need. Raises Failed if that cannot be used."""
    return Lowering(target, unroll, plain, None if plain else tuning_of(path))


def is_narrow(recipe: Recipe | None) -> bool:
    """Whether a recipe has values in bfloat16."""
    return recipe is not None and recipe.precision == "bf16"


def planned(module: Module, lowering: Lowering) -> Plan:
    """The plan of what a module's program computes. Raises Failed if what was measured doesn't fit it."""
    graph = run(module, plain=lowering.plain).graph
    taken = replace(
        lowering,
        narrow=is_narrow(module.recipe),
        barriers=module.recipe is not None,
        convolutions=convolves(graph),
    )
    return plan(graph, taken)


def forms(module: Module, lowering: Lowering) -> dict[tuple[str, ...], tuple[Form, ...]]:
    """The forms of the layers that have several, that of the program first, by the names of the blocks around a layer
    and its own. Raises Failed as `planned` does."""
    return {key: step.forms for key, step in planned(module, lowering).named() if step.forms}


def taken_from_file(module: Module, lowering: Lowering) -> tuple[int, int, bool]:
    """Of how many layers the form is the measured one, how many have several, and whether the library is the measured
    one. Raises Failed as `planned` does."""
    network = planned(module, lowering)
    several = [step.forms for _, step in network.named() if step.forms]
    library = any(each.measured for each in lowering.libraries(module.recipe, network))
    return sum(bool(chosen.measured) for chosen, *_ in several), len(several), library


def _why(timed: Timed, others: Sequence[Form], tuning: Tuning) -> str:
    """What was measured, in words."""
    compared = [(timed.milliseconds[form.name], form) for form in others if form.name in timed.milliseconds]
    if timed.form not in timed.milliseconds or not compared:
        return f"{tuning.file} says so"
    best, other = min(compared, key=lambda pair: pair[0])
    taken = timed.milliseconds[timed.form]
    but = ", which whole steps gained nothing from" if best < NEARLY * taken else ""
    return f"{taken:.3g} ms, and {best:.3g} {other.title}{but} ({tuning.file})"


def _no_form(tuning: Tuning, layer: str, timed: Timed, found: Sequence[Form]) -> Failed:
    names = ", ".join(f"`{form.name}`" for form in found)
    title = f"{tuning.file} wants the form `{timed.form}` for {layer}, and there is none of that name"
    return unknown(title, f"it has {names}")
