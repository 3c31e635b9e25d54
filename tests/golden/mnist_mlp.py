"""MnistMlp, compiled by archc 0.1.0 from mnist_mlp.arch, to whose author it belongs.

`python program.py data.npz --seed 0` trains it as `archc train` does.
"""

import argparse
import collections

import jax
import jax.numpy as jnp
import numpy as np
import optax

MODEL = {
    "name": "MnistMlp",
    "source": "mnist_mlp.arch",
    "sha256": "368c745c0a7334d36977609b27269cda2167944c25cd6f06814110041467e074",
    "licence": "belongs to whoever wrote mnist_mlp.arch",
    "inputs": {"image": (28, 28, 1)},
    "outputs": {"output": (10,)},
    "recipe": {"data": "mnist", "precision": "float32", "seed": 0},
}
BATCH, EPOCHS, STEPS, EVAL_BATCH, PATIENCE = 100, 30, 570, 256, 30
PART_ROWS = {"train": 57000, "validation": 3000}
CHOOSE, FINAL, MONITOR = "validation", "test", "accuracy"
METRICS = ("accuracy",)
optimizer = optax.adam(optax.cosine_decay_schedule(0.002, EPOCHS * STEPS))
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 3)
    params = {
        "dense1": {
            "kernel": glorot_uniform(keys[0], (784, 100)),
            "bias": jnp.zeros(100),
        },
        "dense2": {"kernel": glorot_uniform(keys[1], (100, 10)), "bias": jnp.zeros(10)},
    }
    stats = {}
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """No layer of this model learns anything from the data beforehand."""
    del data
    return state


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 10], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["image"]
    x = jnp.reshape(x, (-1, 784))  # mnist_mlp.arch:5
    with jax.named_scope("dense1"):
        # mnist_mlp.arch:6
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]
    x = jax.nn.sigmoid(x)  # mnist_mlp.arch:6
    with jax.named_scope("dense2"):
        # mnist_mlp.arch:7
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]
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


# XLA's own products: YNNPACK is slower with few units, 48 layers of 128 in 17 ms
# instead of 15. Loops take 16 numbers at a time where the processor can: steps of small
# nets take 5 % less. An XLA that knows no such option needs none.
COMPILER_OPTIONS = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_prefer_vector_width": 512,
}


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


@jax.jit(donate_argnames="state", compiler_options=COMPILER_OPTIONS)
def device_loop(state, data, order, start, stop):
    """Steps start..stop of an epoch as one program: the host waits outside."""

    def body(i, carry):
        rows = jax.lax.dynamic_slice(order, (i * BATCH,), (BATCH,))
        state, sums = train_step(carry[0], data, rows)
        return state, jax.tree.map(jnp.add, carry[1], sums)

    zeros = {name: jnp.zeros(()) for name in ("loss", *METRICS)}
    return jax.lax.fori_loop(start, stop, body, (state, zeros))


def run_steps(state, data, order, start, stop):
    """Steps start..stop of an epoch, in one device loop."""
    return device_loop(state, data, order, start, stop)


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
    return max(range(len(history)), key=lambda epoch: history[epoch][MONITOR])


def should_stop(history):
    """After the last epoch, or when the best one is PATIENCE epochs back."""
    stale = len(history) - 1 - best_epoch(history) if history else 0
    return len(history) == EPOCHS or stale == PATIENCE


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
