"""Networks of sequences and volumes, and those of LeCun et al.: what they count, and that they learn."""

from typing import Any

import jax
import numpy as np
import pytest

from archc.program import emit
from tests.models import imported, module_of
from tests.ops.test_rules import check

SEQUENCE = """\
model Net {
    input x[24, 3]
    conv(8, 3, padding = causal, dilation = 2) -> relu -> max_pool(2)
    depthwise_conv(3, multiplier = 2) -> separable_conv(6, 3, padding = [(2, 1)]) -> relu
    locally_connected(4, 2) -> conv_transpose(4, 2, stride = 2) -> adaptive_avg_pool(4) -> flatten
    dense(2)
}
"""
VOLUME = """\
model Net {
    input x[8, 8, 6, 1]
    conv(4, 3, padding = same) -> relu -> max_pool(2)
    conv(6, 3x3x2, groups = 2, padding = 1) -> relu
    conv_transpose(3, 3, stride = 2, padding = 1) -> avg_pool(2) -> global_avg_pool
    dense(2)
}
"""
# which of twelve maps each map reads: eight in a row, round the end
EIGHT = [sorted((first + i) % 12 for i in range(8)) for first in range(12)]
ZIP_CODES = f"""\
block maps(connect = all) {{
    conv(12, 5x5, stride = 2, padding = 2, pad_value = -1, bias = per_unit, connect = connect) -> tanh
}}

model Net {{
    input x[16, 16, 1]
    maps
    maps({EIGHT})
    expect [4, 4, 12]
    flatten -> dense(30) -> tanh -> dense(10) -> tanh

    assert params == 9_760
    assert macs + 1_000 == 64_660
}}
"""
# LeCun et al. (1998), table I
TABLE = [
    [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
    [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5],
    [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5],
]  # fmt: skip
LENET5 = f"""\
block subsample {{ avg_pool(2x2) -> scale(bias = true) -> scaled_tanh }}

model Net {{
    input x[32, 32, 1]
    conv(6, 5x5) as C1 -> scaled_tanh
    subsample as S2
    conv(16, 5x5, connect = {TABLE}) as C3 -> scaled_tanh
    subsample as S4
    conv(120, 5x5) as C5 -> scaled_tanh
    flatten
    dense(84) as F6 -> scaled_tanh

    assert C3.params - S2.params == 1_516
    assert C5.params - S4.params == 48_120
    assert params == 60_000
}}
"""


@pytest.mark.parametrize("text", [SEQUENCE, VOLUME, ZIP_CODES, LENET5], ids=["1-d", "3-d", "1989", "1998"])
def test_they_are_what_they_say(text: str) -> None:
    check(module_of(text))


def test_a_map_reads_what_it_is_connected_with() -> None:
    """The rest of the input may be anything."""
    program = imported(emit(module_of(ZIP_CODES)))
    state = program.init(jax.random.key(0))
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 12)).astype(np.float32)
    before = program.maps_2(state.params["maps2"], image)
    image[..., 5] += 1
    after = program.maps_2(state.params["maps2"], image)
    changed = np.abs(np.asarray(after - before)).max((0, 1, 2)) > 0
    assert changed.tolist() == [5 in reads for reads in EIGHT]


@pytest.mark.parametrize("text", [SEQUENCE, VOLUME], ids=["1-d", "3-d"])
@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_they_learn(text: str, target: Any, tmp_path: Any) -> None:
    random = np.random.default_rng(0)
    y = np.arange(32) % 2
    shape = (24, 3) if text is SEQUENCE else (8, 8, 6, 1)
    x = random.normal(size=(32, *shape)) + y.reshape(-1, *(1,) * len(shape))
    np.savez(tmp_path / "rows.npz", x=x.astype(np.float32), y=y)
    recipe = 'data = npz("rows.npz")\n loss = cross_entropy\n optimizer = adam(1e-2)\n batch = 32\n epochs = 9\n'
    module = module_of(f"{text}\ntrain {{\n {recipe} validate = 0\n test = 0\n}}", tmp_path)
    program = imported(emit(module, target))
    table = {"x": x.astype(np.float32), "y": y}
    data = program.select(table, np.arange(32))
    state, losses = program.init(jax.random.key(0)), []
    for _ in range(25):
        state, sums = program.train_step(state, data, np.arange(32))
        losses.append(float(sums["loss"]))
    assert losses[-1] < 0.7 * losses[0]
