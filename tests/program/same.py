"""Whether two programs are one but for their names and layout."""

import ast
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

FUNCTIONS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.MatMult: "matmul", ast.Eq: "equal"}
"""What an operation becomes where it doesn't fit a line."""

GIVEN = ("params", "stats", "x", "train", "key")
"""What the functions of blocks are given under those names."""

FREE = ("name", "source", "sha256", "licence")
"""The first entries of MODEL, which may differ."""


class Plain(ast.NodeTransformer):
    """Local variables by their number, operations as calls, no docstrings."""

    def __init__(self) -> None:
        self.locals: dict[str, str] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        outer, self.locals = self.locals, dict(self.locals)
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                self.locals.setdefault(child.id, f"local{len(self.locals)}")
        if ast.get_docstring(node):
            node.body = node.body[1:]
        self.generic_visit(node)
        self.locals = outer
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        outer, own = self.locals, {argument.arg for argument in node.args.args}
        self.locals = {name: number for name, number in outer.items() if name not in own}
        self.generic_visit(node)
        self.locals = outer
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.locals.get(node.id, node.id), node.ctx)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return call(FUNCTIONS.get(type(node.op)), node.left, node.right) or node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return call(FUNCTIONS.get(type(node.ops[0])), node.left, node.comparators[0]) or node


def join(block: list[ast.stmt]) -> None:
    """Makes `x, moved = f()` and `stats["a"] = moved` one statement, as it is where it fits a line."""
    for first, second in itertools.pairwise(list(block)):
        if isinstance(second, ast.Assign) and ast.unparse(second.value) == "moved":
            assert isinstance(first, ast.Assign)
            assert isinstance(first.targets[0], ast.Tuple)
            first.targets[0].elts[1] = second.targets[0]
            block.remove(second)


def spell(block: list[ast.stmt]) -> None:
    """Makes `name = "unit1"` and what reads `name` behind it one statement, as it is where it fits a line."""
    for first, second in itertools.pairwise(list(block)):
        match first:
            case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str() as text)):
                for node in ast.walk(second):
                    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "name":
                        node.slice = ast.Constant(text)
                block.remove(first)


def number(block: list[ast.stmt]) -> None:
    """Makes loops that count the names of copies, `name = f"unit{i + 1}"`, go over those names, as they do where
    the names don't count evenly."""
    for loop in block:
        match loop:
            case ast.For(iter=ast.Call(ast.Name("range" | "enumerate" as kind), [over])):
                found = [each for each in loop.body if isinstance(each, ast.Assign) and counted(each.value)]
                length = over if kind == "range" else over.args[-1]  # type: ignore[attr-defined]
                if found:
                    copies = [[named(each.value, i) for each in found] for i in range(length.value)]
                    scopes = ", ".join(ast.unparse(each.targets) for each in found)  # type: ignore[arg-type]
                    names = tuple(copy[0] if len(found) == 1 else tuple(copy) for copy in copies)
                    keyed = f"for ({scopes}), copy_key in zip({names}, {ast.unparse(over)}): pass"
                    head = ast.parse(keyed if kind == "enumerate" else f"for {scopes} in {names}: pass").body[0]
                    assert isinstance(head, ast.For)
                    loop.target, loop.iter = head.target, head.iter
                    loop.body = [each for each in loop.body if each not in found]


def counted(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) and {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} == {"i"}


def named(text: ast.expr, i: int) -> str:
    return str(eval(ast.unparse(text), {"i": i}))


def call(function: str | None, *arguments: ast.expr) -> ast.Call | None:
    if function is None:
        return None
    return ast.Call(ast.Attribute(ast.Name("jnp", ast.Load()), function, ast.Load()), list(arguments), [])


class Numbered(ast.NodeTransformer):
    """Functions of blocks and their parameters by their numbers."""

    def __init__(self, tree: ast.Module):
        blocks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and of_block(node)]
        self.functions = {node.name: f"block{i}" for i, node in enumerate(blocks)}
        self.settings = {
            node.name: {
                argument.arg: f"setting{i}"
                for i, argument in enumerate((*node.args.args, *node.args.kwonlyargs))
                if argument.arg not in GIVEN
            }
            for node in blocks
        }
        self.here: dict[str, str] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        outer = self.here
        if of_block(node):
            self.here = self.settings[node.name]
            node.name = self.functions[node.name]
        self.generic_visit(node)
        self.here = outer
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.here.get(node.arg, node.arg))

    def visit_Call(self, node: ast.Call) -> ast.Call:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        known = self.settings.get(name, {})
        self.generic_visit(node)
        if name in self.functions:
            node.func = ast.Name(self.functions[name], ast.Load())
        node.keywords = [ast.keyword(known.get(k.arg or "", k.arg), k.value) for k in node.keywords]
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.here.get(node.id, node.id), node.ctx)


BLOCK = re.compile(r"(?:Block |First .* of the block )(\w+)")


def of_block(node: ast.stmt) -> str:
    """The block that a function is written for."""
    found = BLOCK.match(ast.get_docstring(node) or "") if isinstance(node, ast.FunctionDef) else None
    return found[1] if found else ""


@dataclass(frozen=True)
class Text:
    """A text of a program, the block whose function it stands in, and the number of that function."""

    text: str
    block: str
    function: int


def meaning(program: str) -> tuple[str, list[Text]]:
    """A program's syntax without what doesn't matter and without its texts; and those in their order."""
    tree = ast.parse(program)
    tree.body = tree.body[1:]
    model = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MODEL"
    )
    assert isinstance(model, ast.Dict)
    del model.keys[: len(FREE)], model.values[: len(FREE)]
    for node in ast.walk(tree):
        for part in ("body", "orelse"):
            if isinstance(getattr(node, part, None), list):
                join(getattr(node, part))
                spell(getattr(node, part))
                number(getattr(node, part))
    blocks = [of_block(statement) for statement in tree.body]
    tree = Plain().visit(Numbered(tree).visit(tree))
    texts = list(texts_of(tree, blocks))
    return ast.dump(tree, indent=1), texts


def texts_of(tree: ast.Module, blocks: list[str]) -> Iterator[Text]:
    """Takes the texts out of a program."""
    for i, (statement, block) in enumerate(zip(tree.body, blocks, strict=True)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield Text(node.value, block, i)
                node.value = "text"


def same(plain: str, wild: str, became: Collection[tuple[str, str, str]]) -> bool:
    """Whether two programs differ in names alone. `became` has each block ("" for the model itself), each name in it,
    and what that became. Where uses of a block differ, a name became one thing in a function, and nothing else did."""
    (syntax, texts), (other, others) = meaning(plain), meaning(wild)
    if syntax != other:
        return False
    names = {(block, name) for block, name, _ in became}
    there: dict[tuple[int, str], str] = {}
    back: dict[tuple[int, str], str] = {}
    for one, new in zip(texts, (text.text for text in others), strict=True):
        if (one.block, one.text) not in names:
            if one.text != new:
                return False
        elif not (
            (one.block, one.text, new) in became
            and there.setdefault((one.function, one.text), new) == new
            and back.setdefault((one.function, new), one.text) == one.text
        ):
            return False
    return True
