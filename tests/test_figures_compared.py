"""docs/figures-compared.md shows the pictures that there are, small enough for a repository."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "figures-compared.md"
PICTURES = PAGE.with_suffix("")
MOST_BYTES = 150_000


def shown() -> set[str]:
    return set(re.findall(rf'<img src="{PICTURES.name}/([^"]+)"', PAGE.read_text(encoding="utf-8")))


def test_page_shows_every_picture() -> None:
    assert shown() == {path.name for path in PICTURES.iterdir()}


def test_pictures_are_small() -> None:
    for path in PICTURES.iterdir():
        assert path.stat().st_size <= MOST_BYTES, path.name


def test_every_picture_says_what_it_shows() -> None:
    images = re.findall(r"<img [^>]*>", PAGE.read_text(encoding="utf-8"))
    assert images
    assert all(re.search(r'alt="[^"]+"', image) for image in images)


def test_every_figure_is_measured() -> None:
    """Each network has a table, with a row for each of its figures."""
    text = PAGE.read_text(encoding="utf-8").partition("<!-- benchmarks/figures.py wrote this -->")[2]
    tables = dict(re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^###|\Z)", text, re.M | re.S))
    measured = {
        f"{network}-{re.sub('[ -]+', '-', tool)}.png"
        for network, table in tables.items()
        for tool in re.findall(r"^\| `([^`]+)`", table, re.M)
    }
    assert measured >= {name for name in shown() if not name.endswith("-part.png")}
