"""Numbers in expressions: operators and functions, bounded so that no file can make archc slow."""

import math
from typing import Any

from archc.parameters import describe, whole
from archc.resolve.wrong import wrong
from archc.source import Span

LARGEST = 10**18
"""The largest number that an expression may give."""

FUNCTIONS = ("min", "max", "floor", "ceil", "round", "sqrt", "log2", "make_divisible")


def number(value: Any, span: Span, what: str) -> int | float:
    """The value, if it is a number. Raises Wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("E0310", f"{what} needs a number, and this is {describe(value)}", span)
    plain: int | float = value
    return plain


def bounded(value: int | float, span: Span) -> int | float:
    """The value, if archc can count with it. Raises Wrong."""
    if value != value or abs(value) > LARGEST:
        raise wrong("E0311", "this number is too large", span, help=f"numbers go up to {LARGEST:.0e}")
    return value


def binary(operator: str, left: Any, right: Any, span: Span, left_span: Span, right_span: Span) -> Any:
    """`left operator right` for all operators but `and` and `or`. Raises Wrong."""
    if operator in ("==", "!="):
        return (entries(left) == entries(right)) == (operator == "==")
    a, b = number(left, left_span, f"`{operator}`"), number(right, right_span, f"`{operator}`")
    if operator in ("/", "//", "%") and b == 0:
        raise wrong("E0311", "division by zero", right_span)
    if operator == "**" and (abs(b) > 1024 or (a == 0 and b < 0) or (a < 0 and whole(b) is None)):
        raise wrong("E0311", "this power is no number that archc can count with", span)
    match operator:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case ">=":
            return a >= b
        case "+":
            result = a + b
        case "-":
            result = a - b
        case "*":
            result = a * b
        case "/":
            result = a / b
        case "//":
            result = a // b
        case "%":
            result = a % b
        case _:
            result = power(a, b, span)
    return bounded(result, span)


def entries(value: Any) -> Any:
    """A list as a tuple: shapes are compared with either."""
    return tuple(map(entries, value)) if isinstance(value, list | tuple) else value


def power(a: int | float, b: int | float, span: Span) -> int | float:
    if a != 0 and b * math.log10(abs(a)) > 18.5:
        raise wrong("E0311", "this number is too large", span, help=f"numbers go up to {LARGEST:.0e}")
    result: int | float = a**b
    return result


def function(name: str, values: list[Any], spans: list[Span], span: Span) -> int | float:
    """One of FUNCTIONS. Raises Wrong."""
    numbers = [number(v, s, f"`{name}`") for v, s in zip(values, spans, strict=True)]
    wanted = {"min": "two or more", "max": "two or more", "make_divisible": "two"}.get(name, "one")
    if not {"two or more": len(numbers) >= 2, "two": len(numbers) == 2, "one": len(numbers) == 1}[wanted]:
        raise wrong(
            "E0312",
            f"`{name}` takes {wanted} number{'s' if wanted != 'one' else ''}, and {given(len(numbers))}",
            span,
        )
    if name in ("sqrt", "log2") and (numbers[0] < 0 or (name == "log2" and numbers[0] == 0)):
        raise wrong("E0311", f"`{name}` of {numbers[0]} is no number", spans[0])
    match name:
        case "min":
            return min(numbers)
        case "max":
            return max(numbers)
        case "floor":
            return math.floor(numbers[0])
        case "ceil":
            return math.ceil(numbers[0])
        case "round":
            return round(numbers[0])
        case "sqrt":
            return math.sqrt(numbers[0])
        case "log2":
            return math.log2(numbers[0])
        case _:
            return make_divisible(numbers[0], numbers[1], spans[1])


def given(n: int) -> str:
    """`none is given`, `1 is given`, `2 are given`."""
    return f"{n or 'none'} {'is' if n < 2 else 'are'} given"


def make_divisible(value: int | float, divisor: int | float, span: Span) -> int:
    """The multiple of `divisor` nearest to `value`, at least `divisor`, at most a tenth below (Howard et al., 2019)."""
    step = whole(divisor)
    if step is None or step < 1:
        raise wrong("E0311", "`make_divisible` needs a whole number of at least 1 to divide by", span)
    nearest = max(step, int(value + step / 2) // step * step)
    return nearest + step if nearest < 0.9 * value else nearest
