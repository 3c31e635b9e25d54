"""`archc data`: what a model will see of its data, and what looks wrong with them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli.application import application

NET = """model Net {
    input x[data.features]
    dense(2) -> softmax
}

train {
    data      = csv("f.csv", target = y, columns = [number(missing = median)]SAID)
    loss      = cross_entropy
    optimizer = adam(1e-2)
    batch     = 2
    epochs    = 2
}
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(application, ["data", *words])


def shown(folder: Path, table: str, said: str = "") -> dict[str, object]:
    (folder / "f.csv").write_text(table)
    (folder / "net.arch").write_text(NET.replace("SAID", said))
    done = run(str(folder / "net.arch"), "--format", "json")
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_columns_ranges_classes_and_examples(tmp_path: Path):
    rows = "".join(f"{i},{'uv'[i % 2]},{i % 2}\n" for i in range(20))
    found = shown(tmp_path, "a,b,y\n" + rows + ",u,0\n")
    assert found["rows"] == {"train": 13, "validation": 4, "test": 4}
    a, b = found["columns"][0]["fields"]  # type: ignore[index]
    assert (a["min"], a["max"], a["missing"], a["stands_for_missing"]) == (0, 19, 1, "median")
    assert b["categories"] == {"u": 11, "v": 10}
    counts = found["classes"]["y"]  # type: ignore[index]
    assert sum(counts["0"].values()) == 11 and sum(counts["1"].values()) == 10
    assert len(found["examples"]) == 5  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (lambda i: f"{i},7,{i % 2}", "`b` is the same in every row"),
        (lambda i: f"{i},{i * 1000},{i % 2}", "`normalize(standard)` behind the input"),
        (lambda i: f"{i % 3},{i % 2},{i % 2}", "rows to test have the features of a row to train"),
        (lambda i: f"{i},{i * i},{int(i == 39)}", "always guessing `0` is right in"),
    ],
)
def test_problems_are_told(tmp_path: Path, row, problem: str):
    found = shown(tmp_path, "a,b,y\n" + "".join(row(i) + "\n" for i in range(60)))
    assert any(problem in each for each in found["problems"]), found["problems"]  # type: ignore[attr-defined]


def test_sound_data_have_no_problems(tmp_path: Path):
    found = shown(tmp_path, "a,b,y\n" + "".join(f"{i},{i * i % 47},{i % 2}\n" for i in range(60)))
    assert found["problems"] == []


@pytest.mark.parametrize("name", ["digits", "moons"])
def test_a_picture(name: str, tmp_path: Path):
    image = pytest.importorskip("PIL.Image")
    done = run(name, "-o", str(tmp_path / "p.png"))
    assert done.exit_code == 0 and "wrote" in done.output
    with image.open(tmp_path / "p.png") as picture:
        low, high = picture.convert("L").getextrema()
    assert low < 50 and high > 200


def test_a_table_has_no_picture(tmp_path: Path):
    done = run("iris", "-o", str(tmp_path / "p.png"))
    assert done.exit_code == 1 and "neither images nor points" in done.output
    assert not (tmp_path / "p.png").exists()


def test_what_is_nothing_by_itself(tmp_path: Path):
    assert "nothing without its arguments" in run("csv").output
    assert "did you mean `moons`?" in run("moon").output
