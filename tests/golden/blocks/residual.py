"""Residual, compiled by archc 0.1.0 from residual.arch, to whose author it belongs.

`python program.py data.npz --seed 0` trains it as `archc train` does.
"""

import argparse
import collections

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

MODEL = {
    "name": "Residual",
    "source": "residual.arch",
    "sha256": "1376ed4539b5dceca26ac1999eed9d724c41a43669c3d857b2000689e41cedf7",
    "licence": "belongs to whoever wrote residual.arch",
    "inputs": {"image": (28, 28, 1)},
    "outputs": {"output": (10,)},
    "recipe": {"data": "mnist", "precision": "float32", "seed": 0},
}
BATCH, EPOCHS, STEPS, EVAL_BATCH = 128, 10, 422, 256
PART_ROWS = {"train": 54000, "validation": 6000}
CHOOSE, FINAL, MONITOR = "validation", "test", "loss"
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def only_kernels(params):
    """True for kernels: biases, scales and shifts never decay."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1].key.endswith("kernel"), params
    )


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def standardized(values, scale, shift, epsilon):
    """Each channel brought to mean 0 and variance 1, scaled and shifted; what these were."""
    axes = tuple(range(values.ndim - 1))
    mean, variance = values.mean(axes), values.var(axes)
    factor = scale * lax.rsqrt(variance + epsilon)
    return (values - mean) * factor + shift, mean, variance


def batch_norm(x, weights, stats, *, epsilon, momentum):
    """Normalised by the batch (Ioffe and Szegedy, 2015), and the averages moved on."""
    wide = x.astype(weights["scale"].dtype)
    y, mean, variance = standardized(wide, weights["scale"], weights["shift"], epsilon)
    n = x.size // x.shape[-1]
    moved = {
        "mean": momentum * stats["mean"] + (1 - momentum) * mean,
        "variance": momentum * stats["variance"]
        + (1 - momentum) * variance * (n / max(n - 1, 1)),
    }
    return y.astype(x.dtype), moved


def batch_norm_frozen(x, weights, stats, *, epsilon):
    """Normalised by the moving averages, as after training."""
    factor = weights["scale"] * lax.rsqrt(stats["variance"] + epsilon)
    return ((x - stats["mean"]) * factor + weights["shift"]).astype(x.dtype)


def fit_standard(x):
    """For mean 0 and variance 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    deviation = jnp.where(jnp.ptp(x, axes), x.std(axes), 1)
    return {"offset": x.mean(axes), "factor": 1 / deviation}


def init_unit(key, *, inputs, filters):
    """First weights and statistics of the block unit."""
    params = {
        "conv1": {"kernel": glorot_uniform(key, (3, 3, inputs, filters))},
        "batch_norm1": {"scale": jnp.ones(filters), "shift": jnp.zeros(filters)},
    }
    stats = {"batch_norm1": {"mean": jnp.zeros(filters), "variance": jnp.ones(filters)}}
    return params, stats


def init_residual(key, *, filters):
    """First weights and statistics of the block residual."""
    keys = jax.random.split(key, 2)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(
        keys[0], inputs=filters, filters=filters
    )
    params["unit2"], stats["unit2"] = init_unit(
        keys[1], inputs=filters, filters=filters
    )
    return params, stats


def init_residual_2(key, *, inputs, filters):
    """First weights and statistics of the block residual."""
    keys = jax.random.split(key, 3)
    params, stats = {}, {}
    params["unit1"], stats["unit1"] = init_unit(keys[0], inputs=inputs, filters=filters)
    params["unit2"], stats["unit2"] = init_unit(
        keys[1], inputs=filters, filters=filters
    )
    params["conv1"] = {
        "kernel": glorot_uniform(keys[2], (1, 1, inputs, filters)),
        "bias": jnp.zeros(filters),
    }
    return params, stats


def init_stage(key):
    """First weights and statistics of the block stage."""
    keys = jax.random.split(key, 2)
    params, stats = {}, {}
    params["residual1"], stats["residual1"] = init_residual(keys[0], filters=16)
    for i, copy_key in enumerate(jax.random.split(keys[1], 2)):
        name = f"residual{i + 2}"
        params[name], stats[name] = init_residual(copy_key, filters=16)
    return params, stats


def init_stage_2(key, *, inputs, filters, count):
    """First weights and statistics of the block stage."""
    keys = jax.random.split(key, 2)
    params, stats = {}, {}
    params["residual1"], stats["residual1"] = init_residual_2(
        keys[0], inputs=inputs, filters=filters
    )
    for i, copy_key in enumerate(jax.random.split(keys[1], count)):
        name = f"residual{i + 2}"
        params[name], stats[name] = init_residual(copy_key, filters=filters)
    return params, stats


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 6)
    params, stats = {}, {}
    stats["normalize1"] = {"offset": jnp.zeros(1), "factor": jnp.ones(1)}
    params["unit1"], stats["unit1"] = init_unit(keys[0], inputs=1, filters=16)
    params["stage1"], stats["stage1"] = init_stage(keys[1])
    params["stage2"], stats["stage2"] = init_stage_2(
        keys[2], inputs=16, filters=32, count=2
    )
    params["stage3"], stats["stage3"] = init_stage_2(
        keys[3], inputs=32, filters=64, count=3
    )
    params["dense1"] = {
        "kernel": glorot_uniform(keys[4], (64, 10)),
        "bias": jnp.zeros(10),
    }
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """What normalize1 learns from the training rows."""
    learnt = {"normalize1": fit_standard(data[0]["image"])}
    return state._replace(stats={**state.stats, **learnt})


