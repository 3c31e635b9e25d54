"""Writes what a model is: init, adapt, apply, predict."""

import builtins
import keyword
from collections.abc import Iterable

from archc.code import Call, Code, Entry, Group, Literal, LiteralValue, Mapping, Name, kernels
from archc.ir import Graph, Module, Node
from archc.ir.items import op_of, restored
from archc.ops import Lowered, Site, Update
from archc.program.link import IMPORTS, definitions
from archc.program.printer import WIDTH, flat, harmless, layout, literal
from archc.types import TensorType

_FACE = """
MODEL BATCH EPOCHS STEPS PART_ROWS CHOOSE FINAL MONITOR METRICS PATIENCE EVAL_BATCH TrainState init adapt
apply predict loss metrics optimizer select params stats inputs outputs targets train key keys data state x moved
"""
FACE = frozenset(_FACE.split())
"""Names that the program gives a meaning of its own."""


BF16 = "jnp.bfloat16"


class Network:
    """A graph on its way into Python; `uses` collects the kernels and modules it needs."""

    def __init__(self, module: Module, raw: Graph):
        self.module = module
        self.graph = raw
        self.uses: set[str] = set()
        self.bf16 = module.recipe is not None and module.recipe.precision == "bf16"
        self.ops = {node.name: op_of(node) for node in raw.nodes}
        self.variables = Variables(raw)
        # what statistics are taken from stays float32: in bfloat16, years would all be the same
        learners = [node for node in raw.nodes if self.ops[node.name].adapts]
        self.wide = self.ancestors(value for node in learners for value in node.inputs)
        self.keys = {node.name: i for i, node in enumerate(n for n in raw.nodes if self.ops[n.name].random)}

    def init(self) -> list[str]:
        """`init(key)`: the state before the first step."""
        makers = {
            node.name: [(w, restored(w.init)) for w in node.weights if w.trainable]
            for node in self.graph.nodes
            if any(w.trainable for w in node.weights)
        }
        random = sum(initialiser.random for pairs in makers.values() for _, initialiser in pairs)
        count, entries = 0, []
        for scope, pairs in makers.items():
            weights = []
            for weight, initialiser in pairs:
                weights.append((weight.name, initialiser.lower(weight.shape, Entry("keys", (count,)))))
                count += initialiser.random
            entries.append((scope, Mapping(tuple(weights))))
        stats = tuple(
            (
                node.name,
                Mapping(
                    tuple((w.name, restored(w.init).lower(w.shape, Name(""))) for w in node.weights if not w.trainable)
                ),
            )
            for node in self.graph.nodes
            if any(not w.trainable for w in node.weights)
        )
        opt_state = Name("optimizer.init(params)") if self.module.recipe else Name("()")
        state = (Name("params"), Name("stats"), opt_state, Name("jnp.int32(0)"), Name("step_key" if random else "key"))
        return [
            "@jax.jit",
            "def init(key):",
            '    """The state before the first step."""',
            *([f"    *keys, step_key = jax.random.split(key, {random + 1})"] if random else []),
            *self.statement(Mapping(tuple(entries)), "params = ", open=True),
            *self.statement(Mapping(stats), "stats = "),
            *self.statement(Call("TrainState", state), "return "),
        ]

    def adapt(self) -> list[str]:
        """`adapt(state, data)`: what `normalize` layers learn from the training rows."""
        learners = [node.name for node in self.graph.nodes if self.ops[node.name].adapts]
        if not learners:
            return [
                "def adapt(state, data):",
                '    """No layer of this model learns anything from the data beforehand."""',
                "    del data",
                "    return state",
            ]
        lines = [
            "def adapt(state, data):",
            f'    """What {" and ".join(learners)} learn{"s" if len(learners) == 1 else ""} from the training rows."""',
        ]
        sources = {port.name: Entry("data", (0, port.name)) for port in self.graph.inputs}
        first = next(node for node in self.graph.nodes if node.name == learners[0])
        if len(learners) == 1 and first.inputs[0] in sources:
            learnt = self.ops[first.name].adaptation(sources[first.inputs[0]])
            lines += self.statement(Mapping(((first.name, learnt),)), "learnt = ")
            return [*lines, "    return state._replace(stats={**state.stats, **learnt})"]
        lines.append("    inputs, stats = data[0], dict(state.stats)")
        needed = self.ancestors(learners)
        read = {value for node in self.graph.nodes if node.name in needed for value in node.inputs}
        for port in self.graph.inputs:
            if port.name in needed:
                lines += self.enter(port.name)
        for node in self.graph.nodes:
            if node.name not in needed:
                continue
            if self.ops[node.name].adapts:
                learnt = self.ops[node.name].adaptation(Name(self.variables.of[node.inputs[0]]))
                lines += self.statement(learnt, f"stats[{literal(node.name)}] = ")
            if node.name in read:
                lines += self.updates(node, self.lowered(node).evaluate, 4, "")
        return [*lines, "    return state._replace(stats=stats)"]

    def apply(self) -> list[str]:
        """`apply(params, stats, inputs, *, train, key)`: the network itself."""
        lowered = {node.name: self.lowered(node) for node in self.graph.nodes}
        branches = any(both.train != both.evaluate for both in lowered.values())
        moves = any(update.moves_stats for both in lowered.values() for update in both.train)
        unused = [name for name, used in (("train", branches), ("key", self.keys)) if not used]
        shapes = ", ".join(f"[batch, {', '.join(map(str, port.shape))}]" for port in self.graph.outputs)
        lines = [
            "def apply(params, stats, inputs, *, train, key):",
            f'    """The network: {shapes}, and the new stats."""',
            *(
                [f"    del {', '.join(unused)}  # nothing in this model asks for {'them' if len(unused) > 1 else 'it'}"]
                if unused
                else []
            ),
            *([f"    keys = jax.random.split(key, {len(self.keys)})"] if self.keys else []),
            *(["    stats = dict(stats)"] if moves else []),
        ]
        if self.bf16:
            lines += self.statement(Call("to_bf16", (Name("params"),)), "params = ")
        for port in self.graph.inputs:
            lines += self.enter(port.name, cast=self.bf16 and port.name not in self.wide)
        for node in self.graph.nodes:
            lines += self.layer(node, lowered[node.name])
        return [*lines, *self.results()]

    def layer(self, node: Node, lowered: Lowered) -> list[str]:
        """A layer's lines; one that owns arrays stands in a scope of its name."""
        place = f"{harmless(node.place.file)}:{node.place.line}"
        scoped = any(weight.trainable for weight in node.weights)
        indent = 8 if scoped else 4
        if lowered.train == lowered.evaluate:
            body = self.updates(node, lowered.train, indent, place)
        else:
            body = [" " * indent + "if train:", *self.updates(node, lowered.train, indent + 4, place)]
            if lowered.evaluate:
                body += [" " * indent + "else:", *self.updates(node, lowered.evaluate, indent + 4, place)]
            elif (
                node.inputs[0] in self.variables.of
                and self.variables.of[node.inputs[0]] != self.variables.of[node.name]
            ):
                body += [
                    " " * indent + "else:",
                    *self.updates(node, (Update(Name(self.variables.of[node.inputs[0]])),), indent + 4, place),
                ]
        return [f"    with jax.named_scope({literal(node.name)}):", *body] if scoped else body

    def updates(self, node: Node, updates: Iterable[Update], indent: int, place: str) -> list[str]:
        out = self.variables.of[node.name]
        updates = tuple(updates)
        lines = []
        for i, update in enumerate(updates):
            self.use(update.value)
            comment = place if i == len(updates) - 1 else ""
            if not update.moves_stats:
                lines += layout(update.value, indent, f"{out} = ", comment=comment)
                continue
            stats = f"stats[{literal(node.name)}] = "
            if len(out) + len(stats) < WIDTH // 2:
                lines += layout(update.value, indent, f"{out}, {stats}", comment=comment)
            else:
                lines += layout(update.value, indent, f"{out}, moved = ", comment=comment)
                lines.append(f"{' ' * indent}{stats}moved")
        if not updates and place == "" and out != self.variables.of[node.inputs[0]]:
            lines.append(f"{' ' * indent}{out} = {self.variables.of[node.inputs[0]]}")
        return lines

    def results(self) -> list[str]:
        values: list[tuple[str, Code]] = []
        for port in self.graph.outputs:
            value = Name(self.variables.of[port.value])
            values.append((port.name, Call("jnp.astype", (value, Name("jnp.float32"))) if self.bf16 else value))
        if len(values) > 1:
            return [*self.statement(Mapping(tuple(values)), "outputs = "), "    return outputs, stats"]
        line = f"    return {flat(values[0][1])}, stats"
        return [line] if len(line) <= WIDTH else self.statement(Group((values[0][1], Name("stats"))), "return ")

    def predict(self) -> list[str]:
        """`predict(params, stats, inputs)`: what the file says the model gives."""
        links = self.module.recipe.links if self.module.recipe else {}
        linked = {port.name: links.get(port.name, "linear") for port in self.graph.outputs}
        lines = [
            "def predict(params, stats, inputs):",
            '    """What the model says, in evaluation mode."""',
            "    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))",
        ]
        if len(linked) == 1:
            return [*lines, *self.statement(through(next(iter(linked.values())), Name("outputs")), "return ")]
        values = [(name, through(function, Entry("outputs", (name,)))) for name, function in linked.items()]
        return [*lines, *self.statement(Mapping(tuple(values)), "return ")]

    def lowered(self, node: Node) -> Lowered:
        op, source = self.ops[node.name], node.inputs[0]
        x: Code = Name(self.variables.of[source])
        narrows = self.bf16 and source in self.wide and node.name not in self.wide and not op.adapts
        if narrows:
            x = narrowed(x)
        before = TensorType(self.graph.value_shape(source))
        out = Name(self.variables.of[node.name])
        dtype = BF16 if self.bf16 and node.name not in self.wide else ""
        site = Site(node.name, x, out, before, TensorType(node.output), self.keys.get(node.name, 0), dtype)
        lowered = op.lower(site)
        if narrows and not lowered.evaluate:
            return Lowered(lowered.train, (Update(x),))
        return lowered

    def enter(self, name: str, *, cast: bool = False) -> list[str]:
        entry: Code = Entry("inputs", (name,))
        return self.statement(narrowed(entry) if cast else entry, f"{self.variables.of[name]} = ")

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """The values that those of `names` are computed from, themselves included."""
        needed = set(names)
        for node in reversed(self.graph.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return needed

    def statement(self, code: Code, lead: str, *, open: bool = False) -> list[str]:
        self.use(code)
        return layout(code, 4, lead, open=open)

    def use(self, code: Code) -> None:
        self.uses.update(kernels(code))


def narrowed(value: Code) -> Code:
    """A value in bfloat16."""
    return Call("jnp.astype", (value, Name(BF16)))


def through(function: str, raw: Code) -> Code:
    """What the file says, from the program's raw value."""
    return raw if function == "linear" else Call(f"jax.nn.{function}", (raw,))


class Variables:
    """Which variable holds each value: `x` as long as only the next layer needs it, else one of its own."""

    def __init__(self, graph: Graph):
        self.of: dict[str, str] = {}
        self.taken = {*FACE, *IMPORTS, *definitions(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
        last: dict[str, int] = {}
        for i, node in enumerate(graph.nodes):
            last.update(dict.fromkeys(node.inputs, i))
        last.update({port.value: len(graph.nodes) for port in graph.outputs})
        holder = ""
        for i, port in enumerate(graph.inputs):
            holder = self.place(port.name, holder, i == len(graph.inputs) - 1)
        for i, node in enumerate(graph.nodes):
            free = not holder or last.get(holder, -1) <= i
            holder = self.place(node.name, holder, free)

    def place(self, value: str, holder: str, free: bool) -> str:
        """Gives `value` a variable and returns the value that `x` holds then."""
        if free:
            self.of[value] = "x"
            return value
        name = value
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.of[value] = name
        return holder


def model_dict(module: Module, raw: Graph) -> list[str]:
    """`MODEL`."""
    recipe = module.recipe
    summary: LiteralValue = None
    if recipe is not None:
        summary = {"data": recipe.data.name, "precision": recipe.precision, "seed": recipe.seed}
    return layout(
        Mapping(
            (
                ("name", Literal(module.graph.name)),
                ("source", Literal(module.source)),
                ("sha256", Literal(module.sha256)),
                ("licence", Literal(f"belongs to whoever wrote {module.source}")),
                ("inputs", Literal({port.name: port.shape for port in raw.inputs})),
                ("outputs", Literal({port.name: port.shape for port in raw.outputs})),
                ("recipe", Literal(summary)),
            )
        ),
        0,
        "MODEL = ",
        open=True,
    )
