"""report.html: a run on one page that needs nothing beside itself."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import jax

from archc.ir import Module, Recipe
from archc.ir.items import restored
from archc.train import matrix
from archc.train.evaluation import Confusion
from archc.train.figures import numbers
from archc.train.folders import Beginning, RunFolder
from archc.train.metrics import read_history
from archc.train.plots.curves import draw_curves, series

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #6b7280; --line: #e5e7eb; --page: #fff; --card: #f9fafb;
  --heat: 59, 130, 246; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #9ca3af; --line: #374151; --page: #111827;
  --card: #1f2937; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
p { margin: .25rem 0; } .soft, caption { color: var(--soft); }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1rem;
  min-width: 8rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
.curves svg { width: 100%; height: auto; font-family: inherit; }
.picture svg { max-width: 100%; height: auto; font-family: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } caption { text-align: left; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; color: var(--soft); } .n { text-align: right; padding-right: 1rem; }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; } code { overflow-wrap: anywhere; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
"""


def write_report(
    folder: RunFolder,
    beginning: Beginning,
    module: Module,
    result: Mapping[str, Any],
    confusions: Sequence[Confusion],
    pictures: Sequence[tuple[str, str]] = (),
) -> None:
    """Draws and writes the page; `pictures` are SVG with headings. Raises Failed if it can't be written."""
    lines = read_history(folder)
    arch_name, arch_text = folder.arch()
    name = escape(module.graph.name)
    body = [
        f"<h1>{name}</h1>",
        f'<p class="soft">{escape(module.source)}, seed {beginning.seed}</p>',
        _cards(result),
        "<h2>Curves</h2>",
        f'<div class="curves">{"".join(_curves(lines, result["best_epoch"]))}</div>',
        *map(matrix.as_html, confusions),
        *(f'<h2>{escape(heading)}</h2>\n<div class="picture">{svg}</div>' for heading, svg in pictures),
        "<h2>Layers</h2>",
        _layers(module),
        "<h2>Recipe</h2>",
        _facts(_recipe(module.recipe)) if module.recipe else "",
        "<h2>Run</h2>",
        _facts(_run(beginning, result)),
        f"<h2>{escape(arch_name)}</h2>",
        f"<pre>{escape(arch_text)}</pre>",
    ]
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_STYLE}{matrix.STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )
    folder.write_text("report.html", page)


def _cards(result: Mapping[str, Any]) -> str:
    cards = []
    for part in ("test", "validation", "train"):
        for name, value in numbers(result[part]).items() if part in result else ():
            cards.append((f"{part} {name}", f"{value:.2%}" if name == "accuracy" else f"{value:.4g}"))
    cards += [
        ("best epoch", f"{result['best_epoch']:,} of {result['epochs']:,}"),
        ("parameters", f"{result['parameters']:,}"),
        ("seconds", f"{result['seconds']:,.1f}"),
        ("examples a second", f"{result['examples_per_second']:,.0f}"),
    ]
    inner = "".join(
        f'<div class="card"><span class="soft">{escape(k)}</span><b>{escape(v)}</b></div>' for k, v in cards
    )
    return f'<div class="cards">{inner}</div>'


def _curves(lines: Sequence[Mapping[str, Any]], best_epoch: int) -> Iterable[str]:
    for quantity, curves in series(lines).items():
        yield draw_curves(quantity, curves, best_epoch)


def _layers(module: Module) -> str:
    rows = []
    for scope, node in module.graph.layers():
        count = sum(_size(weight.shape) for weight in node.weights if weight.trainable)
        shape = " × ".join(map(str, node.output)) or "1"
        rows.append(
            f"<tr><td>{escape(scope)}</td><td>{escape(node.op)}</td><td>{shape}</td>"
            f'<td class="n">{count:,}</td><td class="n">{node.macs:,}</td></tr>'
        )
    graph = module.graph
    rows.append(
        "<tr><th>all</th><th></th><th></th>"
        f'<th class="n">{graph.parameters:,}</th><th class="n">{graph.macs:,}</th></tr>'
    )
    head = '<tr><th>layer</th><th>kind</th><th>output</th><th class="n">parameters</th><th class="n">MACs</th></tr>'
    return f'<div class="wide"><table>{head}\n{chr(10).join(rows)}</table></div>'


def _size(shape: Sequence[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def _recipe(recipe: Recipe) -> dict[str, str]:
    rows = {"train": recipe.train_rows, "validation": recipe.validation_rows, "test": recipe.test_rows}
    stop = restored(recipe.stop) if recipe.stop else None
    return {
        "data": f"{recipe.data.name}: " + ", ".join(f"{n:,} {part}" for part, n in rows.items() if n),
        "loss": " + ".join(restored(term.loss).written() for term in recipe.losses),
        "metrics": ", ".join(term.name for term in recipe.metrics) or "none",
        "optimizer": restored(recipe.optimizer).written(),
        "weight decay": _by_part(recipe.weight_decay),
        **({"clipping": restored(recipe.clip).written()} if recipe.clip else {}),
        **({"l1": _by_part(recipe.l1)} if any(recipe.l1.values()) else {}),
        **({"rates": _by_part(recipe.rates)} if recipe.rates != {"": 1.0} else {}),
        **({"frozen": ", ".join(recipe.freeze)} if recipe.freeze else {}),
        **({"starts from": restored(recipe.start.source).written()} if recipe.start else {}),
        "batch": str(recipe.batch),
        "epochs": f"at most {recipe.epochs:,}, {stop.written()}" if stop else f"{recipe.epochs:,}",
        "best epoch by": f"{recipe.monitor.better} {recipe.monitor.quantity}",
        "precision": recipe.precision,
    }


def _by_part(numbers: Mapping[str, float]) -> str:
    """`0.0005, fc8 0`."""
    return ", ".join(f"{scope} {number:g}".strip() for scope, number in numbers.items())


def _run(beginning: Beginning, result: Mapping[str, Any]) -> dict[str, str]:
    device = beginning.device or f"{jax.default_backend()}, JAX's choice"
    facts = {"command": " ".join(beginning.command) or "from Python", "device": device}
    facts["versions"] = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    facts |= {f"SHA-256 of the {name}": value for name, value in result["hashes"].items()}
    return facts


def _facts(facts: Mapping[str, str]) -> str:
    rows = "\n".join(f"<tr><th>{escape(name)}</th><td><code>{escape(v)}</code></td></tr>" for name, v in facts.items())
    return f'<div class="wide"><table>{rows}</table></div>'
