"""What a file's top level gives: its own names, and those of the files that it uses."""

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from archc.diagnostics import Failed, Related, Report
from archc.diagnostics.suggest import closest
from archc.resolve.body import RESERVED, reserved
from archc.resolve.evaluate import Facts
from archc.resolve.files import Files, contained
from archc.resolve.layers import Layers
from archc.resolve.values import UNKNOWN, Ambiguous, Definition, Family
from archc.resolve.wrong import Unknown, Wrong, given_twice, wrong
from archc.resources import models_folder
from archc.source import Source, Span
from archc.syntax import Reader, parse, tree

LONGEST_CHAIN = 32
"""How many files may use each other in a row."""
SUFFIX = ".arch"


@dataclass(frozen=True, eq=False)
class ModelDefinition:
    """A model, and the top-level names of the file that it stands in."""

    model: tree.Model
    names: dict[str, Any]


@dataclass(eq=False)
class Home:
    """A file: what its top level gives by name, its own and what comes from used files."""

    file: tree.File
    names: dict[str, Any] = field(default_factory=dict)
    models: dict[str, ModelDefinition] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    """What those who use the file get."""
    uses: dict[str, list[str]] = field(default_factory=dict)
    """What each used file gives, by the text that names it."""
    sources: list[Source] = field(default_factory=list)
    """Of the file, and of all that it uses."""
    paths: dict[Path, Span] = field(default_factory=dict)
    """The files that it uses, and where it says so."""
    whole: bool = True
    """Whether all that it uses could be read; if not, names may be given there."""


