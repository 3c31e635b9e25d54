"""Layered drawings: boxes in rows, lines from the top down, in four steps with a file each."""

from archc.draw.layered.place import Placement, place
from archc.draw.layered.rows import Box, Wire

__all__ = ["Box", "Placement", "Wire", "place"]
