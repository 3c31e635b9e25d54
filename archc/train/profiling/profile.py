"""The profile of a recipe's training step: where its time goes, held against what the machine can do."""

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np

from archc.data.table import Table, check_against
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Graph, Module, Recipe
from archc.ops.form import Form
from archc.passes import run
from archc.program.emit import lowered
from archc.program.lowering import Lowering, forms
from archc.source import Source
from archc.train.loading import Origins, explained, load_program
from archc.train.memory import check_memory
from archc.train.profiling.attribution import Attribution, Part, Slot
from archc.train.profiling.ceilings import Ceilings, measured
from archc.train.profiling.costs import Costs, Layer, costs
from archc.train.profiling.events import CONTAINERS, LOOP, of_module, spans, typical
from archc.train.profiling.hlo import Hlo, parse
from archc.train.profiling.owners import Key, owners
from archc.train.profiling.stand_in import BATCH, random_rows, with_recipe
from archc.train.profiling.steps import FirstStep, Stepper


@dataclass(frozen=True)
class Spent:
    """Seconds of a step, forward and backward."""

    forward: float = 0.0
    backward: float = 0.0

    @property
    def seconds(self) -> float:
        return self.forward + self.backward

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.forward + other.forward, self.backward + other.backward)


@dataclass(frozen=True)
class Profile:
    """Where the time of a step goes.

    `layers` and `parts` are seconds a step by layer and for the rest of the step, in the order of the network; what a
    block does beside its layers stands under the block's own key. With `unknown`, of which it isn't clear whose it is,
    and `idle`, in which no operation runs, they sum to `traced`, a step of the faster half that was traced.
    `step` is a step that nobody watches, the median of several.
    """

    module: Module
    lowering: Lowering
    graph: Graph
    costs: Costs
    device: str
    platform: str
    first: FirstStep
    step: float
    traced: float
    layers: Mapping[Key, Spent]
    parts: Mapping[Part, Spent]
    unknown: float
    idle: float
    ceilings: Ceilings
    trace: Mapping[str, Any]

    @property
    def recipe(self) -> Recipe:
        assert self.module.recipe is not None
        return self.module.recipe

    @property
    def attributed(self) -> float:
        """The share of the time in which something runs that is known to be a layer's or a part's."""
        known = sum(each.seconds for each in (*self.layers.values(), *self.parts.values()))
        return known / (known + self.unknown) if known else 0.0

    @cached_property
    def forms(self) -> Mapping[Key, tuple[Form, ...]]:
        """The forms of the layers that have several, that of the program first."""
        return forms(self.module, self.lowering)

    @cached_property
    def rules(self) -> Mapping[Key, tuple[Form, ...]]:
        """The same, that of the cost rule first."""
        return forms(self.module, replace(self.lowering, plain=False, tuning=None))

    def layer(self, key: Key) -> Layer | None:
        """The layer of that key; None for a block or repeat."""
        return self.costs.layers.get(key)


def profile(
    module: Module,
    source: Source,
    table: Table | None,
    *,
    batch: int | None = None,
    steps: int | None = None,
    lowering: Lowering = Lowering(),  # noqa: B008 - it is frozen
    device: Any = None,
) -> Profile:
    """Trains for a few steps and watches: so many `steps`, or as many as fit into half a second, 10 at least.

    Without a `table` it trains on random rows, which take as long. `batch` is the examples of a step, where it isn't
    what the recipe says; a network without a recipe learns random rows.

    `device` is a JAX device, or None for JAX's choice. Raises Failed.
    """
    if batch is not None or module.recipe is None:
        module = with_recipe(module, batch or BATCH)
    recipe = module.recipe
    assert recipe is not None
    if table is not None:
        check_against(table, recipe)
    device = device or jax.devices()[0]
    check_memory(module, device)
    with jax.default_device(device):
        return _profile(module, recipe, source, table, steps, lowering, device)