def unit(params, stats, x, *, stride=(1, 1), padding=((1, 1), (1, 1)), train):
    """Block unit, residual.arch:2: [28, 28, 1] -> [28, 28, 16] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("conv1"):
        # residual.arch:2
        x = conv2d(x, params["conv1"]["kernel"], stride=stride, padding=padding)
    with jax.named_scope("batch_norm1"):
        if train:
            # residual.arch:2
            x, stats["batch_norm1"] = batch_norm(
                x,
                params["batch_norm1"],
                stats["batch_norm1"],
                epsilon=1e-05,
                momentum=0.9,
            )
        else:
            # residual.arch:2
            x = batch_norm_frozen(
                x, params["batch_norm1"], stats["batch_norm1"], epsilon=1e-05
            )
    return x, stats


def residual(params, stats, x, *, train):
    """Block residual, residual.arch:4: [28, 28, 16] -> [28, 28, 16] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # residual.arch:6
        y, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    y = jax.nn.relu(y)  # residual.arch:6
    with jax.named_scope("unit2"):
        # residual.arch:6
        y, stats["unit2"] = unit(params["unit2"], stats["unit2"], y, train=train)
    x = y + x  # residual.arch:5
    x = jax.nn.relu(x)  # residual.arch:9
    return x, stats


def residual_2(params, stats, x, *, train):
    """Block residual, residual.arch:4: [28, 28, 16] -> [14, 14, 32] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("unit1"):
        # residual.arch:6
        y, stats["unit1"] = unit(
            params["unit1"],
            stats["unit1"],
            x,
            stride=(2, 2),
            padding=((0, 1), (0, 1)),
            train=train,
        )
    y = jax.nn.relu(y)  # residual.arch:6
    with jax.named_scope("unit2"):
        # residual.arch:6
        unit2, stats["unit2"] = unit(params["unit2"], stats["unit2"], y, train=train)
    with jax.named_scope("conv1"):
        x = conv2d(
            x, params["conv1"]["kernel"], stride=(2, 2), padding=((0, 0), (0, 0))
        )
        x = x + params["conv1"]["bias"]  # residual.arch:7
    x = unit2 + x  # residual.arch:5
    x = jax.nn.relu(x)  # residual.arch:9
    return x, stats


def stage(params, stats, x, *, train):
    """Block stage, residual.arch:12: [28, 28, 16] -> [28, 28, 16]."""
    stats = dict(stats)
    with jax.named_scope("residual1"):
        # residual.arch:13
        x, stats["residual1"] = residual(
            params["residual1"], stats["residual1"], x, train=train
        )
    for i in range(2):
        name = f"residual{i + 2}"
        with jax.named_scope(name):
            # residual.arch:14
            x, stats[name] = residual(params[name], stats[name], x, train=train)
    return x, stats


def stage_2(params, stats, x, *, count, train):
    """Block stage, residual.arch:12: [28, 28, 16] -> [14, 14, 32] and other sizes."""
    stats = dict(stats)
    with jax.named_scope("residual1"):
        # residual.arch:13
        x, stats["residual1"] = residual_2(
            params["residual1"], stats["residual1"], x, train=train
        )
    for i in range(count):
        name = f"residual{i + 2}"
        with jax.named_scope(name):
            # residual.arch:14
            x, stats[name] = residual(params[name], stats[name], x, train=train)
    return x, stats


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 10], and the new stats."""
    keys = jax.random.split(key, 1)
    stats = dict(stats)
    x = inputs["image"]
    # residual.arch:19
    x = (x - stats["normalize1"]["offset"]) * stats["normalize1"]["factor"]
    with jax.named_scope("unit1"):
        # residual.arch:20
        x, stats["unit1"] = unit(params["unit1"], stats["unit1"], x, train=train)
    x = jax.nn.relu(x)  # residual.arch:20
    with jax.named_scope("stage1"):
        # residual.arch:21
        x, stats["stage1"] = stage(params["stage1"], stats["stage1"], x, train=train)
    with jax.named_scope("stage2"):
        # residual.arch:22
        x, stats["stage2"] = stage_2(
            params["stage2"], stats["stage2"], x, count=2, train=train
        )
    with jax.named_scope("stage3"):
        # residual.arch:23
        x, stats["stage3"] = stage_2(
            params["stage3"], stats["stage3"], x, count=3, train=train
        )
    x = jnp.mean(x, axis=(1, 2))  # residual.arch:24
    if train:
        x = dropout(x, keys[0], rate=0.2)  # residual.arch:24
    with jax.named_scope("dense1"):
        # residual.arch:25
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return jax.nn.softmax(outputs)


