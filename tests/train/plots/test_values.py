"""Values between layers are those that the layers have, computed here on their own."""

import numpy as np
import pytest
from scipy.signal import correlate

from archc.api import Run
from archc.train.plots import features, filters
from archc.train.plots.excite import excited
from archc.train.plots.fitting import drawable
from archc.train.plots.values import traced
from tests.train.plots.conftest import subject


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """`x` [height, width, in] and `kernel` [3, 3, in, out], padded to the same size."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    return np.stack(
        [correlate(padded, kernel[..., out], mode="valid")[..., 0] for out in range(kernel.shape[-1])], axis=-1
    )


def test_they_are_the_layers_own(trained: dict[str, Run]) -> None:
    run = trained["small"]
    of = subject(run)
    image = np.asarray(of.parts["test"][0]["image"][5:6])
    trace = traced(of, 1)
    names = ["conv1", "relu1", "max_pool1", "unit1.conv1", "unit1.batch_norm1", "dense1", "relu2", "dense2"]
    assert set(names) <= set(trace.layers)
    found = features.evaluated(trace, of, names, {"image": image})
    w = {name: array.astype(np.float64) for name, array in run.weights().items()}
    conv1 = convolved(image[0].astype(np.float64), w["conv1.kernel"]) + w["conv1.bias"]
    relu1 = np.maximum(conv1, 0)
    pooled = relu1.reshape(4, 2, 4, 2, 4).max(axis=(1, 3))
    conv2 = convolved(pooled, w["unit1.conv1.kernel"])
    norm = "unit1.batch_norm1"
    spread = np.sqrt(w[f"{norm}.variance"] + 1e-5)
    normed = (conv2 - w[f"{norm}.mean"]) / spread * w[f"{norm}.scale"] + w[f"{norm}.shift"]
    dense1 = np.tanh(normed).reshape(-1) @ w["dense1.kernel"] + w["dense1.bias"]
    relu2 = np.maximum(dense1, 0)
    dense2 = relu2 @ w["dense2.kernel"] + w["dense2.bias"]
    expected = dict(zip(names, (conv1, relu1, pooled, conv2, normed, dense1, relu2, dense2), strict=True))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name][0], value, rtol=2e-4, atol=2e-5, err_msg=name)


def test_no_value_is_taken_for_that_of_a_layer_that_does_nothing(trained: dict[str, Run]) -> None:
    """A softmax at the end isn't in the network: the loss has it."""
    assert "softmax1" not in traced(subject(trained["small"]), 1).layers


def test_features_take_norm_and_activation_along(trained: dict[str, Run]) -> None:
    said = " ".join(trained["small"].plot("features", example=3, part="validation").said)
    assert "conv1 → relu1, 8×8×4" in said and "unit1.conv1 → unit1.batch_norm1, 4×4×6" in said
    alone = trained["small"].plot("features", layer="max_pool1")
    assert "max_pool1, 4×4×4" in alone.said[-1]


def test_filters_are_the_kernels(trained: dict[str, Run]) -> None:
    run = trained["small"]
    kernel = run.weights()["conv1.kernel"]
    strip, shown = filters._strip(kernel.astype(np.float64))
    assert shown == 4 and strip.tiles.shape == (4, 3, 3, 3)
    for at in range(4):
        each = kernel[..., 0, at]
        np.testing.assert_allclose(strip.tiles[at, ..., 0], 0.5 + each / abs(each).max() / 2, atol=1e-6)
    assert "3×3×1" in run.plot("filters").said[0]
    assert "3×3×4" in run.plot("filters", layer="unit1.conv1").said[0]


def test_a_dense_layer_that_sees_an_image_has_filters(trained: dict[str, Run]) -> None:
    graph = subject(trained["deep"]).module.graph
    assert drawable(graph) == {"dense1": (8, 8, 1, 16)}
    assert list(drawable(subject(trained["small"]).module.graph)) == ["conv1", "unit1.conv1"]


def test_color_kernels_are_in_color() -> None:
    strip, _ = filters._strip(np.random.default_rng(0).normal(size=(5, 5, 3, 8)))
    assert strip.tiles.shape == (8, 5, 5, 3) and "red" in strip.heading
    assert strip.tiles.min() >= 0 and strip.tiles.max() <= 1


@pytest.mark.parametrize("layer", ["dense2", "conv1"])
def test_images_excite_their_unit(trained: dict[str, Run], layer: str) -> None:
    of = subject(trained["small"])
    images, before, after = excited(of, layer, 4)
    data = np.asarray(of.parts["train"][0]["image"])
    assert images.shape == (4, 8, 8, 1) and data.min() <= images.min() and images.max() <= data.max()
    assert (after > before).all()
    found = features.evaluated(traced(of, 4), of, [layer], {"image": images})[layer]
    alone = found.reshape(4, -1, found.shape[-1]).mean(axis=1)
    np.testing.assert_allclose(np.diag(alone), after, rtol=1e-4, atol=1e-5)
    # each is larger for its own image than for most others
    assert (alone.argmax(axis=0)[:4] == np.arange(4)).sum() >= 3
    again, *_ = excited(of, layer, 4)
    assert again.tobytes() == images.tobytes()
