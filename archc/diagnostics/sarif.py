"""Diagnostics as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors read."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from archc import __version__
from archc.diagnostics.catalogue import CATALOGUE
from archc.diagnostics.diagnostic import Diagnostic, Fix, Related
from archc.diagnostics.machine import message
from archc.source import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"

Object = dict[str, Any]


def sarif_text(found: Iterable[Diagnostic]) -> str:
    """A log with one run, whose rules are the codes that were found."""
    diagnostics = list(found)
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {"name": "archc", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str) -> Object:
    return {
        "id": code,
        "shortDescription": {"text": CATALOGUE[code]},
        "help": {"text": f"`archc explain {code}` says more, with a wrong example and the right one"},
        "defaultConfiguration": {"level": "error" if code.startswith("E") else "warning"},
    }


def _result(diagnostic: Diagnostic, codes: list[str]) -> Object:
    result: Object = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": message(diagnostic)},
    }
    if diagnostic.span:
        result["locations"] = [{"physicalLocation": _place(diagnostic.span)}]
    if diagnostic.related:
        result["relatedLocations"] = [_location(related) for related in diagnostic.related]
    if diagnostic.via:
        frames = [{"location": _location(call)} for call in diagnostic.via]
        result["stacks"] = [{"message": {"text": "the chain of calls, innermost first"}, "frames": frames}]
    if fixes := [_fix(fix) for fix in diagnostic.fixes if fix.edits]:
        result["fixes"] = fixes
    return result


def _location(related: Related) -> Object:
    location: Object = {"physicalLocation": _place(related.span)}
    return {**location, "message": {"text": related.text}} if related.text else location


def _place(span: Span) -> Object:
    return {"artifactLocation": _file(span), "region": _region(span)}


def _file(span: Span) -> Object:
    path = quote(span.source.name, errors="surrogateescape")
    return {"uri": f"file://{path}" if path.startswith("/") else path}


def _region(span: Span) -> Object:
    line, column = span.source.place(span.start)
    end_line, end_column = span.source.place(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix) -> Object:
    changes: dict[str, Object] = {}
    for edit in fix.edits:
        change = changes.setdefault(edit.span.source.name, {"artifactLocation": _file(edit.span), "replacements": []})
        replacement: Object = {"deletedRegion": _region(edit.span)}
        if edit.text:
            replacement["insertedContent"] = {"text": edit.text}
        change["replacements"].append(replacement)
    return {"description": {"text": fix.title}, "artifactChanges": list(changes.values())}
