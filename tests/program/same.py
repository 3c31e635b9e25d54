"""Whether two programs are one but for their names and layout."""

import ast
import itertools
from collections.abc import Mapping

FUNCTIONS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.MatMult: "matmul", ast.Eq: "equal"}
"""What an operation becomes where it doesn't fit a line."""

GIVEN = ("params", "stats", "x", "train", "key")
"""What the functions of blocks are given under those names."""

FREE = ("name", "source", "sha256", "licence")
"""The first entries of MODEL, which may differ."""


class Plain(ast.NodeTransformer):
    """Texts by other names, local variables by their number, operations as calls, no docstrings."""

    def __init__(self, became: Mapping[str, str]):
        self.became = became
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

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(self.became.get(node.value, node.value)) if isinstance(node.value, str) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return call(FUNCTIONS.get(type(node.op)), node.left, node.right) or node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return call(FUNCTIONS.get(type(node.ops[0])), node.left, node.comparators[0]) or node


def join(block: list[ast.stmt]) -> None:
    """Makes `x, moved = f()` and `stats["a"] = moved` one statement, as it is where it fits a line."""
    for first, second in itertools.pairwise(list(block)):
        if ast.unparse(second).endswith(" = moved"):
            assert isinstance(first, ast.Assign) and isinstance(second, ast.Assign)
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


def of_block(node: ast.FunctionDef) -> bool:
    return (ast.get_docstring(node) or "").startswith(("Block ", "First weights ", "First statistics "))


def meaning(program: str, became: Mapping[str, str]) -> str:
    """A program's syntax without what doesn't matter; `became` gives texts another name."""
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
    return ast.dump(Plain(became).visit(Numbered(tree).visit(tree)), indent=1)
