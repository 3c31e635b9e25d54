"""Writes what a model learns by: loss, metrics, optimizer, and the columns it reads."""

from archc.code import Call, Code, Entry, Literal, Mapping, Name, Operation, call, kernels
from archc.ir import Graph, Recipe
from archc.ir.items import restored
from archc.ir.recipe import LossTerm, MetricTerm
from archc.ir.scoring import scale
from archc.program.printer import flat, layout
from archc.recipes.metric import MASK, Metric
from archc.recipes.optimizer import whole, without
from archc.types import TensorType

MEANS: dict[str, str] = {}
COUNTING = {"device_loop": "device_loop_counting", "evaluate": "evaluate_counting"}
KEEPING = COUNTING | {"evaluate": "evaluate_keeping", "evaluate_step": "evaluate_step_keeping"}


def ways(recipe: Recipe) -> dict[str, str]:
    """Which siblings of the steps the metrics need, by their jobs; none if all are means over examples."""
    forms = {metric.form for term in recipe.metrics if isinstance(metric := restored(term.metric), Metric)}
    return KEEPING if "examples" in forms else COUNTING if "sums" in forms else MEANS


def masked(values: Code) -> Code:
    """The sum over the examples that the mask keeps."""
    return Call("jnp.sum", (Operation("*", MASK, values),))


