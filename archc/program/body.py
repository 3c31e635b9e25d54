"""Writes what the steps of a graph do, as the statements of a function."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from archc.code import Call, Code, Entry, Group, Literal, Name
from archc.ops import Lowered, Site, Update
from archc.passes.pool_first import turned
from archc.program.functions import Defaults, Draft, Function, Names, Use, together
from archc.program.plan import Plan, Step
from archc.program.printer import WIDTH, harmless, subscript
from archc.program.repeats import bound_names, key_per_copy, loop, stacked
from archc.program.statements import Assign, Compound, Line, Statement
from archc.program.variables import PASSING, Variables, of_block

BF16 = "jnp.bfloat16"

POOLED = "# f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute"

LOCAL = frozenset(
    {"params", "stats", "train", "key", "keys", "copy", "copy_key", "copy_keys", "i", "name", "moved", *PASSING}
)
"""Variables that any function may have."""


@dataclass
class Called:
    """The functions of the blocks, as far as they are written: how each use calls its own, and what that moves."""

    names: Names
    uses: dict[Step, Use] = field(default_factory=dict)
    moving: dict[Step, bool] = field(default_factory=dict)

    @property
    def functions(self) -> list[Function]:
        """Every function once, those that others call first."""
        return list(dict.fromkeys(use.function for use in self.uses.values()))

    @property
    def defaults(self) -> Defaults:
        return {function.name: function.defaults for function in self.functions}


@dataclass(frozen=True)
class Frame:
    """Where steps are written. `keys` are the random keys by number, `scopes` variables that hold names of scopes,
    `dtype` is what values are kept in where that isn't float32; what is `wide` stays float32."""

    plan: Plan
    variables: Variables
    keys: tuple[Code, ...] = ()
    scopes: Mapping[str, Code] = field(default_factory=dict)
    dtype: str = ""
    wide: frozenset[str] = frozenset()

    def scope(self, step: Step) -> "str | Code":
        return self.scopes.get(step.scope, step.scope)

    def out(self, step: Step) -> str:
        return self.variables.of[step.node.name]

    def narrows(self, step: Step, value: str) -> bool:
        """Whether a value that a step takes is rounded before."""
        adapts = step.op is not None and step.op.adapts
        return bool(self.dtype) and value in self.wide and step.node.name not in self.wide and not adapts

    def taken(self, step: Step) -> list[Code]:
        """What a step takes."""
        names = [(value, Name(self.variables.of[value])) for value in step.node.inputs]
        return [narrowed(name) if self.narrows(step, value) else name for value, name in names]

    def key(self, step: Step) -> Code:
        return self.keys[self.plan.keys[step.node.name]]


