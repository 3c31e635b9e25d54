"""What is done ahead of a run comes out as if it were done in time."""

from contextlib import closing
from types import ModuleType, SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest

from archc.train.ahead import Ahead
from archc.train.leaves import Form
from archc.train.loading import load_program
from tests.train import logistic

KINDS = ("step", "last step", "evaluation")


@pytest.fixture
def program() -> ModuleType:
    return load_program(logistic.program_text())


def test_the_first_state_is_that_of_the_program(program: ModuleType) -> None:
    data = program.parts(logistic.table(), 4)
    with closing(Ahead(program, 4)) as ahead:
        state = ahead.random_state(data["train"])
    plain = program.adapt(program.init(jax.random.key(4)), data["train"])
    for one, other in zip(Form(plain).take(plain), Form(state).take(state), strict=True):
        np.testing.assert_array_equal(one, other)


def test_orders_are_those_of_their_epochs(program: ModuleType) -> None:
    """Whichever comes next: a run may go on anywhere."""
    rows = program.PART_ROWS["train"]
    with closing(Ahead(program, 4)) as ahead:
        for epoch, last in ((1, False), (2, False), (7, False), (3, True), (4, True)):
            np.testing.assert_array_equal(ahead.order(epoch, last=last), program.order(rows, 4, epoch))


def test_the_next_order_is_begun_and_that_behind_the_last_is_not(program: ModuleType) -> None:
    asked: list[int] = []
    counting = SimpleNamespace(**vars(program))
    counting.order = lambda n, seed, epoch: asked.append(epoch) or np.arange(n)
    for last, expected in ((False, [1, 2]), (True, [1])):
        asked.clear()
        ahead = Ahead(counting, 4)  # type: ignore[arg-type]
        ahead.order(1, last=last)
        ahead._pool.shutdown()
        assert sorted(asked) == expected


def test_what_is_compiled_ahead_isnt_compiled_again_and_alters_nothing(program: ModuleType) -> None:
    data = program.parts(logistic.table(), 4)
    train, chosen = data["train"], data[program.CHOOSE]
    with closing(Ahead(program, 4)) as ahead:
        state = ahead.random_state(train)
        form = Form(state)
        before = form.take(state)
        ahead.compile(state, form, train, chosen, KINDS)
        ahead.wait(set(KINDS))
        for one, other in zip(before, form.take(state), strict=True):
            np.testing.assert_array_equal(one, other)
        compiled = sizes(program)
        assert any(compiled.values())
        order = program.order(program.PART_ROWS["train"], 4, 1)
        state, _ = program.run_steps(state, train, order, 0, program.STEPS)
        program.evaluate(state, chosen)
        assert sizes(program) == compiled


def sizes(program: ModuleType) -> dict[str, int]:
    """How many programs each jitted function was compiled to."""
    return {name: each._cache_size() for name, each in vars(program).items() if hasattr(each, "_cache_size")}


def test_what_goes_wrong_ahead_stops_nothing(program: ModuleType) -> None:
    def failing(*given: Any) -> Any:
        raise ValueError("no such step")

    broken = SimpleNamespace(**{**vars(program), "run_steps": failing})
    data = program.parts(logistic.table(), 4)
    with closing(Ahead(broken, 4)) as ahead:  # type: ignore[arg-type]
        state = ahead.random_state(data["train"])
        ahead.compile(state, Form(state), data["train"], data[program.CHOOSE], KINDS)
        ahead.wait(set(KINDS))
