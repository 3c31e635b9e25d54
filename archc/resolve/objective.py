"""What a recipe says of losses and metrics -> terms of the IR."""

from collections.abc import Iterable, Iterator, Mapping

from archc.diagnostics import Related
from archc.ir import Column, DataSpec, LossTerm, MetricTerm, Node, Port, made
from archc.ir.items import item, op_of, restored
from archc.parameters import FAMILIES, Described, Unfit
from archc.recipes.loss import Function, Loss
from archc.recipes.metric import Metric
from archc.resolve.evaluate import NUMBER, Evaluator
from archc.resolve.mistakes import of_other_family
from archc.resolve.model import Network
from archc.resolve.wrong import misspelt, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType


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
        loss, port, column = self.bound(expression, "loss")
        assert isinstance(loss, Loss)
        self.check_end(loss, port, column, expression.span)
        return [made(LossTerm)(weight=weight, loss=item(loss), output=port.name, target=column.name)]

    def check_end(self, loss: Loss, port: Port, column: Column, span: Span) -> None:
        """Raises Wrong if the output ends in a function that the loss can't see through."""
        last = self.nodes.get(port.value)
        final = innermost(last)
        if final is None or loss.reads == "linear" or not op_of(final).activation:
            return
        if final.op == loss.reads and final is last:
            return
        needs = "class scores" if loss.reads == "softmax" else "a probability"
        units = len(column.classes) if loss.reads == "softmax" else TensorType(port.shape).size
        title = f"`{loss.name}` needs {needs}, and the output ends in `{final.op}`"
        related = (Related(self.spans[port.value], "the end"),)
        help = f"end with `dense({units}) -> {loss.reads}`"
        if final is not last:
            help += ", the function in the model itself: the loss can't see into a block"
        raise wrong("E0408", title, span, related=related, help=help)

    def metrics(self, expression: tree.Expression | None, losses: list[LossTerm]) -> list[MetricTerm]:
        """`accuracy`, or `[accuracy, top = accuracy]`; what is usual where nothing is said. Raises Wrong."""
        if expression is None:
            return self.usual_metrics(losses)
        found: list[MetricTerm] = []
        for entry in entries(expression):
            metric, port, column = self.bound(entry.value, "metric")
            name = entry.name.value if isinstance(entry.name, tree.Name) else metric.name
            if name == "loss" or any(term.name == name for term in found):
                help = f"give this one a name of its own: `other = {entry.value.span.text}`"
                raise wrong("E0409", f"two figures would be called `{name}`", entry.span, help=help)
            found.append(made(MetricTerm)(name=name, metric=item(metric), output=port.name, target=column.name))
        return found

    def usual_metrics(self, losses: list[LossTerm]) -> list[MetricTerm]:
        """The accuracy, if there is one target, a class, and the output can name one."""
        column = self.targets.get(losses[0].target)
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

    def bound(self, expression: tree.Expression, family: str) -> tuple[Loss | Metric, Port, Column]:
        """A loss or metric, its output and its target. Raises Wrong."""
        described, words = declared(self.evaluator, expression, family)
        assert isinstance(described, Loss | Metric)
        port = self.outputs[self.output(described, words, expression.span)]
        column = self.target(described, words, port.name, expression.span)
        x = TensorType(port.shape)
        try:
            described.check_output(x, len(column.classes), column.shape)
        except Unfit as unfit:
            related = (Related(self.spans[port.value], f"gives {x}"),)
            raise wrong("E0411", unfit.problem, expression.span, help=unfit.help, related=related) from None
        return described, port, column

    def output(self, described: Described, words: list[tree.Name], span: Span) -> str:
        if words:
            return pick(words[0], "the model has no output", list(self.outputs), self.unnamed)
        first = next(iter(self.outputs))
        if len(self.outputs) > 1:
            help = f"say which: `{described.name}({first})`; the outputs are {listed(self.outputs)}"
            raise wrong("E0410", f"this {described.family} needs to know of which output", span, help=help)
        return first

    def target(self, described: Described, words: list[tree.Name], output: str, span: Span) -> Column:
        if len(words) > 1:
            known = {**self.inputs, **self.targets}
            return known[pick(words[1], "no target of the data and no input of the model is called", list(known))]
        first = next(iter(self.targets))
        if output in self.targets or len(self.targets) == 1:
            return self.targets.get(output, self.targets[first])
        help = f"say which: `{described.name}({output}, {first})`; the targets are {listed(self.targets)}"
        raise wrong("E0410", f"no target of the data is called `{output}`", span, help=help)


def innermost(node: Node | None) -> Node | None:
    """The layer that gives a node's value: in a block, the last one there; None if the block only passes it on."""
    while node is not None and node.body is not None:
        inside = {inner.name: inner for inner in node.body.nodes}
        node = inside.get(node.body.outputs[0].value)
    return node


def declared(evaluator: Evaluator, expression: tree.Expression, family: str) -> tuple[Described, list[tree.Name]]:
    """A loss or metric as written, and the names of output and target that it begins with. Raises Wrong."""
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
    words: list[tree.Name] = []
    while arguments and arguments[0].name is None and len(words) < 2:
        word = arguments[0].value
        if not isinstance(word, tree.Name):
            break
        words.append(word)
        del arguments[0]
    return evaluator.build(known[callee.value], callee, tuple(arguments), expression.span), words


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
