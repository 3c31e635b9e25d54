"""IR -> IR, one pass a file. `run` applies them all, in order, and verifies after each."""

from archc.ir import Module
from archc.ir.verify import verify
from archc.passes.pool_first import pool_first
from archc.passes.raw_outputs import raw_outputs

PASSES = (raw_outputs, pool_first)
"""Every pass, in the order in which they run."""


def run(module: Module) -> Module:
    """The module that programs are written from."""
    for transform in PASSES:
        module = transform(module)
        verify(module)
    return module
