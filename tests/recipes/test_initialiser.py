"""How first values are written, and what a person may ask of the fans."""

from typing import Any

import pytest

from archc.code import Name
from archc.ops.op import Bias
from archc.parameters import Unfit, Word
from archc.program.printer import flat
from archc.types import Shape
from tests.recipes.written import built

DENSE, CONV = (8, 2), (3, 3, 4, 16)


def written(name: str, shape: Shape, *values: Any, fans: tuple[int, int] | None = None, **named: Any) -> str:
    words = {key: Word(value) if isinstance(value, str) else value for key, value in named.items()}
    return flat(built("initialiser", name, *values, **words).lower(shape, Name("key"), fans))


@pytest.mark.parametrize(
    ("text", "name", "shape", "values", "named"),
    [
        ("he_normal(key, (8, 2))", "he_normal", DENSE, (), {}),
        ("he_normal(key, (8, 2))", "he_normal", DENSE, (), {"fan": "in"}),
        ("he_normal(key, (8, 2))", "he_normal", DENSE, (), {"fans": (8, 2)}),
        ("normal(key, (8, 2), deviation=1.0)", "he_normal", DENSE, (), {"fan": "out"}),
        ("normal(key, (8, 2), deviation=0.5)", "he_normal", DENSE, (), {"fans": (8, 8)}),
        ("normal(key, (8, 2), deviation=0.5)", "lecun_normal", DENSE, (), {"fan": "mean", "fans": (2, 6)}),
        ("uniform(key, (8, 2), limit=1.0)", "glorot_uniform", DENSE, (), {"fans": (5, 1)}),
        ("glorot_uniform(key, (3, 3, 4, 16))", "glorot_uniform", CONV, (), {}),
        # LeCun's ±2.4 / fan_in, and 3 times 1 / √fan
        ("uniform(key, (8, 2), limit=0.3)", "uniform", DENSE, (2.4,), {"fan": "in"}),
        ("uniform(key, (3, 3, 4, 16), limit=0.5)", "uniform", CONV, (18,), {"fan": "in"}),
        ("uniform(key, (3, 3, 4, 16), limit=0.5)", "uniform", CONV, (3,), {"root_fan": "in"}),
        ("normal(key, (3, 3, 4, 16), deviation=0.5)", "normal", CONV, (6,), {"root_fan": "out"}),
        ("normal(key, (3, 3, 4, 16), deviation=2.0)", "normal", CONV, (180,), {"fan": "mean"}),
        ("normal(key, (3, 3, 4, 16), deviation=2.0)", "normal", CONV, (18,), {"fan": "in", "fans": (9, 9)}),
        ("truncated_normal(key, (8, 2), deviation=0.02)", "truncated_normal", DENSE, (0.02,), {}),
        ("orthogonal(key, (8, 2), gain=2.0)", "orthogonal", DENSE, (2,), {}),
        ("jnp.reshape(orthogonal(key, (8, 1), gain=1.0), (8,))", "orthogonal", (8,), (), {}),
        ("jnp.zeros(())", "zeros", (), (), {}),
    ],
)
def test_what_programs_say(text: str, name: str, shape: Shape, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert written(name, shape, *values, **named) == text


def test_fans_are_divided_by_once() -> None:
    with pytest.raises(Unfit, match="don't go together"):
        written("uniform", DENSE, 1, fan="in", root_fan="in")
    with pytest.raises(Unfit, match="one of `in`, `out`, `mean`"):
        written("he_normal", DENSE, fan="avg")


@pytest.mark.parametrize(
    ("name", "values", "named"),
    [("he_normal", (), {}), ("glorot_uniform", (), {}), ("uniform", (1,), {"fan": Word("in")})],
)
def test_a_bias_has_no_fans(name: str, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    bias = Bias("")
    bias.name = "bias"
    with pytest.raises(Unfit, match="takes `true`") as caught:
        bias.accept(built("initialiser", name, *values, **named))
    assert "a bias reads nothing" in caught.value.help
    assert bias.accept(built("initialiser", "uniform", 1))
