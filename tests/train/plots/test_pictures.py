"""What pictures show is what was computed, and the same again is the same bytes."""

import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from PIL import Image

import archc
from archc.api import Run
from archc.diagnostics import Failed
from archc.train.evaluation import Confusion
from archc.train.metrics import read_history
from archc.train.plots import boundary, curves
from archc.train.plots.confusion import of_confusions
from archc.train.plots.kinds import DRAWN
from archc.train.plots.names import KINDS
from archc.train.plots.picture import Picture
from archc.train.plots.sheet import missing
from archc.train.plots.theme import THEMES, Pen, look
from tests.train.plots.conftest import subject

FITTING = [
    *(("small", kind) for kind in KINDS if kind != "boundary"),
    ("moons", "boundary"),
    ("moons", "gradients"),
    ("line", "boundary"),
    ("height", "boundary"),
    ("deep", "filters"),
]


Drawn = dict[tuple[str, str], Picture]


@pytest.fixture(scope="module")
def drawn(trained: dict[str, Run]) -> Drawn:
    """Pictures by run and kind, drawn when they are first asked for."""

    class Pictures(Drawn):
        def __missing__(self, key: tuple[str, str]) -> Picture:
            name, kind = key
            self[key] = trained[name].plot(kind)
            return self[key]

    return Pictures()


def test_every_kind_is_drawn() -> None:
    assert list(KINDS) == list(DRAWN)


@pytest.mark.parametrize(("name", "kind"), FITTING)
def test_the_same_again_is_the_same_bytes(trained: dict[str, Run], drawn: Drawn, name: str, kind: str) -> None:
    first, second = drawn[name, kind], trained[name].plot(kind)
    assert first.svg() == second.svg() and first.png() == second.png() and first.pdf() == second.pdf()
    root = ElementTree.fromstring(first.svg())
    assert root.get("role") == "img" and root.find("{*}title").text == first.title
    assert root.find("{*}desc").text == " ".join(first.said)
    for element in root.iter():
        assert not element.tag.endswith("script")
        for attribute, value in element.attrib.items():
            if attribute.endswith("href"):
                assert value.startswith(("#", "data:image/png;base64,"))
    picture = np.asarray(Image.open(io.BytesIO(first.png())).convert("RGB"))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20, "not blank"
    assert first.pdf().startswith(b"%PDF") and b"CreationDate" not in first.pdf()


@pytest.mark.parametrize(("name", "kind"), FITTING)
def test_nothing_is_cut_off(drawn: Drawn, name: str, kind: str) -> None:
    """Every text lies on the sheet, in narrow columns too."""
    picture = drawn[name, kind]
    for theme, width in (("print", 2.0), ("light", 3.3), ("print", 4.4), ("dark", 6.9)):
        with look(THEMES[theme], text=False):
            figure = picture.styled(theme, width).painted(THEMES[theme])
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            high = figure.get_figheight() * figure.dpi
            unseen = hidden(figure)
            for text in figure.findobj(Text):
                if text in unseen or not text.get_visible() or not text.get_text().strip():
                    continue
                box = text.get_window_extent(canvas.get_renderer())
                inside = box.x0 > -1 and box.x1 < width * figure.dpi + 1 and box.y0 > -1 and box.y1 < high + 1
                assert inside, (kind, text.get_text(), box)


def hidden(figure: Figure) -> set[Text]:
    """The labels of ticks that lie outside of their axis, which matplotlib doesn't draw."""
    found: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            shown = axis._update_ticks() if axes.axison else []
            ticks = [*axis.majorTicks, *axis.minorTicks]
            labels = {label for tick in ticks for label in (tick.label1, tick.label2)}
            found |= {*labels, axis.offsetText} - {label for tick in shown for label in (tick.label1, tick.label2)}
    return found


def test_regions_agree_with_predictions(trained: dict[str, Run]) -> None:
    """The colour of the picture at a point is that of the class which the run predicts there."""
    run = trained["moons"]
    picture = run.plot("boundary")
    theme = THEMES["light"]
    with look(theme, text=False):
        figure = picture.paint(Pen(theme, 6.4))
        axes = figure.axes[0]
        for points in list(axes.collections):  # points and lines, which hide what is below them
            points.remove()
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=100)
        pixels = np.asarray(Image.open(out).convert("RGB")).astype(int)
        random = np.random.default_rng(0)
        low, high = np.array(axes.get_xlim()), np.array(axes.get_ylim())
        places = np.stack([random.uniform(*(0.97 * low), 300), random.uniform(*(0.97 * high), 300)], axis=1).astype(
            np.float32
        )
        at = axes.transData.transform(places) / figure.dpi * 100
    found = run.predict(x=places)["output"]
    sure = found.probabilities.max(axis=1) > 0.6
    columns = at[:, 0].round().astype(int).clip(0, pixels.shape[1] - 1)
    rows = (pixels.shape[0] - 1 - at[:, 1].round().astype(int)).clip(0, pixels.shape[0] - 1)
    red, _, blue = pixels[rows, columns].T
    # the first class is blue and the second vermillion
    right = (red > blue) == (found.labels == 1)
    assert right[sure].all() and sure.sum() > 250


