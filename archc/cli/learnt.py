"""What a run has learnt, and the network that it is of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archc.cli.compiling import Asked, checked
from archc.cli.named import find_run
from archc.cli.terminal import Terminal

if TYPE_CHECKING:
    from archc.ir import Module
    from archc.source import Source


def learnt(run: str, asked: Asked | None, terminal: Terminal) -> "tuple[Source | None, Module, Mapping[str, Any]]":
    """The network of a run and its best weights by name, "dense1.kernel"; with the file's text if one is `asked` for.

    Raises Failed if the run has no weights, or the file is of another network.
    """
    from archc.train import learnt as train

    module, weights = train.learnt(find_run(run), run)
    if asked is None:
        return None, module, weights
    source, written = checked(asked, terminal)
    train.refuse_other(module, written, run, asked.file)
    return source, module, weights