def _profile(
    module: Module,
    recipe: Recipe,
    source: Source,
    table: Table | None,
    steps: int | None,
    lowering: Lowering,
    device: Any,
) -> Profile:
    written = lowered(module, lowering)
    program = load_program(written, module.graph.name)
    origins = Origins(program, source)
    with explained(origins, "the data are put on the device"):
        data = (
            program.parts(table, recipe.seed)["train"]
            if table is not None
            else program.select(random_rows(recipe), ...)
        )
    rows = len(next(iter(data[0].values())))
    with explained(origins, "the weights are made"):
        state = program.adapt(program.init(jax.random.key(recipe.seed)), data)
    stepper = Stepper(program, state, data, program.order(rows, recipe.seed, 1), recipe.batch)
    with explained(origins, "it takes its first steps"):
        first, text = stepper.compile()
        stepper.warm_up(steps)
    with explained(origins, "it trains"):
        step = float(np.median([stepper.timed() for _ in range(3)]))
        trace = stepper.traced()
    hlo, graph = parse(text), run(module, plain=lowering.plain).graph
    found = costs(graph, recipe)
    attribution = Attribution(hlo, owners(module, lowering, written), str(program.__file__), found.scopes)
    raw = of_module(trace, hlo.name)
    if not raw:
        title = "XLA's profiler noted no operation of the program, so there is nothing to say of its layers"
        raise Failed(Diagnostic("E0801", title, help="`archc doctor` shows the versions and devices"))
    events = spans(trace, raw, _called(hlo, frozenset([LOOP])))
    times, count = typical(events, _called(hlo, CONTAINERS))
    count *= stepper.chunk
    spent, unknown = _by_slot(times.by_op, attribution)
    _label(raw, attribution, found)
    taken = _spent(spent, count)
    return Profile(
        module=module,
        lowering=lowering,
        graph=graph,
        costs=found,
        device=device.device_kind,
        platform=device.platform,
        first=first,
        step=step,
        traced=times.whole / count,
        layers={key: each for key, each in taken.items() if isinstance(key, tuple)},
        parts={part: each for part, each in taken.items() if not isinstance(part, tuple)},
        unknown=unknown / count,
        idle=times.idle / count,
        ceilings=measured(recipe.precision),
        trace=trace,
    )


def trace_bytes(profile: Profile, path: Path) -> bytes:
    """The trace as a file of that name, which Perfetto opens: JSON, packed by gzip where the name ends in `.gz`.

    Operations bear the names of layers.
    """
    text = json.dumps(profile.trace, separators=(",", ":")).encode()
    return gzip.compress(text, mtime=0) if path.suffix == ".gz" else text


def _called(hlo: Hlo, opcodes: frozenset[str]) -> frozenset[str]:
    return frozenset(each.name for each in hlo.instructions.values() if each.opcode in opcodes)


def _by_slot(seconds: Mapping[str, float], attribution: Attribution) -> tuple[dict[Slot, float], float]:
    """Seconds by whose they are, and those of which that isn't known."""
    found: dict[Slot, float] = defaultdict(float)
    unknown = 0.0
    for op, taken in seconds.items():
        shares = attribution.shares(op)
        for slot, share in shares.items():
            found[slot] += share * taken
        if not shares:
            unknown += taken
    return found, unknown


def _spent(seconds: Mapping[Slot, float], count: int) -> dict[Key | Part, Spent]:
    found: dict[Key | Part, Spent] = defaultdict(Spent)
    for slot, taken in seconds.items():
        found[slot.of] += Spent(0.0, taken / count) if slot.backward else Spent(taken / count, 0.0)
    return found


def _label(events: list[dict[str, Any]], attribution: Attribution, found: Costs) -> None:
    """Has the operations of a trace bear the names of their layers."""
    for event in events:
        shares = attribution.shares(event["args"]["hlo_op"])
        if not shares:
            continue
        slot = max(shares, key=lambda slot: shares[slot])
        name = ".".join(slot.of) if isinstance(slot.of, tuple) else slot.of
        layer = found.layers.get(slot.of) if isinstance(slot.of, tuple) else None
        event["args"] |= {"layer": name, "pass": "backward" if slot.backward else "forward"}
        if layer is not None:
            event["args"]["line"] = f"{layer.place.file}:{layer.place.line}"
        event["name"] = f"{name}{' backward' if slot.backward else ''}: {event['args']['hlo_op']}"
