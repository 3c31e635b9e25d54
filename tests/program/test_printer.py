"""Pieces of Python come out as `ruff format` would lay them out, and mean what they meant on one line."""

import ast
import random
import string
import subprocess
import sys
from pathlib import Path

import pytest

from archc.code import Call, Code, Entry, Group, Literal, Mapping, Name, Operation, call, kernels
from archc.program.printer import WIDTH, flat, harmless, layout, literal, quoted
from tests.program.same import Plain


class Printer(random.Random):
    """Makes random pieces, from tiny ones to ones of many lines."""

    def name(self) -> str:
        return "n" + "".join(self.choices(string.ascii_lowercase, k=self.choice([0, 3, 12, 40, 47])))

    def code(self, depth: int) -> Code:
        kinds = (
            [self.leaf, self.entry] if depth == 0 else [self.leaf, self.call, self.call, self.operation, self.mapping]
        )
        return self.choice(kinds)(depth - 1)

    def leaf(self, depth: int) -> Code:
        values = [1, -2.5, 1e-05, True, None, "a'b", 'say "x"', (1,), (1, 2, 3), ((0, 0), (1, 1)), {"a": (1, 2)}]
        return self.choice([Name(self.name()), Literal(self.choice(values))])

    def entry(self, depth: int) -> Code:
        keys: list[str | int | Code] = [
            self.name(),
            3,
            Name("rows"),
            Operation("+", Name("prefix"), Literal(self.name())),
        ]
        return Entry(self.name(), tuple(self.choices(keys, k=self.randint(1, 3))))

    def call(self, depth: int) -> Code:
        arguments = tuple(self.code(max(depth, 0)) for _ in range(self.randint(0, 3)))
        keywords = tuple((f"k{i}", self.code(max(depth, 0))) for i in range(self.randint(0, 2)))
        return Call(self.choice(["jnp.reshape", "conv2d", "jax.nn.relu", self.name()]), arguments, keywords)

    def operation(self, depth: int) -> Code:
        operands = [
            self.choice([self.entry, self.call, self.operation])(depth - 1) if depth > 0 else Name(self.name())
            for _ in "ab"
        ]
        return Operation(self.choice(["+", "-", "*", "@"]), operands[0], operands[1])

    def mapping(self, depth: int) -> Code:
        keys = [self.name() + str(i) for i in range(self.randint(1, 4))]
        return Mapping(tuple((key, self.code(max(depth, 0))) for key in keys))


def statements(seed: int) -> list[tuple[str, list[str]]]:
    """Each on one line, and as it is laid out."""
    printer = Printer(seed)
    found = []
    for _ in range(60):
        piece, lead = printer.code(3), f"{printer.name()} = "
        open = printer.random() < 0.2 and isinstance(piece, Mapping)
        found.append((lead + flat(piece), layout(piece, 4, lead, open=open)))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_pieces_are_laid_out_as_ruff_does(seed: int, tmp_path: Path) -> None:
    body = [line for _, lines in statements(seed) for line in lines]
    program = tmp_path / "program.py"
    program.write_text("\n".join(["def f():", *body]) + "\n")
    run = [sys.executable, "-m", "ruff", "format", "--diff", "--isolated", "--no-cache", str(program)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert any(len(lines) > 5 for _, lines in statements(seed))


@pytest.mark.parametrize("seed", range(10))
def test_layout_keeps_the_meaning(seed: int) -> None:
    for line, lines in statements(seed):
        one, other = (ast.parse(text) for text in (line, "\n".join(line[4:] for line in lines)))
        assert ast.dump(Plain().visit(one)) == ast.dump(Plain().visit(other))


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("a + b", "*", "c", "(a + b) * c"),
        ("a * b", "+", "c", "a * b + c"),
        ("c", "-", "a - b", "c - (a - b)"),
        ("a - b", "-", "c", "a - b - c"),
        ("a @ b", "*", "c", "a @ b * c"),
        ("c", "*", "a @ b", "c * (a @ b)"),
        ("a == b", "*", "c", "(a == b) * c"),
    ],
)
def test_parentheses_stand_where_they_are_needed(left: str, operator: str, right: str, expected: str) -> None:
    def piece(text: str) -> Code:
        words = text.split()
        return Operation(words[1], Name(words[0]), Name(words[2])) if len(words) == 3 else Name(text)

    assert flat(Operation(operator, piece(left), piece(right))) == expected


@pytest.mark.parametrize(
    "text", ["", "a", "it's", 'say "x"', "\\", "\n", "\0", "\u2028", "\ud800", "é", '"""', "'\"", "{x}", "🦊"]
)
def test_a_text_is_the_literal_of_itself(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert "\n" not in quoted(text)
    assert ast.literal_eval(f'"""{harmless(text)}."""') == harmless(text) + "."


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 1.5, 1e-300, 1e17, "a", (), (1,), ((1, 2), (3, 4)), {}, {"a": {"b": (1,)}}]
)
def test_a_literal_is_its_value(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value  # type: ignore[arg-type]


def test_a_comment_stands_behind_or_before() -> None:
    assert layout(Name("a"), 4, "x = ", comment="net.arch:3") == ["    x = a  # net.arch:3"]
    long = Name("a" * 70)
    assert layout(long, 4, "x = ", comment="net.arch:3") == ["    # net.arch:3", f"    x = {'a' * 70}"]
    assert all(
        len(line) <= WIDTH
        for line in layout(call("f", long, Name("b"), window=(2, 2)), 4, "x = ", comment="net.arch:3")
    )


def test_kernels_are_calls_without_a_dot() -> None:
    piece = Mapping((("a", Group((call("conv2d", call("jnp.sum", call("pool", Name("x")))), Literal(1)))),))
    assert set(kernels(Operation("+", piece, call("norm")))) == {"conv2d", "pool", "norm"}
