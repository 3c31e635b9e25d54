"""The measurements as Markdown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.training.figures import Row, rows_of
from benchmarks.training.sides import OURS, SIDES

BEGIN, END = "<!-- python -m benchmarks.training --docs wrote this -->\n", "<!-- up to here -->"
Found = Mapping[str, Any]


def markdown(found: Found) -> str:
    """Everything: what it was measured on, the ratios of all works, and each work by itself."""
    works = [work for work in found["works"] if OURS in work["sides"]]
    timed = [work for work in works if not work.get("goal")]
    goals = [work for work in works if work.get("goal")]
    parts = [header(found)]
    if timed:
        parts += ["### archc's images/s by those of others", "", overview(timed)]
    for work in timed:
        parts += [
            f"### `{work['work']}`",
            "",
            described(work, found),
            "",
            steady(rows_of(work), found["target"]),
            tried(work),
        ]
    for work in goals:
        parts += [f"### `{work['work']}`", "", described(work, found), "", reached(rows_of(work))]
    return "\n".join(parts).rstrip() + "\n"


def header(found: Found) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    machine = found["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory']} of memory"
    where += f"; {machine['gpu']}" if machine.get("gpu") else ""
    plan = f"{found['rounds']} rounds, {found['colds']} cold starts" + (
        ", cut short by `--quick`" if found["quick"] else ""
    )
    return f"`{found['command']}`: {plan}.\n\nOn {where}. {versions}.\n"


def cells(*texts: str) -> str:
    return "| " + " | ".join(texts) + " |"


def lines(head: list[str], body: list[list[str]]) -> str:
    rule = "|---|" + "---:|" * (len(head) - 1)
    return "\n".join([cells(*head), rule, *(cells(*row) for row in body)]) + "\n"


def overview(works: list[Found]) -> str:
    sides = [side for side in SIDES if side != OURS and any(side in work["sides"] for work in works)]
    body = []
    for work in works:
        rows = {row.side: row for row in rows_of(work)}
        shown = [number(rows[side].faster) if side in rows else "" for side in sides]
        body.append([f"`{work['work']}`", *shown])
    return lines(["", *(SIDES[side].label for side in sides)], body)


def described(work: Found, found: Found) -> str:
    if "rows" not in work:
        return "Nothing could be handed to the sides."
    text = f"{work['rows']:,} rows in batches of {work['batch']}, {work['precision']}"
    if work["goal"]:
        return f"{text}: seconds from the start of the process to {work['goal']:.1%} of the rows held out."
    return f"{text}, {work['epochs']} epochs a process."


def steady(rows: list[Row], target: str) -> str:
    device = target == "gpu"
    head = ["", "images/s", "archc by it", "first step, cold", "warm", "compiled in", "host memory"]
    head += [*(["device memory"] if device else []), "loss apart", "setting"]
    body = []
    for row in rows:
        label = SIDES[row.side].label
        memory = [size(row.device, None)] if device else []
        if row.fault and row.rate is None:
            body.append([label, *[""] * (len(head) - 2), row.fault])
            continue
        body.append(
            [
                label,
                number(row.rate, "{:,.0f}"),
                number(row.faster),
                seconds(row.cold, row.cold_ratio),
                seconds(row.warm, row.warm_ratio),
                seconds(row.compile, None),
                size(row.host, row.host_ratio),
                *memory,
                number(row.apart, "{:.2%}"),
                row.fault or row.setting,
            ]
        )
    return lines(head, body)


def reached(rows: list[Row]) -> str:
    body = [
        [
            SIDES[row.side].label,
            seconds(row.reached, row.reached_ratio),
            number(row.epochs, "{:g}"),
            number(row.rate, "{:,.0f}"),
            row.fault or row.setting,
        ]
        for row in rows
    ]
    return lines(["", "reached in", "epochs", "images/s", "setting"], body)


def tried(work: Found) -> str:
    """What was tried, of each side with a choice."""
    told = [
        f"{SIDES[side].label}: " + ", ".join(f"{setting} {rate:,.0f}" for setting, rate in entry["tried"].items())
        for side, entry in work["sides"].items()
        if entry.get("tried")
    ]
    return ("Tried, in images/s of a short run: " + "; ".join(told) + ".\n") if told else ""


def number(value: float | None, form: str = "{:.2f}") -> str:
    return "" if value is None else form.format(value)


def seconds(value: float | None, ratio: float | None) -> str:
    return number(value, "{:.2f} s") + number(ratio, " ({:.2f})")


def size(value: float | None, ratio: float | None) -> str:
    return "" if value is None else f"{value / 1e6:,.0f} MB" + number(ratio, " ({:.2f})")


def into_page(page: Path, found: Found) -> None:
    """Puts the tables between the page's two marks. Raises ValueError if it hasn't got them."""
    text = page.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or END not in text.partition(BEGIN)[2]:
        raise ValueError(f"{page} has no two lines for the table to stand between: {BEGIN.strip()} and {END}")
    head, _, rest = text.partition(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{markdown(found)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