def test_regions_of_a_perceptron_are_half_planes(trained: dict[str, Run]) -> None:
    run = trained["line"]
    assert run.plot("boundary").said == ("4 of 4 points lie on the side of their class.",)
    weights = run.weights()
    (first, second), bias = weights["dense1.kernel"][:, 0], weights["dense1.bias"][0]
    with look(THEMES["light"], text=False):
        axes = run.plot("boundary").paint(Pen(THEMES["light"], 6.4)).axes[0]
    (line,) = (each for each in axes.collections if isinstance(each, ContourSet))
    (path,) = line.get_paths()
    assert len(path.vertices) > 10
    # hinge learns -1 and 1 for 0 and 1, so that the line is where w x + b is 0
    np.testing.assert_allclose(path.vertices @ [first, second] + bias, 0, atol=1e-4)


def test_how_many_are_on_their_side(trained: dict[str, Run]) -> None:
    run = trained["moons"]
    right = total = 0
    for part in ("train", "validation", "test"):
        found = run.evaluate(part)
        right += round(found["accuracy"] * found["examples"])
        total += found["examples"]
    assert run.plot("boundary").said[0].startswith(f"{right} of {total} points lie")


def test_values_where_there_are_no_classes(trained: dict[str, Run]) -> None:
    assert trained["height"].plot("boundary").said[0].startswith("Height says ")


def test_written_out_weights_are_drawn() -> None:
    from archc.train.plots.subject import written_out

    model = archc.load("and")
    given = written_out("and", model.module, model.program())
    assert boundary.draw(given).said[0].startswith("And says 0 or 1")
    with pytest.raises(Failed, match="and is a file and no run"):
        curves.draw(given)


def test_curves_are_the_metrics(trained: dict[str, Run]) -> None:
    run = trained["small"]
    found = curves.series(read_history(subject(run).run))
    assert list(found) == ["loss", "accuracy"]
    history = run.history()
    for name, each in found.items():
        assert each["training steps"] == [(line["epoch"], line[name]) for line in history]
        assert each["validation part"] == [(line["epoch"], line["validation"][name]) for line in history]
    assert f"is {run.result['best_epoch']}:" in run.plot("curves").said[0]


def test_the_confusion_is_that_of_the_part(trained: dict[str, Run]) -> None:
    run = trained["small"]
    for part in ("test", "validation"):
        counts = np.array(run.evaluate(part)["confusion"]["output"]["counts"])
        said = run.plot("confusion", part=part).said[0]
        assert said.startswith(f"{np.trace(counts)} of {counts.sum()} are right") and f"{part} part" in said


@pytest.mark.parametrize("classes", [2, 12, 25, 26, 100])
def test_many_classes_can_be_read(classes: int) -> None:
    counts = np.diag(np.arange(10, 10 + classes))
    counts[0, 1] = 3
    names = tuple(f"kind of thing {at}" for at in range(classes))
    picture = of_confusions("Many", "test", [Confusion("output", "thing", names, counts)])
    assert "Most often wrong: kind of thing 0 taken for kind of thing 1 (3 times)." in picture.said
    with look(THEMES["light"], text=False):
        figure = picture.paint(Pen(THEMES["light"], picture.natural))
        sizes = [label.get_fontsize() for label in figure.axes[0].get_xticklabels()]
    assert len(sizes) == classes and min(sizes) >= 6


def test_too_many_classes_are_refused() -> None:
    counts = np.eye(101, dtype=np.int64)
    confusion = Confusion("output", "thing", tuple(map(str, range(101))), counts)
    with pytest.raises(Failed, match="can't be read"):
        of_confusions("Many", "test", [confusion])


def test_notebooks_show_them(trained: dict[str, Run]) -> None:
    picture = trained["moons"].plot("boundary")
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture._repr_svg_() == picture.svg()
    assert "points lie" in bundle["text/plain"] and "<svg" in bundle["text/html"]


def test_files_are_what_their_names_say(trained: dict[str, Run], tmp_path: Path) -> None:
    picture = trained["moons"].plot("curves")
    assert picture.save(tmp_path / "new" / "a.png").read_bytes() == picture.png()
    assert picture.save(tmp_path / "a.PDF").read_bytes() == picture.pdf()
    assert picture.styled("dark", 3.3).save(tmp_path / "a.svg").read_text() != picture.svg()
    with pytest.raises(Failed, match="let the name end in"):
        picture.save(tmp_path / "a.gif")


