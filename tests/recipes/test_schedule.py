"""Learning rates at each step against their formulas; epochs are what people count in."""

from math import cos, pi

import pytest

from archc.parameters import Unfit
from tests.recipes.written import EPOCHS, STEPS, built, schedule

ALL = EPOCHS * STEPS


@pytest.mark.parametrize("step", [0, 1, 17, ALL - 1, ALL, ALL + 5])
def test_constant(step: int) -> None:
    assert schedule(built("schedule", "constant", 0.3), step) == pytest.approx(0.3)


@pytest.mark.parametrize("step", [0, 1, 17, ALL - 1, ALL, ALL + 5])
@pytest.mark.parametrize("final", [0, 0.02])
def test_cosine(step: int, final: float) -> None:
    t = min(step, ALL) / ALL
    expected = final + (0.3 - final) * (1 + cos(pi * t)) / 2
    assert schedule(built("schedule", "cosine", 0.3, final=final), step) == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("step", [0, 1, 9, 10, 17, ALL - 1, ALL])
@pytest.mark.parametrize(("warmup", "final"), [(1, 0), (1.5, 0.02), (0.5, 0)])
def test_cosine_behind_a_warm_up(step: int, warmup: float, final: float) -> None:
    rise = round(warmup * STEPS)
    expected = 0.3 * step / rise
    if step >= rise:
        expected = final + (0.3 - final) * (1 + cos(pi * (step - rise) / (ALL - rise))) / 2
    found = schedule(built("schedule", "cosine", 0.3, warmup=warmup, final=final), step)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("step", "falls"), [(0, 0), (19, 0), (20, 1), (39, 1), (40, 2)])
def test_a_step_every_few_epochs(step: int, falls: int) -> None:
    assert schedule(built("schedule", "step", 0.3, factor=0.5, every=2), step) == pytest.approx(0.3 * 0.5**falls)


@pytest.mark.parametrize(("step", "falls"), [(0, 0), (9, 0), (10, 1), (29, 1), (30, 2), (ALL, 2)])
def test_steps_at_some_epochs(step: int, falls: int) -> None:
    assert schedule(built("schedule", "step", 0.3, at=[1, 3]), step) == pytest.approx(0.3 * 0.1**falls)
    rates = [0.3, 0.25, 0.001]
    assert schedule(built("schedule", "step", rates, at=[1, 3]), step) == pytest.approx(rates[falls])


def test_one_epoch_needs_no_list() -> None:
    assert schedule(built("schedule", "step", 0.3, at=1), 10) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("values", "named", "problem"),
    [
        ([0.1], {}, "either `every` or `at`"),
        ([0.1], {"every": 1, "at": [1]}, "either `every` or `at`"),
        ([[0.1, 0.01]], {"every": 1}, "needs `at`"),
        ([[0.1, 0.01]], {"at": [1, 2]}, "2 rates need 1 epoch"),
        ([0.1], {"at": [2, 1]}, "rising"),
        ([0.1], {"at": [1, 1]}, "rising"),
        ([0.1], {"at": []}, "rising"),
        ([[]], {"at": [1]}, "a rate above 0"),
        ([[0.1, 0]], {"at": [1]}, "a rate above 0"),
    ],
)
def test_steps_that_make_no_sense(values: list[object], named: dict[str, object], problem: str) -> None:
    with pytest.raises(Unfit, match=problem):
        built("schedule", "step", *values, **named)


def test_the_rate_falls() -> None:
    with pytest.raises(Unfit, match="`final` is above the rate"):
        built("schedule", "cosine", 0.1, final=0.2)


def test_a_warm_up_leaves_something_of_the_training() -> None:
    cosine = built("schedule", "cosine", 0.1, warmup=2.5)
    cosine.check_epochs(3)
    with pytest.raises(Unfit, match=r"2.5 epochs of warm-up leave nothing of 2 epochs"):
        cosine.check_epochs(2)


