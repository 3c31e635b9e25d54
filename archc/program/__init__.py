"""IR -> a readable, standalone JAX program."""

from archc.ops.form import Target
from archc.program.emit import emit

__all__ = ["Target", "emit"]
