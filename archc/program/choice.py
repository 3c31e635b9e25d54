"""What was chosen where a job can be done in several ways that give the same, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One way among several, as `archc compile --explain-lowering` tells it.

    `topic` is what is done (`convolution`, `pooling`, `steps`, `random bits`), `where` the layer's scope and
    `place` its line in the file, both empty for what holds for the whole program. `why` says
    where that is known from: a rule with its measurement, or what is expected.
    """

    topic: str
    chosen: str
    why: str
    others: tuple[str, ...] = ()
    where: str = ""
    place: str = ""