@pytest.mark.parametrize("step", [0, 1, 17, ALL - 1, ALL, ALL + 5])
@pytest.mark.parametrize(("power", "final"), [(1, 0), (2, 0.02), (0.5, 0.1)])
def test_polynomial(step: int, power: float, final: float) -> None:
    expected = final + (0.3 - final) * (1 - min(step, ALL) / ALL) ** power
    found = schedule(built("schedule", "polynomial", 0.3, power=power, final=final), step)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("step", [0, 1, 17, ALL, ALL + 5])
@pytest.mark.parametrize("every", [1, 2, 0.5])
def test_exponential(step: int, every: float) -> None:
    found = schedule(built("schedule", "exponential", 0.3, factor=0.7, every=every), step)
    assert found == pytest.approx(0.3 * 0.7 ** (step / STEPS / every), rel=1e-5)


@pytest.mark.parametrize("step", [0, 1, 9, 10, 11, 30, ALL - 1, ALL, ALL + 5])
@pytest.mark.parametrize("ends", [{}, {"start": 0.1}, {"start": 0.1, "final": 0.2}, {"rise": 0.25}])
def test_one_cycle(step: int, ends: dict[str, float]) -> None:
    rise, start = ends.get("rise", 0.3), ends.get("start", 0.3 / 25)
    t, final = min(step, ALL) / ALL, ends.get("final", start / 1e4)
    expected = start + (0.3 - start) * (1 - cos(pi * t / rise)) / 2
    if t >= rise:
        expected = final + (0.3 - final) * (1 + cos(pi * (t - rise) / (1 - rise))) / 2
    assert schedule(built("schedule", "one_cycle", 0.3, **ends), step) == pytest.approx(expected, rel=1e-5, abs=1e-8)


INNER = [("constant", {}), ("cosine", {}), ("step", {"every": 1, "factor": 0.5}), ("exponential", {"factor": 0.5})]


@pytest.mark.parametrize("step", [0, 1, 14, 15, 16, ALL])
@pytest.mark.parametrize(("name", "named"), INNER)
def test_a_warm_up_multiplies(step: int, name: str, named: dict[str, float]) -> None:
    inner = built("schedule", name, 0.3, **named)
    found = schedule(built("schedule", "warmup", inner, epochs=1.5), step)
    assert found == pytest.approx(schedule(inner, step) * min(step / 15, 1), rel=1e-6, abs=1e-9)


def test_a_short_warm_up_is_one_step_at_least() -> None:
    assert schedule(built("schedule", "warmup", 0.3, epochs=0.01), 1) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("name", "named", "problem"),
    [
        ("polynomial", {"final": 0.4}, "`final` is above"),
        ("one_cycle", {"start": 0.4}, "`start` is above"),
        ("one_cycle", {"final": 0.4}, "`final` is above"),
        ("one_cycle", {"rise": 1.0}, "below 1"),
        ("exponential", {}, "needs `factor`"),
        ("warmup", {}, "needs `epochs`"),
    ],
)
def test_rates_that_make_no_sense(name: str, named: dict[str, float], problem: str) -> None:
    with pytest.raises(Unfit, match=problem):
        built("schedule", name, 0.3, **named)


def test_a_warm_up_asks_its_schedule_too() -> None:
    inner = built("schedule", "cosine", 0.3, warmup=3)
    built("schedule", "warmup", inner, epochs=1).check_epochs(4)
    for epochs in (1, 3):
        with pytest.raises(Unfit, match="leave nothing"):
            built("schedule", "warmup", inner, epochs=1).check_epochs(epochs)


@pytest.mark.parametrize(
    ("optimizer", "rate", "warns"),
    [("adam", 0.99, False), ("adam", 1, True), ("sgd", 99, False), ("sgd", 100, True), ("adadelta", 1, False)],
)
def test_the_highest_rate_counts(optimizer: str, rate: float, warns: bool) -> None:
    for described in (
        rate,
        built("schedule", "step", [rate / 2, rate], at=[1]),
        built("schedule", "warmup", built("schedule", "cosine", rate), epochs=1),
    ):
        moves = built("optimizer", optimizer, described)
        assert (moves.rate.highest >= moves.too_fast) == warns
