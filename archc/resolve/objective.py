"""What a recipe says of losses and metrics -> terms of the IR."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.diagnostics import Related
from archc.ir import Column, DataSpec, LossTerm, MetricTerm, Port, made
from archc.ir.items import item, op_of, restored
from archc.parameters import FAMILIES, Described, Unfit, show
from archc.recipes.difference import Difference
from archc.recipes.loss import Function, Loss
from archc.recipes.metric import Metric
from archc.resolve.evaluate import NUMBER, Evaluator
from archc.resolve.mistakes import of_other_family
from archc.resolve.model import Network
from archc.resolve.wrong import Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType


@dataclass(frozen=True)
class Bound:
    """A loss or metric, its output, and what that is compared with; `target` is the column's name, or a number."""

    what: Loss | Metric
    port: Port
    column: Column
    target: str | float


class Objective:
    """Binds losses and metrics to the outputs of a network and the columns of a data set.

    `columns` are those that feed the inputs, by input: an autoencoder compares its output with one.
    """

    def __init__(self, evaluator: Evaluator, network: Network, spec: DataSpec, columns: Mapping[str, str]):
        self.evaluator = evaluator
        self.nodes = {node.name: node for node in network.graph.nodes}
        self.spans = network.spans
        self.outputs = {port.name: port for port in network.graph.outputs}
        self.targets = {column.name: column for column in spec.targets}
        features = {column.name: column for column in spec.features}
        self.inputs = {name: features[column] for name, column in columns.items()}
        self.unnamed = "" if network.named else "its only output has no name: give it one, `output name = …`"

    def losses(self, expression: tree.Expression) -> list[LossTerm]:
        """`cross_entropy(a) + 0.3 * cross_entropy(b)` as a list. Raises Wrong."""
        terms = self.terms(expression, 1.0)
        for term in terms:
            other = next((o for o in terms if o.output == term.output and reads(o) != reads(term)), None)
            if other is not None:
                names = f"`{restored(term.loss).name}` and `{restored(other.loss).name}`"
                title = f"{names} can't share the output `{term.output}`"
                help = "one reads it before its last function and the other behind: name an output for each"
                raise wrong("E0408", title, expression.span, help=help)
        return terms

    def terms(self, expression: tree.Expression, weight: float) -> list[LossTerm]:
        if isinstance(expression, tree.Binary) and expression.operator == "+":
            return self.terms(expression.left, weight) + self.terms(expression.right, weight)
        if isinstance(expression, tree.Binary):
            factor = self.evaluator.plain(expression.left, "the weight of a loss", NUMBER)
            if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
                help = "such as `0.3 * cross_entropy(aux)`"
                raise wrong("E0407", "the weight of a loss is a number above 0", expression.left.span, help=help)
            return self.terms(expression.right, weight * factor)
        bound = self.bound(expression, "loss")
        assert isinstance(bound.what, Loss)
        self.check_end(bound.what, bound.port, bound.column, expression.span)
        return [made(LossTerm)(weight=weight, loss=item(bound.what), output=bound.port.name, target=bound.target)]

    def check_end(self, loss: Loss, port: Port, column: Column, span: Span) -> None:
        """Raises Wrong if the output ends in a function that the loss can't see through."""
        last = self.nodes.get(port.value)
        final = last.innermost if last is not None else None
        if last is None or final is None or loss.reads == "linear" or final.op == "linear":
            return
        if not op_of(final).activation:
            return
        related = (Related(self.spans[last.name], "the end"),)
        if final.op in (loss.reads, f"log_{loss.reads}"):
            if final is last:
                return
            title = f"`{loss.name}` reads what enters the last `{final.op}`, and this one is within a block"
            help = f"take it out of the block, and write `-> {final.op}` behind the block's call"
            raise wrong("E0408", title, span, related=related, help=help)
        needs = "class scores" if loss.reads == "softmax" else "a probability"
        units = len(column.classes) if loss.reads == "softmax" else TensorType(port.shape).size
        title = f"`{loss.name}` needs {needs}, and the output ends in `{final.op}`"
        raise wrong("E0408", title, span, related=related, help=f"end with `dense({units}) -> {loss.reads}`")

    def metrics(self, expression: tree.Expression | None, losses: list[LossTerm]) -> list[MetricTerm]:
        """`accuracy`, or `[accuracy, top = accuracy]`; what is usual where nothing is said. Raises Wrong."""
        if expression is None:
            return self.usual_metrics(losses)
        found: list[MetricTerm] = []
        for entry in entries(expression):
            bound = self.bound(entry.value, "metric")
            name = entry.name.value if isinstance(entry.name, tree.Name) else bound.what.name
            if name == "loss" or any(term.name == name for term in found):
                help = f"give this one a name of its own: `other = {entry.value.span.text}`"
                raise wrong("E0409", f"two figures would be called `{name}`", entry.span, help=help)
            output, target = bound.port.name, bound.target
            found.append(made(MetricTerm)(name=name, metric=item(bound.what), output=output, target=target))
        return found

    def usual_metrics(self, losses: list[LossTerm]) -> list[MetricTerm]:
        """The accuracy, if there is one target, a class, and the output can name one."""
        column = next((column for name, column in self.targets.items() if name == losses[0].target), None)
        accuracy = FAMILIES["metric"]["accuracy"].build([], {})
        assert isinstance(accuracy, Metric)
        if len(losses) > 1 or column is None or column.kind != "class":
            return []
        port = self.outputs[losses[0].output]
        try:
            accuracy.check_output(TensorType(port.shape), len(column.classes), column.shape)
        except Unfit:
            return []
        return [made(MetricTerm)(name="accuracy", metric=item(accuracy), output=port.name, target=column.name)]

    def bound(self, expression: tree.Expression, family: str) -> Bound:
        """A loss or metric, its output and its target. Raises Wrong."""
        described, words = declared(self.evaluator, expression, family)
        assert isinstance(described, Loss | Metric)
        port = self.outputs[self.output(described, words, expression.span)]
        number = self.number(words[1]) if len(words) > 1 else None
        if number is not None:
            column = made(Column)(name="", kind="number", shape=port.shape)
        else:
            column = self.target(described, words, port.name, expression.span)
        x = TensorType(port.shape)
        try:
            described.check_output(x, len(column.classes), column.shape)
            if isinstance(described, Metric):
                described = described.among(column.classes)
        except Unfit as unfit:
            related = (Related(self.spans[port.value], f"gives {x}"),)
            help = unfit.help + as_numbers(described, column, x)
            raise wrong("E0411", unfit.problem, expression.span, help=help, related=related) from None
        return Bound(described, port, column, column.name if number is None else number)

    def number(self, target: tree.Expression) -> float | None:
        """The number that an output is compared with, in the place of a column; None for a name of one."""
        if isinstance(target, tree.Name):
            value = self.evaluator.names.get(target.value)
            if target.value in self.inputs or target.value in self.targets or isinstance(value, bool):
                return None
            return float(value) if isinstance(value, int | float) else None
        value = self.evaluator.plain(target, "a target", NUMBER)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong("E0407", "a target is a column of the data, an input of the model or a number", target.span)
        return float(value)

    def output(self, described: Described, words: list[tree.Expression], span: Span) -> str:
        if words:
            assert isinstance(words[0], tree.Name)
            return pick(words[0], "the model has no output", list(self.outputs), self.unnamed)
        first = next(iter(self.outputs))
        if len(self.outputs) > 1:
            help = f"say which: `{described.name}({first})`; the outputs are {listed(self.outputs)}"
            raise wrong("E0410", f"this {described.family} needs to know of which output", span, help=help)
        return first

    def target(self, described: Described, words: list[tree.Expression], output: str, span: Span) -> Column:
        if len(words) > 1:
            assert isinstance(words[1], tree.Name)
            known = {**self.inputs, **self.targets}
            return known[pick(words[1], "no target of the data and no input of the model is called", list(known))]
        first = next(iter(self.targets))
        if output in self.targets or len(self.targets) == 1:
            return self.targets.get(output, self.targets[first])
        help = f"say which: `{described.name}({output}, {first})`; the targets are {listed(self.targets)}"
        raise wrong("E0410", f"no target of the data is called `{output}`", span, help=help)


