"""A whole file -> the IR of the model and recipe that are asked for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.data.catalog import Where
from archc.diagnostics import Related, Report
from archc.ir import Module
from archc.ir.items import argument
from archc.ir.verify import verify
from archc.recipes import initialiser
from archc.resolve.evaluate import UNKNOWN, Evaluator
from archc.resolve.model import RESERVED, Surroundings, resolve_model
from archc.resolve.recipe import RecipeResolver
from archc.resolve.wrong import Unknown, Wrong, misspelt, wrong
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
    """The IR of every model that the choice covers; what is wrong goes to the report.

    Without a choice of model or recipe these are all models of the file, the one that the recipe
    trains first. `folder` is where relative paths start.
    """
    return FileResolver(file, Where(folder, data_dir=data_dir), report, choice or Choice()).modules()


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
        try:
            chosen, arguments = self.chosen(models, recipe)
        except (Wrong, Unknown) as error:
            if isinstance(error, Wrong):
                self.tell(error)
            return []
        found = [self.module(chosen, arguments, recipe)]
        if not self.choice.model and not self.choice.recipe:
            found += [self.module(model, {}, None) for model in models.values() if model is not chosen]
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
                self.tell(
                    wrong(
                        "E0303", f"`{name}` has a meaning of its own here", item.name.span, help="choose another name"
                    )
                )
                continue
            if name in seen:
                self.tell(
                    wrong(
                        "E0304",
                        f"the name `{name}` is given twice",
                        item.name.span,
                        related=(Related(seen[name], "first given here"),),
                    )
                )
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

    @staticmethod
    def no_facts(name: str, span: Span) -> Any:
        raise wrong(
            "E0404",
            f"`data.{name}` is not known here",
            span,
            help="facts about the data can stand in models and recipes",
        )

    def distinct(self, items: Sequence[Any], kind: str) -> dict[str, Any]:
        """Models or recipes by name; a second one of the same name is an error."""
        found: dict[str, Any] = {}
        for item in items:
            name = item.name.value if item.name else ""
            if name in found:
                span = (
                    item.name.span
                    if item.name
                    else Span(item.span.source, item.span.start, item.span.start + len("train"))
                )
                title = f"the {kind} `{name}` is given twice" if name else "there are two recipes without a name"
                help = "" if name else "give one a name: `train quick { … }` starts from the unnamed one"
                self.tell(wrong("E0304", title, span, help=help))
                continue
            found[name] = item
        return found

    def recipe(self, trains: dict[str, tree.Train]) -> RecipeResolver | None:
        """The recipe that is asked for, on top of the unnamed one."""
        name = self.choice.recipe
        if name and name not in trains:
            known = [n for n in trains if n]
            self.tell(misspelt("E0414", f"the file has no recipe `{name}`", self.file.source.span(0, 0), name, known))
            return None
        if not trains:
            return None
        if not name and "" not in trains:
            name = next(iter(trains))
        blocks = [trains[""]] if "" in trains else []
        blocks += [trains[name]] if name else []
        return RecipeResolver(blocks, self.names, self.where, self.report)

    def chosen(self, models: dict[str, tree.Model], recipe: RecipeResolver | None) -> tuple[tree.Model, dict[str, Any]]:
        """The model that is asked for, and its arguments."""
        setting = recipe.written.get("model") if recipe is not None else None
        if self.choice.model:
            if self.choice.model not in models:
                raise misspelt(
                    "E0415",
                    f"the file has no model `{self.choice.model}`",
                    self.file.source.span(0, 0),
                    self.choice.model,
                    list(models),
                )
            return models[self.choice.model], {}
        if setting is None:
            if len(models) > 1 and recipe is not None:
                span = Span(recipe.block.span.source, recipe.block.span.start, recipe.block.span.start + len("train"))
                raise wrong(
                    "E0416",
                    "the file has several models, and the recipe doesn't say which it trains",
                    span,
                    help=f"for example `model = {next(iter(models))}`",
                )
            return next(iter(models.values())), {}
        value = setting.value
        callee = value.callee if isinstance(value, tree.Call) else value
        if not isinstance(callee, tree.Name) or callee.value not in models:
            word = callee.span.text
            raise misspelt("E0415", f"the file has no model `{word}`", callee.span, word, list(models))
        model = models[callee.value]
        assert recipe is not None
        return model, self.arguments(model, value.arguments if isinstance(value, tree.Call) else (), recipe.evaluator)

    def arguments(self, model: tree.Model, given: Sequence[tree.Argument], evaluator: Evaluator) -> dict[str, Any]:
        """The values of a call `Net(hidden = 64)`, by parameter. Raises Wrong."""
        names = [parameter.name.value for parameter in model.parameters]
        values: dict[str, Any] = {}
        for i, written in enumerate(given):
            if written.name is None:
                if i >= len(names):
                    raise wrong("E0209", f"`{model.name.value}` takes {len(names)} values", written.span)
                key = names[i]
            elif isinstance(written.name, tree.Name) and written.name.value in names:
                key = written.name.value
            else:
                word = written.name.span.text
                raise misspelt(
                    "E0209", f"`{model.name.value}` has no parameter `{word}`", written.name.span, word, names
                )
            if key in values:
                raise wrong("E0209", f"`{key}` is given twice", written.span)
            values[key] = evaluator.value(written.value)
        return values

    def defaults(
        self, model: tree.Model, given: dict[str, Any], recipe: RecipeResolver | None
    ) -> dict[str, Any] | None:
        """Every parameter's value; None if one has none."""
        values = dict(given)
        seen: dict[str, Span] = {}
        sound = True
        facts = recipe.fact if recipe is not None else self.no_facts
        for parameter in model.parameters:
            name = parameter.name.value
            if name in seen:
                self.tell(
                    wrong(
                        "E0304",
                        f"the name `{name}` is given twice",
                        parameter.name.span,
                        related=(Related(seen[name], "first given here"),),
                    )
                )
                sound = False
            seen[name] = parameter.name.span
            if name in values:
                continue
            if parameter.default is None:
                self.tell(
                    wrong(
                        "E0214",
                        f"the parameter `{name}` of `{model.name.value}` has no value",
                        parameter.name.span,
                        help=f"give it one here, `{name} = …`, "
                        f"or in the recipe: `model = {model.name.value}({name} = …)`",
                    )
                )
                sound = False
                continue
            try:
                values[name] = Evaluator({**self.names, **values}, self.report, facts).value(parameter.default)
            except Wrong as error:
                self.tell(error)
                sound = False
            except Unknown:
                sound = False
        return values if sound else None

    def module(self, model: tree.Model, given: dict[str, Any], recipe: RecipeResolver | None) -> Module | None:
        values = self.defaults(model, given, recipe)
        if values is None:
            return None
        facts = recipe.fact if recipe is not None else self.no_facts
        init = recipe.init if recipe is not None else initialiser.DEFAULT
        overridden = self.choice.overridden or bool(given)
        around = Surroundings(self.names, facts, init, overridden)
        graph = resolve_model(model, values, around, self.report)
        if graph is None:
            return None
        learnt = recipe.finish(graph) if recipe is not None else None
        if recipe is not None and learnt is None:
            return None
        module = Module(
            source=Path(self.file.source.name).name,
            sha256=hashlib.sha256(self.file.source.text.encode()).hexdigest(),
            graph=graph,
            arguments={name: argument(value) for name, value in values.items()},
            recipe=learnt,
        )
        verify(module)
        return module
