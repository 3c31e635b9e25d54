"""IR -> a readable, standalone JAX program."""

from archc.program.emit import emit
from archc.program.repeats import Target

__all__ = ["Target", "emit"]
