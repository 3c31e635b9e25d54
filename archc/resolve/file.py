"""A whole file -> the IR of the model and recipe that are asked for."""

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.data.dataset import Where
from archc.diagnostics import Diagnostic, Related, Report
from archc.ir import Module, Recipe, made
from archc.ir.verify import verify
from archc.recipes import initialiser
from archc.resolve.body import RESERVED, reserved
from archc.resolve.doubtful import doubts_in_training
from archc.resolve.evaluate import Facts
from archc.resolve.imports import Importer, ModelDefinition
from archc.resolve.layers import Layers
from archc.resolve.model import Network, Surroundings, resolve_model
from archc.resolve.network import shown
from archc.resolve.recipe import RecipeResolver
from archc.resolve.renamed import told_where_given
from archc.resolve.unread import Told, branches, circles, unread
from archc.resolve.unused import unused_at_top, unused_in_body
from archc.resolve.values import UNKNOWN
from archc.resolve.wrong import Unknown, Wrong, given_twice, misspelt, wrong
from archc.source import Source, Span
from archc.syntax import Reader, read_source, tree

DEEPEST = 50_000
"""How deep Python may recurse while a file is resolved."""


@dataclass(frozen=True)
class Choice:
    """What is asked for: a model and a recipe by name ("" for the file's own choice).

    `overridden` says that values were set from outside. `whole` asks about all that the file
    holds: its other recipes too, and whether one without a model is in order as a file of blocks.
    """

    model: str = ""
    recipe: str = ""
    overridden: bool = False
    whole: bool = False


def resolve(
    file: tree.File,
    folder: Path,
    report: Report,
    choice: Choice | None = None,
    data_dir: Path | None = None,
    read: Reader = read_source,
) -> list[Module]:
    """The IR of every model that the choice covers; none if there are errors, which go to the report.

    Without a choice of model or recipe these are all models of the file, the one that the recipe
    trains first. `folder` is where relative paths start, and `read` reads used files. Where a tree
    lacks what could not be read, nothing is said that may follow from that.
    """
    limit = sys.getrecursionlimit()
    # blocks call blocks, and each has expressions that nest: both are bounded, their product is large
    sys.setrecursionlimit(max(limit, DEEPEST))
    try:
        resolver = FileResolver(file, Where(folder, data_dir=data_dir), report, choice or Choice(), read)
        modules = resolver.modules()
        if not resolver.home.whole:
            report.found = [found for found in report.found if not may_be_used(found)]
    finally:
        sys.setrecursionlimit(limit)
    report.found[:] = told_where_given(file, report.found)
    report.found.sort(key=lambda found: position(found, file.source))
    return [] if report.errors else modules


def position(diagnostic: Diagnostic, main: Source) -> tuple[bool, str, int, str]:
    """What messages are sorted by: people read them beside the file, from the top; used files come first."""
    span = diagnostic.span
    if span is None:
        return (False, "", -1, diagnostic.severity)
    here = span.source is main
    return (here, "" if here else span.source.name, span.start, diagnostic.severity)


def may_be_used(diagnostic: Diagnostic) -> bool:
    """Whether a message is about a name that may well come from a used file, if one can't be read."""
    of_file = re.match(r"there is no (layer|name|layer or name) `", diagnostic.title)
    return diagnostic.code in ("E0301", "E0308") and of_file is not None and not diagnostic.fixes


