"""A confusion matrix as a part of the report: numbers for a few classes, a picture for many."""

from html import escape

import numpy as np

from archc.train.evaluation import Confusion

FEW, MANY = 20, 200
"""Up to `FEW` classes each cell shows its number, up to `MANY` its colour alone; for more there is no picture."""
MISTAKES = 20
"""How many kinds of mistakes are listed below a picture."""

STYLE = """\
.confusion td, .confusion th { padding: .3rem .55rem; text-align: center; border: 0; min-width: 2.4rem; }
.confusion caption { white-space: nowrap; }
.confusion th[scope=row] { text-align: right; } .confusion .none { color: var(--soft); opacity: .5; }
.dense td, .dense th { padding: 0; min-width: .6rem; width: .6rem; height: .6rem; border: 1px solid var(--line); }
.dense th { font-size: .55rem; line-height: .6rem; font-weight: 400; border: 0; white-space: nowrap; }
.dense th[scope=row] { padding-right: .3rem; }
.dense th[scope=col] { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding-top: .3rem; }
"""


def as_html(confusion: Confusion) -> str:
    """The heading, the matrix, and for many classes the mistakes that are made most often."""
    parts = [f"<h2>Confusion matrix: {escape(confusion.target)}</h2>"]
    few, count = len(confusion.classes) <= FEW, len(confusion.classes)
    if count <= MANY:
        parts.append(_matrix(confusion, dense=not few))
    if not few:
        parts.append(_mistakes(confusion))
    return "\n".join(parts)


def _matrix(confusion: Confusion, *, dense: bool) -> str:
    names, totals = [escape(name) for name in confusion.classes], confusion.counts.sum(axis=1)
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = []
    for name, counts, total in zip(names, confusion.counts.tolist(), totals.tolist(), strict=True):
        cells = []
        for said, count in zip(names, counts, strict=True):
            heat = f' style="background: rgba(var(--heat), {0.1 + 0.6 * (count / total if total else 0.0):.2f})"'
            if dense:
                cells.append(f'<td{heat} title="{name}, taken for {said}: {count:,}"></td>' if count else "<td></td>")
            else:
                cells.append(f"<td{heat}>{count}</td>" if count else '<td class="none">0</td>')
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="wide"><table class="confusion{" dense" if dense else ""}"><caption>rows are what it is, columns '
        f"what the network says</caption>\n<tr><td></td>{head}</tr>\n{chr(10).join(rows)}</table></div>"
    )


def _mistakes(confusion: Confusion) -> str:
    """The mistakes that are made most often, the most frequent first."""
    wrong = confusion.counts * (1 - np.eye(len(confusion.classes), dtype=np.int64))
    places = [int(place) for place in np.argsort(-wrong, axis=None, kind="stable")[:MISTAKES]]
    rows = []
    for place in places:
        is_, said = divmod(place, len(confusion.classes))
        if not wrong[is_, said]:
            break
        names = (escape(confusion.classes[at]) for at in (is_, said))
        share = f"{wrong[is_, said]:,} of {confusion.counts[is_].sum():,}"
        rows.append("<tr>" + "".join(f"<td>{name}</td>" for name in names) + f'<td class="n">{share}</td></tr>')
    if not rows:
        return "<p>No mistakes.</p>"
    head = '<tr><th>what it is</th><th>what the network says</th><th class="n">how often</th></tr>'
    table = f"<table><caption>the most frequent mistakes</caption>\n{head}\n{chr(10).join(rows)}</table>"
    return f'<div class="wide">{table}</div>'
