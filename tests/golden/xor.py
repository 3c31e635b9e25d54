"""Xor, compiled by archc 0.1.0 from xor.arch, to whose author it belongs.

`python program.py data.npz --seed 0` trains it as `archc train` does.
"""

import argparse
import collections

import jax
import jax.numpy as jnp
import numpy as np
import optax

MODEL = {
    "name": "Xor",
    "source": "xor.arch",
    "sha256": "efedfbe2be43b731e072aca26a7c40c468a54e59958bdbfd887c2a8b5b18f01b",
    "licence": "belongs to whoever wrote xor.arch",
    "inputs": {"x": (2,)},
    "outputs": {"output": (1,)},
    "recipe": {"data": "examples", "precision": "float32", "seed": 0},
}
BATCH, EPOCHS, STEPS, EVAL_BATCH = 4, 3000, 1, 256
PART_ROWS = {"train": 4}
CHOOSE, FINAL, MONITOR = "train", "train", "loss"
METRICS = ("accuracy",)
optimizer = optax.sgd(5.0)
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")


def normal(key, shape, *, deviation):
    """Gaussian with mean 0."""
    return deviation * jax.random.normal(key, shape)


def by_example(values, like):
    """Targets as numbers in the shape [batch, units] of the outputs."""
    return values.reshape(like.shape).astype(like.dtype)


def mean_of_each(values):
    """The mean over all but the batch."""
    return values.reshape(len(values), -1).mean(-1)


def binary_cross_entropy(logits, targets):
    """-t log σ(z) - (1 - t) log(1 - σ(z)), where -log σ(z) = log(1 + exp(-z)); the mean over units."""
    targets = by_example(targets, logits)
    return mean_of_each(
        targets * jax.nn.softplus(-logits) + (1 - targets) * jax.nn.softplus(logits)
    )


def right_side(outputs, targets, *, threshold):
    """Whether every output lies on its target's side of the threshold."""
    agree = (outputs > threshold) == (by_example(targets, outputs) > 0.5)
    return agree.reshape(len(agree), -1).all(-1)


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 3)
    params = {
        "dense1": {
            "kernel": normal(keys[0], (2, 2), deviation=1.0),
            "bias": jnp.zeros(2),
        },
        "dense2": {
            "kernel": normal(keys[1], (2, 1), deviation=1.0),
            "bias": jnp.zeros(1),
        },
    }
    stats = {}
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """No layer of this model learns anything from the data beforehand."""
    del data
    return state


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 1], and the new stats."""
    del train, key  # nothing in this model asks for them
    x = inputs["x"]
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # xor.arch:5
    x = jax.nn.sigmoid(x)  # xor.arch:5
    with jax.named_scope("dense2"):
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]  # xor.arch:6
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return jax.nn.sigmoid(outputs)


def loss(outputs, targets):
    """The mean over the batch."""
    losses = binary_cross_entropy(outputs, targets["y"])
    return jnp.mean(losses)


def metrics(outputs, targets, mask):
    """Sums over the examples that the mask keeps: they add up over batches."""
    losses = binary_cross_entropy(outputs, targets["y"])
    return {
        "loss": jnp.sum(mask * losses),
        "accuracy": jnp.sum(mask * right_side(outputs, targets["y"], threshold=0.0)),
    }


def select(table, rows):
    """Some rows of the columns, on the device."""
    inputs = {"x": table["x"][rows]}
    targets = {"y": table["y"][rows]}
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


@jax.jit(donate_argnames="state")
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
    """The data of each part, on the device: all are cut from the same rows."""
    rows = split(sum(PART_ROWS.values()), seed)
    return {part: select(table, rows[part]) for part in PART_ROWS}


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
