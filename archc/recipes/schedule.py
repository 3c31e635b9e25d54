"""How the learning rate moves, in epochs; the program counts in steps."""

from typing import Any

from archc.code import Call, Code, Literal, Mapping, Name, call
from archc.parameters import Count, Described, Family, Parameter, Real, Unfit, counted, show, whole


class Schedule(Described):
    """A learning rate for each step."""

    family = "schedule"

    @property
    def highest(self) -> float:
        """The highest rate that is written in it."""
        return self.rate  # type: ignore[attr-defined, no-any-return]

    def check_epochs(self, epochs: int) -> None:
        """Raises Unfit if it doesn't go with so many epochs."""

    def lower(self) -> Code:
        """A float, or an optax schedule in the program's `EPOCHS` and `STEPS` (an epoch)."""
        raise NotImplementedError


class Constant(Schedule):
    """The same rate all through; a bare number means this."""

    name = "constant"
    rate = Real("the learning rate", above=0)

    def lower(self) -> Code:
        return Literal(float(self.rate))


class Cosine(Schedule):
    """From `rate` down to `final` along half a cosine, after a linear rise over `warmup` epochs.

    Loshchilov and Hutter (2017), equation 5, one cycle without restarts, over all the epochs.
    """

    name = "cosine"
    rate = Real("the highest learning rate", above=0)
    warmup = Real("epochs of linear rise from 0", default=0, least=0, named=True)
    final = Real("the rate at the end", default=0, least=0, named=True)

    def check(self) -> None:
        falls(self.rate, self.final)

    def check_epochs(self, epochs: int) -> None:
        leaves_something("warmup", self.warmup, epochs)

    def lower(self) -> Code:
        if not self.warmup:
            share = (("alpha", Literal(float(self.final / self.rate))),) if self.final else ()
            return Call("optax.cosine_decay_schedule", (Literal(float(self.rate)), Name("EPOCHS * STEPS")), share)
        return Call(
            "optax.warmup_cosine_decay_schedule",
            (Literal(0.0), Literal(float(self.rate))),
            (
                ("warmup_steps", Name(f"round({float(self.warmup)} * STEPS)")),
                ("decay_steps", Name("EPOCHS * STEPS")),
                ("end_value", Literal(float(self.final))),
            ),
        )


class Polynomial(Schedule):
    """From `rate` down to `final` over all the epochs T: final + (rate - final) (1 - t/T)^power.

    `power = 1` is a line.
    """

    name = "polynomial"
    rate = Real("the first learning rate", above=0)
    power = Real("of what is left of the training", default=1, above=0, named=True)
    final = Real("the rate at the end", default=0, least=0, named=True)

    def check(self) -> None:
        falls(self.rate, self.final)

    def lower(self) -> Code:
        ends = (Literal(float(self.rate)), Literal(float(self.final)))
        return Call("optax.polynomial_schedule", (*ends, Literal(float(self.power)), Name("EPOCHS * STEPS")))


class Exponential(Schedule):
    """rate · factor^(t / every), where t counts epochs and parts of them.

    It falls at every step of training; `step` stays the same for `every` epochs.
    """

    name = "exponential"
    rate = Real("the first learning rate", above=0)
    factor = Real("by which it is multiplied over `every` epochs", above=0, named=True)
    every = Real("epochs in which it falls by `factor`", default=1, above=0, named=True)

    def lower(self) -> Code:
        every = whole(self.every)
        steps = "STEPS" if every == 1 else f"{float(self.every) if every is None else every} * STEPS"
        return Call("optax.exponential_decay", (Literal(float(self.rate)), Name(steps), Literal(float(self.factor))))


class OneCycle(Schedule):
    """From `start` up to `rate` and down to `final` along half cosines, over all the epochs.

    Smith and Topin (2018), with the cosines and the defaults of fast.ai and PyTorch: `start` is
    rate / 25, and `final` start / 10,000.
    """

    name = "one_cycle"
    rate = Real("the highest learning rate", above=0)
    rise = Real("share of all steps in which the rate rises", default=0.3, above=0, below=1, named=True)
    start = Real("the first rate; none is a 25th of the highest", default=None, above=0, named=True)
    final = Real("the last rate; none is 1/10,000 of the first", default=None, above=0, named=True)

    def check(self) -> None:
        if self.ends[0] > self.rate:
            raise Unfit("`start` is above the rate itself", "the rate rises from `start`", parameter="start")
        falls(self.rate, self.ends[1])

    @property
    def ends(self) -> tuple[float, float]:
        """The first rate and the last."""
        start = self.rate / 25 if self.start is None else self.start
        return start, start / 10_000 if self.final is None else self.final

    def lower(self) -> Code:
        start, final = self.ends
        rates = {"start": start, "top": self.rate, "final": final, "rise": self.rise}
        return call("one_cycle", Name("EPOCHS * STEPS"), **{name: float(value) for name, value in rates.items()})


