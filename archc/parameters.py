"""How layers, losses, optimisers, data sets … declare what they take.

A `Described` class lists its parameters as plain descriptors in the order in which they may be
given without a name; an instance holds the checked values. Plain descriptors and not pydantic
models, because a hundred of those would cost a tenth of a second at every start.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Self

from archc.diagnostics.suggest import closest

REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()

LARGEST = 2**31 - 1
"""The largest count that a layer, a batch or an epoch may have."""


class Word(str):
    """A word that stands for itself: `same`, `standard`. (A quoted text is a plain `str`.)"""


class Unfit(Exception):
    """A value that does not fit where it stands: what is wrong, and what to do about it.

    `parameter` is the one at fault, `label` a few words for under the marked text, `fix` what
    could be written instead, and `before` a layer that would mend it if it stood before.
    """

    def __init__(
        self,
        problem: str,
        help: str = "",
        *,
        code: str = "",
        parameter: str = "",
        label: str = "",
        fix: str = "",
        before: str = "",
    ):
        super().__init__(problem)
        self.problem = problem
        self.help = help
        self.code = code
        self.parameter = parameter
        self.label = label
        self.fix = fix
        self.before = before


def show(value: object) -> str:
    """A value as a person would write it in a file."""
    match value:
        case bool():
            return "true" if value else "false"
        case Word():
            return str(value)
        case str():
            return f'"{value}"'
        case Described():
            return value.written()
        case list():
            return "[" + ", ".join(map(show, value)) + "]"
        case tuple() if value and all(isinstance(v, int) and not isinstance(v, bool) for v in value) and len(value) > 1:
            return "x".join(map(str, value))
        case tuple() if any(isinstance(v, tuple) for v in value):
            return show(lists(value))
        case tuple():
            return "(" + ", ".join(map(show, value)) + ")"
        case float():
            return repr(value).replace("e-0", "e-").replace("e+", "e")
        case None:
            return "none"
        case _:
            return str(value)


def lists(value: Any) -> Any:
    """Nested tuples as nested lists."""
    return [lists(entry) for entry in value] if isinstance(value, tuple) else value


def counted(n: int, noun: str) -> str:
    """`1 value`, `2 values`, `1,797 rows`."""
    if n == 1:
        return f"{n} {noun}"
    return f"{n:,} {noun}{'es' if noun.endswith(('s', 'x')) else 's'}"


class Parameter:
    """One thing that a layer or the like takes.

    `accept` turns a value of the language (int, float, bool, Word, str, tuple, list, or an
    instance of a Described class) into what the instance holds, or raises Unfit.
    """

    kind: ClassVar[str] = "a value"
    numeric: ClassVar[bool] = False
    """Whether it takes nothing but numbers, so that a word in it must be a name of the file."""
    words: tuple[str, ...] = ()
    """Words that stand for themselves here, before they are looked up as names."""
    labelled: ClassVar[bool] = False
    """Whether entries of a list may have labels: `[a = 1, b = 2]`, which are pairs of a text and a value."""
    family: str = ""
    """The registry (`archc.recipes`) whose items may stand here, as `normal(0.01)` or `relu`."""

    def __init__(self, doc: str, *, default: Any = REQUIRED, named: bool = False):
        self.doc = doc
        self.default = default
        self.named_only = named
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        # a trailing underscore lets a parameter bear a Python keyword's name
        self.name = name.rstrip("_")
        self.slot = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return instance.__dict__.get(self.slot, self.default)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.slot] = value

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def accept(self, value: Any) -> Any:
        raise NotImplementedError

    def restore(self, value: Any) -> Any:
        """An accepted value, back from its JSON form."""
        return Word(value) if isinstance(value, str) and value in self.words else value

    def shown(self, value: Any) -> str:
        """An accepted value as it is written in a file, where several are a list."""
        return show(lists(value))

    def refuse(self, value: Any, help: str = "", fix: str = "") -> NoReturn:
        if self.numeric and isinstance(value, str) and value.replace(".", "", 1).isdigit():
            help, fix = "write the number without quotes", value
        raise Unfit(f"`{self.name}` takes {self.kind}, not {describe(value)}", help, fix=fix)

    def refuse_word(self, value: Any, words: Iterable[str], otherwise: str = "") -> NoReturn:
        """Refuses something else than one of `words`, and says which was meant."""
        words = list(words)
        if isinstance(value, str) and not isinstance(value, Word) and value.lower() in words:
            self.refuse(value, f"`{value.lower()}` is a word: write it without quotes", value.lower())
        near = closest(value, words) if isinstance(value, str) else []
        self.refuse(value, f"did you mean `{near[0]}`?" if near else otherwise, near[0] if near else "")


def describe(value: object) -> str:
    """A value and what it is, for messages: `the word same`, `the text "same"`, `2.5`."""
    match value:
        case Word():
            return f"the word `{value}`"
        case str():
            return f'the text `"{value}"`'
        case list() if len(show(value)) > 40:
            return "this list"
        case _:
            return f"`{show(value)}`"


def whole(value: Any) -> int | None:
    """The int that a number is, exactly whole floats included; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and (
        value != value or value in (float("inf"), float("-inf")) or not value.is_integer()
    ):
        return None
    return int(value)


