"""Text -> tree."""

from archc.syntax.parser import parse, parse_expression
from archc.syntax.reading import Reader, read_source, source_from_bytes
from archc.syntax.tree import File

__all__ = ["File", "Reader", "parse", "parse_expression", "read_source", "source_from_bytes"]
