"""For which layer XLA does each of its operations: read off what it compiled.

JAX notes with every operation the lines of Python that asked for it, and XLA keeps the notes for what it makes of them.
Where it fuses operations of several layers, each has a share of the time by what it computes in there. What XLA adds of
its own, such as a change of layout, has no note, and is done for those that read it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal, NamedTuple

from archc.train.profiling.hlo import Hlo, Instruction
from archc.train.profiling.owners import Key, Owners

Part = Literal["network", "loss", "metrics", "optimizer", "batch", "loop"]
"""What a step does beside layers. `network` is what stands between them, `batch` gathers the rows of a step, `loop` is
the loop over steps."""


class Slot(NamedTuple):
    """What time is spent on: a layer or a part, and whether for its gradient."""

    of: Key | Part
    backward: bool = False


Shares = Mapping[Slot, float]
"""How much of an operation is whose. They sum to 1; to 0 where it isn't known whose it is."""

FREE = frozenset(["parameter", "constant", "bitcast", "tuple", "get-tuple-element", "broadcast", "iota", "reshape"])
"""What costs nothing inside a fused operation."""

MOVES = FREE | frozenset(["copy", "transpose", "convert", "pad", "slice", "concatenate", "reverse"])
"""What only brings numbers into another order: it is done for who reads them."""

_FUNCTIONS = ["exponential", "exponential-minus-one", "log", "log-plus-one", "logistic", "power", "tanh", "erf"]
COSTLY = frozenset([*_FUNCTIONS, "sqrt", "rsqrt", "cbrt", "sine", "cosine", "tan", "atan2", "divide", "remainder"])
_COSTLY = 8
"""What a function that isn't one instruction of the processor costs, in additions; roughly."""

_ENTRY = re.compile(r"\['([^']*)'\]")
_WRAPPED = re.compile(r"(?:transpose|jvp|vmap)\(|\)")
"""What JAX writes around the scopes of an operation."""


@dataclass
class Attribution:
    """Whose the operations of a module are. `file` is the program, `scopes` leads from scopes of weights to layers."""

    hlo: Hlo
    owners: Owners
    file: str
    scopes: Mapping[str, Key]
    _known: dict[str, Shares] = field(default_factory=dict)
    _noted: dict[tuple[int, Key | None, bool], Slot | None] = field(default_factory=dict)

    def shares(self, name: str) -> Shares:
        """Whose the operation of that name is."""
        if name not in self._known:
            instruction = self.hlo.instructions.get(name)
            # an operation that is asked for again while it is looked at reads itself, in a loop
            self._known[name] = {}
            self._known[name] = self._found(instruction) if instruction else {}
        return self._known[name]

    def _found(self, each: Instruction) -> Shares:
        if each.opcode == "fusion" and (inner := self._inside(each)):
            return inner
        noted = self._slot(each)
        if noted is not None:
            return {noted: 1.0}
        return self._for_readers(each) or self._of_weight(each) or self._like_read(each)

    def _inside(self, fusion: Instruction) -> Shares:
        """By what each layer computes in a fused operation."""
        found: dict[Slot, float] = {}
        for each in self._computed(fusion):
            slot = self._slot(each)
            work = self.work(each)
            if slot is not None and work:
                found[slot] = found.get(slot, 0) + work
        total = sum(found.values())
        return {slot: work / total for slot, work in found.items()}

    def _computed(self, instruction: Instruction) -> Iterator[Instruction]:
        for called in instruction.calls:
            for each in self.hlo.computations.get(called, ()):
                yield each
                if each.opcode in ("fusion", "call"):
                    yield from self._computed(each)

    def work(self, each: Instruction) -> float:
        """About how many additions it is worth."""
        sizes = [self.hlo.instructions[name].shape for name in each.reads if name in self.hlo.instructions]
        if each.opcode in FREE or each.opcode in ("fusion", "call"):
            return 0
        if each.opcode == "dot" and sizes:
            return 2 * each.elements * prod(sizes[0][axis] for axis in each.contracted)
        if each.opcode == "convolution" and len(sizes) > 1:
            return 2 * each.elements * prod(sizes[1]) / max(each.shape[-1], 1)
        if each.opcode.startswith(("reduce", "scatter", "select-and-scatter")):
            return max([each.elements, *map(prod, sizes)])
        return each.elements * (_COSTLY if each.opcode in COSTLY else 1)

    def _slot(self, each: Instruction) -> Slot | None:
        """Whose an operation is by its own notes; None where they don't say."""
        key = each.frame, self._scoped(each.path), "transpose(" in each.path
        if key not in self._noted:
            self._noted[key] = self._read(*key)
        return self._noted[key]

    def _scoped(self, path: str) -> Key | None:
        """The layer whose scope of weights stands in the path of an operation."""
        parts = _WRAPPED.sub("", path).split("/")[1:-1]
        for first in range(len(parts)):
            for end in range(len(parts), first, -1):
                found = self.scopes.get(".".join(parts[first:end]))
                if found is not None:
                    return found
        return None

    def _read(self, frame: int, scoped: Key | None, backward: bool) -> Slot | None:
        stack = [line for line in self.hlo.stack(frame) if line.file == self.file]
        layer = self.owners.layer(stack, self.file)
        if layer is not None:
            return Slot(layer, backward)
        functions = {line.function.rpartition(".")[2]: line.line for line in stack}
        match functions:
            case {"apply": _}:
                return Slot("network", backward)
            case {"metrics": _}:
                return Slot("metrics")
            case {"loss": _} | {"objective": _}:
                return Slot("loss", backward)
            case {"train_step": line}:
                return Slot("batch" if line in self.owners.gathering else "optimizer")
            case {"device_loop": _}:
                return Slot("loop")
        # a gradient that a kernel writes itself is asked for outside of all layers
        return Slot(scoped, backward) if scoped is not None and backward else None

    def _for_readers(self, each: Instruction) -> Shares:
        """What it is done for: the layer that reads it first."""
        for reader in self.hlo.readers.get(each.name, ()):
            shares = self.shares(reader.name)
            if any(slot.of != "optimizer" for slot in shares):
                return shares
        return {}

    def _of_weight(self, each: Instruction) -> Shares:
        """What the optimizer reads beside a weight, its state and its new value is the weight's gradient."""
        if all(self.hlo.instructions[name].opcode in MOVES for name in self._with_inner(each)):
            return {}
        for reader in self.hlo.readers.get(each.name, ()):
            for name in reader.reads:
                beside = self.hlo.instructions.get(name)
                entries = _ENTRY.findall(beside.path) if beside and beside.opcode == "parameter" else []
                layer = self.scopes.get(".".join(entries[:-1]))
                if layer is not None:
                    return {Slot(layer, True): 1.0}
        return {}

    def _with_inner(self, each: Instruction) -> Iterator[str]:
        if each.opcode != "fusion":
            yield each.name
        yield from (inner.name for inner in self._computed(each) if inner.opcode != "fusion")

    def _like_read(self, each: Instruction) -> Shares:
        """Whose what it reads is, or who else reads it."""
        for name in each.reads:
            shares = self.shares(name)
            if shares:
                return shares
        readers = self.hlo.readers.get(each.name, ())
        return next((found for reader in readers if (found := self.shares(reader.name))), {})
