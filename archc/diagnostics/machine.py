"""Diagnostics for machines: as JSON for editors and scripts, as commands of GitHub's workflows."""

import json
from collections.abc import Iterable
from typing import Any

from archc.diagnostics.diagnostic import Diagnostic, Fix, Related
from archc.diagnostics.render import chain, shown
from archc.source import Span


def json_text(found: Iterable[Diagnostic]) -> str:
    """A list of objects, one a diagnostic."""
    return json.dumps([as_json(diagnostic) for diagnostic in found], indent=2, ensure_ascii=False)


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic.

    Lines and columns count from 1, columns in characters, and an end is the place after the last
    character. Places are null where the fault is in no file.
    """
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.title,
        "label": diagnostic.label,
        **place(diagnostic.span),
        "notes": list(diagnostic.notes),
        "help": diagnostic.advice,
        "related": [_related(related) for related in diagnostic.related],
        "via": [_related(call) for call in diagnostic.via],
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
    }


def place(span: Span | None) -> dict[str, Any]:
    """File and range of a span."""
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    end_line, end_column = span.source.place(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _related(related: Related) -> dict[str, Any]:
    return {"message": related.text, **place(related.span)}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**place(edit.span), "replacement": edit.text} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}


def github_text(found: Iterable[Diagnostic]) -> str:
    """A line each, which GitHub's workflows turn into a remark beside the line of the file."""
    return "\n".join(map(as_command, found))


def as_command(diagnostic: Diagnostic) -> str:
    """`::error file=…,line=…,col=…::message`."""
    span = diagnostic.span
    properties: dict[str, Any] = {}
    if span is not None:
        where = place(span)
        properties |= {"file": where["file"], "line": where["line"], "endLine": where["end_line"]}
        if where["line"] == where["end_line"]:  # columns of a range of lines would be refused
            properties |= {"col": where["column"], "endColumn": where["end_column"]}
    properties["title"] = f"archc {diagnostic.code}"
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{diagnostic.severity} {listed}::{_data(message(diagnostic))}"


def message(diagnostic: Diagnostic) -> str:
    """All that a diagnostic says, where the source isn't shown: several lines."""
    title = f"{diagnostic.title}: {diagnostic.label}" if diagnostic.label else diagnostic.title
    there = [f"{related.span!r}: {related.text}" for related in diagnostic.related if related.text]
    notes = [f"note: {note}" for note in diagnostic.notes]
    advice = [f"help: {diagnostic.advice}"] if diagnostic.advice else []
    lines = "\n".join([title, *there, *chain(diagnostic.via), *notes, *advice]).split("\n")
    return "\n".join(map(shown, lines))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
