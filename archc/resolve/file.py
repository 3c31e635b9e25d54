"""A whole file -> the IR of the model and recipe that are asked for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.data.catalog import Where
from archc.diagnostics import Diagnostic, Related, Report
from archc.ir import Module, made
from archc.ir.items import argument
from archc.ir.verify import verify
from archc.parameters import counted
from archc.recipes import initialiser
from archc.resolve.evaluate import UNKNOWN, Evaluator
from archc.resolve.model import RESERVED, Facts, Surroundings, reserved, resolve_model
from archc.resolve.recipe import RecipeResolver
from archc.resolve.unused import unused_lets
from archc.resolve.wrong import Unknown, Wrong, given_twice, misspelt, wrong
from archc.source import Span
from archc.syntax import tree


@dataclass(frozen=True)
class Choice:
    """What is asked for: a model and a recipe by name ("" for the file's own choice)."""

    model: str = ""
    recipe: str = ""
    overridden: bool = False


def resolve(
    file: tree.File, folder: Path, report: Report, choice: Choice | None = None, data_dir: Path | None = None
) -> list[Module]:
    """The IR of every model that the choice covers; none if there are errors, which go to the report.

    Without a choice of model or recipe these are all models of the file, the one that the recipe
    trains first. `folder` is where relative paths start. A tree that comes with errors lacks what
    could not be read, so nothing is said of it.
    """
    if report.errors:
        return []
    before = len(report.found)
    modules = FileResolver(file, Where(folder, data_dir=data_dir), report, choice or Choice()).modules()
    report.found[before:] = sorted(report.found[before:], key=position)
    return [] if report.errors else modules


def position(diagnostic: Diagnostic) -> tuple[int, str]:
    """What messages are sorted by: people read them beside the file, from the top."""
    return (diagnostic.span.start if diagnostic.span else -1, diagnostic.severity)


class FileResolver:
    def __init__(self, file: tree.File, where: Where, report: Report, choice: Choice):
        self.file = file
        self.where = where
        self.report = report
        self.choice = choice
        self.names: dict[str, Any] = {}

    def modules(self) -> list[Module]:
        self.lets()
        models = self.distinct([item for item in self.file.items if isinstance(item, tree.Model)], "model")
        trains = self.distinct([item for item in self.file.items if isinstance(item, tree.Train)], "recipe")
        if not models:
            start = self.file.source.span(0, 0)
            self.tell(wrong("E0213", "the file has no model", start, help="write one: `model Net { input x[2]  … }`"))
            return []
        recipe = self.recipe(trains)
        if recipe is not None:
            recipe.begin()
        chosen, arguments = self.chosen(models, recipe)
        if not self.report.errors:
            self.report.extend(unused_lets(self.file))
        asked = [chosen] if chosen is not None else []
        if chosen is None or not (self.choice.model or self.choice.recipe):
            asked += [model for model in models.values() if model is not chosen]
        found = [
            self.module(model, arguments if model is chosen else {}, recipe, trained=model is chosen) for model in asked
        ]
        return [module for module in found if module is not None]

    def tell(self, error: Wrong) -> None:
        self.report.add(error.diagnostic)

    def lets(self) -> None:
        """The top-level names, in order."""
        seen: dict[str, Span] = {}
        for item in self.file.items:
            if not isinstance(item, tree.Let):
                continue
            name = item.name.value
            if name in RESERVED:
                self.tell(reserved(item.name))
                continue
            if name in seen:
                self.tell(given_twice(name, item.name.span, seen[name]))
                continue
            seen[name] = item.name.span
            self.names[name] = self.constant(item.value)

    def constant(self, expression: tree.Expression) -> Any:
        try:
            return Evaluator(self.names, self.report, self.no_facts).value(expression)
        except Wrong as error:
            self.tell(error)
        except Unknown:
            pass
        return UNKNOWN

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

    def recipe(self, trains: dict[str, tree.Train]) -> RecipeResolver | None:
        """The recipe that is asked for, on top of the unnamed one."""
        name = self.choice.recipe
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
        self, models: dict[str, tree.Model], recipe: RecipeResolver | None
    ) -> tuple[tree.Model | None, dict[str, Any]]:
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
            return models[asked], {}
        given = value.arguments if isinstance(value, tree.Call) else ()
        return models[word], self.arguments(models[word], given, recipe.evaluator)

    def arguments(self, model: tree.Model, given: Sequence[tree.Argument], evaluator: Evaluator) -> dict[str, Any]:
        """The values of a call `Net(hidden = 64)`, by parameter; what is wrong is told, and its value unknown."""
        names = [parameter.name.value for parameter in model.parameters]
        values: dict[str, Any] = {}
        for i, written in enumerate(given):
            try:
                key = self.key(model, names, written, i)
                if key in values:
                    raise wrong("E0209", f"`{key}` is given twice", written.span)
                values[key] = UNKNOWN
                values[key] = evaluator.value(written.value)
            except Wrong as error:
                self.tell(error)
            except Unknown:
                pass
        return values

    def key(self, model: tree.Model, names: list[str], written: tree.Argument, i: int) -> str:
        """The parameter of the model that the argument number `i` is for. Raises Wrong."""
        if written.name is None:
            if i < len(names):
                return names[i]
            takes = counted(len(names), "value") if names else "no values"
            raise wrong("E0209", f"`{model.name.value}` takes {takes}", written.span)
        word = written.name.span.text
        if word in names:
            return word
        help = "" if names else "it has no parameters: give it some, `model Net(hidden = 8)`"
        title = f"`{model.name.value}` has no parameter `{word}`"
        raise misspelt("E0209", title, written.name.span, word, names, otherwise=help)

    def values(self, model: tree.Model, given: dict[str, Any], facts: Facts) -> dict[str, Any]:
        """Every parameter's value; what is wrong is told, and its value unknown."""
        values = dict(given)
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
                if parameter.default is None:
                    title = f"the parameter `{name}` of `{model.name.value}` has no value"
                    help = f"give it one here, `{name} = …`, or in the recipe: `model = {model.name.value}({name} = …)`"
                    raise wrong("E0214", title, parameter.name.span, help=help)
                values[name] = Evaluator({**self.names, **values}, self.report, facts).value(parameter.default)
            except Wrong as error:
                self.tell(error)
                values[name] = UNKNOWN
            except Unknown:
                values[name] = UNKNOWN
        return values

    def module(
        self, model: tree.Model, given: dict[str, Any], recipe: RecipeResolver | None, *, trained: bool
    ) -> Module | None:
        facts = recipe.fact if recipe is not None else self.no_facts
        errors = self.report.errors
        values = self.values(model, given, facts)
        init = recipe.init if recipe is not None else initialiser.DEFAULT
        overridden = self.choice.overridden or bool(given)
        network = resolve_model(model, values, Surroundings(self.names, facts, init, overridden), self.report)
        learnt = recipe.finish(network) if recipe is not None and trained and network is not None else None
        if network is None or self.report.errors > errors or (trained and recipe is not None and learnt is None):
            return None
        module = made(Module)(
            source=Path(self.file.source.name).name,
            sha256=hashlib.sha256(self.file.source.text.encode()).hexdigest(),
            # parts that the recipe treats in a way of their own show in the graph
            graph=recipe.treatment.applied(network.graph) if recipe is not None and trained else network.graph,
            arguments={name: argument(value) for name, value in values.items()},
            recipe=learnt,
        )
        verify(module)
        return module


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
