"""IR -> IR, one pass a file. `run` applies them all, in order, and verifies after each."""

from archc.ir import Module
from archc.ir.verify import verify
from archc.passes.pool_first import pool_first
from archc.passes.raw_outputs import raw_outputs

PASSES = (raw_outputs, pool_first)
"""Every pass, in the order in which they run."""

FASTER = (pool_first,)
"""Those that have nothing but speed for a reason: without them layers stand as the file has them."""


def run(module: Module, *, plain: bool = False) -> Module:
    """The module that programs are written from; `plain` ones do without what only makes them faster."""
    for transform in PASSES:
        if plain and transform in FASTER:
            continue
        module = transform(module)
        verify(module)
    return module
