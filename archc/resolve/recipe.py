"""One `train` block -> the recipe."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archc.data.dataset import DataSet, Where
from archc.diagnostics import Diagnostic, Related, Report
from archc.diagnostics.suggest import closest
from archc.ir import DataSpec, Graph, LossTerm, MetricTerm, Monitor, Port, Recipe, made
from archc.ir import Start as StartFrom
from archc.ir.items import item, restored
from archc.parameters import FAMILIES, Described, Parameter, Unfit, counted, show
from archc.recipes import initialiser
from archc.recipes.loss import Function
from archc.recipes.metric import Metric
from archc.recipes.optimizer import Optimizer
from archc.recipes.settings import ByPart, Settings
from archc.recipes.start import FromRun, PartNames, Start, Starting
from archc.recipes.stopping import EarlyStopping
from archc.resolve.evaluate import Evaluator, refuse
from archc.resolve.mistakes import decayed_twice, unknown_setting
from archc.resolve.model import Network
from archc.resolve.network import place
from archc.resolve.objective import Objective, declared, reads, uses
from archc.resolve.parts import Network as Layers
from archc.resolve.parts import Part, Parts, named, read
from archc.resolve.treatment import BY_PART, Treatment, check_frozen, treatment
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
        self.blocks = tuple(blocks)
        self.block = blocks[-1]
        self.where = where
        self.report = report
        self.evaluator = Evaluator(names, report, self.fact)
        self.written: dict[str, tree.Setting] = {}
        self.meant: set[str] = set()
        self.values: dict[str, Any] = {}
        self.left_out: tuple[Part, ...] = ()
        self.kept: tuple[str, ...] = ()
        self.treatment = Treatment(init={"": initialiser.DEFAULT})
        self.sound = True
        self.asked = True
        """Whether it is the one that is asked for, not one that stands beside it."""
        for block in blocks:
            self.collect(block)

    @property
    def name(self) -> str:
        return self.block.name.value if self.block.name else ""

    def collect(self, block: tree.Train) -> None:
        seen: dict[str, Span] = {}
        known = [*Settings.parameters, *SPECIAL]
        # a line that can't be read may have been any setting that is named in it
        self.meant.update(word for bad in block.bad for word in re.findall(r"\w+", bad.span.text) if word in known)
        self.sound = self.sound and not block.bad
        for setting in block.settings:
            key = setting.name.value
            if key in seen:
                related = (Related(seen[key], "first set here"),)
                self.tell(wrong("E0403", f"`{key}` is set twice", setting.name.span, related=related))
                continue
            seen[key] = setting.name.span
            if key in known:
                self.written[key] = setting
                continue
            self.tell(unknown_setting(setting, known))
            self.meant.update(closest(key, known))

    def tell(self, error: Wrong) -> None:
        found = error.diagnostic
        if not self.own(found.span):
            found = replace(found, notes=(*found.notes, f"this is so in the recipe `{self.name}`"))
        self.report.add(found)
        self.sound = False

    def own(self, span: Span | None) -> bool:
        """Whether a place isn't that of a setting which this recipe takes over from another."""
        if span is None or self.block is self.blocks[0] or span.source is not self.block.span.source:
            return True
        first = self.blocks[0].span
        return not first.start <= span.start < first.end

    # before the model

    def begin(self) -> None:
        """Evaluates every plain setting, the data first; what is wrong is told, and left out."""
        for key in ("data", "loss", "optimizer", "batch", "epochs"):
            if key not in self.written.keys() | self.meant:
                self.tell(missing(key, self.block))
        for key in sorted(self.written.keys() - set(SPECIAL), key=lambda key: key != "data"):
            try:
                accepted = self.accepted(Settings.parameters[key], self.written[key].value)
            except Wrong as error:
                self.tell(error)
            except Unknown:
                self.sound = False
            else:
                self.values[key] = accepted
        for family in ("loss", "metric"):
            setting = self.written.get("metrics" if family == "metric" else family)
            for expression in uses(setting.value) if setting else ():
                self.attempt(declared, self.evaluator, expression, family)

        self.attempt(self.check_decay)
        self.attempt(self.check_start)

    def accepted(self, parameter: Parameter, value: tree.Expression) -> Any:
        """What a setting says. Raises Wrong."""
        match parameter:
            case ByPart():
                return read(value, lambda each: self.accepted(parameter.each, each), self.tell)
            case PartNames():
                return Parts(parts=named(value))
            case Starting() if isinstance(value, tree.Call):
                value = self.parts_as_texts(value)
        return parameter.accept(self.evaluator.accepted(value, parameter))

    def parts_as_texts(self, call: tree.Call) -> tree.Call:
        """A call whose `except = [fc8]` holds texts: its names are the network's, not those of the file."""
        arguments = []
        for argument in call.arguments:
            if isinstance(argument.name, tree.Name) and argument.name.value == "except":
                self.left_out = named(argument.value)
                texts = (tree.Text(part.span, part.path) for part in self.left_out)
                items = tuple(tree.Argument(text.span, None, text) for text in texts)
                argument = replace(argument, value=tree.Listing(argument.value.span, items))
            arguments.append(argument)
        return replace(call, arguments=tuple(arguments))

    def check_start(self) -> None:
        """Raises Wrong if the weights to start from aren't there."""
        start = self.values.get("start")
        if not isinstance(start, Start) or start.find(self.where.folders) is not None:
            return
        if isinstance(start, FromRun) and not self.asked:
            return  # the run may be one that the file's first recipe is still to make
        span = self.written["start"].value.span
        title = f"there is no {start.noun} `{start.path}` to start from"
        near = closest(str(start.path), start.known(self.where.folders))
        folders = dict.fromkeys(self.where.folders)
        shown = ["the current one" if folder == Path() else folder.as_posix() for folder in folders]
        help = f"did you mean `{near[0]}`?" if near else f"it is looked for in these folders: {', '.join(shown)}"
        raise wrong("E0433", title, span, help=help)

    def check_decay(self) -> None:
        """Raises Wrong if the optimizer has a decay of its own and the recipe sets another."""
        optimizer, decay = self.values.get("optimizer"), self.values.get("weight_decay")
        if decay and any(decay.values) and optimizer is not None and "weight_decay" in optimizer.parameters:
            raise decayed_twice(optimizer, self.written["optimizer"], self.written["weight_decay"])

    def attempt(self, phase: Callable[..., Any], *arguments: Any) -> None:
        """Runs a phase; what is wrong is told."""
        try:
            phase(*arguments)
        except Wrong as error:
            self.tell(error)
        except Unknown:
            self.sound = False

    @property
    def init(self) -> Described:
        said: Parts = self.values.get("init", Parts())
        return said.general or initialiser.DEFAULT

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
            inside = self.written.get("data")
            if inside is not None and inside.value.span.start <= span.start < inside.value.span.end:
                raise wrong("E0406", f"`data.{name}` isn't known while the data is being described", span)
            raise Unknown
        try:
            spec = self.values["data"].spec(self.where)
        except Unfit as unfit:
            if unfit.code:
                refuse(unfit, self.written["data"].value.span)
            title = f"`data.{name}` isn't known here: {unfit.problem}"
            raise wrong("E0406", title, span, help="write the number itself") from None
        if name == "examples":
            return spec.examples
        if name == "classes":
            counts = [len(c.classes) for c in spec.targets if c.kind == "class"]
            if len(counts) != 1:
                title = f"`{spec.name}` has {len(counts) or 'no'} class columns, so `data.classes` isn't known"
                help = "write the number itself"
                if spec.name == "npz" and not counts and spec.targets:
                    column = spec.targets[0].name
                    help = f"a class column is of whole numbers and one dimension: save `{column}` so, of shape [n]"
                raise wrong("E0406", title, span, help=help)
            return counts[0]
        if len(spec.features) != 1:
            raise wrong(
                "E0406", f"`{spec.name}` has {len(spec.features)} feature columns, so `data.{name}` isn't known", span
            )
        shape = spec.features[0].shape
        return shape if name == "shape" else TensorType(shape).size

    # after the model

    def finish(self, network: Network) -> Recipe | None:
        """The recipe for a network; None if something in it is wrong."""
        try:
            return self.assembled(network) if "data" in self.values else None
        except Wrong as error:
            self.tell(error)
        except Unknown:
            pass
        return None

    def spec(self, graph: Graph, span: Span) -> DataSpec:
        data = self.values["data"]
        assert isinstance(data, DataSet)
        sizes = tuple(TensorType(port.shape).size for port in graph.inputs)
        try:
            spec = data.spec(Where(self.where.folder, sizes, self.where.data_dir))
        except Unfit as unfit:
            refuse(unfit, span)
        if not spec.targets:
            help = "a row holds the model's inputs, then its targets"
            raise wrong("E0410", f"`{spec.name}` has no target, so there is nothing to learn", span, help=help)
        return spec

    def assembled(self, network: Network) -> Recipe | None:
        graph = network.graph
        data = self.written["data"].value.span
        spec = self.spec(graph, data)
        columns: dict[str, str] = {}
        losses: list[LossTerm] = []
        metrics: list[MetricTerm] = []
        rows: dict[str, int] = {}
        self.attempt(lambda: columns.update(self.columns(network, spec)))
        self.attempt(lambda: rows.update(self.rows(spec, data)))
        self.attempt(self.check_schedule)
        self.attempt(self.treat, graph)
        objective = Objective(self.evaluator, network, spec, columns)
        if self.sound:
            self.attempt(lambda: losses.extend(objective.losses(self.written["loss"].value)))
        if self.sound:
            measured = self.written["metrics"].value if "metrics" in self.written else None
            self.attempt(lambda: metrics.extend(objective.metrics(measured, losses)))
        if not self.sound:
            return None
        for doubt in spec.doubts:
            self.report.add(Diagnostic("W0404", doubt, data, help="`archc data` shows what the model will see"))
        stop = self.values.get("stop")
        monitor = self.monitor(stop, metrics, rows)
        batch = self.values["batch"]
        if batch > rows["train"]:
            span = self.written["batch"].value.span
            self.report.add(
                Diagnostic(
                    "W0401",
                    f"a batch of {batch:,} is larger than the training part of {counted(rows['train'], 'row')}",
                    span,
                    help="each step takes the whole part",
                )
            )
        links: dict[str, Function] = {port.name: "linear" for port in graph.outputs}
        for term in losses:
            links[term.output] = reads(term)
        return made(Recipe)(
            name=self.name,
            data=spec,
            columns=columns,
            losses=tuple(losses),
            links=links,
            metrics=tuple(metrics),
            optimizer=item(self.values["optimizer"]),
            weight_decay=floats(self.treatment.weight_decay),
            l1=floats(self.treatment.l1),
            rates=floats(self.treatment.rates),
            clip=item(self.values["clip"]) if "clip" in self.values else None,
            freeze=scopes(self.treatment.freeze),
            start=self.start(),
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

    def treat(self, graph: Graph) -> None:
        """Finds the parts that settings speak of in the network. Raises Wrong."""
        said = {key: self.values[key] for key in BY_PART if key in self.values}
        if not any(each.parts for each in (*said.values(), Parts(parts=self.left_out))):
            general = {key: {"": each.general} for key, each in said.items() if each.general is not None}
            self.treatment = replace(self.treatment, **general)
            return
        layers = Layers(graph, self.tell)
        self.treatment = treatment(said, layers, self.init)
        self.kept = scopes(layers.placed("start", Parts(parts=self.left_out), False))
        if "freeze" in said:
            left_out = self.left_out if "start" in self.written else None
            check_frozen(said["freeze"], layers, left_out, self.written["freeze"].value.span)
        # what a setting that is taken over does here says nothing of where it stands
        self.report.extend(found for found in layers.warnings if self.own(found.span))

    def start(self) -> StartFrom | None:
        start = self.values.get("start")
        if start is None:
            return None
        source = item(start)
        source = source.model_copy(update={"arguments": {**source.arguments, "except": self.kept}})
        return made(StartFrom)(source=source, place=place(self.written["start"].value.span))

    def check_schedule(self) -> None:
        """Raises Wrong if the learning rate doesn't go with the epochs."""
        if "optimizer" in self.values and "epochs" in self.values:
            try:
                self.values["optimizer"].rate.check_epochs(self.values["epochs"])
            except Unfit as unfit:
                refuse(unfit, self.written["optimizer"].value.span)
        if "optimizer" in self.values and self.own(self.written["optimizer"].value.span):
            self.report.extend(too_fast(self.values["optimizer"], self.written["optimizer"].value.span))

    def columns(self, network: Network, spec: DataSpec) -> dict[str, str]:
        """The data column that feeds each input: that of its name, or the only one."""
        features = {column.name: column for column in spec.features}
        data = self.written["data"].value.span
        chosen: dict[str, str] = {}
        for port in network.graph.inputs:
            single = len(network.graph.inputs) == 1 and len(features) == 1
            column = features.get(port.name) or (spec.features[0] if single else None)
            if column is None:
                names = ", ".join(f"`{name}`" for name in features)
                title = f"no column of the data feeds the input `{port.name}`"
                related = (Related(network.spans[port.name], "the input"),)
                help = f"an input bears the name of its column: {names}"
                raise wrong("E0405", title, data, help=help, related=related)
            if column.shape != port.shape:
                raise other_shape(port, network.spans[port.name], TensorType(column.shape), data)
            chosen[port.name] = column.name
        return chosen

    # rows

    def rows(self, spec: DataSpec, span: Span) -> dict[str, int]:
        """How many rows each part has. Raises Wrong if nothing is left to train on."""
        if spec.test_examples and "test" in self.written:
            title = f"`{spec.name}` brings a test part of its own, of {counted(spec.test_examples, 'row')}"
            raise wrong("E0412", title, self.written["test"].name.span, help="leave `test` out")
        shares = {
            "validate": self.values.get("validate", spec.validate_share),
            "test": 0 if spec.test_examples else self.values.get("test", spec.test_share),
        }
        held = {
            part: share if isinstance(share, int) else round(spec.examples * share) for part, share in shares.items()
        }
        for part, share in shares.items():
            if share and not held[part] and part in self.values:
                written = self.written[part].value.span
                title = f"{written.text} of {counted(spec.examples, 'row')} is none"
                raise wrong("E0412", title, written, help=f"`{part} = 1` holds one row out")
        train = spec.examples - sum(held.values())
        if train < 1:
            at = self.written.get("validate") or self.written.get("test")
            parts = f"{held['validate']:,} to validate and {held['test']:,} to test"
            title = f"of {counted(spec.examples, 'row')} {parts} leave none to train on"
            raise wrong("E0412", title, at.value.span if at else span)
        return {"train": train, "validation": held["validate"], "test": held["test"] + spec.test_examples}

    def monitor(self, stop: Described | None, metrics: list[MetricTerm], rows: dict[str, int]) -> Monitor:
        """What picks the best epoch. Raises Wrong if it isn't measured."""
        if not isinstance(stop, EarlyStopping):
            return made(Monitor)(quantity="loss", better="lower")
        span = self.written["stop"].value.span
        if not rows["validation"]:
            title = f"`{stop.quantity}` isn't measured: no rows are held out to validate"
            raise wrong("E0413", title, span, help="for example `validate = 20%`")
        quantity = str(stop.quantity).removeprefix("val_")
        if quantity == "loss":
            return made(Monitor)(quantity="loss", better="lower")
        for term in metrics:
            if term.name == quantity:
                metric = restored(term.metric)
                assert isinstance(metric, Metric)
                if metric.table:
                    raise wrong("E0413", f"`{stop.quantity}` is a table, which can't get better", span, help=INSTEAD)
                return made(Monitor)(quantity=quantity, better=metric.better)
        raise unmeasured(stop, quantity, [term.name for term in metrics], span)


INSTEAD = "watch `val_loss`"


def unmeasured(stop: EarlyStopping, quantity: str, measured: Sequence[str], span: Span) -> Wrong:
    """Early stopping by what isn't measured."""
    known = FAMILIES["metric"]
    if quantity in known:
        help = f"add `metrics = {quantity}`, or {INSTEAD}"
        return wrong("E0413", f"`{stop.quantity}` isn't measured", span, help=help)
    near = closest(quantity, [*measured, "loss"]) or closest(quantity, known)
    help = f"did you mean `val_{near[0]}`?" if near else INSTEAD
    return wrong("E0413", f"`{stop.quantity}` isn't measured", span, help=help)


def scopes(parts: Mapping[str, bool]) -> tuple[str, ...]:
    """The parts of which something holds."""
    return tuple(scope for scope, holds in parts.items() if holds)


def floats(numbers: Mapping[str, float]) -> dict[str, float]:
    return {scope: float(number) for scope, number in numbers.items()}


def too_fast(optimizer: Optimizer, span: Span) -> Iterator[Diagnostic]:
    """What is said of a learning rate with which nothing can be learnt."""
    rate = optimizer.rate.highest
    if rate >= optimizer.too_fast:
        title = f"a learning rate of {show(rate)} is far too high for `{optimizer.name}`"
        help = f"begin with `{optimizer.name}({optimizer.usual})`, and try rates three times higher and lower"
        yield Diagnostic("W0403", title, span, help=help)


def missing(key: str, block: tree.Train) -> Wrong:
    """A setting without which nothing can be trained."""
    examples = {
        "data": "data = digits",
        "loss": "loss = cross_entropy",
        "optimizer": "optimizer = adam(1e-3)",
        "batch": "batch = 32",
        "epochs": "epochs = 10",
    }
    doc = "what training makes small" if key == "loss" else Settings.parameters[key].doc
    start = block.span.start
    span = Span(block.span.source, start, start + len("train"))
    return wrong("E0404", f"the recipe has no `{key}`: {doc}", span, help=f"for example `{examples[key]}`")


def other_shape(port: Port, span: Span, given: TensorType, data: Span) -> Wrong:
    """An input of another shape than its column."""
    declared, meant = TensorType(port.shape), f"input {port.name}{given}"
    flat = declared.rank == 1 and declared.size == given.size
    return wrong(
        "E0405",
        f"the input `{port.name}` is {declared}, and the data gives {given}",
        span,
        related=(Related(data, f"gives {given}"),),
        help=f"declare `{meant}`{', and put `flatten` behind it' * flat}",
        fix=None if flat else meant,
    )
