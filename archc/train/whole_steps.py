"""Times whole steps: a form that is fast alone need not be so among what XLA puts together with it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np

from archc.ir import Module, Recipe
from archc.ir.tuning import Measured, Timed, Tuning
from archc.ops.form import Form, Target
from archc.program.emit import lowered
from archc.program.library import Library
from archc.program.lowering import Lowering, planned
from archc.train.contest import Contest, contested
from archc.train.loading import load_program
from archc.train.profiling.stand_in import BATCHES, random_rows, with_recipe
from archc.train.profiling.steps import Stepper

LOOPED = 100
"""So many steps are taken in a device loop, of which the call is then a small part."""

Listener = Callable[[Contest], None]


def measured_here(
    batch: int, layers: Mapping[str, Timed], network: str | None = None, library: Timed | None = None
) -> Measured:
    """What was measured, with the device and versions it was measured with."""
    device = jax.config.jax_default_device or jax.devices()[0]  # type: ignore[attr-defined]
    where = f"{device.device_kind}, {os.cpu_count()} cores" if device.platform == "cpu" else str(device.device_kind)
    versions = f"jax {jax.__version__}"
    return Measured(device=where, versions=versions, batch=batch, layers=layers, network=network, library=library)


def called(module: Module, target: Target) -> tuple[Library, ...]:
    """The libraries among which steps have a choice, that of the cost rule first."""
    lowering = Lowering(target)
    return lowering.libraries(module.recipe, planned(module, lowering))


@dataclass(frozen=True)
class WholeSteps:
    """The steps of a network with a recipe, so many examples at a time."""

    module: Module
    target: Target
    batch: int

    @cached_property
    def _recipe(self) -> Recipe:
        recipe = with_recipe(self.module, self.batch).recipe
        assert recipe is not None
        return recipe

    def confirmed(
        self, forms: Mapping[str, Sequence[Form]], alone: Mapping[str, Timed], listener: Listener
    ) -> Mapping[str, Timed]:
        """What layers take that were timed `alone`: another form than the rule's where a whole step is faster so, each
        tried with those before it. `forms` are a layer's, that of the rule first."""
        found = {key: _taking(timed, forms[key][0].name) for key, timed in alone.items()}
        for key, timed in alone.items():
            rule, titles = forms[key][0].name, {form.name: form.title for form in forms[key]}
            if timed.form == rule:
                continue
            ways = {name: measured_here(self.batch, found | {key: _taking(timed, name)}) for name in (rule, timed.form)}
            result = self._contest(f"a step of {self.module.graph.name}, with {key}", titles, ways)
            listener(result)
            if result.seconds:
                found[key] = _taking(timed, result.chosen)
        return found

    def library(self, layers: Mapping[str, Timed], listener: Listener) -> Measured:
        """Which library is fastest with layers as they are, with what was measured of them."""
        titles = {each.name: each.title for each in called(self.module, self.target)}
        network = self.module.graph.name
        ways = {name: measured_here(self.batch, layers, network, Timed(form=name, milliseconds={})) for name in titles}
        if not ways:
            return measured_here(self.batch, layers)
        result = self._contest(f"a step of {network}", titles, ways)
        listener(result)
        return measured_here(self.batch, layers, network, result.timed if result.seconds else None)

    def _contest(self, what: str, titles: Mapping[str, str], ways: Mapping[str, Measured]) -> Contest:
        """Seconds of a step in each way."""
        steppers: dict[str, Stepper] = {}

        def taking(name: str) -> Callable[[], Any]:
            steppers[name] = each = self._stepper(ways[name])
            return lambda: each.take(each.calls)

        result = contested(what, titles, {name: partial(taking, name) for name in ways})
        counts = {name: each.calls * each.chunk for name, each in steppers.items()}
        return replace(result, seconds={name: seconds / counts[name] for name, seconds in result.seconds.items()})

    def _stepper(self, measured: Measured) -> Stepper:
        """A program on random rows, at work as training has it. It took its first steps."""
        recipe = self._recipe
        whole = self.module.model_copy(update={"recipe": recipe})
        lowering = Lowering(self.target, tuning=Tuning(file="steps.lowering.json", **{self.target: measured}))
        program = load_program(lowered(whole, lowering), whole.graph.name)
        data = program.select(random_rows(recipe), ...)
        rows = len(next(iter(data[0].values())))
        order = np.tile(np.arange(rows, dtype=np.int32), LOOPED // BATCHES)
        state = program.adapt(program.init(jax.random.key(recipe.seed)), data)
        found = Stepper(program, state, data, order, recipe.batch)
        found.compile()
        found.chunk, found.calls = (len(order) // recipe.batch, 1) if found.looped else (1, BATCHES)
        found.take(found.calls)
        return found


def _taking(timed: Timed, form: str) -> Timed:
    """The same milliseconds, with another form taken."""
    return timed.model_copy(update={"form": form})
