"""Writes what a model is: the functions of its blocks, init, adapt, apply, predict."""

import builtins
import keyword
from collections.abc import Iterable

from archc.code import Call, Code, Entry, Group, Literal, LiteralValue, Mapping, Name, call, kernels
from archc.ir import Graph, Module
from archc.ops import Update
from archc.program.body import BF16, LOCAL, Frame, Writer, lower, narrowed, updates, write_blocks
from archc.program.functions import Names, shortened
from archc.program.link import IMPORTS, definitions
from archc.program.lowering import Lowering, is_narrow, planned
from archc.program.plan import Step
from archc.program.printer import WIDTH, flat, layout, literal
from archc.program.roles import fast_bits, quick_init
from archc.program.start import Start, write_starts
from archc.program.statements import Statement, lines, used
from archc.program.variables import of_model

_FACE = """
MODEL BATCH EPOCHS STEPS PART_ROWS CHOOSE FINAL MONITOR METRICS GAPS PATIENCE EVAL_BATCH REPEATS TrainState init adapt
apply predict loss metrics summarize kept measure optimizer select run_steps parts best_epoch should_stop named main
filled part_names stacked_axes
"""
FACE = frozenset(_FACE.split())
"""Names that the program gives a meaning of its own."""

PARAMETERS = frozenset(["inputs", "outputs", "targets", "data", "state"])
"""Names that functions of the program give a meaning of their own, beside those that any may have."""

INIT = ("@jax.jit", "def init(key):", '    """The state before the first step."""')
QUICK_INIT = (
    '@jax.jit(compiler_options={"xla_backend_optimization_level": 0})',
    "def init(key):",
    '    """The state before the first step: compiled in haste, since it runs once."""',
)


