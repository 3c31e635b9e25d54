"""What a training step needs on the device: an estimate from the graph alone, of XLA's ways on a CPU.

A step is the layers forward, then backward. Weights, their statistics, the optimizer's state and the
batch are there all the time; everything else lives from the layer that makes it to the last that
reads it. The estimate is the sum at the moment when most lives:

- what layers hold for their backward pass. Values that are cheap to compute anew from others
  (`Op.fused`) aren't held, what they are computed from is. A layer may hold more (`Op.buffers`), and
  layers with kernels hold what enters, convolutions in another layout (`Op.keeps`);
- the values and gradients on their way from one layer to the next;
- a second copy of every weight, which the gradient reads while the first one's place is written
  anew; and the kernels of XLA's convolutions turned round, for the gradient of what enters;
- less what finds room in the first places of the weights, which stand free in between.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from archc.ir import Graph, Module, Node, Weight
from archc.ir.items import op_of, restored
from archc.ops import Op
from archc.passes.pool_first import pool_first
from archc.recipes.optimizer import Optimizer
from archc.types import TensorType

BYTES = {"float32": 4, "bf16": 2}


@dataclass(frozen=True)
class Estimate:
    """Bytes that a step of `batch` examples needs at its fullest moment.

    `optimizer` is the recipe's; without a recipe it is "", and plain `sgd` is meant. `weights` are all
    numbers that the network owns, `state` those of the optimizer, `batch_rows` the inputs of the batch, `kept` what
    waits for the backward pass, `workspace` whatever else lives then.
    """

    batch: int
    optimizer: str
    weights: int
    state: int
    batch_rows: int
    kept: int
    workspace: int

    @property
    def total(self) -> int:
        return self.weights + self.state + self.batch_rows + self.kept + self.workspace


def estimate(module: Module, batch: int | None = None) -> Estimate:
    """What a step of the module's recipe needs, or one of another batch; without a recipe, plain `sgd` is meant."""
    recipe = module.recipe
    size = batch or (recipe.batch if recipe else 1)
    optimizer = restored(recipe.optimizer) if recipe else None
    slots = optimizer.slots() if isinstance(optimizer, Optimizer) else 0
    walk = Walk(pool_first(module).graph, recipe.freeze if recipe else ())
    bytes_ = BYTES[recipe.precision if recipe else "float32"] * size
    kept, workspace = walk.fullest(bytes_)
    return Estimate(
        batch=size,
        optimizer=optimizer.name if optimizer else "",
        weights=4 * (module.graph.parameters + module.graph.state),
        state=4 * slots * sum(walk.learnt),
        batch_rows=4 * size * sum(TensorType(port.shape).size for port in module.graph.inputs),
        kept=kept,
        workspace=workspace,
    )


@dataclass(frozen=True, eq=False)
class Step:
    """A layer of the flat graph: its values by number, and its weights, which are shared where it doesn't own them."""

    op: Op
    reads: tuple[int, ...]
    gives: int
    x: TensorType
    weights: tuple[Weight, ...]
    learns: bool
    owns: bool


@dataclass(frozen=True)
class Span:
    """Something that lives from a moment to another, both included: so many numbers, for each example or `once`.

    What is `kept` waits for the backward pass; for as long as the copy of a weight lives, the `place`
    of the weight itself is free.
    """

    first: int
    last: int
    size: float
    once: bool = False
    kept: bool = False
    place: bool = False

    def bytes(self, example: int) -> int:
        return int(self.size * (4 if self.once else example))