@dataclass
class Writer:
    """Writes the steps of one function; `branches` and `moves` tell whether `train` matters and stats are moved."""

    called: Called
    branches: bool = False
    moves: bool = False

    def steps(self, frame: Frame) -> Iterator[Statement]:
        behind_pooling = {node.name for node in turned(frame.plan.graph)}
        for i, step in enumerate(frame.plan.steps):
            if step.body is None:
                if step.node.name in behind_pooling:
                    yield Line(POOLED)
                yield from self.layer(frame, step)
            elif not step.repeats:
                yield from self.call(frame, step)
            elif step.scanned:
                yield from self.scan(frame, step, step.body)
            else:
                yield from self.loop(frame, i, step, step.body)

    def layer(self, frame: Frame, step: Step) -> list[Statement]:
        """A layer's statements; one that owns arrays stands in a scope of its name."""
        lowered, comment = lower(frame, step), place(step)
        self.moves |= any(update.moves_stats for update in lowered.train)
        if lowered.train == lowered.evaluate:
            return scoped(frame, step, updates(frame, step, lowered.train, comment))
        self.branches = True
        body = [Compound("if train", updates(frame, step, lowered.train, comment))]
        source = frame.variables.of[step.node.inputs[0]]
        if lowered.evaluate:
            body.append(Compound("else", updates(frame, step, lowered.evaluate, comment)))
        elif source != frame.out(step):
            body.append(Compound("else", updates(frame, step, (Update(Name(source)),), comment)))
        return scoped(frame, step, body)

    def call(self, frame: Frame, step: Step) -> list[Statement]:
        """A call of a block's function."""
        use, scope = self.called.uses[step], frame.scope(step)
        self.branches |= "train" in use.function.flags
        own = [Entry(tree, (scope,)) for tree, has in (("params", step.params), ("stats", step.stats)) if has]
        keywords = tuple((name, frame.key(step) if name == "key" else value) for name, value in use.keywords)
        value = Call(use.function.name, (*own, *frame.taken(step)), keywords)
        out = frame.out(step)
        if not self.called.moving[step]:
            return scoped(frame, step, [Assign(f"{out} = ", value, place(step))])
        self.moves = True
        return scoped(frame, step, moved(out, scope, value, place(step)))

    def loop(self, frame: Frame, i: int, step: Step, body: Plan) -> list[Statement]:
        """A repeat as a Python loop, each copy with arrays of its own."""
        variables, out = frame.variables, frame.out(step)
        first, *others = frame.taken(step)
        entering = [variables.of[value] for value in step.node.inputs[1:]]
        busy = {*variables.busy[i], *entering, out}
        free = (out, *(name for name in PASSING if name not in busy))
        bound = {
            name: variable if variable == "name" else variables.fresh(variable) for name, variable in bound_names(step)
        }
        inside = Variables(body.graph, (out, *entering), variables.names, variables.own, free)
        keys = split_keys(len(body.keys), "copy_key", "copy_keys")
        scopes = {name: Name(variable) for name, variable in bound.items()}
        inner = list(self.steps(Frame(body, inside, keys.each, scopes, frame.dtype)))
        result = inside.of[body.graph.outputs[0].value]
        if result != out:
            inner.append(Line(f"{out} = {result}"))
        before: list[Statement] = [] if first == Name(out) else [Assign(f"{out} = ", first)]
        if not inner:
            return before
        before += rounded(entering, others)
        key = key_per_copy(frame.key(step), step) if step.random else None
        return [*before, loop(step, bound, key, [*keys.split, *inner])]

    def scan(self, frame: Frame, step: Step, body: Plan) -> list[Statement]:
        """A repeat as one device loop, over arrays that are stacked copy by copy."""
        variables = frame.variables
        first, *others = frame.taken(step)
        entering = [variables.of[value] for value in step.node.inputs[1:]]
        free = tuple(name for name in PASSING if name not in entering)
        own = set(variables.own)
        function = variables.fresh(step.node.name)
        inside = Variables(body.graph, (free[0], *entering), variables.names, own, free)
        writer, keys = Writer(self.called), split_keys(len(body.keys))
        inner = list(writer.steps(Frame(body, inside, keys.each, {}, frame.dtype)))
        if not inner:
            return [] if first == Name(frame.out(step)) else [Assign(f"{frame.out(step)} = ", first)]
        self.branches |= writer.branches
        self.moves |= writer.moves
        key = stacked(frame.plan, step)
        parts: list[tuple[str, Code]] = [
            (tree, Entry(tree, (key,))) for tree, has in (("params", step.params), ("stats", step.stats)) if has
        ]
        if step.random:
            parts.append(("key", key_per_copy(frame.key(step), step)))
        copy = parts[0][0] if len(parts) == 1 else "copy" if parts else "_"
        begin: list[Statement] = [Line(f"{', '.join(name for name, _ in parts)} = copy")] if len(parts) > 1 else []
        begin += [*keys.split, *([Line("stats = dict(stats)")] if writer.moves else [])]
        result = inside.of[body.graph.outputs[0].value]
        end = Line(f"return {result}, {'stats' if writer.moves else 'None'}")
        over: Code = parts[0][1] if len(parts) == 1 else Group(tuple(code for _, code in parts))
        length = () if parts else (("length", Literal(step.node.count)),)
        scan = Call("jax.lax.scan", (Name(function), first, over if parts else Name("None")), length)
        rest = f"stats[{subscript(key)}]" if writer.moves else "_"
        return [
            *rounded(entering, others),
            Compound(f"def {function}({free[0]}, {copy})", (*begin, *inner, end)),
            Assign(f"{frame.out(step)}, {rest} = ", scan, place(step)),
        ]


@dataclass(frozen=True)
class Keys:
    """The random keys inside a block or repeat, which is given one: what splits it, and each by number."""

    split: tuple[Statement, ...]
    each: tuple[Code, ...]


def split_keys(count: int, given: str = "key", keys: str = "keys") -> Keys:
    """`count` random keys out of the `given` one, which does if one is needed."""
    if count < 2:
        return Keys((), (Name(given),) * count)
    split = Assign(f"{keys} = ", Call("jax.random.split", (Name(given), Literal(count))))
    return Keys((split,), tuple(Entry(keys, (i,)) for i in range(count)))