def as_numbers(described: Described, column: Column, x: TensorType) -> str:
    """What to write if the classes of a table's column are meant as numbers, as a loss and one output tell; or ""."""
    numbered = column.fields and all(name.lstrip("+-").isdigit() for name in column.classes)
    if not (numbered and isinstance(described, Difference) and x.size == 1):
        return ""
    name = column.fields[0].name
    written = name if name.isidentifier() else f'"{name}"'
    return f"; or, if `{name}` is a number and no class, write `columns = [{written} = number]` in `csv`"


def declared(evaluator: Evaluator, expression: tree.Expression, family: str) -> tuple[Described, list[tree.Expression]]:
    """A loss or metric as written, and the output and the target that it begins with. Raises Wrong.

    The output is a name, the target another or a number.
    """
    known = FAMILIES[family]
    callee = expression.callee if isinstance(expression, tree.Call) else expression
    if isinstance(callee, tree.Text) and callee.value in known:
        help = f"`{callee.value}` is a word: write it without quotes"
        raise wrong("E0407", f"a text is no {family}", callee.span, help=help, fix=callee.value)
    help = f"there are {listed(sorted(known))}"
    if isinstance(callee, tree.Number) and family == "loss":
        help = "a loss is a name, and its weight stands before it: `0.3 * mse`"
    if not isinstance(callee, tree.Name):
        if family == "loss" and isinstance(expression, tree.Binary):
            help = "losses add and scale: `cross_entropy(a) + 0.3 * mse(b)`"
        raise wrong("E0407", f"this is no {family}", expression.span, help=help)
    if callee.value not in known:
        other = of_other_family(callee, family)
        if other is not None:
            raise other
        title = f"there is no {family} `{callee.value}`"
        raise misspelt("E0301", title, callee.span, callee.value, list(known), otherwise=help)
    arguments = list(expression.arguments) if isinstance(expression, tree.Call) else []
    words: list[tree.Expression] = []
    while arguments and arguments[0].name is None and len(words) < 2:
        word = arguments[0].value
        if not isinstance(word, tree.Name) and not (words and isinstance(word, NUMERIC)):
            break
        if not isinstance(word, tree.Name) and unclear(known[callee.value], arguments):
            if family == "metric":
                break
            raise number_or_argument(known[callee.value], words[0], arguments[0])
        words.append(word)
        del arguments[0]
    return evaluator.build(known[callee.value], callee, tuple(arguments), expression.span), words


