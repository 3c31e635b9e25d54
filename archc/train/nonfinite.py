"""Where numbers stopped being finite: the step, found by taking it again, and the layer that began it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.diagnostics import Diagnostic
from archc.ir import Module
from archc.source import Span
from archc.train.checkpoints import Moment
from archc.train.leaves import Form
from archc.train.loading import Origins
from archc.train.sums import on_host, summable


@dataclass(frozen=True)
class Fault:
    """What was found: `step` of `epoch` (both from 1), and in a few words what isn't finite, and where."""

    epoch: int | None
    step: int | None
    steps: int
    what: str
    span: Span | None

    def diagnostic(self, where: str, checkpoints: Path | None) -> Diagnostic:
        """The message, which names the checkpoints that are still good."""
        title = f"training stopped: NaN or infinity in {where}"
        if self.epoch is not None:
            title = f"training stopped: NaN or infinity from epoch {self.epoch}, step {self.step} of {self.steps}"
        kept = f"the last good checkpoint is kept in {checkpoints}" if checkpoints else "no checkpoint was written yet"
        place = "before the one named" if "`" in self.what or self.span is not None else "between the others"
        help = f"lower the learning rate of the optimizer, or put a normalization layer {place}"
        return Diagnostic("E0802", title, self.span, notes=(self.what, kept), help=help)


class Search:
    """Looks for the first step, at or after a moment known to be good, that gives numbers that are not finite."""

    def __init__(
        self,
        program: ModuleType,
        origins: Origins,
        module: Module,
        data: Mapping[str, tuple[Any, Any]],
        form: Form,
        seed: int,
        asked: Callable[[], bool],
        first: Callable[[], Any],
    ):
        self._program, self._origins, self._module = program, origins, module
        self._data, self._form, self._seed, self._asked, self._first_state = data, form, seed, asked, first

    def fault(self, base: Moment | None, until: tuple[int, int]) -> Fault:
        """What is wrong in the steps from `base` (the run's beginning if None) to step `until` of an epoch."""
        steps, total = self._program.STEPS, 0.0
        for epoch, step, rows, before, after, sums in self._steps(base, until):
            if not (summable(sums) and self._finite(after)):
                batch = jax.tree.map(lambda values, rows=rows: values[rows], self._data["train"])
                what, span = self._origin(self._form.put(before), batch, after)
                return Fault(epoch + 1, step + 1, steps, what, span)
            total = abs(sums["loss"]) + (total if step else 0.0)
            if total > np.finfo(np.float32).max:
                what = "the loss is still finite, and so large that the losses of an epoch can't be added up"
                return Fault(epoch + 1, step + 1, steps, what, None)
        return Fault(None, None, steps, "weights and training loss are finite: an activation overflows", None)

    def _steps(self, base: Moment | None, until: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
        """Takes every step again, one by one, with copies of the state before and after it."""
        program = self._program
        if base is not None and base.state:
            epoch, step, before = base.epoch, base.position, list(base.state)
        else:
            epoch, step, before = 0, 0, self._form.take(self._first_state())
        state = self._form.put(before)
        while (epoch, step) < until and not self._asked():
            if step == program.STEPS:
                epoch, step = epoch + 1, 0
                continue
            rows = program.order(program.PART_ROWS["train"], self._seed, epoch + 1)
            state, totals = program.run_steps(state, self._data["train"], rows, step, step + 1)
            sums = on_host(totals)
            after = self._form.take(state)
            batch_rows = rows[step * program.BATCH : (step + 1) * program.BATCH]
            yield epoch, step, batch_rows, before, after, sums
            before, step = after, step + 1

    def _finite(self, arrays: list[np.ndarray]) -> bool:
        return all(np.isfinite(a).all() for spec, a in zip(self._form.specs, arrays, strict=True) if spec.is_weight)

    def _origin(self, state: Any, batch: tuple[Any, Any], after: list[np.ndarray]) -> tuple[str, Span | None]:
        """What began it, in the order in which a step computes: weights, forward, loss, backward."""
        program = self._program
        inputs, targets = batch
        key = jax.random.fold_in(state.key, state.step)
        if found := self._first(program.named(state)):
            return f"the weights of `{found}` are not finite before that step", self._layer_span(found)

        def forward(params: Any) -> Any:
            return program.apply(params, state.stats, inputs, train=True, key=key)[0]

        if not _all_finite(forward(state.params)):
            return self._in_forward(lambda: forward(state.params))
        if not _all_finite(program.loss(forward(state.params), targets)):
            return "the outputs of the network are finite, and their loss isn't", None
        gradients = jax.grad(lambda params: program.loss(forward(params), targets))(state.params)
        # backward, the last layer comes first, and what it passes on spoils all that are before it
        if found := self._first(program.named(state._replace(params=gradients, stats={})), backward=True):
            return f"the loss is finite, and the gradient of `{found}` isn't", self._layer_span(found)
        found = self._first(program.named(self._form.put(after))) or "?"
        return f"the gradients are finite, and the optimizer's step for `{found}` isn't", self._layer_span(found)

    def _in_forward(self, forward: Callable[[], Any]) -> tuple[str, Span | None]:
        """Takes the forward pass operation by operation, until one gives what isn't finite."""
        try:
            with jax.disable_jit(), jax.debug_nans(True), jax.debug_infs(True):
                forward()
        except FloatingPointError as error:
            if place := self._origins.of_error(error):
                names = [scope for scope, node in self._module.graph.layers() if node.place.line == place[1]]
                # the line of a block or a repeat is that of many layers
                alone = names and names[0] in {node.name for node in self._module.graph.nodes}
                layer = f"`{names[0]}`" if alone else "the layer"
                return (
                    f"{layer} in {place[0]}, line {place[1]}, is the first to give NaN or infinity",
                    self._origins.span(place),
                )
        return "the weights are finite, and the outputs of the network aren't", None

    def _first(self, named: Mapping[str, np.ndarray], *, backward: bool = False) -> str | None:
        """The first layer, in the order of the file, of which an array isn't finite."""
        bad = {name.rpartition(".")[0] for name, array in named.items() if not np.isfinite(array).all()}
        order = [scope for scope, _ in self._module.graph.layers()]
        ranked = [*(scope for scope in order if scope in bad), *sorted(bad - set(order))]
        return (ranked[-1] if backward else ranked[0]) if ranked else None

    def _layer_span(self, layer: str) -> Span | None:
        for scope, node in self._module.graph.layers():
            if scope == layer:
                return self._origins.span((node.place.file, node.place.line))
        return None


def _all_finite(tree: Any) -> bool:
    return all(bool(np.isfinite(np.asarray(leaf)).all()) for leaf in jax.tree.leaves(tree))
