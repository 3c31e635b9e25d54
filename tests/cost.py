"""What a function costs: in steps of Python, which are the same under any load, or in seconds where C does the work."""

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")


def steps(task: Callable[[], object]) -> int:
    """Lines run and functions called in this thread, of Python and of C alike; what one call of C does is not seen."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(line)
    sys.setprofile(call)
    try:
        task()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


def growth(task: Callable[[int], object], size: int) -> float:
    """How many times the steps for `size` it takes for four times that: 4 if they grow with it and no faster."""
    task(size)  # what is made once, such as the grammar's tables, doesn't count
    return steps(lambda: task(4 * size)) / steps(lambda: task(size))


def timed(task: Callable[[], Result]) -> tuple[Result, float]:
    """What a task gives, and the seconds of processor time that this thread takes for it.

    Only for bounds that are many times what a quiet machine takes. Python's search for cycles is left out, since it
    grows with what other tests left behind.
    """
    gc.disable()
    try:
        start = time.thread_time()
        return task(), time.thread_time() - start
    finally:
        gc.enable()