NUMERIC = (tree.Number, tree.Unary, tree.Binary)
"""What a target that is a number may be written as."""


def unclear(cls: type[Described], arguments: Sequence[tree.Argument]) -> bool:
    """Whether the first of `arguments`, a number, may be meant for one that the loss or metric takes without a name."""
    places = [parameter.name for parameter in cls.parameters.values() if not parameter.named_only]
    behind = [argument.name.value if isinstance(argument.name, tree.Name) else None for argument in arguments[1:]]
    return len(places) > behind.count(None) + sum(name in places for name in behind)


def number_or_argument(cls: type[Described], output: tree.Expression, argument: tree.Argument) -> Wrong:
    """`huber(gap, 2)`: the target, or `delta`?"""
    name = next(parameter.name for parameter in cls.parameters.values() if not parameter.named_only)
    number, usual = argument.span.text, show(cls.parameters[name].default)
    title = f"`{number}` may be the target here, or the `{name}` of `{cls.name}`"
    meant = f"{cls.name}({output.span.text}, {name} = {number})"
    help = f"write `{meant}`; as a target `{cls.name}({output.span.text}, {number}, {name} = {usual})`"
    return wrong("E0407", title, argument.span, help=help, fix=f"{name} = {number}")


def reads(term: LossTerm) -> Function:
    """The function whose input the loss of a term takes."""
    loss = restored(term.loss)
    assert isinstance(loss, Loss)
    return loss.reads


def pick(word: tree.Name, lacking: str, known: list[str], help: str = "") -> str:
    """A word that has to be one of the known names. Raises Wrong."""
    if word.value in known:
        return word.value
    otherwise = help or f"it has {listed(known)}"
    candidates = [] if help else known
    raise misspelt("E0410", f"{lacking} `{word.value}`", word.span, word.value, candidates, otherwise=otherwise)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def entries(metrics: tree.Expression) -> tuple[tree.Argument, ...]:
    """`accuracy`, or `[accuracy, top = accuracy]`."""
    return metrics.items if isinstance(metrics, tree.Listing) else (tree.Argument(metrics.span, None, metrics),)


def uses(expression: tree.Expression) -> Iterator[tree.Expression]:
    """The losses or metrics of a setting."""
    match expression:
        case tree.Listing():
            for entry in expression.items:
                yield from uses(entry.value)
        case tree.Binary(operator="+"):
            yield from uses(expression.left)
            yield from uses(expression.right)
        case tree.Binary(operator="*"):
            yield from uses(expression.right)
        case _:
            yield expression
