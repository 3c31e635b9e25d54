"""Zip1989, compiled by archc 0.1.0 from zip1989.arch, to whose author it belongs.

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
    "name": "Zip1989",
    "source": "zip1989.arch",
    "sha256": "cdaf82dd5f088e095eb4590051ef5b232e53f91c66c030d96948cc299bdf6968",
    "licence": "belongs to whoever wrote zip1989.arch",
    "inputs": {"image": (16, 16, 1)},
    "outputs": {"digit": (10,)},
    "recipe": {"data": "usps", "precision": "float32", "seed": 0},
}
BATCH, EPOCHS, STEPS, EVAL_BATCH = 1, 40, 7291, 256
PART_ROWS = {"train": 7291}
CHOOSE, FINAL, MONITOR = "train", "test", "loss"
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


def scaled_tanh(x):
    """1.7159 tanh(2x / 3), which takes 1 to 1 and -1 to -1."""
    return 1.7159 * jnp.tanh(2 / 3 * x)


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def window_cells(x, window, *, stride, padding):
    """What stands in each cell of the windows: an array a cell, row by row."""
    (h, w), (s, t), x = window, stride, jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = x.shape[1] - h + 1, x.shape[2] - w + 1
    return [
        x[:, i : down + i : s, j : across + j : t] for i in range(h) for j in range(w)
    ]


# so few channels leave XLA's convolution idle: with its gradients 1.6 against 3.3 ms
# for 4 filters of 5x5 over [128, 20, 20, 4], and steps of LeNet-5 3.7 against 4.4 for
# 16 over [128, 14, 14, 6]
def conv2d_by_lines(x, kernel, *, stride, padding):
    """As conv2d, as one matrix product of whole lines: the kernel stands at every place in one."""
    (h, w, channels, filters), (s, t) = kernel.shape, stride
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = (x.shape[1] - h) // s + 1, (x.shape[2] - w) // t + 1
    lines = [x[:, i : i + (down - 1) * s + 1 : s] for i in range(h)]
    lines = [each.reshape(len(x), down, -1) for each in lines]
    # line after line one period too long, each stands `t` places further right
    places = jnp.pad(kernel, ((0, 0), (0, x.shape[2] + t - w), (0, 0), (0, 0)))
    places = jnp.tile(places, (1, across, 1, 1))[:, : across * x.shape[2]]
    places = places.reshape(h, across, -1, channels, filters).transpose(0, 2, 3, 1, 4)
    y = product_of_rows(
        jnp.concatenate(lines, -1), places.reshape(-1, across * filters)
    )
    return y.reshape(len(x), down, across, filters)


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


def only_kernels(params):
    """True for kernels: biases, scales and shifts never decay."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1].key.endswith("kernel"), params
    )


def product_of_rows(x, kernel):
    """As x @ kernel, for x [..., in] and kernel [in, out], every position a row."""
    y = x.reshape(-1, x.shape[-1]) @ kernel
    return y.reshape(*x.shape[:-1], -1)


def uniform(key, shape, *, limit):
    """Uniform in [-limit, limit)."""
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def connected(kernel, *, channels, connect):
    """The whole kernel [..., in, out] of [..., connections], 0 where an output doesn't read."""
    inputs = np.concatenate(connect)
    outputs = np.repeat(np.arange(len(connect)), [len(reads) for reads in connect])
    whole = jnp.zeros((*kernel.shape[:-1], channels, len(connect)), kernel.dtype)
    return whole.at[..., inputs, outputs].set(kernel)


def by_example(values, like):
    """Targets as numbers in the shape [batch, units] of the outputs."""
    return values.reshape(like.shape).astype(like.dtype)


def sum_of_each(values):
    """The sum over all but the batch."""
    return values.reshape(len(values), -1).sum(-1)


def half_squared(outputs, targets):
    """½ (y - t)², the sum over outputs."""
    return sum_of_each(0.5 * jnp.square(outputs - by_example(targets, outputs)))


def init_maps(key):
    """First weights of the block maps."""
    return {
        "conv1": {
            "kernel": uniform(key, (5, 5, 1, 12), limit=0.096),
            "bias": jnp.zeros((8, 8, 12)),
        },
    }