def loss(outputs, targets):
    """The mean over the batch."""
    losses = optax.softmax_cross_entropy_with_integer_labels(outputs, targets["digit"])
    return jnp.mean(losses)


def metrics(outputs, targets, mask):
    """Sums over the examples that the mask keeps: they add up over batches."""
    losses = optax.softmax_cross_entropy_with_integer_labels(outputs, targets["digit"])
    return {
        "loss": jnp.sum(mask * losses),
        "accuracy": jnp.sum(mask * (jnp.argmax(outputs, -1) == targets["digit"])),
    }


optimizer = optax.chain(
    optax.add_decayed_weights(0.0001, mask=only_kernels),
    optax.sgd(optax.cosine_decay_schedule(0.1, EPOCHS * STEPS), momentum=0.9),
)


def select(table, rows, prefix=""):
    """Some rows of the columns, on the device."""
    inputs = {"image": table[prefix + "image"][rows]}
    targets = {"digit": table[prefix + "digit"][rows]}
    return jax.device_put((inputs, targets))


@jax.jit(donate_argnames="state")
def train_step(state, data, rows):
    """One optimizer step on some rows: the new state, and sums over the batch."""
    inputs, targets = jax.tree.map(lambda values: values[rows], data)
    key = jax.random.fold_in(state.key, state.step)

    def objective(params):
        outputs, stats = apply(params, state.stats, inputs, train=True, key=key)
        return loss(outputs, targets), (metrics(outputs, targets, 1), stats)

    grads, (sums, stats) = jax.grad(objective, has_aux=True)(state.params)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    params = optax.apply_updates(state.params, updates)
    return TrainState(params, stats, opt_state, state.step + 1, state.key), sums


def run_steps(state, data, order, start, stop):
    """Steps start..stop of an epoch, a call each: XLA's CPU convolutions crawl in loops."""
    sums = []
    for i in range(start, stop):
        state, more = train_step(state, data, order[i * BATCH : (i + 1) * BATCH])
        sums.append(more)
    return state, jax.tree.map(lambda *values: sum(values), *jax.device_get(sums))


@jax.jit
def evaluate_step(state, data, start):
    """Sums over the rows from `start`; what lies past the last row is masked."""
    rows = start + jnp.arange(EVAL_BATCH)
    inputs, targets = jax.tree.map(lambda v: v.at[rows].get(mode="clip"), data)
    outputs, _ = apply(state.params, state.stats, inputs, train=False, key=state.key)
    return metrics(outputs, targets, rows < len(jax.tree.leaves(data)[0]))


def evaluate(state, data):
    """Averages over a part, in batches of one size."""
    n = len(jax.tree.leaves(data)[0])
    sums = [evaluate_step(state, data, start) for start in range(0, n, EVAL_BATCH)]
    return {name: sum(float(s[name]) for s in sums) / n for name in sums[0]}


def order(n, seed, epoch):
    """A shuffle of n rows: number 0 cuts the parts, the others are those of the epochs."""
    key = jax.random.fold_in(jax.random.key(seed), epoch)
    return np.asarray(jax.random.permutation(jax.random.fold_in(key, 2), n))


def split(n, seed):
    """The row numbers of each part."""
    cuts = np.cumsum(tuple(PART_ROWS.values()))[:-1]
    return dict(zip(PART_ROWS, np.split(np.asarray(order(n, seed, 0)), cuts)))


def parts(table, seed):
    """The data of each part, on the device; the data set brings its own test part."""
    rows = split(sum(PART_ROWS.values()), seed)
    data = {part: select(table, rows[part]) for part in PART_ROWS}
    return {**data, "test": select(table, slice(None), "test.")}


def best_epoch(history):
    """Which epoch, from 0, did best so far."""
    return min(range(len(history)), key=lambda epoch: history[epoch][MONITOR])


def should_stop(history):
    """After the last epoch."""
    return len(history) == EPOCHS


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}


def main():
    """Trains on a file of `archc datasets --save`; writes best.npz and last.npz."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=np.load, metavar="DATA.npz", help="rows by column")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data = parts(args.data, args.seed)
    state, history = adapt(init(jax.random.key(args.seed)), data["train"]), []
    while not should_stop(history):
        rows = order(PART_ROWS["train"], args.seed, len(history) + 1)
        state, _ = run_steps(state, data["train"], rows, 0, STEPS)
        history.append(evaluate(state, data[CHOOSE]))
        print(f"epoch {len(history)}: {CHOOSE} {history[-1]}")
        if best_epoch(history) == len(history) - 1:
            best = jax.tree.map(jnp.copy, state)
    print(f"epoch {best_epoch(history) + 1}: {FINAL} {evaluate(best, data[FINAL])}")
    np.savez("best.npz", **named(best))
    np.savez("last.npz", **named(state))


if __name__ == "__main__":
    main()