class FileResolver:
    def __init__(self, file: tree.File, where: Where, report: Report, choice: Choice, read: Reader):
        self.file = file
        self.where = where
        self.report = report
        self.choice = choice
        importer = Importer(where.folder.resolve(), report, self.no_facts, read)
        self.home = importer.home(file, where.folder)
        self.files = importer.files
        self.names = self.home.names
        self.facts: Facts = self.no_facts
        self.lent: tree.Name | None = None
        """The model that the recipe names, where another one is asked for."""
        self.read: set[int] = set()

    def modules(self) -> list[Module]:
        self.distinct([item for item in self.file.items if isinstance(item, tree.Model)], "model")
        models = self.home.models
        trains = self.distinct([item for item in self.file.items if isinstance(item, tree.Train)], "recipe")
        if not models and any(isinstance(item, tree.Bad) for item in self.file.items):
            return []
        if not models and self.choice.whole and any(isinstance(item, tree.Block) for item in self.file.items):
            self.look_at_rest()
            return []
        if not models:
            start = self.file.source.span(0, 0)
            self.tell(wrong("E0213", "the file has no model", start, help="write one: `model Net { input x[2]  … }`"))
            self.look_at_rest()
            return []
        recipe = self.recipe(trains, self.choice.recipe)
        chosen, arguments = self.begun(models, recipe)
        asked = [chosen] if chosen is not None else []
        if chosen is None or not (self.choice.model or self.choice.recipe):
            own = [model for model in models.values() if model.model in self.file.items]
            asked += [model for model in own if model is not chosen]
        found = [
            self.module(model, arguments if model is chosen else {}, recipe, trained=model is chosen) for model in asked
        ]
        if recipe is not None:
            self.look_at_recipes(trains, models, recipe)
        self.look_at_rest()
        if not self.report.errors:
            self.report.extend(unused_at_top(self.file, self.home.uses))
            for item in self.file.items:
                if isinstance(item, tree.Block | tree.Model):
                    self.report.extend(unused_in_body(item))
        return [module for module in found if module is not None]

    def look_at_recipes(
        self, trains: dict[str, tree.Train], models: dict[str, ModelDefinition], chosen: RecipeResolver
    ) -> None:
        for name, block in trains.items():
            if self.choice.whole and block is not chosen.block:
                self.other_recipe(trains, name, models)
            elif not self.choice.whole and block not in chosen.blocks:
                # what it sets is looked at when it is asked for, but its settings have to be ones
                RecipeResolver([block], self.names, self.where, self.report)

    def begun(
        self, models: dict[str, ModelDefinition], recipe: RecipeResolver | None
    ) -> tuple[ModelDefinition | None, dict[str, Any]]:
        """Evaluates a recipe's plain settings; gives the model that it trains, and its arguments."""
        self.facts = recipe.fact if recipe is not None else self.no_facts
        if recipe is not None:
            recipe.begin()
        return self.chosen(models, recipe)

    def other_recipe(self, trains: dict[str, tree.Train], name: str, models: dict[str, ModelDefinition]) -> None:
        """Tells what is wrong with a recipe beside the one that was asked for."""
        recipe = self.recipe(trains, name)
        if recipe is not None:
            recipe.asked = False
        chosen, arguments = self.begun(models, recipe)
        if chosen is not None:
            self.module(chosen, arguments, recipe, trained=True)

    def look_at_rest(self) -> None:
        """Tells what is wrong in blocks that no call reached, and in branches that were not taken."""
        errors = (found.span for found in self.report.found if found.severity == "error")
        told = Told(self.file.source, (span for span in errors if span is not None))
        blocks = {item.name.value: item for item in reversed(self.file.items) if isinstance(item, tree.Block)}
        for item in self.file.items:
            if isinstance(item, tree.Block | tree.Model) and (id(item) not in self.read or branches(item)):
                self.report.extend(unread(item, self.names, self.facts, initialiser.DEFAULT, told))
        self.report.extend(circles(blocks, told))

    def tell(self, error: Wrong) -> None:
        self.report.add(error.diagnostic)

    def no_facts(self, name: str, span: Span) -> Any:
        if any(isinstance(item, tree.Train) for item in self.file.items):
            why = "top-level names are known before the data is: use it in the model"
        else:
            why = "the file has no recipe to say which data it is: `train { data = digits … }`"
        raise wrong("E0406", f"`data.{name}` is not known here", span, help=why)

    def distinct(self, items: Sequence[Any], kind: str) -> dict[str, Any]:
        """Models or recipes by name; a second one of the same name is an error."""
        found: dict[str, Any] = {}
        for item in items:
            name = item.name.value if item.name else ""
            if name not in found:
                found[name] = item
                continue
            help = "" if name else "give one a name: `train quick { … }` starts from the unnamed one"
            title = f"the {kind} `{name}` is given twice" if name else "there are two recipes without a name"
            related = (Related(named_at(found[name]), "first given here"),)
            self.tell(wrong("E0304", title, named_at(item), help=help, related=related))
        return found

    def recipe(self, trains: dict[str, tree.Train], name: str) -> RecipeResolver | None:
        """The recipe of that name, on top of the unnamed one."""
        if name and name not in trains:
            known = [n for n in trains if n]
            start = self.file.source.span(0, 0)
            there = named("recipe", known) if known or not trains else "its recipe has no name: leave `--recipe` out"
            self.tell(misspelt("E0414", f"the file has no recipe `{name}`", start, name, known, otherwise=there))
            return None
        if not trains:
            return None
        if not name and "" not in trains:
            name = next(iter(trains))
        blocks = [trains[""]] if "" in trains else []
        blocks += [trains[name]] if name else []
        return RecipeResolver(blocks, self.names, self.where, self.report)

    def chosen(
        self, models: dict[str, ModelDefinition], recipe: RecipeResolver | None
    ) -> tuple[ModelDefinition | None, dict[str, Any]]:
        """The model that is asked for, and its arguments; None where that isn't clear, which is told."""
        asked, setting = self.choice.model, recipe.written.get("model") if recipe is not None else None
        if asked and asked not in models:
            start = self.file.source.span(0, 0)
            there = named("model", list(models))
            self.tell(
                misspelt("E0415", f"the file has no model `{asked}`", start, asked, list(models), otherwise=there)
            )
            return None, {}
        if recipe is None or setting is None:
            own = [name for name, model in models.items() if model.model in self.file.items]
            if not asked and len(own) == 1:
                return models[own[0]], {}
            if not asked and recipe is not None and len(models) > 1:
                title = "the file has several models, and the recipe doesn't say which it trains"
                help = f"for example `model = {next(iter(models))}`"
                self.tell(wrong("E0416", title, train_word(recipe.block), help=help))
                return None, {}
            return models[asked or next(iter(models))], {}
        value = setting.value
        callee = value.callee if isinstance(value, tree.Call) else value
        word = callee.value if isinstance(callee, tree.Name | tree.Text) else callee.span.text
        if not isinstance(callee, tree.Name) or word not in models:
            quoted = isinstance(callee, tree.Text) and word in models
            title = (
                f"`model` takes a word, not the text `{callee.span.text}`"
                if quoted
                else f"the file has no model `{word}`"
            )
            self.tell(
                wrong("E0415", title, callee.span, help="write it without quotes", fix=word)
                if quoted
                else misspelt("E0415", title, callee.span, word, list(models), otherwise=named("model", list(models)))
            )
            return (models[asked] if asked else None), {}
        if asked and asked != word:
            self.lent = callee
            return models[asked], {}
        given = value.arguments if isinstance(value, tree.Call) else ()
        parameters = models[word].model.parameters
        return models[word], Layers(self.names, self.report, self.facts).arguments(word, parameters, given)

    def values(self, of: ModelDefinition, given: dict[str, Any], facts: Facts) -> dict[str, Any]:
        """Every parameter's value; what is wrong is told, and its value unknown."""
        model, values = of.model, {name: value for name, value in given.items() if name}
        seen: dict[str, Span] = {}
        for parameter in model.parameters:
            name = parameter.name.value
            try:
                if name in RESERVED:
                    raise reserved(parameter.name)
                if name in seen:
                    raise given_twice(name, parameter.name.span, seen[name])
                seen[name] = parameter.name.span
                if name in values:
                    continue
                if parameter.default is None and "" in given:
                    raise Unknown
                if parameter.default is None:
                    title = f"the parameter `{name}` of `{model.name.value}` has no value"
                    help = f"give it one here, `{name} = …`, or in the recipe: `model = {model.name.value}({name} = …)`"
                    raise wrong("E0214", title, parameter.name.span, help=help)
                values[name] = Layers({**of.names, **values}, self.report, facts).given(parameter.default)
            except Wrong as error:
                self.tell(error)
                values[name] = UNKNOWN
            except Unknown:
                values[name] = UNKNOWN
        return values

    def module(
        self, model: ModelDefinition, given: dict[str, Any], recipe: RecipeResolver | None, *, trained: bool
    ) -> Module | None:
        facts = self.facts
        errors = self.report.errors
        values = self.values(model, given, facts)
        init = recipe.init if recipe is not None else initialiser.DEFAULT
        overridden = self.choice.overridden or bool(given)
        self.read.add(id(model.model))
        around = Surroundings(model.names, facts, init, overridden, self.read, self.home.models, self.files)
        network = resolve_model(model.model, values, around, self.report)
        learnt = self.learnt(recipe, network) if recipe is not None and trained and network is not None else None
        failed = trained and recipe is not None and learnt is None and self.lent is None
        if network is None or self.report.errors > errors or failed:
            return None
        # parts that the recipe treats in a way of their own show in the graph
        graph = recipe.treatment.applied(network.graph) if recipe is not None and learnt else network.graph
        module = made(Module)(
            source=Path(self.file.source.name).name,
            sha256=self.hash(),
            graph=graph,
            arguments={name: shown(value) for name, value in values.items()},
            recipe=learnt,
        )
        verify(module)
        if learnt is not None and recipe is not None:
            setting = recipe.written.get("init")
            at = setting.value.span if setting else None
            self.report.extend(doubts_in_training(network.builder, graph, at))
            self.report.extend(self.unused_outputs(network, learnt))
        return module

    def learnt(self, recipe: RecipeResolver, network: Network) -> Recipe | None:
        """The recipe for a network. Where it is meant for another model it needn't fit."""
        if self.lent is None:
            return recipe.finish(network)
        told, ours = Report(), recipe.report
        recipe.report = recipe.evaluator.report = told
        found = recipe.finish(network)
        recipe.report = recipe.evaluator.report = ours
        if found is not None:
            self.report.extend(told.found)
            return found
        why = next((d.title for d in told.found if d.severity == "error"), "")
        title = f"the recipe is for `{self.lent.value}` and leaves `{network.graph.name}` untrained: {why}"
        help = f"give it one: `train other {{ model = {network.graph.name} … }}`, and ask with `--recipe other`"
        self.report.add(Diagnostic("W0402", title, self.lent.span, help=help))
        return None

    def unused_outputs(self, network: Network, recipe: Recipe) -> Iterator[Diagnostic]:
        """Outputs that nothing is learnt from, and nothing measured."""
        read = {term.output for term in recipe.losses} | {term.output for term in recipe.metrics}
        for port in network.graph.outputs:
            if port.name in read:
                continue
            title = f"nothing is learnt from the output `{port.name}`"
            span = network.outputs[port.name]
            yield Diagnostic(
                "W0309", title, span, help=f"add a loss, such as `0.3 * mse({port.name})`, or leave it out"
            )

    def hash(self) -> str:
        """Of the text of the file, of those that it uses, and of files of numbers."""
        together = hashlib.sha256()
        for source in (*self.home.sources, *self.files.sources):
            together.update(source.text.encode())
        return together.hexdigest()


def named(kind: str, names: list[str]) -> str:
    """The models or recipes that there are."""
    if not names:
        return f"it has no {kind}s"
    shown = ", ".join(f"`{name}`" for name in names)
    return f"its {kind}{'s are' if len(names) > 1 else ' is'} {shown}"


def named_at(item: tree.Model | tree.Train) -> Span:
    """Where a model or recipe gives its name, or would."""
    return item.name.span if item.name is not None else train_word(item)


def train_word(item: tree.Model | tree.Train) -> Span:
    return Span(item.span.source, item.span.start, item.span.start + len("train"))