class WarmUp(Schedule):
    """A schedule whose rates are multiplied by what rises from 0 to 1 along a line over the first `epochs`.

    Goyal et al. (2017), section 2.2. The schedule itself isn't put off: `warmup(step(0.1, every =
    30), epochs = 5)` steps after 30 epochs, warm-up included.
    """

    name = "warmup"
    rate = Family("the learning rate or its schedule", "schedule", number="constant")
    epochs = Real("how long it rises; may be a part of one", above=0, named=True)

    @property
    def highest(self) -> float:
        return self.rate.highest  # type: ignore[no-any-return]

    def check_epochs(self, epochs: int) -> None:
        leaves_something("epochs", self.epochs, epochs)
        self.rate.check_epochs(epochs)

    def lower(self) -> Code:
        steps = Name(f"max(round({float(self.epochs)} * STEPS), 1)")
        if isinstance(self.rate, Constant):
            return Call("optax.linear_schedule", (Literal(0.0), self.rate.lower(), steps))
        return Call("warmed_up", (self.rate.lower(), steps))


class Rates(Parameter):
    """A rate, or a list of them."""

    kind = "a rate above 0, or a list of them"
    numeric = True

    def accept(self, value: Any) -> Any:
        rates = list(value) if isinstance(value, list | tuple) else [value]
        for rate in rates:
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < float("inf"):
                self.refuse(value)
        if not rates:
            self.refuse(value)
        return tuple(rates) if isinstance(value, list | tuple) else value


class Epochs(Parameter):
    """Rising whole numbers of epochs."""

    kind = "a list of rising epochs, such as `[30, 60]`"
    numeric = True

    def accept(self, value: Any) -> tuple[int, ...]:
        epochs = [whole(v) for v in value] if isinstance(value, list | tuple) else [whole(value)]
        if not epochs or any(e is None or e < 1 for e in epochs) or sorted(set(epochs)) != epochs:  # type: ignore[type-var]
            self.refuse(value)
        return tuple(epochs)  # type: ignore[arg-type]


class Step(Schedule):
    """Falls in steps: `step(0.1, factor = 0.1, every = 30)`, or `step([0.1, 0.01], at = [30])`."""

    name = "step"
    rate = Rates("the first learning rate, or every one of them")
    factor = Real("by which it is multiplied at each step", default=0.1, above=0, named=True)
    every = Count("epochs between two steps", default=None, named=True)
    at = Epochs("epochs after which it steps", default=None, named=True)

    @property
    def highest(self) -> float:
        return max(self.rate) if isinstance(self.rate, tuple) else self.rate  # type: ignore[no-any-return]

    def check(self) -> None:
        many = isinstance(self.rate, tuple)
        if (self.every is None) == (self.at is None):
            raise Unfit(
                "`step` needs either `every` or `at`",
                "`every = 30` for a step each 30 epochs, `at = [30, 60]` for these two",
            )
        if many and self.at is None:
            raise Unfit(
                "a list of rates needs `at`",
                "`at = [30]` says after which epoch the second rate begins",
                parameter="every",
            )
        if many and len(self.rate) != len(self.at) + 1:
            raise Unfit(
                f"{counted(len(self.rate), 'rate')} need {counted(len(self.rate) - 1, 'epoch')} to step at, "
                f"and `at` has {len(self.at)}",
                parameter="at",
            )

    def lower(self) -> Code:
        if isinstance(self.rate, tuple):
            first = float(self.rate[0])
            factors = [float(b) / float(a) for a, b in zip(self.rate, self.rate[1:], strict=False)]
            steps = tuple((epoch, factor) for epoch, factor in zip(self.at, factors, strict=True))
        elif self.at is not None:
            first, steps = float(self.rate), tuple((epoch, float(self.factor)) for epoch in self.at)
        else:
            return Call(
                "optax.exponential_decay",
                (Literal(float(self.rate)),),
                (
                    ("transition_steps", Name(f"{self.every} * STEPS")),
                    ("decay_rate", Literal(float(self.factor))),
                    ("staircase", Literal(True)),
                ),
            )
        boundaries = Mapping(tuple((Name(f"{epoch} * STEPS"), Literal(factor)) for epoch, factor in steps))
        return Call("optax.piecewise_constant_schedule", (Literal(first), boundaries))


def falls(rate: float, final: float) -> None:
    """Raises Unfit if a rate would end above where it comes from."""
    if final > rate:
        raise Unfit("`final` is above the rate itself", "the rate falls from `rate` to `final`", parameter="final")


def leaves_something(name: str, warmup: float, epochs: int) -> None:
    """Raises Unfit if a warm-up takes all the epochs."""
    if warmup >= epochs:
        raise Unfit(
            f"{show(warmup)} epochs of warm-up leave nothing of {counted(epochs, 'epoch')}",
            f"a warm-up is a few epochs long, and may be a part of one: `{name} = 0.5`",
        )
