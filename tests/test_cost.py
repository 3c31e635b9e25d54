"""What is counted as work, and that it tells growth in proportion from faster growth."""

from collections.abc import Callable

import pytest

from tests.cost import growth, steps, timed


def once(size: int) -> None:
    for _ in range(size):
        pass


def each_with_each(size: int) -> None:
    [a for a in range(size) for b in range(size) if a == b]


def searched_each_time(size: int) -> None:
    for count in range(size):
        any(map(str, range(count, count + size)))
        "".join(str(i) for i in range(count))


@pytest.mark.parametrize(("work", "expected"), [(once, 4), (each_with_each, 16), (searched_each_time, 16)])
def test_growth(work: Callable[[int], None], expected: float) -> None:
    assert growth(work, 100) == pytest.approx(expected, rel=0.1)
    assert growth(work, 100) == growth(work, 100)


def test_calls_of_c_are_steps() -> None:
    assert steps(lambda: [len("") for _ in range(100)]) >= 200


def test_what_is_timed_gives_what_it_gives() -> None:
    result, seconds = timed(lambda: sum(range(10**6)))
    assert result == 499999500000 and seconds > 0
