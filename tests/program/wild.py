"""Names that a person might give, chosen to get in the way of a program."""

import ast
import builtins
import keyword
import random
import string
from pathlib import Path

from archc.ops import OPS
from archc.parameters import FAMILIES, members
from archc.program.link import FOLDER, IMPORTS, definitions
from archc.program.network import FACE
from archc.resolve.body import RESERVED
from tests.models import Sketch

WORDS_OF_THE_LANGUAGE = {
    *("let", "model", "train", "input", "output", "assert", "expect", "as", "and", "or", "not", "true", "false"),
    *("use", "block", "share", "repeat", "if", "else"),
}


def local_names(path: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}


POOL = sorted(
    {
        *FACE,
        *IMPORTS,
        *definitions(),
        *keyword.kwlist,
        *keyword.softkwlist,
        *dir(builtins),
        *OPS,
        *(name for family in FAMILIES.values() for name in family),
        *(name for path in FOLDER.glob("*.py") for name in local_names(path)),
        *(f"{op}{i}" for op in OPS for i in (1, 2)),
        *("x", "x_", "x__", "X", "_", "__", "output_", "outputs_", "rows", "table", "prefix", "losses", "learnt"),
        *("a" * 48, "Q" * 47, "l", "O", "I", "self", "cls", "kernel", "bias", "mean", "offset", "test", "validation"),
    }
    - WORDS_OF_THE_LANGUAGE
    - set(RESERVED)
)


class Wild:
    """Gives each plain name another, the same one each time."""

    def __init__(self, sketch: Sketch, seed: int):
        self.random = random.Random(seed)
        self.names: dict[str, str] = {}
        # a layer's or an initialiser's name would no longer mean it, and "loss" is no name for a metric
        meant = {*OPS, *members("initialiser")}
        self.taken = {word for word in meant if word in sketch.marked} | WORDS_OF_THE_LANGUAGE | {"loss"}

    def __call__(self, plain: str) -> str:
        while plain not in self.names:
            name = self.random.choice(POOL) if self.random.random() < 0.7 else self.made_up()
            if name not in self.taken:
                self.taken.add(name)
                self.names[plain] = name
        return self.names[plain]

    def made_up(self) -> str:
        letters = string.ascii_letters + "_"
        length = self.random.choice([1, 2, 3, 12, 30, 47])
        return self.random.choice(letters) + "".join(self.random.choices(letters + string.digits, k=length))