class Walk:
    """The flat graph, walked forward (moments 0 … n - 1) and backward (n … 2 n - 1)."""

    def __init__(self, graph: Graph, frozen: Sequence[str]):
        self.frozen = tuple(frozen)
        self.sizes: list[int] = []
        self.ops: dict[int, Op] = {}
        self.steps: list[Step] = []
        inputs = {port.name: self.value(TensorType(port.shape)) for port in graph.inputs}
        self.inputs = frozenset(inputs.values())
        values = self.flat(graph, "", dict(inputs))
        self.outputs = {values[port.value] for port in graph.outputs}
        self.maker = {step.gives: i for i, step in enumerate(self.steps)}
        self.moving = self.reached()
        self.learnt = [
            TensorType(w.shape).size for s in self.steps for w in s.weights if s.owns and s.learns and w.trainable
        ]

    def value(self, type_: TensorType) -> int:
        self.sizes.append(type_.size)
        return len(self.sizes) - 1

    def flat(self, graph: Graph, scope: str, values: dict[str, int], shared: bool = False) -> dict[str, int]:
        """Adds the steps of a graph to which `values` flow; all its values by name."""
        shapes = {port.name: TensorType(port.shape) for port in graph.inputs}
        owners: dict[str, Node] = {}
        for node in graph.nodes:
            owners[node.name] = owners[node.shares] if node.shares else node
            reads = tuple(values[name] for name in node.inputs)
            owns = not (shared or node.shares)
            # what is shared has the name of its first use
            inner = f"{scope}{node.shares or node.name}."
            if node.body is None:
                weights = owners[node.name].weights
                values[node.name] = self.layer(node, weights, inner, reads, shapes[node.inputs[0]], owns)
            else:
                values[node.name] = self.body(node, scope if node.op == "repeat" else inner, reads, not owns)
            shapes[node.name] = TensorType(node.output)
        return values

    def layer(
        self, node: Node, weights: tuple[Weight, ...], scope: str, reads: tuple[int, ...], x: TensorType, owns: bool
    ) -> int:
        # copies of a repeat are one node
        op = self.ops.get(id(node)) or self.ops.setdefault(id(node), op_of(node))
        if op.view:
            return reads[0]
        learns = not any(scope.startswith(f"{part}.") for part in self.frozen)
        gives = self.value(TensorType(node.output))
        self.steps.append(Step(op, reads, gives, x, weights, learns, owns))
        return gives

    def body(self, node: Node, scope: str, reads: tuple[int, ...], shared: bool) -> int:
        """A block, or a repeat's copies one behind another."""
        assert node.body is not None
        for _ in range(node.count):
            given = {port.name: value for port, value in zip(node.body.inputs, reads, strict=True)}
            values = self.flat(node.body, scope, given, shared)
            reads = (values[node.body.outputs[0].value], *reads[1:])
        return reads[0]

    def reached(self) -> frozenset[int]:
        """The values that change when some weight does: those that have a gradient."""
        moving: set[int] = set()
        for step in self.steps:
            if moving.intersection(step.reads) or (step.learns and any(w.trainable for w in step.weights)):
                moving.add(step.gives)
        return frozenset(moving)

    def differentiated(self, step: Step) -> bool:
        """Whether it has a backward pass."""
        return bool(self.moving.intersection(step.reads)) or self.has_gradients(step)

    def has_gradients(self, step: Step) -> bool:
        """Whether weights of its own learn."""
        return step.learns and any(weight.trainable for weight in step.weights)

    def backward(self, number: int) -> int:
        """When a step's gradients are made."""
        return 2 * len(self.steps) - 1 - number

    def spans(self) -> Iterator[Span]:
        """Everything that lives for a part of a step only."""
        yield from self.values()
        yield from self.gradients()
        for i, step in enumerate(self.steps):
            if self.differentiated(step):
                held, end = step.op.buffers(step.x), self.backward(i)
                yield Span(i, end, held.kept, kept=True)
            if step.owns and self.has_gradients(step):
                kernels = [weight for weight in step.weights if weight.trainable]
                yield from (Span(0, self.backward(i), TensorType(w.shape).size, once=True, place=True) for w in kernels)
                if step.op.turns(step.x) and self.moving.intersection(step.reads):
                    yield Span(0, self.backward(i), TensorType(kernels[0].shape).size, once=True)

    def values(self) -> Iterator[Span]:
        """Values from where they are made to where they are last read, and their copies in another layout."""
        forward = defaultdict[int, int](int)
        backward, entering, copies = dict[int, int](), dict[int, int](), dict[int, int]()
        for i, step in reversed(list(enumerate(self.steps))):
            last = forward[step.gives] if step.op.fused else i
            for read in step.reads:
                forward[read] = max(forward[read], last)
                keeps = step.op.keeps if self.has_gradients(step) else ""
                waiting = {"": backward, "copy": copies, "input": entering if self.is_fused(read) else backward}[keeps]
                if self.differentiated(step) and not step.op.linear:
                    waiting[read] = max(waiting.get(read, 0), self.backward(i))
                if step.op.fused and step.gives in backward:
                    backward[read] = max(backward.get(read, 0), backward[step.gives])
        for value in self.inputs:
            yield Span(0, max(forward[value], backward.get(value, 0)), self.sizes[value])
        for value, end in (*entering.items(), *copies.items()):
            yield Span(self.maker.get(value, 0), end, self.sizes[value], kept=True)
        for i, step in enumerate(self.steps):
            if not step.op.fused:
                end = max(forward[step.gives], backward.get(step.gives, 0), i)
                yield Span(i, end, self.sizes[step.gives], kept=step.gives in backward)
                passing = (read for read in step.reads if self.is_fused(read) and read not in entering)
                yield Span(i, i, sum(self.sizes[read] for read in passing))

    def is_fused(self, value: int) -> bool:
        return value in self.maker and self.steps[self.maker[value]].op.fused

    def gradients(self) -> Iterator[Span]:
        """Gradients of values, from the last layer that reads them back to the one that makes them."""
        readers = defaultdict[int, list[int]](list)
        for i, step in enumerate(self.steps):
            for read in step.reads:
                readers[read].append(i)
        for value in sorted(self.moving):
            made, ops = self.maker[value], [self.steps[i].op for i in readers[value]]
            if not (self.is_fused(value) and all(op.fused or op.linear for op in ops)):
                first = max([made, *readers[value]])
                yield Span(self.backward(first), self.backward(made), self.sizes[value])

    def fullest(self, example: int) -> tuple[int, int]:
        """Bytes that are kept, and of all else, at the moment when most lives; `example` is what a number takes."""
        spans = list(self.spans())
        moments = [0] * (2 * len(self.steps) + 2)
        for span in spans:
            moments[span.first] += span.bytes(example)
            moments[span.last + 1] -= span.bytes(example)
        sums = list(accumulate(moments))
        moment = sums.index(max(sums))
        living = [span for span in spans if span.first <= moment <= span.last]
        kept = sum(span.bytes(example) for span in living if span.kept)
        taken = housed(living, example)
        return min(kept, sums[moment] - taken), max(sums[moment] - taken - kept, 0)


def housed(living: Sequence[Span], example: int) -> int:
    """How many bytes stand in the first places of weights, one thing in each.

    A place is free from when the weight was copied until its new value is written: what stands there
    ends before the copy does.
    """
    waiting = sorted((span.bytes(example), span.last) for span in living)
    places = sorted(((span.bytes(example), span.last) for span in living if span.place), reverse=True)
    total = 0
    for size, end in places:
        fitting = bisect_right(waiting, (size, end))
        while fitting and waiting[fitting - 1][1] >= end:
            fitting -= 1
        if fitting:
            total += waiting.pop(fitting - 1)[0]
    return total