class Importer:
    """Reads files and those that they use, each once. `project` is the folder that nothing may leave."""

    def __init__(self, project: Path, report: Report, facts: Facts, read: Reader):
        self.project = project
        self.report = report
        self.facts = facts
        self.read = read
        self.files = Files(project, read)
        self.known: dict[Path, Home | None] = {}
        self.chain: list[Path] = []

    def home(self, file: tree.File, folder: Path) -> Home:
        """The top level of a file that lies in `folder`; what is wrong is told."""
        home = Home(file, sources=[file.source])
        self.files.folders[file.source] = folder
        seen: dict[str, Span] = {}
        for item in file.items:
            match item:
                case tree.Bad(span=span):
                    words = re.findall(r"[A-Za-z_]\w*", span.text)
                    home.names.update(dict.fromkeys(words, UNKNOWN))
                    home.whole &= words[:1] != ["use"]
                case tree.Use():
                    errors = self.report.errors
                    self.attempt(self.use, item, home, folder)
                    home.whole &= self.report.errors == errors
        for item in file.items:
            match item:
                case tree.Block():
                    self.attempt(self.block, item, home, seen)
                case tree.Let():
                    self.attempt(self.let, item, home, seen)
                case tree.Model():
                    self.attempt(self.model, item, home, seen)
        return home

    def attempt(self, phase: Any, *arguments: Any) -> None:
        try:
            phase(*arguments)
        except Wrong as error:
            self.report.add(error.diagnostic)
        except Unknown:
            pass

    def block(self, item: tree.Block, home: Home, seen: dict[str, Span]) -> None:
        self.claim(item.name, seen)
        self.give(home, item.name.value, UNKNOWN)
        for parameter in item.parameters:
            if parameter.name.value in RESERVED:
                raise reserved(parameter.name)
        twice = {p.name.value: p.name.span for p in reversed(item.parameters)}
        for parameter in item.parameters:
            first = twice[parameter.name.value]
            if parameter.name.span != first:
                raise given_twice(parameter.name.value, parameter.name.span, first)
        self.give(home, item.name.value, Definition(item, home.names))

    def model(self, item: tree.Model, home: Home, seen: dict[str, Span]) -> None:
        home.models[item.name.value] = ModelDefinition(item, home.names)
        if item.name.value in seen:
            raise given_twice(item.name.value, item.name.span, seen[item.name.value])

    def let(self, item: tree.Let, home: Home, seen: dict[str, Span]) -> None:
        self.claim(item.name, seen)
        self.give(home, item.name.value, UNKNOWN)
        try:
            value = Layers(home.names, self.report, self.facts).given(item.value)
        except Wrong as error:
            raise self.earlier(error, home) from None
        self.give(home, item.name.value, value)

    def earlier(self, error: Wrong, home: Home) -> Wrong:
        """The error; of a name that stands below, where that is."""
        told = error.diagnostic
        for item in home.file.items:
            if not isinstance(item, tree.Let | tree.Block) or told.code != "E0301" or told.span is None:
                continue
            if item.name.value == told.span.text and item.span.start > told.span.start:
                related = (Related(item.name.span, "given only here"),)
                help = "a file is read from the top: move this line below it"
                return wrong(told.code, told.title, told.span, help=help, related=related)
        return error

    def claim(self, name: tree.Name, seen: dict[str, Span]) -> None:
        if name.value in RESERVED:
            raise reserved(name)
        if name.value in seen:
            raise given_twice(name.value, name.span, seen[name.value])
        seen[name.value] = name.span

    def give(self, home: Home, name: str, value: Any) -> None:
        home.names[name] = home.own[name] = value

    # used files

    def use(self, item: tree.Use, home: Home, folder: Path) -> None:
        path = self.path(item, folder)
        if path in home.paths:
            related = (Related(home.paths[path], "used here already"),)
            raise wrong(
                "E0304", f"`{item.target.value}` is used twice", item.span, related=related, help="leave one out"
            )
        home.paths[path] = item.span
        used = self.load(path, item)
        label = item.target.value if isinstance(item.target, tree.Name) else path.stem
        given = {**used.own, **used.models} if used is not None else {}
        home.uses[item.target.span.text] = [label, *given]
        if used is None:
            home.names.setdefault(label, UNKNOWN)
            raise Unknown
        home.sources += [source for source in used.sources if source not in home.sources]
        family = Family(label, used.own)
        home.names.setdefault(label, family)
        for name, model in used.models.items():
            home.models.setdefault(name, model)
        for name, value in used.own.items():
            if name in home.names and home.names[name] is not family and name != label:
                others = (
                    home.names[name].families if isinstance(home.names[name], Ambiguous) else self.owner(home, name)
                )
                home.names[name] = Ambiguous((*others, label))
            else:
                home.names[name] = value

    def owner(self, home: Home, name: str) -> tuple[str, ...]:
        """The used file that a name comes from."""
        families = [value for value in home.names.values() if isinstance(value, Family)]
        return tuple(family.name for family in families if name in family.names)[:1]

    def load(self, path: Path, item: tree.Use) -> Home | None:
        """The top level of a used file; None if it has errors, which are told."""
        span = item.target.span
        if path in self.chain:
            loop = [each.name for each in self.chain[self.chain.index(path) :]] + [path.name]
            raise wrong("E0008", f"files use each other in a circle: {' -> '.join(loop)}", span, help="leave one out")
        if len(self.chain) >= LONGEST_CHAIN:
            title = f"files use files more than {LONGEST_CHAIN} deep"
            raise wrong("E0009", title, span, help="put what they share in one file")
        if path not in self.known:
            self.known[path] = None
            self.chain.append(path)
            try:
                source = self.read(path, self.shown(path, span.source))
            except Failed as failed:
                # os.path answers where pathlib raises: a name may be longer than the disk takes
                if isinstance(item.target, tree.Text) and os.path.isdir(path.parent) and not os.path.exists(path):
                    raise no_such_file(item.target, path) from None
                told = failed.diagnostics[0]
                related = (Related(span, "used here"),) if told.span is not None else ()
                self.report.add(replace(told, span=told.span or span, related=(*told.related, *related)))
            else:
                errors = self.report.errors
                home = self.home(parse(source, self.report), path.parent)
                self.known[path] = home if self.report.errors == errors else None
            finally:
                self.chain.pop()
        return self.known[path]

    def shown(self, path: Path, beside: Source) -> str:
        """How messages call a used file: from where the file that uses it is called."""
        if not path.is_relative_to(self.project):
            return f"{path.parent.name}/{path.name}"
        user = self.chain[-2].parent if len(self.chain) > 1 else self.project
        return os.path.normpath(Path(beside.name).parent / os.path.relpath(path, user)).replace(os.sep, "/")

    def path(self, item: tree.Use, folder: Path) -> Path:
        """The file that is meant. Raises Wrong unless it lies in the project's folder, or is a built-in one."""
        target = item.target
        if isinstance(target, tree.Name):
            return built_in(target)
        return contained(target.value, target.span, folder, self.project, '`use "blocks/heads.arch"`')


def no_such_file(target: tree.Text, path: Path) -> Wrong:
    """A file that isn't there, with one beside it that was probably meant."""
    written = target.value
    beside = [each.name for each in path.parent.glob(f"*{SUFFIX}")]
    near = [path.name + SUFFIX] if path.name + SUFFIX in beside else closest(path.name, beside)
    title = f"`{written}` cannot be read: there is no such file"
    if not near:
        return wrong("E0001", title, target.span, help="check the spelling and the folder")
    meant = written.removesuffix(path.name) + near[0]
    return wrong("E0001", title, target.span, help=f"did you mean `{meant}`?", fix=f'"{meant}"')


def library() -> dict[str, Path]:
    """What `use` finds by a bare name: the families of the library, then the built-in models."""
    models = {path.stem: path for path in sorted(models_folder().glob(f"*{SUFFIX}"))}
    families = {path.stem: path for path in sorted((models_folder() / "library").glob(f"*{SUFFIX}"))}
    return {**models, **families}


def built_in(name: tree.Name) -> Path:
    known = library()
    if name.value in known:
        return known[name.value].resolve()
    near = closest(name.value, known)
    title = f"the library has no family `{name.value}`"
    if near:
        raise wrong("E0006", title, name.span, help=f"did you mean `{near[0]}`?", fix=near[0])
    there = ", ".join(f"`{family}`" for family in known)
    help = f'it has {there}; a file of your own goes in quotes: `use "{name.value}.arch"`'
    raise wrong("E0006", title, name.span, help=help)
