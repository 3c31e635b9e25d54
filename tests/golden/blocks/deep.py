"""Deep, compiled by archc 0.1.0 from deep.arch, to whose author it belongs.

`python program.py data.npz --seed 0` trains it as `archc train` does.
"""

import argparse
import collections

import jax
import jax.numpy as jnp
import numpy as np
import optax

MODEL = {
    "name": "Deep",
    "source": "deep.arch",
    "sha256": "9dea29568d5c166b8d8d3e5341a2b4c8dc8e7d5f4f470a3af405a490a3bbee45",
    "licence": "belongs to whoever wrote deep.arch",
    "inputs": {"x": (2,)},
    "outputs": {"output": (2,)},
    "recipe": {"data": "moons", "precision": "float32", "seed": 0},
}
# what the layers of each copy are called, by the path of their stacked arrays
REPEATS = {
    "repeat1": {
        "highway1": [f"highway{i + 1}" for i in range(100)],
    },
}
BATCH, EPOCHS, STEPS, EVAL_BATCH = 50, 30, 8, 256
PART_ROWS = {"train": 360, "validation": 120, "test": 120}
CHOOSE, FINAL, MONITOR = "validation", "test", "loss"
METRICS = ("accuracy",)
optimizer = optax.adam(0.001)
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")
glorot_uniform = jax.nn.initializers.glorot_uniform()


def dropout(x, key, *, rate):
    """Drops each value with probability `rate` and rescales the others."""
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0).astype(x.dtype)


def init_highway(key):
    """First weights of the block highway."""
    keys = jax.random.split(key, 2)
    return {
        "dense1": {
            "kernel": glorot_uniform(keys[0], (20, 20)),
            "bias": jnp.full(20, -2.0),
        },
        "dense2": {"kernel": glorot_uniform(keys[1], (20, 20)), "bias": jnp.zeros(20)},
    }


@jax.jit(compiler_options={"xla_backend_optimization_level": 0})
def init(key):
    """The state before the first step: compiled in haste, since it runs once."""
    *keys, step_key = jax.random.split(key, 4)
    params, stats = {}, {}
    params["dense1"] = {
        "kernel": glorot_uniform(keys[0], (2, 20)),
        "bias": jnp.zeros(20),
    }

    def repeat1(key):
        return {"highway1": init_highway(key)}

    params["repeat1"] = jax.vmap(repeat1)(jax.random.split(keys[1], 100))
    params["dense2"] = {
        "kernel": glorot_uniform(keys[2], (20, 2)),
        "bias": jnp.zeros(2),
    }
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """No layer of this model learns anything from the data beforehand."""
    del data
    return state


def highway(params, x):
    """Block highway, deep.arch:2: [20] -> [20]."""
    with jax.named_scope("dense1"):
        y = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # deep.arch:3
    sigmoid1 = jax.nn.sigmoid(y)  # deep.arch:3
    with jax.named_scope("dense2"):
        y = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]  # deep.arch:4
    y = jax.nn.relu(y)  # deep.arch:4
    y = sigmoid1 * y  # deep.arch:5
    x = y + x  # deep.arch:5
    return x


def apply(params, stats, inputs, *, train, key):
    """The network: [batch, 2], and the new stats."""
    keys = jax.random.split(key, 1)
    x = inputs["x"]
    with jax.named_scope("dense1"):
        x = x @ params["dense1"]["kernel"] + params["dense1"]["bias"]  # deep.arch:10

    def repeat1(x, copy):
        params, key = copy
        with jax.named_scope("highway1"):
            x = highway(params["highway1"], x)  # deep.arch:11
        if train:
            x = dropout(x, key, rate=0.1)  # deep.arch:11
        return x, None

    # deep.arch:11
    x, _ = jax.lax.scan(repeat1, x, (params["repeat1"], jax.random.split(keys[0], 100)))
    with jax.named_scope("dense2"):
        x = x @ params["dense2"]["kernel"] + params["dense2"]["bias"]  # deep.arch:12
    return x, stats


def predict(params, stats, inputs):
    """What the model says, in evaluation mode."""
    outputs, _ = apply(params, stats, inputs, train=False, key=jax.random.key(0))
    return jax.nn.softmax(outputs)


def loss(outputs, targets):
    """The mean over the batch."""
    losses = optax.softmax_cross_entropy_with_integer_labels(outputs, targets["y"])
    return jnp.mean(losses)


def metrics(outputs, targets, mask):
    """Sums over the examples that the mask keeps: they add up over batches."""
    losses = optax.softmax_cross_entropy_with_integer_labels(outputs, targets["y"])
    return {
        "loss": jnp.sum(mask * losses),
        "accuracy": jnp.sum(mask * (jnp.argmax(outputs, -1) == targets["y"])),
    }


def select(table, rows):
    """Some rows of the columns, on the device."""
    inputs = {"x": table["x"][rows]}
    targets = {"y": table["y"][rows]}
    return jax.device_put((inputs, targets))


def unstack(tree, path=""):
    """Params or stats layer by layer: the copies of a repeat stand beside each other."""
    apart = {}
    for name, inner in tree.items():
        below = f"{path}.{name}" if path else name
        if below not in REPEATS:
            apart[name] = unstack(inner, below) if isinstance(inner, dict) else inner
            continue
        for i in range(len(jax.tree.leaves(inner)[0])):
            copy = unstack(jax.tree.map(lambda arrays, i=i: arrays[i], inner), below)
            apart |= {REPEATS[below][scope][i]: own for scope, own in copy.items()}
    return apart


def stack(tree, path=""):
    """The other way round: what is known layer by layer, as `apply` takes it."""
    apart, whole = dict(tree), {}
    for repeat, scopes in REPEATS.items():
        above, _, name = repeat.rpartition(".")
        here = {s: n for s, n in scopes.items() if above == path and n[0] in apart}
        copies = [
            stack({scope: apart.pop(own) for scope, own in zip(here, names)}, repeat)
            for names in zip(*here.values())
        ]
        if copies:
            whole[name] = jax.tree.map(lambda *arrays: np.stack(arrays), *copies)
    for name, inner in apart.items():
        below = f"{path}.{name}" if path else name
        whole[name] = stack(inner, below) if isinstance(inner, dict) else inner
    return whole


def named(state):
    """Weights and statistics by dotted name, as the .npz files hold them: a layer each."""
    params, stats = jax.device_get((state.params, state.stats))
    leaves = jax.tree.leaves_with_path((unstack(params), unstack(stats)))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}


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
    """Steps start..stop of an epoch: a device loop, then the smaller last batch."""
    state, sums = device_loop(state, data, order, start, min(stop, STEPS - 1))
    if stop == STEPS:
        state, more = train_step(state, data, order[(STEPS - 1) * BATCH :])
        sums = jax.tree.map(jnp.add, sums, more)
    return state, sums


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
