"""IR -> a readable, standalone JAX program."""

from archc.program.emit import Target, emit

__all__ = ["Target", "emit"]
