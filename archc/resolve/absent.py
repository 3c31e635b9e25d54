"""Well-known names of the field for what archc doesn't have, and what to take instead.

None of them is a slip of the pen: `celu` is no misspelt `elu`, and to put one for the other would change the network.
"""

from collections.abc import Collection

ACTIVATIONS = "the nearest are `relu`, `leaky_relu`, `elu`, `selu` and `gelu`"
NORMS = "the norms are `batch_norm`, `layer_norm`, `group_norm`, `instance_norm` and `lrn`"
FORWARD = "values flow forward only: `dense` and `conv` layers, blocks and merges"
SEQUENCES = "there are no layers for sequences of words: networks are of `dense` and `conv` layers, blocks and merges"
GATE = "a gate is a merge of two flows: `multiply(dense(n), dense(n) -> sigmoid)`"
ENLARGES = "`upsample` enlarges an image, and `conv_transpose` learns how to"
SINGLE = "`dropout` leaves out single values, `spatial_dropout` whole channels; `gaussian_noise` adds to them"
OPTIMIZERS = "the nearest are `adam` and `adamw`"
PENALTY = "a penalty on the weights is a setting of its own, such as `weight_decay = 1e-4`"
PLATEAU = "rates follow the epochs alone, and `stop = early_stopping(val_loss)` ends where nothing becomes better"
SQUARES = "the nearest loss is `mse`"

LAYERS = {
    **dict.fromkeys(("celu", "crelu", "rrelu", "thresholdedrelu", "snake"), ACTIVATIONS),
    "quickgelu": "the nearest are `silu` and `gelu`",
    **dict.fromkeys(("cropping", "cropping1d", "cropping3d"), "`crop(24, 24)` says how many rows and columns remain"),
    "hardtanh": "it is `clip(-1, 1)`",
    **dict.fromkeys(("hardshrink", "softshrink", "tanhshrink"), ACTIVATIONS),
    "logsigmoid": "the nearest is `softplus`",
    **dict.fromkeys(("softmin", "sparsemax"), "the nearest is `softmax`"),
    **dict.fromkeys(("glu", "geglu", "swiglu", "reglu"), GATE),
    **dict.fromkeys(("rmsnorm", "weightnorm", "spectralnorm", "norm", "unitnormalization"), NORMS),
    **dict.fromkeys(("lstm", "gru", "rnn", "simplernn", "lstmcell", "grucell", "bidirectional"), FORWARD),
    **dict.fromkeys(("attention", "multiheadattention", "selfattention", "transformer", "embedding"), SEQUENCES),
    **dict.fromkeys(("maxunpool", "unpool", "unpooling", "resize", "resizing"), ENLARGES),
    **dict.fromkeys(
        ("rescale", "rescaling"), "`normalize` scales the data, and `scale` learns a factor for each channel"
    ),
    "bilinear": "two flows are joined by `multiply` or `dot`; an image is enlarged by `upsample(2, linear)`",
    **dict.fromkeys(("dropout1d", "dropout2d", "dropout3d"), "whole channels are dropped by `spatial_dropout(20%)`"),
    **dict.fromkeys(("alphadropout", "featurealphadropout", "gaussiandropout"), SINGLE),
    **dict.fromkeys(("pool", "pooling"), "`max_pool` takes the largest of a window, `avg_pool` the mean"),
    "merge": "merges are `add`, `concat`, `multiply`, `average`, `maximum`, `subtract`, `dot` and `distance`",
    **dict.fromkeys(("lppool", "fractionalmaxpool"), "of several, `maximum` and `max_pool` take the largest"),
}
"""By name as `plain` makes it."""

TRAINING = {
    **dict.fromkeys(("nadam", "adamax", "radam", "amsgrad", "adafactor", "adabelief", "sparseadam"), OPTIMIZERS),
    **dict.fromkeys(("lbfgs", "asgd", "rprop", "ftrl", "lars", "muon"), "the nearest are `sgd`, `adam` and `lamb`"),
    **dict.fromkeys(("reducelronplateau", "onplateau", "plateau"), PLATEAU),
    **dict.fromkeys(("cycliclr", "cosineannealingwarmrestarts"), "of cycles there is one: `one_cycle`, or `cosine`"),
    **dict.fromkeys(("focal", "focalloss"), "classes are weighted by `cross_entropy(weights = [1, 5])`"),
    **dict.fromkeys(("triplet", "tripletloss", "tripletmarginloss"), "pairs are compared by `contrastive`"),
    **dict.fromkeys(
        ("l1", "l1regularization"), "a penalty on the weights is a setting of its own, such as `l1 = 1e-5`"
    ),
    **dict.fromkeys(("l2", "l2loss", "l2regularization", "regularization"), PENALTY),
    **dict.fromkeys(("rmse", "msle"), SQUARES),
    "logcosh": "the nearest loss is `huber`",
    "mape": "the nearest metric is `mae`",
}
"""The same, of optimizers, losses and metrics."""

SETTINGS = {
    "shuffle": "leave it out: rows are shuffled anew before every epoch",
    "device": "the command says where: `archc train FILE --device cpu`",
    **dict.fromkeys(("augment", "augmentation"), "archc has none; `gaussian_noise` and `dropout` are layers"),
    **dict.fromkeys(
        ("callbacks", "checkpoint", "checkpoints"), "the best weights are kept and checkpoints written by themselves"
    ),
    **dict.fromkeys(("steps", "maxsteps", "numsteps", "iterations"), "it goes by epochs: `epochs = 10`"),
    **dict.fromkeys(("scheduler", "schedule", "lrscheduler"), "it stands in the optimizer: `adam(cosine(1e-3))`"),
}
"""The same, of settings of a recipe."""

"""How the names of layers begin that other tools have for one and three dimensions too."""


def instead(word: str, candidates: Collection[str]) -> str:
    """What to take instead of a well-known thing that archc doesn't have; "" for any other name.

    `candidates` says whether layers are meant.
    """
    lower = plain(word)
    if "relu" not in candidates:
        return TRAINING.get(lower, "")
    return LAYERS.get(lower, "") or LAYERS.get(lower.removesuffix("2d"), "")


def plain(word: str) -> str:
    """In lower case and without `_`."""
    return word.lower().replace("_", "")
