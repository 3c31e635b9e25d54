"""Tree -> IR: names, values, layers, recipes. The only room that sees both."""

from archc.resolve.file import Choice, resolve
from archc.resolve.overrides import override

__all__ = ["Choice", "override", "resolve"]