def _large(number: int | float) -> str:
    """`3_000_000_000`, or `1e30` where a file says so: its digits would be those of the binary fraction."""
    return f"{number:_}" if isinstance(number, int) else f"{int(number):_}" if number < 1e16 else show(number)


class Count(Parameter):
    """A whole number of at least `least`."""

    numeric = True

    def __init__(self, doc: str, *, least: int = 1, **rest: Any):
        super().__init__(doc, **rest)
        self.least = least
        self.kind = f"a whole number of at least {least}"  # type: ignore[misc]

    def accept(self, value: Any) -> int:
        number = whole(value)
        if number is None or number < self.least:
            self.refuse(value)
        if number > LARGEST:
            raise Unfit(f"`{self.name}` is {_large(value)}, which is more than archc builds ({LARGEST:_})")
        return number


class Real(Parameter):
    """A number in an interval; `above` and `below` are outside it, `least` and `most` inside."""

    numeric = True

    def __init__(
        self,
        doc: str,
        *,
        least: float | None = None,
        most: float | None = None,
        above: float | None = None,
        below: float | None = None,
        **rest: Any,
    ):
        super().__init__(doc, **rest)
        self.least, self.most, self.above, self.below = least, most, above, below
        limits = [
            f"{words} {show(limit)}"
            for words, limit in (("of at least", least), ("above", above), ("of at most", most), ("below", below))
            if limit is not None
        ]
        self.kind = " ".join(["a number", " and ".join(limits)]).strip()  # type: ignore[misc]

    def accept(self, value: Any) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or value != value
            or abs(value) == float("inf")
        ):
            self.refuse(value)
        outside = (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        )
        if outside:
            # 1.5 is no percentage that someone forgot the sign of, 50 is
            share = self.below == 1 and 5 <= value < 100
            self.refuse(value, f"as a share: `{show(value)}%`" if share else "", f"{show(value)}%" if share else "")
        return value


