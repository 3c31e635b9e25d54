"""Takes a final softmax, log_softmax or sigmoid off an output whose loss reads what enters it.

log(softmax(z)) computed from z is exact where the softmax itself rounds to 0 or 1. `predict` puts
the function back.
"""

from archc.ir import Module, Port


def raw_outputs(module: Module) -> Module:
    """The module with its outputs before the functions that `recipe.links` names."""
    if module.recipe is None:
        return module
    graph, links = module.graph, module.recipe.links
    nodes = {node.name: node for node in graph.nodes}
    outputs: list[Port] = []
    for port in graph.outputs:
        last = nodes.get(port.value)
        function = links.get(port.name)
        if last is not None and last.op in (function, f"log_{function}"):
            outputs.append(port.model_copy(update={"value": last.inputs[0]}))
        else:
            outputs.append(port)
    read = {port.value for port in outputs} | {value for node in graph.nodes for value in node.inputs}
    dropped = {port.value for port in graph.outputs} - read
    kept = tuple(node for node in graph.nodes if node.name not in dropped)
    return module.model_copy(update={"graph": graph.model_copy(update={"nodes": kept, "outputs": tuple(outputs)})})