def test_looks_that_there_are_not(trained: dict[str, Run]) -> None:
    picture = trained["moons"].plot("curves")
    with pytest.raises(ValueError, match="there is no theme 'dar': say one of light, dark, print"):
        picture.styled("dar")
    for width in (-3, "3in", 1e9, float("nan"), True, 0):
        with pytest.raises(ValueError, match="is no width: say a number of inches from 2 to 60"):
            picture.styled("dark", width)  # type: ignore[arg-type]
    assert picture.styled("dark", 2).width == 2 and picture.styled("print", np.float32(60)).width == 60


@pytest.mark.parametrize("name", ["small", "moons", "line", "deep", "height"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_advised_can_be_drawn(trained: dict[str, Run], name: str, kind: str) -> None:
    try:
        trained[name].plot(kind)
    except Failed as refused:
        (refusal,) = refused.diagnostics
        (advised,) = re.findall(r"`archc plot \S+ (\w+)`", refusal.help)
        assert advised != kind and trained[name].plot(advised).said


LONG = "a name that is longer than any column of a paper is wide " + "and_without_a_blank" * 4


@pytest.mark.parametrize("width", [2.0, 3.3, 7.0])
def test_long_names_stay_on_the_sheet(width: float) -> None:
    counts = np.array([[3, 1], [0, 4]])
    picture = of_confusions("Long", "test", [Confusion("output", LONG, ("one", LONG), counts)]).styled("light", width)
    with look(THEMES["light"], text=False):
        figure = picture.painted(THEMES["light"])
        figure.draw_without_rendering()
        title = next(text for text in figure.findobj(Text) if "matrix" in text.get_text().replace("\n", " "))
        box = title.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height + 1
        assert box.y0 >= figure.axes[0].get_window_extent().y1, "above the matrix"
        assert title.get_text().replace("\n", "").replace(" ", "").startswith(LONG.replace(" ", ""))


@pytest.mark.parametrize("width", [2.0, 3.3, 6.4])
@pytest.mark.parametrize("name", ["small", "moons"])
def test_one_legend_for_all_panels_and_no_line_through_it(drawn: Drawn, name: str, width: float) -> None:
    with look(THEMES["light"], text=False):
        figure = drawn[name, "curves"].styled("light", width).painted(THEMES["light"])
        figure.draw_without_rendering()
        (legend,) = figure.findobj(Legend)
        assert [text.get_text() for text in legend.get_texts()] == [curves.STEPS, "validation part", "best epoch"]
        box = legend.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width and len(figure.axes) == 2
        assert not any(box.overlaps(axes.get_tightbbox()) for axes in figure.axes)


def test_numbers_that_get_too_small_are_told() -> None:
    names = tuple(str(digit) for digit in range(10))
    picture = of_confusions("Many", "test", [Confusion("output", "thing", names, np.full((10, 10), 987))])
    assert picture.flaws() == [] and picture.styled("light", 3.3).flaws() == []
    (said,) = picture.styled("light", 2).flaws()
    assert "its smallest text is" in said and "pt at 2in, and 6 pt is the least" in said


@pytest.mark.parametrize("name", ["small", "deep"])
def test_layers_are_told_apart_without_color(drawn: Drawn, name: str) -> None:
    with look(THEMES["light"], text=False):
        (axes,) = drawn[name, "gradients"].painted(THEMES["light"]).axes
        named = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
        assert len(named) > 3 and len({line.get_marker() for line in named}) == len(named)
        assert len({str(line._unscaled_dash_pattern) for line in named}) == 4


@pytest.mark.filterwarnings("error")
def test_letters_that_the_font_lacks(recwarn: pytest.WarningsRecorder) -> None:
    confusion = Confusion("output", "thing", ("日本語", "नमस्ते", "ä"), np.eye(3, dtype=np.int64))
    picture = of_confusions("Far", "test", [confusion])
    assert picture.png() and picture.pdf() and "日本語" in picture.inside("far")
    (said,) = picture.flaws()
    assert "日 本" in said and "ä" not in said
    with look(THEMES["light"], text=False):
        lacking = missing(picture.painted(THEMES["light"]))
    assert set("日本語") < set(lacking) and "ä" not in lacking
    near = Confusion("output", "thing", ("a", "ä", "Ω"), np.eye(3, dtype=np.int64))
    assert of_confusions("Near", "test", [near]).flaws() == []


@pytest.mark.parametrize("width", [3.3, 6.9])
def test_what_units_say_is_not_shortened(trained: dict[str, Run], width: float) -> None:
    """Of many units too, of which as many stand side by side as leave room for it."""
    picture = trained["small"].plot("excite", layer="dense1")
    with look(THEMES["print"], text=False):
        figure = picture.styled("print", width).painted(THEMES["print"])
        labels = [text for text in figure.texts if re.match(r"\d+: ", text.get_text())]
        assert len(labels) == 12 and not any("…" in text.get_text() for text in labels)
        assert len({text.get_fontsize() for text in labels}) == 1