class Network:
    """A graph on its way into Python; `uses` collects the kernels and modules it needs."""

    def __init__(self, module: Module, lowering: Lowering):
        self.module = module
        self.target = lowering.target
        self.plan = planned(module, lowering)
        raw = self.graph = self.plan.graph
        self.uses: set[str] = set()
        self.bf16 = is_narrow(module.recipe)
        # what statistics are taken from stays float32: in bfloat16, years would all be the same
        self.learners = [step for step in self.plan.steps if step.op is not None and step.op.adapts]
        self.wide = frozenset(self.ancestors(value for step in self.learners for value in step.node.inputs))
        taken = {*FACE, *IMPORTS, *definitions(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
        blocks = frozenset(step.body.graph.name for step in self.plan.blocks() if step.body)
        self.names = Names(taken, LOCAL | PARAMETERS, blocks)
        self.called = write_blocks(self.plan, self.names, BF16 if self.bf16 else "")
        self.starts = write_starts(self.plan, self.names)
        self.variables = of_model(raw, self.names)
        for function in (*self.called.functions, *self.starts.functions):
            self.uses.update(function.uses)

    def blocks(self) -> list[list[str]]:
        """The functions of the blocks."""
        return [function.lines(self.called.defaults) for function in self.called.functions]

    def init(self) -> list[list[str]]:
        """`init(key)`: the state before the first step, and the functions that it calls."""
        random = self.plan.draws
        keys = tuple(Entry("keys", (i,)) for i in range(random))
        arrays = Start(self.starts).arrays(self.plan, keys, stats=True)
        opt_state = Name("optimizer.init(params)") if self.module.recipe else Name("()")
        key: Code = Name("step_key" if random else "key")
        if fast_bits(self.module.recipe, self.plan, self.target):
            key = call("rbg_key", key)
        state = (Name("params"), Name("stats"), opt_state, Name("jnp.int32(0)"), key)
        init = [
            *(QUICK_INIT if quick_init(self.graph, self.target) else INIT),
            *([f"    *keys, step_key = jax.random.split(key, {random + 1})"] if random else []),
            *self.written(arrays),
            *self.statement(Call("TrainState", state), "return "),
        ]
        return [*(function.lines({}) for function in self.starts.functions), init]

    def adapt(self) -> list[str]:
        """`adapt(state, data)`: what `normalize` layers learn from the training rows."""
        names = [step.node.name for step in self.learners]
        if not names:
            return [
                "def adapt(state, data):",
                '    """No layer of this model learns anything from the data beforehand."""',
                "    del data",
                "    return state",
            ]
        begin = [
            "def adapt(state, data):",
            f'    """What {" and ".join(names)} learn{"s" if len(names) == 1 else ""} from the training rows."""',
        ]
        sources = {port.name: Entry("data", (0, port.name)) for port in self.graph.inputs}
        source = self.learners[0].node.inputs[0]
        if len(names) == 1 and source in sources:
            learnt = self.learnt(self.learners[0], sources[source])
            begin += self.statement(Mapping(((names[0], learnt),)), "learnt = ")
            return [*begin, "    return state._replace(stats={**state.stats, **learnt})"]
        begin.append("    inputs, stats = data[0], dict(state.stats)")
        needed = self.ancestors(names)
        read = {value for step in self.plan.steps if step.node.name in needed for value in step.node.inputs}
        for port in self.graph.inputs:
            if port.name in needed:
                begin += self.enter(port.name)
        frame = Frame(self.plan, self.variables, wide=self.wide, dtype=BF16 if self.bf16 else "")
        for step in self.plan.steps:
            if step.node.name not in needed:
                continue
            if step in self.learners:
                learnt = self.learnt(step, Name(self.variables.of[step.node.inputs[0]]))
                begin += self.statement(learnt, f"stats[{literal(step.node.name)}] = ")
            if step.node.name in read:
                begin += self.written(self.evaluated(frame, step))
        return [*begin, "    return state._replace(stats=stats)"]

    def learnt(self, step: Step, x: Code) -> Code:
        assert step.op is not None
        return step.op.adaptation(x)

    def evaluated(self, frame: Frame, step: Step) -> list[Statement]:
        """What a step before a `normalize` does: no such step is a block, owns weights, or is random."""
        source = self.variables.of[step.node.inputs[0]]
        found = list(updates(frame, step, lower(frame, step).evaluate, ""))
        if not found and frame.out(step) != source:
            return list(updates(frame, step, [Update(Name(source))], ""))
        return found

    def apply(self) -> list[str]:
        """`apply(params, stats, inputs, *, train, key)`: the network itself."""
        dtype = BF16 if self.bf16 else ""
        keys = tuple(Entry("keys", (i,)) for i in range(len(self.plan.keys)))
        writer = Writer(self.called)
        steps = list(writer.steps(Frame(self.plan, self.variables, keys, {}, dtype, self.wide)))
        unused = [name for name, used in (("train", writer.branches), ("key", keys)) if not used]
        shapes = ", ".join(f"[batch, {', '.join(map(str, port.shape))}]" for port in self.graph.outputs)
        begin = [
            "def apply(params, stats, inputs, *, train, key):",
            f'    """The network: {shapes}, and the new stats."""',
            *(
                [f"    del {', '.join(unused)}  # nothing in this model asks for {'them' if len(unused) > 1 else 'it'}"]
                if unused
                else []
            ),
            *([f"    keys = jax.random.split(key, {len(keys)})"] if keys else []),
            *(["    stats = dict(stats)"] if writer.moves else []),
        ]
        if self.bf16:
            begin += self.statement(Call("to_bf16", (Name("params"),)), "params = ")
        for port in self.graph.inputs:
            begin += self.enter(port.name, cast=self.bf16 and port.name not in self.wide)
        return [*begin, *self.written(steps), *self.results()]

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
        ends = {node.name: node.op for node in self.module.graph.nodes}
        linked: dict[str, str] = {}
        for port in self.module.graph.outputs:
            function, end = links.get(port.name, "linear"), ends.get(port.value, "")
            linked[port.name] = end if end == f"log_{function}" else function
        lines = [
            "def predict(params, stats, inputs):",
            '    """What the model says, in evaluation mode."""',
            "    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))",
        ]
        if len(linked) == 1:
            return [*lines, *self.statement(through(next(iter(linked.values())), Name("outputs")), "return ")]
        values = [(name, through(function, Entry("outputs", (name,)))) for name, function in linked.items()]
        return [*lines, *self.statement(Mapping(tuple(values)), "return ")]

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
        self.uses.update(kernels(code))
        return layout(code, 4, lead, open=open)

    def written(self, statements: Iterable[Statement]) -> list[str]:
        statements = list(shortened(statements, self.called.defaults))
        self.uses.update(used(statements))
        return list(lines(statements))


def through(function: str, raw: Code) -> Code:
    """What the file says, from the program's raw value."""
    return raw if function == "linear" else Call(f"jax.nn.{function}", (raw,))


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