def lower(frame: Frame, step: Step) -> Lowered:
    """What a layer does there."""
    assert step.op is not None
    shapes, taken = frame.plan.shapes, frame.taken(step)
    narrows = frame.narrows(step, step.node.inputs[0])
    site = Site(
        frame.scope(step),
        taken[0],
        Name(frame.out(step)),
        shapes[step.node.inputs[0]],
        shapes[step.node.name],
        frame.key(step) if step.op.random else Name("key"),
        "" if step.node.name in frame.wide else frame.dtype,
        tuple(taken[1:]),
        tuple(shapes[value] for value in step.node.inputs[1:]),
        step.form.kernel if step.form else "",
    )
    lowered = step.op.lower(site)
    if narrows and not lowered.evaluate:
        return Lowered(lowered.train, (Update(taken[0]),))
    return lowered


def updates(frame: Frame, step: Step, updates: Iterable[Update], comment: str) -> tuple[Statement, ...]:
    """What a layer does to its value and its statistics; the last line says where it is written."""
    out, updates = frame.out(step), tuple(updates)
    statements: list[Statement] = []
    for i, update in enumerate(updates):
        behind = comment if i == len(updates) - 1 else ""
        if update.moves_stats:
            statements += moved(out, frame.scope(step), update.value, behind)
        else:
            statements.append(Assign(f"{out} = ", update.value, behind))
    return tuple(statements)


def moved(out: str, scope: "str | Code", value: Code, comment: str) -> list[Statement]:
    """`out, stats[scope] = value`, on two lines where names are long."""
    stats = f"stats[{subscript(scope)}] = "
    if len(out) + len(stats) < WIDTH // 2:
        return [Assign(f"{out}, {stats}", value, comment)]
    return [Assign(f"{out}, moved = ", value, comment), Line(f"{stats}moved")]


def scoped(frame: Frame, step: Step, body: Iterable[Statement]) -> list[Statement]:
    """Statements under the name by which the step's weights are known, if it has any."""
    if not step.params:
        return list(body)
    return [Compound(f"with jax.named_scope({subscript(frame.scope(step))})", tuple(body))]


def rounded(names: Iterable[str], values: Iterable[Code]) -> list[Statement]:
    """Variables that a loop takes, where they are not what it takes as they are."""
    return [Assign(f"{name} = ", value) for name, value in zip(names, values, strict=True) if value != Name(name)]


def place(step: Step) -> str:
    return f"{harmless(step.node.place.file)}:{step.node.place.line}"


def narrowed(value: Code) -> Code:
    """A value in bfloat16."""
    return Call("jnp.astype", (value, Name(BF16)))


def write_blocks(plan: Plan, names: Names, dtype: str) -> Called:
    """The functions of all blocks, the innermost first; `dtype` is that of their values."""
    called = Called(names)
    by_height: dict[int, list[Step]] = {}
    for step in plan.blocks():
        assert step.body is not None
        by_height.setdefault(step.body.height, []).append(step)
    for _, steps in sorted(by_height.items()):
        drafts = [draft(step, called, dtype) for step in steps]
        called.uses.update(zip(steps, together(drafts, names), strict=True))
    return called


def draft(step: Step, called: Called, dtype: str) -> Draft:
    """The function that a use of a block would have by itself."""
    body = step.body
    assert body is not None
    writer, variables, keys = Writer(called), of_block(body.graph, called.names), split_keys(len(body.keys))
    steps = list(writer.steps(Frame(body, variables, keys.each, {}, dtype)))
    called.moving[step] = writer.moves
    result = variables.of[body.graph.outputs[0].value]
    statements = (
        *keys.split,
        *([Line("stats = dict(stats)")] if writer.moves else []),
        *steps,
        Line(f"return {result}, stats" if writer.moves else f"return {result}"),
    )
    own = [tree for tree, has in (("params", body.params), ("stats", body.stats)) if has]
    entering = [variables.of[port.name] for port in body.graph.inputs]
    flags = [flag for flag, has in (("train", writer.branches), ("key", body.random)) if has]
    positional = (*own, *entering)
    return Draft(step.node, body.graph, positional, tuple(flags), statements, frozenset(variables.own) | LOCAL)
