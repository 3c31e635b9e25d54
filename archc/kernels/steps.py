"""Steps, epochs and parts: how any program trains, evaluates and is driven.

Where a job is done in several ways, each way is a sibling, and the program holds the one that
its recipe and target ask for, under the job's name (`run_steps`, `should_stop`, …).
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np
import optax

from archc.kernels.face import (
    BATCH,
    CHOOSE,
    EPOCHS,
    EVAL_BATCH,
    FINAL,
    METRICS,
    MONITOR,
    PART_ROWS,
    PATIENCE,
    STEPS,
    TrainState,
    adapt,
    apply,
    init,
    kept,
    loss,
    measure,
    metrics,
    optimizer,
    select,
    summarize,
)
from archc.kernels.metric import total

COMPILER_OPTIONS = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT",
    "xla_cpu_prefer_vector_width": 512,
    "xla_disable_hlo_passes": "cse_barrier_expander",
}

COMPILER_OPTIONS_FOR_OWN = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_prefer_vector_width": 512,
    "xla_disable_hlo_passes": "cse_barrier_expander",
}

COMPILER_OPTIONS_FOR_PRODUCTS = {
    "xla_cpu_experimental_ynn_fusion_type": "",
    "xla_cpu_prefer_vector_width": 512,
}

COMPILER_OPTIONS_FOR_LOOPS = {
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


def run_steps_one_by_one(state, data, order, start, stop):
    """Steps start..stop of an epoch, a call each: XLA's CPU convolutions crawl in loops."""
    sums = []
    for i in range(start, stop):
        state, more = train_step(state, data, order[i * BATCH : (i + 1) * BATCH])
        sums.append(more)
    return state, jax.tree.map(lambda *values: sum(values), *jax.device_get(sums))


@jax.jit(donate_argnames="state")
def device_loop(state, data, order, start, stop):
    """Steps start..stop of an epoch as one program: the host waits outside."""

    def body(i, carry):
        rows = jax.lax.dynamic_slice(order, (i * BATCH,), (BATCH,))
        state, sums = train_step(carry[0], data, rows)
        return state, jax.tree.map(jnp.add, carry[1], sums)

    zeros = {name: jnp.zeros(()) for name in ("loss", *METRICS)}
    return jax.lax.fori_loop(start, stop, body, (state, zeros))


@jax.jit(donate_argnames="state")
def device_loop_counting(state, data, order, start, stop):
    """Steps start..stop of an epoch as one program: the host waits outside."""

    def step(state, i):
        rows = jax.lax.dynamic_slice(order, (i * BATCH,), (BATCH,))
        return train_step(state, data, rows)

    def body(i, carry):
        state, sums = step(carry[0], i)
        return state, jax.tree.map(jnp.add, carry[1], sums)

    sums = jax.eval_shape(step, state, start)[1]
    zeros = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), sums)
    return jax.lax.fori_loop(start, stop, body, (state, zeros))


def run_steps_looped(state, data, order, start, stop):
    """Steps start..stop of an epoch, in one device loop."""
    return device_loop(state, data, order, start, stop)


def run_steps_looped_ragged(state, data, order, start, stop):
    """Steps start..stop of an epoch: a device loop, then the smaller last batch."""
    state, sums = device_loop(state, data, order, start, min(stop, STEPS - 1))
    if stop == STEPS:
        state, more = train_step(state, data, order[(STEPS - 1) * BATCH :])
        sums = jax.tree.map(jnp.add, sums, more)
    return state, sums


@jax.jit(donate_argnames="state")
def run_steps_in_one_program(state, data, order, start, stop):
    """Steps start..stop of an epoch as one program, the smaller last batch included."""

    def last(carry):
        state, sums = carry
        state, more = train_step(state, data, order[(STEPS - 1) * BATCH :])
        return state, jax.tree.map(jnp.add, sums, more)

    full = device_loop(state, data, order, start, jnp.minimum(stop, STEPS - 1))
    return jax.lax.cond(stop == STEPS, last, lambda carry: carry, full)


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


def evaluate_counting(state, data):
    """The figures of a part, in batches of one size."""
    n = len(jax.tree.leaves(data)[0])
    steps = [evaluate_step(state, data, start) for start in range(0, n, EVAL_BATCH)]
    return summarize(total(jax.device_get(steps)), n)


