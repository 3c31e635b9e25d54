"""Diagnostics for machines: JSON, GitHub's workflow commands, SARIF."""

import json
import re
from typing import Any

import pytest

from archc.diagnostics import CATALOGUE, Diagnostic, Edit, Fix, Related
from archc.diagnostics.machine import as_command, as_json, github_text, json_text
from archc.diagnostics.sarif import sarif_text
from archc.source import Source, Span

NET = Source("models/a net.arch", "model A {\n    dense(1) -> tanh\n}\n")
BLOCKS = Source("/home/my/blocks.arch", "block é { rélu }\n")


def at(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


FULL = Diagnostic(
    "E0301",
    "there is no layer `rélu`",
    at(BLOCKS, "rélu"),
    "label",
    related=(Related(at(NET, "model A {\n    dense"), "here"),),
    notes=("note",),
    fixes=(Fix("write `relu`", (Edit(at(BLOCKS, "rélu"), "relu"), Edit(at(NET, " -> tanh"), ""))), Fix("or so", ())),
    via=(Related(at(NET, "dense(1)"), "in block `é`"),),
)
BARE = Diagnostic("E0001", "no such file", help="look again")
WARNING = Diagnostic("W0201", "looks odd", at(NET, "dense"))


def test_json() -> None:
    place = {"file": "/home/my/blocks.arch", "line": 1, "column": 11, "end_line": 1, "end_column": 15}
    net = {"file": "models/a net.arch", "line": 2, "column": 5, "end_line": 2, "end_column": 13}
    assert as_json(FULL) == {
        "code": "E0301",
        "severity": "error",
        "message": "there is no layer `rélu`",
        "label": "label",
        **place,
        "notes": ["note"],
        "help": "write `relu`",
        "related": [{**net, "message": "here", "line": 1, "column": 1, "end_column": 10}],
        "via": [{**net, "message": "in block `é`"}],
        "fixes": [
            {
                "title": "write `relu`",
                "edits": [
                    {**place, "replacement": "relu"},
                    {**net, "column": 13, "end_column": 21, "replacement": ""},
                ],
            },
            {"title": "or so", "edits": []},
        ],
    }
    listed = json.loads(json_text([FULL, BARE]))
    assert listed[1]["file"] is listed[1]["line"] is None and listed[1]["help"] == "look again"
    assert json.loads(json_text([])) == []


def test_the_edits_of_json_are_enough_to_apply_a_fix() -> None:
    lines = BLOCKS.text.split("\n")
    edit = as_json(FULL)["fixes"][0]["edits"][0]
    line = lines[edit["line"] - 1]
    lines[edit["line"] - 1] = line[: edit["column"] - 1] + edit["replacement"] + line[edit["end_column"] - 1 :]
    assert "\n".join(lines) == "block é { relu }\n"


def test_github_commands() -> None:
    assert as_command(FULL) == (
        "::error file=/home/my/blocks.arch,line=1,endLine=1,col=11,endColumn=15,title=archc E0301::"
        "there is no layer `rélu`: label%0Amodels/a net.arch:1:1: here%0A"
        "in block `é`, called from models/a net.arch:2:5%0Anote: note%0Ahelp: write `relu`"
    )
    assert as_command(BARE) == "::error title=archc E0001::no such file%0Ahelp: look again"
    assert as_command(WARNING).startswith("::warning file=models/a net.arch,line=2,")
    assert github_text([]) == ""


def test_github_commands_cannot_be_forged() -> None:
    source = Source("a,b:c%\n.arch", "x\ny\n")
    text = as_command(Diagnostic("E0101", "100%\r\n::error::mine", source.span(0, 3), help="\x1b[31mred"))
    assert "\n" not in text and "\r" not in text and "\x1b" not in text
    properties, message = text.removeprefix("::error ").split("::", 1)
    assert properties == "file=a%2Cb%3Ac%25%0A.arch,line=1,endLine=2,title=archc E0101"
    assert message.startswith("100%25")


def sarif(*found: Diagnostic) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif_text(found))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    return dict(run)


def test_sarif() -> None:
    run = sarif(FULL, WARNING, BARE, FULL)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E0001", "E0301", "W0201"]
    assert (
        rules[1]["shortDescription"]["text"] == CATALOGUE["E0301"] and "archc explain E0301" in rules[1]["help"]["text"]
    )
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    full, warning, bare, _ = run["results"]
    assert (full["level"], warning["level"]) == ("error", "warning")
    assert full["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "file:///home/my/blocks.arch"},
                "region": {"startLine": 1, "startColumn": 11, "endLine": 1, "endColumn": 15},
            }
        }
    ]
    assert full["relatedLocations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "models/a%20net.arch"}
    assert full["relatedLocations"][0]["message"] == {"text": "here"}
    (frame,) = full["stacks"][0]["frames"]
    assert frame["location"]["message"] == {"text": "in block `é`"}
    assert [change["artifactLocation"]["uri"] for change in full["fixes"][0]["artifactChanges"]] == [
        "file:///home/my/blocks.arch",
        "models/a%20net.arch",
    ]
    (replacement,) = full["fixes"][0]["artifactChanges"][0]["replacements"]
    assert replacement["insertedContent"] == {"text": "relu"}
    assert len(full["fixes"]) == 1, "a fix without edits is none"
    assert "locations" not in bare and "look again" in bare["message"]["text"]
    assert sarif()["results"] == []


@pytest.mark.parametrize("name", ["a:b.arch", "ü#?.arch", "%41.arch", "a b/c.arch"])
def test_sarif_names_are_uris(name: str) -> None:
    source = Source(name, "x")
    (result,) = sarif(Diagnostic("E0101", "x", source.span(0, 1)))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", uri, re.ASCII) and ":" not in uri
