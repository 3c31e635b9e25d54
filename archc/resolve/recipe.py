"""One `train` block -> the recipe."""

from collections.abc import Sequence
from typing import Any, Literal

from archc.data.catalog import DataSet, Where
from archc.diagnostics import Diagnostic, Related, Report
from archc.ir import Column, DataSpec, Graph, LossTerm, MetricTerm, Monitor, Recipe
from archc.ir.items import item
from archc.parameters import FAMILIES, Described, Unfit
from archc.recipes import initialiser
from archc.recipes.loss import Loss
from archc.recipes.metric import Metric
from archc.recipes.settings import Settings
from archc.resolve.evaluate import Evaluator, refuse
from archc.resolve.mistakes import unknown_setting
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType

SPECIAL = ("loss", "metrics", "model")
"""Settings with a grammar of their own."""


class RecipeResolver:
    """A `train` block, with the settings that it takes over from the unnamed one.

    Used in two steps: `begin` before the model is built, which may ask for facts about the data
    and the initialiser, and `finish` once its graph is known.
    """

    def __init__(self, blocks: Sequence[tree.Train], names: dict[str, Any], where: Where, report: Report):
        self.block = blocks[-1]
        self.where = where
        self.report = report
        self.evaluator = Evaluator(names, report, self.fact)
        self.written: dict[str, tree.Setting] = {}
        self.values: dict[str, Any] = {}
        self.sound = True
        for block in blocks:
            self.collect(block)

    @property
    def name(self) -> str:
        return self.block.name.value if self.block.name else ""

    def collect(self, block: tree.Train) -> None:
        seen: dict[str, Span] = {}
        for setting in block.settings:
            key = setting.name.value
            if key in seen:
                self.tell(
                    wrong(
                        "E0403",
                        f"`{key}` is set twice",
                        setting.name.span,
                        related=(Related(seen[key], "first set here"),),
                    )
                )
                continue
            seen[key] = setting.name.span
            if key not in Settings.parameters and key not in SPECIAL:
                self.tell(unknown_setting(setting.name, [*Settings.parameters, *SPECIAL]))
                continue
            self.written[key] = setting

    def tell(self, error: Wrong) -> None:
        self.report.add(error.diagnostic)
        self.sound = False

    # before the model

    def begin(self) -> None:
        """Evaluates every plain setting; what is wrong is reported, and left out."""
        for key, setting in self.written.items():
            if key in SPECIAL:
                continue
            parameter = Settings.parameters[key]
            try:
                value = self.evaluator.value(setting.value, parameter)
                self.values[key] = parameter.accept(value)
            except Unfit as unfit:
                self.attempt_refuse(unfit, setting.value.span)
            except Wrong as error:
                self.tell(error)
            except Unknown:
                self.sound = False

    def attempt_refuse(self, unfit: Unfit, span: Span) -> None:
        try:
            refuse(unfit, span)
        except Wrong as error:
            self.tell(error)

    @property
    def init(self) -> Described:
        return self.values.get("init") or initialiser.DEFAULT

    def fact(self, name: str, span: Span) -> Any:
        """`data.classes` and the like. Raises Wrong."""
        known = ("classes", "shape", "features", "examples")
        if name not in known:
            raise misspelt(
                "E0306",
                f"data has no fact `{name}`",
                span,
                name,
                list(known),
                otherwise="its facts are " + ", ".join(f"`data.{k}`" for k in known),
            )
        if "data" not in self.values:
            if "data" in self.written:
                raise Unknown
            raise wrong("E0404", f"`data.{name}` needs to know the data, and the recipe has no `data`", span)
        spec = self.spec(self.where, span)
        if name == "examples":
            return spec.examples
        if name == "classes":
            counts = [len(c.classes) for c in spec.targets if c.kind == "class"]
            if len(counts) != 1:
                raise wrong(
                    "E0406",
                    f"`{spec.name}` has {len(counts) or 'no'} class columns, so `data.classes` isn't known",
                    span,
                )
            return counts[0]
        if len(spec.features) != 1:
            raise wrong(
                "E0406", f"`{spec.name}` has {len(spec.features)} feature columns, so `data.{name}` isn't known", span
            )
        shape = spec.features[0].shape
        return shape if name == "shape" else TensorType(shape).size

    def spec(self, where: Where, span: Span) -> DataSpec:
        data = self.values["data"]
        assert isinstance(data, DataSet)
        try:
            return data.spec(where)
        except Unfit as unfit:
            refuse(unfit, span)

    # after the model

    def finish(self, graph: Graph) -> Recipe | None:
        """The recipe for a graph; None if something in it is wrong."""
        for key in ("data", "loss", "optimizer", "batch", "epochs"):
            if key not in self.written:
                self.tell(missing(key, self.block))
        if "data" not in self.values:
            return None
        try:
            return self.assembled(graph)
        except Wrong as error:
            self.tell(error)
        except Unknown:
            pass
        return None

    def assembled(self, graph: Graph) -> Recipe | None:
        data_span = self.written["data"].value.span
        sizes = tuple(TensorType(port.shape).size for port in graph.inputs)
        spec = self.spec(Where(self.where.folder, sizes, self.where.data_dir), data_span)
        columns = self.columns(graph, spec)
        losses = self.losses(graph, spec)
        metrics = self.metrics(graph, spec, losses)
        rows = self.rows(spec, data_span)
        stop = self.values.get("stop")
        monitor = self.monitor(stop, metrics)
        if not self.sound or "loss" not in self.written:
            return None
        batch = self.values["batch"]
        if batch > rows["train"]:
            span = self.written["batch"].value.span
            self.report.add(
                Diagnostic(
                    "W0401",
                    f"a batch of {batch} is larger than the {rows['train']} training rows",
                    span,
                    help=f"each step takes all {rows['train']}",
                )
            )
        links: dict[str, Literal["softmax", "sigmoid", "linear"]] = {port.name: "linear" for port in graph.outputs}
        for term in losses:
            links[term.output] = FAMILIES["loss"][term.loss.kind.split(":")[1]].reads  # type: ignore[attr-defined]
        return Recipe(
            name=self.name,
            data=spec,
            columns=columns,
            losses=tuple(losses),
            links=links,
            metrics=tuple(metrics),
            optimizer=item(self.values["optimizer"]),
            weight_decay=float(self.values.get("weight_decay", 0)),
            batch=min(batch, rows["train"]),
            epochs=self.values["epochs"],
            stop=item(stop) if stop else None,
            monitor=monitor,
            train_rows=rows["train"],
            validation_rows=rows["validation"],
            test_rows=rows["test"],
            precision=str(self.values.get("precision", "float32")),  # type: ignore[arg-type]
            seed=self.values.get("seed", 0),
        )

    def columns(self, graph: Graph, spec: DataSpec) -> dict[str, str]:
        """The data column that feeds each input: that of its name, or the only one."""
        features = {column.name: column for column in spec.features}
        data = self.written["data"].value.span
        chosen: dict[str, str] = {}
        for port in graph.inputs:
            single = len(graph.inputs) == 1 and len(features) == 1
            column = features.get(port.name) or (spec.features[0] if single else None)
            if column is None:
                names = ", ".join(f"`{name}`" for name in features)
                raise wrong(
                    "E0405",
                    f"no column of the data feeds the input `{port.name}`",
                    data,
                    help=f"call the input as the column is called: {names}",
                )
            if column.shape != port.shape:
                raise wrong(
                    "E0405",
                    f"the input `{port.name}` is {TensorType(port.shape)}, "
                    f"and the data gives {TensorType(column.shape)}",
                    data,
                    help=f"declare `input {port.name}{TensorType(column.shape)}`, or `input {port.name}[data.shape]`",
                )
            chosen[port.name] = column.name
        return chosen

    # losses and metrics

    def losses(self, graph: Graph, spec: DataSpec) -> list[LossTerm]:
        if "loss" not in self.written:
            return []
        return list(self.terms(self.written["loss"].value, 1.0, graph, spec))

    def terms(self, expression: tree.Expression, weight: float, graph: Graph, spec: DataSpec) -> list[LossTerm]:
        """`cross_entropy(a) + 0.3 * cross_entropy(b)` as a list."""
        if isinstance(expression, tree.Binary) and expression.operator == "+":
            return self.terms(expression.left, weight, graph, spec) + self.terms(expression.right, weight, graph, spec)
        if isinstance(expression, tree.Binary) and expression.operator == "*":
            factor = self.evaluator.plain(expression.left, "the weight of a loss")
            if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
                raise wrong(
                    "E0407",
                    "the weight of a loss is a number above 0",
                    expression.left.span,
                    help="such as `0.3 * cross_entropy(aux)`",
                )
            return self.terms(expression.right, weight * factor, graph, spec)
        loss, output, target = self.use(expression, "loss", graph, spec)
        assert isinstance(loss, Loss)
        column = next(c for c in spec.targets if c.name == target)
        self.check(loss, output, column, graph, expression.span)
        final = next((n.op for n in graph.nodes if n.name == self.port(graph, output).value), "")
        if loss.reads == "softmax" and final not in ("softmax", "dense"):
            raise wrong(
                "E0408",
                f"`{loss.name}` needs class scores, and the output ends in `{final}`",
                expression.span,
                help=f"end with `dense({len(column.classes)}) -> softmax`",
            )
        if loss.reads == "sigmoid" and final not in ("sigmoid", "dense"):
            raise wrong(
                "E0408",
                f"`{loss.name}` needs a probability, and the output ends in `{final}`",
                expression.span,
                help="end with `dense(1) -> sigmoid`",
            )
        return [LossTerm(weight=weight, loss=item(loss), output=output, target=target)]

    def metrics(self, graph: Graph, spec: DataSpec, losses: list[LossTerm]) -> list[MetricTerm]:
        if "metrics" not in self.written:
            return self.usual_metrics(graph, spec, losses)
        value = self.written["metrics"].value
        entries = value.items if isinstance(value, tree.Listing) else (tree.Argument(value.span, None, value),)
        found: list[MetricTerm] = []
        for entry in entries:
            metric, output, target = self.use(entry.value, "metric", graph, spec)
            assert isinstance(metric, Metric)
            self.check(metric, output, next(c for c in spec.targets if c.name == target), graph, entry.value.span)
            name = entry.name.value if isinstance(entry.name, tree.Name) else metric.name
            if name == "loss" or any(term.name == name for term in found):
                raise wrong(
                    "E0409",
                    f"two figures would be called `{name}`",
                    entry.span,
                    help="give one a name: `top = accuracy`",
                )
            found.append(MetricTerm(name=name, metric=item(metric), output=output, target=target))
        return found

    def usual_metrics(self, graph: Graph, spec: DataSpec, losses: list[LossTerm]) -> list[MetricTerm]:
        """Where nothing is said: the accuracy, if the target is a class and the output can name one."""
        if len(losses) != 1:
            return []
        column = next(c for c in spec.targets if c.name == losses[0].target)
        accuracy = FAMILIES["metric"]["accuracy"].build([], {})
        assert isinstance(accuracy, Metric)
        if column.kind != "class":
            return []
        try:
            accuracy.check_output(
                TensorType(self.port(graph, losses[0].output).shape), len(column.classes), column.shape
            )
        except Unfit:
            return []
        return [MetricTerm(name="accuracy", metric=item(accuracy), output=losses[0].output, target=column.name)]

    def use(self, expression: tree.Expression, family: str, graph: Graph, spec: DataSpec) -> tuple[Described, str, str]:
        """A loss or metric as written, with its output and target. Raises Wrong."""
        callee = expression.callee if isinstance(expression, tree.Call) else expression
        if not isinstance(callee, tree.Name):
            raise wrong(
                "E0407",
                f"this is no {family}",
                expression.span,
                help=f"there are {', '.join(f'`{k}`' for k in sorted(FAMILIES[family]))}",
            )
        if callee.value not in FAMILIES[family]:
            known = sorted(FAMILIES[family])
            raise misspelt(
                "E0301",
                f"there is no {family} `{callee.value}`",
                callee.span,
                callee.value,
                known,
                otherwise=f"there are {', '.join(f'`{k}`' for k in known)}",
            )
        arguments = list(expression.arguments) if isinstance(expression, tree.Call) else []
        words: list[tree.Name] = []
        while arguments and arguments[0].name is None and len(words) < 2:
            word = arguments[0].value
            if not isinstance(word, tree.Name):
                break
            words.append(word)
            del arguments[0]
        described = self.evaluator.build(FAMILIES[family][callee.value], callee, tuple(arguments), expression.span)
        outputs, targets = [port.name for port in graph.outputs], [column.name for column in spec.targets]
        output = self.pick(
            words[0] if words else None, outputs, f"this {family} needs to know of which output", expression.span
        )
        if len(words) > 1:
            target = self.pick(words[1], targets, "", expression.span)
        else:
            fallback = None if output in targets else (targets[0] if len(targets) == 1 else None)
            target = output if output in targets else fallback or ""
            if not target:
                raise wrong(
                    "E0410",
                    f"no column of the data is called `{output}`",
                    expression.span,
                    help=f"say which: `{callee.value}({output}, {targets[0]})`",
                )
        return described, output, target

    def pick(self, word: tree.Name | None, known: list[str], question: str, span: Span) -> str:
        if word is not None:
            if word.value not in known:
                raise misspelt(
                    "E0410",
                    f"there is no output or column `{word.value}`",
                    word.span,
                    word.value,
                    known,
                    otherwise="there are " + ", ".join(f"`{k}`" for k in known),
                )
            return word.value
        if len(known) > 1:
            raise wrong("E0410", question, span, help="the outputs are " + ", ".join(f"`{k}`" for k in known))
        return known[0]

    @staticmethod
    def port(graph: Graph, output: str) -> Any:
        return next(port for port in graph.outputs if port.name == output)

    def check(self, described: Loss | Metric, output: str, column: Column, graph: Graph, span: Span) -> None:
        x = TensorType(self.port(graph, output).shape)
        try:
            described.check_output(x, len(column.classes), column.shape)
        except Unfit as unfit:
            raise wrong("E0411", unfit.problem, span, help=unfit.help) from None

    # rows

    def rows(self, spec: DataSpec, span: Span) -> dict[str, int]:
        """How many rows each part has. Raises Wrong if nothing is left to train on."""
        if spec.test_examples and "test" in self.written:
            raise wrong(
                "E0412",
                f"`{spec.name}` brings a test part of its own, of {spec.test_examples} rows",
                self.written["test"].name.span,
                help="leave `test` out",
            )
        shares = {
            "validation": self.values.get("validate", spec.validate_share),
            "test": 0 if spec.test_examples else self.values.get("test", spec.test_share),
        }
        held = {
            part: share if isinstance(share, int) else round(spec.examples * share) for part, share in shares.items()
        }
        train = spec.examples - sum(held.values())
        if train < 1:
            at = self.written.get("validate") or self.written.get("test")
            raise wrong(
                "E0412",
                f"nothing is left to train on: {held['validation']} rows for validation "
                f"and {held['test']} for the test, of {spec.examples}",
                at.value.span if at else span,
            )
        return {"train": train, "validation": held["validation"], "test": held["test"] + spec.test_examples}

    def monitor(self, stop: Described | None, metrics: list[MetricTerm]) -> Monitor:
        quantity = str(stop.quantity).removeprefix("val_") if stop else "loss"  # type: ignore[attr-defined]
        if quantity == "loss":
            return Monitor(quantity="loss", better="lower")
        for term in metrics:
            if term.name == quantity:
                metric = FAMILIES["metric"][term.metric.kind.split(":")[1]]
                return Monitor(quantity=quantity, better=metric.better)  # type: ignore[attr-defined]
        span = self.written["stop"].value.span
        raise wrong(
            "E0413", f"`val_{quantity}` isn't measured", span, help=f"add `metrics = {quantity}`, or watch `val_loss`"
        )


def missing(key: str, block: tree.Train) -> Wrong:
    """A setting without which nothing can be trained."""
    examples = {
        "data": "data = digits",
        "loss": "loss = cross_entropy",
        "optimizer": "optimizer = adam(1e-3)",
        "batch": "batch = 32",
        "epochs": "epochs = 10",
    }
    doc = {"loss": "what training makes small", "metrics": "", "model": ""}.get(key) or Settings.parameters[key].doc
    start = block.span.start
    span = Span(block.span.source, start, start + len("train"))
    return wrong("E0404", f"the recipe has no `{key}`: {doc}", span, help=f"for example `{examples[key]}`")
