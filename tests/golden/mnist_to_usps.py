"""Reader, compiled by archc 0.1.0 from mnist_to_usps.arch, to whose author it belongs.

`python program.py data.npz --seed 0` trains it as `archc train` does.
"""

import argparse
import collections
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

MODEL = {
    "name": "Reader",
    "source": "mnist_to_usps.arch",
    "sha256": "fc991d26897dc703da3f7b1bab3fb036e7d9bdec75c87fd6cbb69203055b149d",
    "licence": "belongs to whoever wrote mnist_to_usps.arch",
    "inputs": {"image": (28, 28, 1)},
    "outputs": {"output": (10,)},
    "recipe": {"data": "mnist", "precision": "float32", "seed": 0},
}
BATCH, EPOCHS, STEPS, EVAL_BATCH = 128, 4, 422, 256
PART_ROWS = {"train": 54000, "validation": 6000}
CHOOSE, FINAL, MONITOR = "validation", "test", "loss"
optimizer = optax.adam(optax.cosine_decay_schedule(0.001, EPOCHS * STEPS))
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


# its gradient reads x with the batch turned innermost, and to compute x on the way
# there is slow: steps of ResNet-20 take 98 ms so, and 119 without
def conv2d_apart(x, kernel, **options):
    """As conv2d; XLA computes x by itself, and not on the way to the copies that gradients need."""
    return conv2d(jax.lax.optimization_barrier(x), kernel, **options)


def window_cells(x, window, *, stride, padding):
    """What stands in each cell of the windows: an array a cell, row by row."""
    (h, w), (s, t), x = window, stride, jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = x.shape[1] - h + 1, x.shape[2] - w + 1
    return [
        x[:, i : down + i : s, j : across + j : t] for i in range(h) for j in range(w)
    ]


# so few channels leave XLA's convolution idle: with the kernel's gradient 1.2 against
# 3.2 ms for 8 filters of 3x3 over [128, 28, 28, 1], and 1.7 against 3.8 for 6 of 5x5
# with `tanh` and `avg_pool`
def conv2d_by_products(x, kernel, *, stride, padding):
    """As conv2d, as a sum of products of numbers; its gradients are those of conv2d."""
    options = {"stride": stride, "padding": padding}

    @jax.custom_gradient
    def slide(x, kernel):
        cells = window_cells(x, kernel.shape[:2], **options)
        numbers = [cell[..., i : i + 1] for cell in cells for i in range(x.shape[3])]
        rows = kernel.reshape(-1, kernel.shape[3])
        y = sum(number * row for number, row in zip(numbers, rows))
        return y, jax.vjp(functools.partial(conv2d, **options), x, kernel)[1]

    # what reads the sum would compute it anew, for each cell of a pooling say
    return jax.lax.optimization_barrier(slide(x, kernel))


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def max_pool_disjoint(x, *, window):
    """The maximum of windows side by side, as strided slices: their gradient is cheap."""
    h, w = window
    rows, columns = x.shape[1] // h * h, x.shape[2] // w * w
    cells = [x[:, i:rows:h, j:columns:w] for i in range(h) for j in range(w)]
    return functools.reduce(jnp.maximum, cells)


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 6)
    params = {
        "conv1": {
            "kernel": glorot_uniform(keys[0], (3, 3, 1, 16)),
            "bias": jnp.zeros(16),
        },
        "conv2": {
            "kernel": glorot_uniform(keys[1], (3, 3, 16, 32)),
            "bias": jnp.zeros(32),
        },
        "conv3": {
            "kernel": glorot_uniform(keys[2], (3, 3, 32, 64)),
            "bias": jnp.zeros(64),
        },
        "features": {
            "kernel": glorot_uniform(keys[3], (576, 128)),
            "bias": jnp.zeros(128),
        },
        "head": {"kernel": glorot_uniform(keys[4], (128, 10)), "bias": jnp.zeros(10)},
    }
    stats = {}
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """No layer of this model learns anything from the data beforehand."""
    del data
    return state


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 10], and the new stats."""
    keys = jax.random.split(key, 1)
    x = inputs["image"]
    with jax.named_scope("conv1"):
        x = conv2d_by_products(
            x, params["conv1"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv1"]["bias"]  # mnist_to_usps.arch:6
    x = max_pool_disjoint(x, window=(2, 2))  # mnist_to_usps.arch:6
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # mnist_to_usps.arch:6
    with jax.named_scope("conv2"):
        x = conv2d_apart(
            x, params["conv2"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv2"]["bias"]  # mnist_to_usps.arch:7
    x = max_pool_disjoint(x, window=(2, 2))  # mnist_to_usps.arch:7
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # mnist_to_usps.arch:7
    with jax.named_scope("conv3"):
        x = conv2d_apart(
            x, params["conv3"]["kernel"], stride=(1, 1), padding=((1, 1), (1, 1))
        )
        x = x + params["conv3"]["bias"]  # mnist_to_usps.arch:8
    x = max_pool_disjoint(x, window=(2, 2))  # mnist_to_usps.arch:8
    # f(max(x)) is max(f(x)) where f never falls, and has fewer values to compute
    x = jax.nn.relu(x)  # mnist_to_usps.arch:8
    x = jnp.reshape(x, (-1, 576))  # mnist_to_usps.arch:9
    with jax.named_scope("features"):
        # mnist_to_usps.arch:10
        x = x @ params["features"]["kernel"] + params["features"]["bias"]
    x = jax.nn.relu(x)  # mnist_to_usps.arch:10
    if train:
        x = dropout(x, keys[0], rate=0.5)  # mnist_to_usps.arch:10
    with jax.named_scope("head"):
        # mnist_to_usps.arch:11
        x = x @ params["head"]["kernel"] + params["head"]["bias"]
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


def select(table, rows, prefix=""):
    """Some rows of the columns, on the device."""
    inputs = {"image": table[prefix + "image"][rows]}
    targets = {"digit": table[prefix + "digit"][rows]}
    return jax.device_put((inputs, targets))


# XLA's own convolutions, YNNPACK's products: YNNPACK convolves slower, steps of a 32/64
# net in 46 ms instead of 26. Barriers last until code is written, and keep apart what
# they should. Loops take 16 numbers at a time where the processor can: steps of small
# nets take 5 % less. An XLA that knows no such option needs none.
COMPILER_OPTIONS = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT",
    "xla_cpu_prefer_vector_width": 512,
    "xla_disable_hlo_passes": "cse_barrier_expander",
}


@jax.jit(donate_argnames="state", compiler_options=COMPILER_OPTIONS)
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


@jax.jit(compiler_options=COMPILER_OPTIONS)
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
