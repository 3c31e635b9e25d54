"""Programs that fail say where in the `.arch` file."""

from pathlib import Path

import pytest

from archc.diagnostics import Failed
from archc.source import Source
from archc.train.loading import Origins, load_program
from tests.train import logistic
from tests.train.conftest import train

LAYERED = '''\
import jax


def bad(x):
    """Fails."""
    return x.no_such_thing


def apply(x):
    """Three layers."""
    with jax.named_scope("one"):
        x = x + 1  # some.arch:3
    with jax.named_scope("two"):
        y = bad(
            x,
        )
        x = x + y  # some.arch:4
    with jax.named_scope("three"):
        x = x * (
            undefined
        )  # some.arch:7
    return x
'''


def test_the_line_of_a_layer() -> None:
    origins = Origins(load_program(LAYERED), Source("some.arch", "a\nb\nc\n  d here  \n"))
    lines = LAYERED.splitlines()
    assert origins.of_line(lines.index("        x = x + 1  # some.arch:3") + 1) == ("some.arch", 3)
    assert origins.of_line(lines.index("        y = bad(") + 1) == ("some.arch", 4)
    assert origins.of_line(lines.index("            undefined") + 1) == ("some.arch", 7)
    assert origins.of_line(lines.index("    return x.no_such_thing") + 1) is None
    assert origins.of_line(1) is None


def test_an_error_below_a_layer_is_the_layer_s() -> None:
    program = load_program(LAYERED)
    origins = Origins(program, Source("some.arch", "a\nb\nc\n  d here  \n"))
    try:
        program.apply(1)
    except AttributeError as error:
        found = origins.explain(error, "it trains")
    assert found.code == "E0801" and found.span is not None and found.span.text == "d here"
    assert found.title == "the program failed while it trains in some.arch, line 4"
    assert found.notes == ("AttributeError: 'int' object has no attribute 'no_such_thing'",)


def test_a_jax_error_while_training(tmp_path: Path) -> None:
    text = logistic.program_text().replace('x @ params["dense1"]["kernel"]', 'x @ params["dense1"]["kernel"].T')
    with pytest.raises(Failed) as caught:
        train(tmp_path, program_text=text)
    found = caught.value.diagnostics[0]
    assert "logistic.arch, line 5" in found.title
    assert found.span is not None and found.span.text == "dense1 = dense(normalize1, 1)"


def test_no_memory_has_a_message_of_its_own() -> None:
    found = Origins(load_program(LAYERED)).explain(RuntimeError("RESOURCE_EXHAUSTED: Out of memory"), "it trains")
    assert found.code == "E0804" and "batch" in found.help


def test_programs_that_cannot_be_executed(tmp_path: Path) -> None:
    for text in ("import no_such_module\n", "def f(:\n", "1 / 0\n"):
        with pytest.raises(Failed, match="E0801"):
            load_program(text)
    with pytest.raises(Failed, match="E0704"):
        load_program(tmp_path / "program.py")


def test_two_loads_share_nothing() -> None:
    one, other = load_program("seen = []\n"), load_program("seen = []\n")
    one.seen.append(1)
    assert other.seen == []
