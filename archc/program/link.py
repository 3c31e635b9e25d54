"""Takes from `archc/kernels` the text of what a program uses, and of what that uses.

Kernels are read as text and never imported here, so that compiling doesn't need jax, and comments
and layout stay as they are written.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "kernels"

IMPORTS = {
    "argparse": "import argparse",
    "collections": "import collections",
    "functools": "import functools",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "np": "import numpy as np",
    "optax": "import optax",
    "lax": "from jax import lax",
}
"""The imports that a program may have, by the name they bind, in the order of isort."""

STANDARD = ("argparse", "collections", "functools")


@dataclass(frozen=True)
class Definition:
    """A top-level definition of a kernel file: its text and the names it takes from elsewhere."""

    name: str
    text: str
    uses: frozenset[str]
    order: int

    @property
    def one_line(self) -> bool:
        return "\n" not in self.text

    def compiled_with(self, options: str) -> "Definition":
        """The same, compiled by `jax.jit` with options of this name."""
        first, rest = self.text.split("\n", 1)
        given = first.removeprefix("@jax.jit").removeprefix("(").removesuffix(")")
        decorator = f"@jax.jit({', '.join([*filter(None, [given]), f'compiler_options={options}'])})"
        return replace(self, text=f"{decorator}\n{rest}")

    def under(self, name: str) -> str:
        """The text, defining `name` instead."""
        if name == self.name:
            return self.text
        if self.text.startswith(f"{self.name} = "):
            return name + self.text.removeprefix(self.name)
        return self.text.replace(f"def {self.name}(", f"def {name}(", 1)


@cache
def definitions() -> dict[str, Definition]:
    """Everything that can be linked, by name."""
    found: dict[str, Definition] = {}
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem in ("__init__", "face"):
            continue
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            name = defined(node)
            if name is None:
                continue
            if name in found:
                raise ValueError(f"two kernels are called {name}")
            decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            first = min([node.lineno, *(d.lineno for d in decorators)])
            body = "\n".join(lines[first - 1 : node.end_lineno])
            found[name] = Definition(name, body, free_names(node), len(found))
    return found


def defined(node: ast.stmt) -> str | None:
    """The name that a statement defines; None for imports, texts and stand-ins (`run = run_fast`)."""
    match node:
        case ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if not isinstance(value, ast.Name):
            return name
        case _:
            return None


def free_names(node: ast.AST) -> frozenset[str]:
    """Names that a definition reads and doesn't bind itself."""
    read, bound = set(), set()
    for child in ast.walk(node):
        match child:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.Name(id=name):
                bound.add(name)
            case ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) if child is not node:
                bound.add(name)
    return frozenset(read - bound)


def names_read(text: str) -> frozenset[str]:
    """Names that a text of Python reads, wherever they are bound."""
    return frozenset(
        node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


@dataclass(frozen=True)
class Linked:
    """What was taken: definitions by the name they bear in the program, and the names they use."""

    texts: tuple[tuple[str, Definition], ...]
    uses: frozenset[str]

    def compiled(self, options: Mapping[str, str]) -> "Linked":
        """The same, some definitions compiled with `options`, the names of which they are given by name."""
        texts = [(name, each.compiled_with(options[name]) if name in options else each) for name, each in self.texts]
        return replace(self, texts=tuple(texts))


def link(wanted: Iterable[str], roles: Mapping[str, str]) -> Linked:
    """The definitions of `wanted` and of all they use, in the order of the kernel files.

    `roles` tells which sibling does a job: {"run_steps": "run_steps_looped"}.
    """
    known = definitions()
    taken: dict[str, Definition] = {}
    uses: set[str] = set()
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop()
        definition = known.get(roles.get(name, name))
        if definition is None or name in taken:
            continue
        taken[name] = definition
        uses |= definition.uses
        waiting.extend(sorted(definition.uses))
    texts = sorted(taken.items(), key=lambda item: item[1].order)
    return Linked(tuple(texts), frozenset(uses))


def import_lines(names: Iterable[str]) -> list[str]:
    """The import statements that bind `names`, those of the standard library first."""
    used = [name for name in IMPORTS if name in set(names)]
    standard = [IMPORTS[name] for name in used if name in STANDARD]
    others = [IMPORTS[name] for name in used if name not in STANDARD]
    return [*standard, *([""] if standard and others else []), *others]