class Objective:
    """A recipe on its way into Python; `uses` collects the kernels it needs."""

    def __init__(self, recipe: Recipe, raw: Graph):
        self.recipe = recipe
        self.graph = raw
        self.uses: set[str] = set()

    @property
    def masked(self) -> bool:
        """Whether the optimizer refers to functions, behind which it has to stand."""
        return bool(set(kernels(self.steps)) or "only_kernels" in flat(self.steps))

    @property
    def steps(self) -> Code:
        """The optimizer, with all that the recipe puts around it."""
        recipe = self.recipe
        optimizer = restored(recipe.optimizer).lower()
        clip = restored(recipe.clip).lower() if recipe.clip else None
        return without(whole(optimizer, recipe.weight_decay, recipe.l1, recipe.rates, clip), recipe.freeze)

    def losses(self) -> Code:
        """The loss of each example, all terms together."""
        total: Code | None = None
        for term in self.recipe.losses:
            raw, target, x, classes = self.compared(term)
            value = restored(term.loss).lower(raw, target, x, classes)
            if term.weight != 1:
                value = Operation("*", Literal(term.weight), value)
            total = value if total is None else Operation("+", total, value)
        assert total is not None
        return total

    def loss(self) -> list[str]:
        return [
            "def loss(outputs, targets):",
            '    """The mean over the batch."""',
            *self.statement(self.losses(), "losses = "),
            "    return jnp.mean(losses)",
        ]

    @property
    def measured(self) -> list[tuple[str, Metric, Code, int]]:
        """Name, metric, what it lowers to and the number of classes of each figure but the loss."""
        found = []
        for term in self.recipe.metrics:
            raw, target, x, classes = self.compared(term)
            metric = restored(term.metric)
            assert isinstance(metric, Metric)
            raw = self.scores(term, raw, x, classes)
            lowered = metric.lower(raw, self.recipe.links[term.output], target, x, classes)
            found.append((term.name, metric, lowered, classes))
        return found

    def metrics(self) -> list[str]:
        sums: list[tuple[str, Code]] = [("loss", masked(Name("losses")))]
        for name, metric, lowered, _ in self.measured:
            if metric.form != "examples":
                sums.append((name, masked(lowered) if metric.form == "mean" else lowered))
        return [
            "def metrics(outputs, targets, mask):",
            '    """Sums over the examples that the mask keeps: they add up over batches."""',
            *self.statement(self.losses(), "losses = "),
            *self.statement(Mapping(tuple(sums)), "return ", open=True),
        ]

    def figures(self) -> list[list[str]]:
        """The functions that make figures of more than means over examples; none where there are no others."""
        if ways(self.recipe) == MEANS:
            return []
        n, loss = Name("n"), call("mean_of", Entry("sums", ("loss",)), Name("n"))
        summed: list[tuple[str, Code]] = [("loss", loss)]
        kept: list[tuple[str, Code]] = []
        made: list[tuple[str, Code]] = []
        for name, metric, lowered, classes in self.measured:
            if metric.form == "examples":
                kept.append((name, lowered))
                made.append((name, metric.value(Entry("kept", (name,)), n, classes)))
            else:
                summed.append((name, metric.value(Entry("sums", (name,)), n, classes)))
        functions = [
            [
                "def summarize(sums, n):",
                '    """The figures that the sums over n examples make."""',
                *self.statement(Mapping(tuple(summed)), "return ", open=True),
            ]
        ]
        if kept:
            functions += [
                [
                    "def kept(outputs, targets):",
                    '    """What is kept of every example, for figures that no sums make."""',
                    *self.statement(Mapping(tuple(kept)), "return ", open=True),
                ],
                [
                    "def measure(kept):",
                    '    """The figures that all examples of a part make."""',
                    *self.statement(Mapping(tuple(made)), "return ", open=True),
                ],
            ]
        return functions

    def optimizer(self) -> list[str]:
        named = {"only_kernels"} if "only_kernels" in flat(self.steps) else set()
        self.uses.update({*kernels(self.steps), *named})
        return layout(self.steps, 0, "optimizer = ")

    def select(self) -> list[str]:
        """`select(table, rows, prefix)`: rows of the columns that feed the inputs and the loss."""
        inputs = [(name, self.column(column)) for name, column in self.recipe.columns.items()]
        compared = [column.name for column in self.recipe.data.targets]
        named = [term.target for term in self.recipe.losses] + [term.target for term in self.recipe.metrics]
        compared += [target for target in named if isinstance(target, str)]
        targets = [(name, self.column(name)) for name in dict.fromkeys(compared)]
        prefix = ', prefix=""' if self.recipe.data.test_examples else ""
        return [
            f"def select(table, rows{prefix}):",
            '    """Some rows of the columns, on the device."""',
            *self.statement(Mapping(tuple(inputs)), "inputs = "),
            *self.statement(Mapping(tuple(targets)), "targets = "),
            "    return jax.device_put((inputs, targets))",
        ]

    def column(self, name: str) -> Code:
        key: Code = Literal(name)
        if self.recipe.data.test_examples:
            key = Operation("+", Name("prefix"), key)
        return Entry("table", (key, Name("rows")))

    def compared(self, term: LossTerm | MetricTerm) -> tuple[Code, Code, TensorType, int]:
        """Raw output, target, the output's type, and the number of classes (0 for numbers)."""
        several = len(self.graph.outputs) > 1
        raw = Entry("outputs", (term.output,)) if several else Name("outputs")
        shape = next(port.shape for port in self.graph.outputs if port.name == term.output)
        if not isinstance(term.target, str):
            return raw, Call("jnp.full_like", (raw, Literal(term.target))), TensorType(shape), 0
        data = self.recipe.data
        classes = next(len(c.classes) for c in (*data.targets, *data.features) if c.name == term.target)
        return raw, Entry("targets", (term.target,)), TensorType(shape), classes

    def scores(self, term: MetricTerm, raw: Code, x: TensorType, classes: int) -> Code:
        """What a metric reads in the place of an output that is trained to say something else than 0 and 1."""
        factor, offset = scale(self.recipe, term.output, term.target, x, classes)
        if (factor, offset) == (1, 0) or (factor > 0 and x.size > 1):
            return raw
        if (factor, offset) == (-1, 0):
            return Call("jnp.negative", (raw,))
        scaled = Operation("*", Literal(factor), raw)
        return Operation("+", scaled, Literal(offset)) if offset else scaled

    def statement(self, code: Code, lead: str, *, open: bool = False) -> list[str]:
        self.uses.update(kernels(code))
        return layout(code, 4, lead, open=open)
