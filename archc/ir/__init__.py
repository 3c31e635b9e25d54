"""The intermediate representation: frozen pydantic models with a versioned JSON form."""

from archc.ir.graph import Argument, Graph, Item, Node, Place, Port, Weight, made
from archc.ir.recipe import Column, DataSpec, Field, LossTerm, MetricTerm, Module, Monitor, Recipe, Start, holding

__all__ = [
    "Argument",
    "Column",
    "DataSpec",
    "Field",
    "Graph",
    "Item",
    "LossTerm",
    "MetricTerm",
    "Module",
    "Monitor",
    "Node",
    "Place",
    "Port",
    "Recipe",
    "Start",
    "Weight",
    "holding",
    "made",
]
