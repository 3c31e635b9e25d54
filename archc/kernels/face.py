"""What the steps rely on and every program brings of its own, here for a logistic regression.

The linker never takes text from this file: it stands in for the emitted model, so that
`archc.kernels.steps` is real code that runs and is tested.
"""

import collections

import jax
import jax.numpy as jnp
import optax

BATCH, EPOCHS, STEPS, EVAL_BATCH, PATIENCE = 8, 5, 3, 16, 2
PART_ROWS = {"train": 20, "validation": 6, "test": 4}
CHOOSE, FINAL, MONITOR = "validation", "test", "loss"
METRICS = ("accuracy",)
GAPS = {"x": ((0, 1, "median"), (1, 2, "mean"))}
REPEATS = {"repeat1": {"dense2": [f"dense{i + 2}" for i in range(3)]}}
TrainState = collections.namedtuple("TrainState", "params stats opt_state step key")

optimizer = optax.sgd(0.1, momentum=0.5)


@jax.jit
def init(key):
    """The state before the first step."""
    init_key, step_key = jax.random.split(key)
    kernel = jax.random.normal(init_key, (2, 1))
    params = {"dense1": {"kernel": kernel, "bias": jnp.zeros(1)}}
    stats = {"normalize1": {"offset": jnp.zeros(2)}}
    return TrainState(params, stats, optimizer.init(params), jnp.int32(0), step_key)


def adapt(state, data):
    """Centred on the training rows."""
    return state._replace(stats={"normalize1": {"offset": data[0]["x"].mean(0)}})


def apply(params, stats, inputs, *, train, key):
    """Logits [batch]; training adds a little noise, so that keys matter."""
    x = inputs["x"] - stats["normalize1"]["offset"]
    if train:
        x = x + 0.01 * jax.random.normal(key, x.shape)
    return (x @ params["dense1"]["kernel"] + params["dense1"]["bias"])[:, 0], stats


def loss(outputs, targets):
    """The mean binary cross-entropy."""
    return optax.sigmoid_binary_cross_entropy(outputs, targets["y"]).mean()


def metrics(outputs, targets, mask):
    """Sums over the rows that the mask keeps."""
    losses = optax.sigmoid_binary_cross_entropy(outputs, targets["y"])
    right = (outputs > 0) == (targets["y"] == 1)
    return {"loss": jnp.sum(mask * losses), "accuracy": jnp.sum(mask * right)}


def summarize(sums, n):
    """What sums over n examples say."""
    return {name: float(value / n) for name, value in sums.items()}


def kept(outputs, targets):
    """What is kept of every example."""
    return {"highest": (outputs, targets["y"])}


def measure(kept):
    """What all examples of a part say."""
    return {"highest": float(kept["highest"][0].max())}


def select(table, rows, prefix=""):
    """Some rows of the columns, on the device."""
    inputs = {"x": table[prefix + "x"][rows]}
    targets = {"y": table[prefix + "y"][rows]}
    return jax.device_put((inputs, targets))
