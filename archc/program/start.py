"""Writes the first values of weights and statistics."""

from collections.abc import Mapping as ByName
from dataclasses import dataclass

from archc.code import Call, Code, Literal, Mapping, Name
from archc.ir import Weight
from archc.ir.items import restored
from archc.program.body import LOCAL, Called, Keys, split_keys
from archc.program.functions import Draft, Names, together
from archc.program.plan import Plan, Step
from archc.program.printer import WIDTH, subscript
from archc.program.repeats import bound_names, key_per_copy, loop, stacked
from archc.program.statements import Assign, Compound, Line, Statement


@dataclass(frozen=True)
class Start:
    """Writes how the arrays of a graph start, calling the functions of its blocks."""

    called: Called

    def arrays(self, plan: Plan, keys: tuple[Code, ...], *, stats: bool) -> list[Statement]:
        """`params` and `stats` of a graph; with `stats` both, even if one is empty."""
        if any(step.repeats or (step.body and plan.stats) for step in plan.scopes):
            both = stats or (plan.params and plan.stats)
            begin = Line("params, stats = {}, {}" if both else f"{trees(plan)[0]} = {{}}")
            return [begin, *self.one_by_one(plan, keys, {})]
        values: dict[str, list[tuple[str | Code, Code]]] = {"params": [], "stats": []}
        left = list(keys)
        for step in plan.scopes:
            own = split(step, left) if step.body is None else {"params": self.call(step, left)}
            for tree, weights in own.items():
                values[tree].append((step.node.name, weights))
        statements: list[Statement] = []
        for tree, entries in values.items():
            if stats or entries:
                statements.append(Assign(f"{tree} = ", Mapping(tuple(entries)), open=stats and tree == "params"))
        return statements

    def one_by_one(self, plan: Plan, keys: tuple[Code, ...], scopes: ByName[str, Code]) -> list[Statement]:
        """A statement for each scope."""
        left = list(keys)
        statements: list[Statement] = []
        for step in plan.scopes:
            scope = scopes.get(step.node.name, step.node.name)
            if step.body is None:
                own = split(step, left)
                statements += [Assign(f"{tree}[{subscript(scope)}] = ", arrays) for tree, arrays in own.items()]
                continue
            if len(targets(step.body, scope)) > WIDTH // 2:
                statements.append(Line(f"name = {subscript(scope)}"))
                scope = Name("name")
            if not step.repeats:
                statements.append(Assign(f"{targets(step.body, scope)} = ", self.call(step, left)))
                continue
            key = left.pop(0) if step.draws else None
            if step.scanned:
                statements += self.stacked(plan, step, step.body, key)
            else:
                statements.append(self.loop(step, step.body, key))
        return statements

    def call(self, step: Step, keys: list[Code]) -> Call:
        """A call of the function of a block, which takes the first of `keys` if it has anything random."""
        use = self.called.uses[step]
        return Call(use.function.name, (keys.pop(0),) if step.draws else (), use.keywords)

    def stacked(self, plan: Plan, step: Step, body: Plan, key: Code | None) -> list[Statement]:
        """The arrays of all copies of a repeat, made at once; each has the numbers that it would have alone."""
        name = self.variable(step.node.name)
        inner = self.function(body)
        many = Call("jnp.arange", (Literal(step.node.count),)) if key is None else key_per_copy(key, step)
        return [
            Compound(f"def {name}({'_' if key is None else 'key'})", inner),
            Assign(f"{targets(body, stacked(plan, step))} = ", Call(f"jax.vmap({name})", (many,))),
        ]

    def loop(self, step: Step, body: Plan, key: Code | None) -> Compound:
        """The arrays of the copies of a repeat, one after another."""
        bound = {
            name: self.variable(variable) if variable != "name" else "name" for name, variable in bound_names(step)
        }
        keys = split_keys(body.draws, "copy_key", "copy_keys")
        inner = self.one_by_one(body, keys.each, {name: Name(variable) for name, variable in bound.items()})
        return loop(step, bound, None if key is None else key_per_copy(key, step), [*keys.split, *inner])

    def variable(self, name: str) -> str:
        while not self.called.names.free(name) or name in LOCAL:
            name += "_"
        return name

    def function(self, body: Plan) -> tuple[Statement, ...]:
        """The body of a function that takes `key`, if need be, and gives the arrays."""
        keys: Keys = split_keys(body.draws)
        statements = self.arrays(body, keys.each, stats=False)
        last = statements[-1]
        if len(statements) == 1 and isinstance(last, Assign):
            return (*keys.split, Assign("return ", last.value))
        return (*keys.split, *statements, Line(f"return {', '.join(trees(body))}"))


def trees(plan: Plan) -> list[str]:
    """Which trees a graph has arrays in."""
    return [tree for tree, has in (("params", plan.params), ("stats", plan.stats)) if has]


def targets(plan: Plan, scope: "str | Code") -> str:
    """`params["unit1"], stats["unit1"]`, as far as there are arrays."""
    return ", ".join(f"{tree}[{subscript(scope)}]" for tree in trees(plan))


def split(step: Step, keys: list[Code]) -> dict[str, Code]:
    """A layer's arrays by tree; the random ones take the first of `keys`."""

    def first(weight: Weight) -> tuple[str, Code]:
        initialiser = restored(weight.init)
        key = keys.pop(0) if initialiser.random and weight.trainable else Name("")
        return weight.name, initialiser.lower(weight.shape, key, weight.fans)

    found: dict[str, Code] = {}
    for tree, trainable in (("params", True), ("stats", False)):
        weights = [first(weight) for weight in step.node.weights if weight.trainable == trainable]
        if weights:
            found[tree] = Mapping(tuple(weights))
    return found


def write_starts(plan: Plan, names: Names) -> Called:
    """The functions that make the first values of all blocks, the innermost first."""
    called = Called(names)
    start = Start(called)
    by_height: dict[int, list[Step]] = {}
    for step in plan.blocks():
        assert step.body is not None
        if step.params or step.stats:
            by_height.setdefault(step.body.height, []).append(step)
    for _, steps in sorted(by_height.items()):
        drafts = [draft(step, start) for step in steps]
        called.uses.update(zip(steps, together(drafts, names, "init_", shapes=True), strict=True))
    return called


def draft(step: Step, start: Start) -> Draft:
    """The function that a use of a block would have by itself."""
    body = step.body
    assert body is not None
    what = " and ".join(kind for kind, has in (("weights", body.params), ("statistics", body.stats)) if has)
    about = f"First {what} of the block {body.graph.name}."
    positional = ("key",) if body.draws else ()
    return Draft(step.node, body.graph, positional, (), start.function(body), LOCAL, about)