@jax.jit
def evaluate_step_keeping(state, data, start):
    """Sums over the rows from `start`, those past the last masked, and what is kept of each."""
    rows = start + jnp.arange(EVAL_BATCH)
    inputs, targets = jax.tree.map(lambda v: v.at[rows].get(mode="clip"), data)
    outputs, _ = apply(state.params, state.stats, inputs, train=False, key=state.key)
    mask = rows < len(jax.tree.leaves(data)[0])
    return metrics(outputs, targets, mask), kept(outputs, targets)


def evaluate_keeping(state, data):
    """The figures of a part, in batches of one size."""
    n = len(jax.tree.leaves(data)[0])
    steps = [evaluate_step(state, data, start) for start in range(0, n, EVAL_BATCH)]
    sums, rows = zip(*jax.device_get(steps))
    examples = jax.tree.map(lambda *batches: np.concatenate(batches)[:n], *rows)
    return summarize(total(sums), n) | measure(examples)


def order(n, seed, epoch):
    """A shuffle of n rows: number 0 cuts the parts, the others are those of the epochs."""
    key = jax.random.fold_in(jax.random.key(seed), epoch)
    return np.asarray(jax.random.permutation(jax.random.fold_in(key, 2), n))


@jax.jit(static_argnames="n")
def order_on_device(n, seed, epoch):
    """A shuffle of n rows: number 0 cuts the parts, the others are those of the epochs."""
    key = jax.random.fold_in(jax.random.key(seed), epoch)
    return jax.random.permutation(jax.random.fold_in(key, 2), n)


def split(n, seed):
    """The row numbers of each part."""
    cuts = np.cumsum(tuple(PART_ROWS.values()))[:-1]
    return dict(zip(PART_ROWS, np.split(np.asarray(order(n, seed, 0)), cuts)))


def parts_by_split(table, seed):
    """The data of each part, on the device: all are cut from the same rows."""
    rows = split(sum(PART_ROWS.values()), seed)
    return {part: select(table, rows[part]) for part in PART_ROWS}


def parts_with_test(table, seed):
    """The data of each part, on the device; the data set brings its own test part."""
    rows = split(sum(PART_ROWS.values()), seed)
    data = {part: select(table, rows[part]) for part in PART_ROWS}
    return {**data, "test": select(table, slice(None), "test.")}


def best_epoch_lowest(history):
    """Which epoch, from 0, did best so far."""
    return min(range(len(history)), key=lambda epoch: history[epoch][MONITOR])


def best_epoch_highest(history):
    """Which epoch, from 0, did best so far."""
    return max(range(len(history)), key=lambda epoch: history[epoch][MONITOR])


def should_stop_at_end(history):
    """After the last epoch."""
    return len(history) == EPOCHS


def should_stop_early(history):
    """After the last epoch, or when the best one is PATIENCE epochs back."""
    stale = len(history) - 1 - best_epoch(history) if history else 0
    return len(history) == EPOCHS or stale == PATIENCE


def named_as_kept(state):
    """Weights and statistics by dotted name, as the .npz files hold them."""
    leaves = jax.tree.leaves_with_path((state.params, state.stats))
    return {".".join(k.key for k in path[1:]): np.asarray(w) for path, w in leaves}


def begin(state, weights):
    """The state with weights and statistics to start from, by dotted name."""
    here = named(state)
    for name, value in weights.items():
        if name not in here or here[name].shape != value.shape:
            raise ValueError(f"the model has no {name} of shape {value.shape}")

    params, stats = (filled(tree, weights) for tree in (state.params, state.stats))
    return state._replace(params=params, stats=stats)


def filled_as_kept(tree, weights):
    """Params or stats, with the arrays that `weights` has by dotted name."""

    def given(path, value):
        return jnp.array(weights.get(".".join(entry.key for entry in path), value))

    return jax.tree.map_with_path(given, tree)


# which sibling does the job in this file's own tests
best_epoch = best_epoch_lowest
named = named_as_kept
filled = filled_as_kept
parts = parts_by_split
run_steps = run_steps_one_by_one
should_stop = should_stop_at_end


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


def main_with_start():
    """Trains on a file of `archc datasets --save`; writes best.npz and last.npz."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=np.load, metavar="DATA.npz", help="rows by column")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", required=True, help="weights by name, an .npz file")
    args = parser.parse_args()
    data = parts(args.data, args.seed)
    state, history = adapt(init(jax.random.key(args.seed)), data["train"]), []
    state = begin(state, np.load(args.start))
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
