"""`archc predict` on rows as they stand in the table that a network learnt from."""

import json
from pathlib import Path

import pytest

from .conftest import Archc, run

HOUSES = "id,rooms,town,heated,warm\n" + "".join(
    f"{at},{1 + at % 5},{('Ulm', 'Bonn', '')[at % 3]},{('yes', 'no')[at % 2]},{('cold', 'warm')[at % 2]}\n"
    for at in range(40)
)
HOUSES = HOUSES.replace("\n7,3,", "\n7,,")

PLAIN = "a,b,y\n" + "".join(f"{at % 7},{at % 5 * 10},{at % 7 - at % 5}.5\n" for at in range(40))

NET = """
model Net {
    input x[data.features]
    dense(%s)
}

train {
    data      = %s
    loss      = %s
    optimizer = sgd(0.001)
    batch     = 8
    epochs    = 1
}
"""
HOUSE_DATA = (
    'csv("houses.csv", target = warm, columns = [id = skip, number(missing = median), category(missing = own)])'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "houses.csv").write_text(HOUSES)
    (folder / "plain.csv").write_text(PLAIN)
    (folder / "houses.arch").write_text((NET % ("2", HOUSE_DATA, "cross_entropy")).replace("(2)", "(2) -> softmax"))
    (folder / "plain.arch").write_text(NET % ("1", 'csv("plain.csv", target = y)', "mse"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("houses", "plain"):
            trained = run("train", f"{name}.arch", "--run", f"r/{name}")
            assert trained.exit_code == 0, trained.output
            (folder / f"{name}.said").write_text(trained.stdout)
    return folder


@pytest.fixture
def tables(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Archc:
    monkeypatch.chdir(folder)
    return run


def outputs(*words: str) -> list[dict[str, object]]:
    result = run("predict", *words, "--format", "json")
    assert result.exit_code == 0, result.output
    return [each["outputs"] for each in json.loads(result.stdout)]


def given(text: str) -> str:
    Path("new.csv").write_text(text)
    return "new.csv"


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,20\n3,0\n",
        "b,a\n20,1\n0,3\n",
        "y,b,a\n0,20,1\n0,0,3\n",
        "1,20\n3,0\n",
        "1,20,9\n3,0,9\n",
        "b;a\n20;1\n0;3\n",
    ],
)
def test_columns_are_matched_by_name(tables: Archc, text: str) -> None:
    assert outputs("r/plain", given(text)) == outputs("r/plain", "1,20", "3,0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,c\n1,20\n", "names `c`"),
        ("a,y\n1,20\n", "lacks the column `b`"),
        ("a,b,a\n1,20,3\n", "names `a` twice"),
        ("a,b\n1,x\n", "line 2 of new.csv holds 'x' in column `b`"),
        ("a,b\n1,1e39\n", "float32"),
        ("a,b\n1,\n", "line 2 of new.csv has no value in column `b`"),
        ("a,b\n", "no rows"),
        ("1,2,3,4\n", "has 4 values"),
    ],
)
def test_columns_that_do_not_fit_are_refused(tables: Archc, text: str, said: str) -> None:
    result = tables("predict", "r/plain", given(text))
    assert result.exit_code == 1 and said in result.stderr and result.stdout == "", result.output


def test_rows_are_encoded_as_those_of_the_training(tables: Archc) -> None:
    # rooms; Bonn, Ulm, (missing); no, yes
    expected = outputs("r/houses", "1.7,0,1,0,0,1", "2,0,0,1,1,0")
    assert expected == outputs("r/houses", "1.7,Ulm,yes", "2,,no") != outputs("r/houses", "1.7,Bonn,yes", "2,,no")
    for text in (
        "1.7,Ulm,yes\n2,,no\n",
        "heated,rooms,town\nyes,1.7,Ulm\nno,2,\n",
        "id,rooms,town,heated,warm\n0,1.7,Ulm,yes,cold\n1,2,,no,cold\n",
        "0,1.7,Ulm,yes,cold\n1,2,,no,cold\n",
        "1.7,0,1,0,0,1\n2,0,0,1,1,0\n",
    ):
        assert outputs("r/houses", given(text)) == expected, text


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,Rom,yes", "holds 'Rom' in column `town`"),
        (",Ulm,yes", "the median of the training rows, isn't kept"),
        ("1,Ulm,", "the training rows lack none of `heated`"),
        ("x,Ulm,yes", "`rooms`"),
        ("1,Ulm", "has 2 values, and the network reads 3"),
        ("1,2", "is 2 numbers"),
        ("new2.csv", "new2.csv"),
    ],
)
def test_rows_that_cannot_be_encoded_are_refused(tables: Archc, row: str, said: str) -> None:
    result = tables("predict", "r/houses", row)
    assert result.exit_code == 1 and said in result.stderr and "Traceback" not in result.output, result.output


def test_what_training_suggests_works(tables: Archc, folder: Path) -> None:
    assert (folder / "plain.said").read_text().endswith("archc predict r/plain 0,0\n")
    assert (folder / "houses.said").read_text().endswith("archc predict r/houses new.csv\n")