def init_maps_2(key):
    """First weights of the block maps."""
    return {
        "conv1": {
            "kernel": uniform(key, (5, 5, 96), limit=0.012),
            "bias": jnp.zeros((4, 4, 12)),
        },
    }


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 5)
    params = {
        "H1": init_maps(keys[0]),
        "H2": init_maps_2(keys[1]),
        "H3": {
            "kernel": uniform(keys[2], (192, 30), limit=0.012499999999999999),
            "bias": jnp.zeros(30),
        },
        "dense1": {
            "kernel": uniform(keys[3], (30, 10), limit=0.08),
            "bias": jnp.zeros(10),
        },
    }
    stats = {}
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """No layer of this model learns anything from the data beforehand."""
    del data
    return state


def maps(params, x):
    """Block maps, zip1989.arch:14: [16, 16, 1] -> [8, 8, 12]."""
    with jax.named_scope("conv1"):
        x = jnp.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1.0)
        x = conv2d_by_products(
            x, params["conv1"]["kernel"], stride=(2, 2), padding=((0, 0), (0, 0))
        )
        x = x + params["conv1"]["bias"]  # zip1989.arch:15
    x = scaled_tanh(x)  # zip1989.arch:15
    return x


def maps_2(params, x):
    """Block maps, zip1989.arch:14: [8, 8, 12] -> [4, 4, 12]."""
    with jax.named_scope("conv1"):
        x = jnp.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-1.0)
        x = conv2d_by_lines(
            x,
            connected(
                params["conv1"]["kernel"],
                channels=12,
                connect=(
                    (1, 3, 4, 6, 7, 8, 10, 11),
                    (0, 2, 4, 5, 7, 8, 9, 11),
                    (0, 1, 3, 5, 6, 8, 9, 10),
                    (1, 2, 4, 6, 7, 9, 10, 11),
                    (0, 2, 3, 5, 7, 8, 10, 11),
                    (0, 1, 3, 4, 6, 8, 9, 11),
                    (0, 1, 2, 4, 5, 7, 9, 10),
                    (1, 2, 3, 5, 6, 8, 10, 11),
                    (0, 2, 3, 4, 6, 7, 9, 11),
                    (0, 1, 3, 4, 5, 7, 8, 10),
                    (1, 2, 4, 5, 6, 8, 9, 11),
                    (0, 2, 3, 5, 6, 7, 9, 10),
                ),
            ),
            stride=(2, 2),
            padding=((0, 0), (0, 0)),
        )
        x = x + params["conv1"]["bias"]  # zip1989.arch:15
    x = scaled_tanh(x)  # zip1989.arch:15
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 10], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["image"]
    with jax.named_scope("H1"):
        x = maps(params["H1"], x)  # zip1989.arch:21
    with jax.named_scope("H2"):
        x = maps_2(params["H2"], x)  # zip1989.arch:22
    x = jnp.reshape(x, (-1, 192))  # zip1989.arch:24
    with jax.named_scope("H3"):
        x = x @ params["H3"]["kernel"] + params["H3"]["bias"]  # zip1989.arch:25
    x = scaled_tanh(x)  # zip1989.arch:25
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # zip1989.arch:26
    x = scaled_tanh(x)  # zip1989.arch:26
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return outputs


def loss(outputs, targets):
    """The mean over the batch."""
    losses = half_squared(outputs, -1.0 + 2.0 * jax.nn.one_hot(targets["digit"], 10))
    return jnp.mean(losses)


def metrics(outputs, targets, mask):
    """Sums over the examples that the mask keeps: they add up over batches."""
    losses = half_squared(outputs, -1.0 + 2.0 * jax.nn.one_hot(targets["digit"], 10))
    return {
        "loss": jnp.sum(mask * losses),
        "accuracy": jnp.sum(mask * (jnp.argmax(outputs, -1) == targets["digit"])),
    }


optimizer = optax.chain(
    optax.add_decayed_weights(0.002, mask=only_kernels),
    optax.sgd(optax.cosine_decay_schedule(0.015, EPOCHS * STEPS)),
)


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