class Flag(Parameter):
    kind = "`true` or `false`"

    def accept(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        return self.refuse_word(value, ("true", "false"))


class Choice(Parameter):
    """One of a few words."""

    def __init__(self, doc: str, words: Sequence[str], **rest: Any):
        super().__init__(doc, **rest)
        self.words = tuple(words)
        self.kind = "one of " + ", ".join(f"`{w}`" for w in words)  # type: ignore[misc]

    def accept(self, value: Any) -> str:
        if isinstance(value, Word) and value in self.words:
            return value
        return self.refuse_word(value, self.words)


class Quoted(Parameter):
    """A text between quotes, such as a path."""

    kind = "a text in quotes"

    def accept(self, value: Any) -> str:
        if isinstance(value, Word):
            self.refuse(value, f'write it in quotes: `"{value}"`', f'"{value}"')
        if not isinstance(value, str):
            self.refuse(value)
        return value


class Window(Parameter):
    """A length for each spatial direction: `3` serves every one, `3x5` names them."""

    kind = "a whole number or a size like `3x3`"
    numeric = True

    def __init__(self, doc: str, *, least: int = 1, **rest: Any):
        super().__init__(doc, **rest)
        self.least = least

    def accept(self, value: Any) -> str | int | tuple[int, ...]:
        if not isinstance(value, tuple | list):
            return self._length(value, value)
        return tuple(self._length(part, value) for part in value) or self.refuse(value)

    def shown(self, value: Any) -> str:
        """As in a file, where several are a size."""
        return show(value)

    def _length(self, part: Any, value: Any) -> int:
        n = whole(part)
        if n is None:
            self.refuse(value)
        if n < self.least:
            raise Unfit(f"`{self.name}` must be at least {self.least}, and `{show(value)}` is not")
        if n > LARGEST:
            raise Unfit(f"`{self.name}` is {_large(part)}, which is more than archc builds ({LARGEST:_})")
        return n


class Padding(Window):
    """`same`, `valid`, `causal`, a number for all sides, or for each direction a number or a pair (before, after)."""

    kind = "`same`, `valid`, `causal`, a whole number, a size like `2x2` or pairs like `[(1, 0)]`"
    words = ("same", "valid", "causal")

    def __init__(self, doc: str, **rest: Any):
        super().__init__(doc, least=0, **rest)

    def accept(self, value: Any) -> Any:
        if isinstance(value, Word) and value in self.words:
            return value
        if isinstance(value, str):
            self.refuse_word(value, self.words)
        if not isinstance(value, tuple | list):
            return super().accept(value)
        return tuple(self._side(part, value) for part in value) or self.refuse(value)

    def _side(self, part: Any, value: Any) -> Any:
        """The cells of one direction."""
        if not isinstance(part, tuple | list):
            return self._length(part, value)
        if len(part) != 2:
            self.refuse(value, "a pair has the cells before and those after: `[(2, 0)]` for a sequence")
        return tuple(self._length(n, value) for n in part)


class Numbers(Parameter):
    """Numbers in (nested) lists, as for written-out weights. Held as nested tuples of floats."""

    kind = "a list of numbers"
    numeric = True

    def accept(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            self.refuse(value)
        return self.nested(value)

    def nested(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return tuple(self.nested(v) for v in value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(value)
        return value


class Family(Parameter):
    """An item of a registry: an initialiser, a schedule, a metric … or, if `number` is given, a number.

    `number` names the item that a bare number stands for (a learning rate is a constant schedule).
    """

    def __init__(self, doc: str, family: str, *, number: str = "", **rest: Any):
        super().__init__(doc, **rest)
        self.family = family
        self.number = number
        self.kind = f"{'a number or ' if number else ''}one of the {family}s"  # type: ignore[misc]

    def accept(self, value: Any) -> Any:
        if self.number and isinstance(value, int | float) and not isinstance(value, bool):
            return FAMILIES[self.family][self.number].build([value], {})
        if isinstance(value, Described) and value.family == self.family:
            return value
        known = members(self.family)
        return self.refuse_word(value, known, f"there are {', '.join(f'`{name}`' for name in sorted(known))}")


FAMILIES: dict[str, dict[str, "type[Described]"]] = {}
"""Every class that has a name, by family and name. A class registers itself when it is defined."""


def members(family: str) -> dict[str, "type[Described]"]:
    """The classes of a family that files can name."""
    return {name: cls for name, cls in FAMILIES.get(family, {}).items() if not cls.unwritten}


class Described:
    """Something with a name in the language and declared parameters."""

    name: ClassVar[str] = ""
    """As it is written; "" for a class that only others build on."""
    family: ClassVar[str] = ""
    unwritten: ClassVar[bool] = False
    """Whether it is only what something written otherwise stands for."""
    parameters: ClassVar[dict[str, Parameter]] = {}

    def __init_subclass__(cls, **rest: Any):
        super().__init_subclass__(**rest)
        own = {p.name: p for p in vars(cls).values() if isinstance(p, Parameter)}
        cls.parameters = {**cls.parameters, **own}
        if "name" in vars(cls):
            FAMILIES.setdefault(cls.family, {})[cls.name] = cls

    @classmethod
    def build(cls, positional: Sequence[Any], named: Mapping[str, Any]) -> Self:
        """An instance of the given values.

        Raises Unfit, whose `parameter` names the one at fault, if a value doesn't fit, one is
        given twice, is unknown, or is missing.
        """
        self = cls()
        places = [p for p in cls.parameters.values() if not p.named_only]
        if len(positional) > len(places):
            takes = f"{counted(len(places), 'value')} without a name" if places else "no values"
            raise Unfit(
                f"`{cls.name}` takes {takes}, not {len(positional)}",
                cls.usage(),
                parameter=f"#{len(places)}",
                code="unknown",
            )
        given: dict[str, Any] = {}
        for parameter, value in zip(places, positional, strict=False):
            given[parameter.name] = value
        for name, value in named.items():
            if name not in cls.parameters:
                raise Unfit(f"`{cls.name}` has no argument `{name}`", parameter=name, code="unknown")
            if name in given:
                help = f"the value without a name is already `{name}`"
                raise Unfit(f"`{name}` is given twice", help, parameter=name, code="unknown")
            given[name] = value
        for name, parameter in cls.parameters.items():
            if name in given:
                try:
                    setattr(self, parameter.slot, parameter.accept(given[name]))
                except Unfit as unfit:
                    unfit.parameter = unfit.parameter or name
                    raise
            elif parameter.required:
                raise Unfit(f"`{cls.name}` needs `{name}`: {parameter.doc}", cls.usage(), code="missing")
        self.check()
        return self

    @classmethod
    def restore(cls, values: Mapping[str, Any]) -> Self:
        """An instance of values that were accepted before, by parameter name."""
        self = cls()
        for name, value in values.items():
            parameter = cls.parameters[name]
            setattr(self, parameter.slot, parameter.restore(value))
        return self

    def check(self) -> None:
        """Raises Unfit if the values don't go together."""

    @classmethod
    def usage(cls) -> str:
        """How it is written: `conv(filters, window, stride = 1, …)`."""
        parts = [
            p.name if p.required else f"{p.name} = {'…' if p.default is None else show(p.default)}"
            for p in cls.parameters.values()
        ]
        return f"it is written `{cls.name}({', '.join(parts)})`" if parts else f"it is written `{cls.name}`"

    def values(self) -> dict[str, Any]:
        """Every parameter's value, by its name."""
        return {name: getattr(self, p.slot) for name, p in self.parameters.items()}

    def chosen(self) -> dict[str, Any]:
        """Its values but for those that are defaults."""
        return {name: value for name, value in self.values().items() if value != self.parameters[name].default}

    def written(self, without: Collection[str] = ()) -> str:
        """As a person would write it, defaults left out, and parameters `without` which it is meant."""
        parts = [
            f"{name} = {self.parameters[name].shown(value)}"
            for name, value in self.chosen().items()
            if name not in without
        ]
        return f"{self.name}({', '.join(parts)})" if parts else self.name

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self), repr(sorted(self.values().items()))))

    def __repr__(self) -> str:
        return self.written()
