"""Well-known names of the field for what archc doesn't have, and what to take instead.

None of them is a slip of the pen: `selu` is no misspelt `elu`, and to put one for the other would change the network.
"""

from collections.abc import Collection

ACTIVATIONS = "the nearest are `relu`, `leaky_relu`, `elu`, `gelu` and `silu`"
NORMS = "the norms are `batch_norm`, `layer_norm` and `lrn`"
IMAGES = "`conv` and the pools work on images, `[height, width, channels]`"
FORWARD = "values flow forward only: `dense` and `conv` layers, blocks and merges"
SEQUENCES = "there are no layers for sequences of words: networks are of `dense` and `conv` layers, blocks and merges"
GATE = "a gate is a merge of two flows: `multiply(dense(n), dense(n) -> sigmoid)`"
ENLARGES = "`upsample` enlarges an image, and `conv_transpose` learns how to"
SINGLE = "`dropout` leaves out single values"
CHANNELWISE = "each channel is filtered by itself in `conv(it.channels, 3x3, groups = it.channels)`"
OPTIMIZERS = "the nearest are `adam` and `adamw`"
PENALTY = "a penalty on the weights is a setting of its own, such as `weight_decay = 1e-4`"
PLATEAU = "rates follow the epochs alone, and `stop = early_stopping(val_loss)` ends where nothing becomes better"
SQUARES = "the nearest loss is `mse`"

LAYERS = {
    "prelu": "the nearest is `leaky_relu`, whose slope is not learnt",
    **dict.fromkeys(("selu", "celu", "crelu", "rrelu", "relu6", "thresholdedrelu", "snake"), ACTIVATIONS),
    **dict.fromkeys(("mish", "hardswish", "hardsilu", "quickgelu"), "the nearest are `silu` and `gelu`"),
    **dict.fromkeys(("hardsigmoid", "hardtanh", "softsign"), "the nearest are `sigmoid` and `tanh`"),
    **dict.fromkeys(("hardshrink", "softshrink", "tanhshrink"), ACTIVATIONS),
    "logsigmoid": "the nearest is `softplus`",
    "logsoftmax": "end in `softmax`: `loss = cross_entropy` takes the logarithm by itself",
    **dict.fromkeys(("softmin", "sparsemax"), "the nearest is `softmax`"),
    **dict.fromkeys(("glu", "geglu", "swiglu", "reglu"), GATE),
    **dict.fromkeys(("groupnorm", "instancenorm", "rmsnorm", "weightnorm", "spectralnorm", "norm"), NORMS),
    **dict.fromkeys(("groupnormalization", "instancenormalization", "unitnormalization"), NORMS),
    **dict.fromkeys(("lstm", "gru", "rnn", "simplernn", "lstmcell", "grucell", "bidirectional"), FORWARD),
    **dict.fromkeys(("attention", "multiheadattention", "selfattention", "transformer", "embedding"), SEQUENCES),
    **dict.fromkeys(("depthwiseconv", "separableconv", "depthwise"), CHANNELWISE),
    **dict.fromkeys(("maxunpool", "unpool", "unpooling", "pixelshuffle", "resize", "resizing"), ENLARGES),
    **dict.fromkeys(
        ("rescale", "rescaling"), "`normalize` scales the data, and `scale` learns a factor for each channel"
    ),
    "bilinear": "two flows are joined by `multiply` or `dot`; an image is enlarged by `upsample(2, linear)`",
    **dict.fromkeys(("dropout1d", "dropout", "dropout3d", "spatialdropout", "alphadropout", "droppath"), SINGLE),
    **dict.fromkeys(("gaussiandropout", "gaussiannoise"), SINGLE),
    **dict.fromkeys(("pool", "pooling"), "`max_pool` takes the largest of a window, `avg_pool` the mean"),
    "merge": "merges are `add`, `concat`, `multiply`, `average`, `maximum`, `subtract`, `dot` and `distance`",
    **dict.fromkeys(("maxout", "lppool", "fractionalmaxpool"), "of several, `maximum` and `max_pool` take the largest"),
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

OF_IMAGES = ("conv", "convtranspose", "maxpool", "avgpool", "pool", "pad", "zeropad", "upsampl", "averagepool", "crop")
"""How the names of layers begin that other tools have for one and three dimensions too."""


def instead(word: str, candidates: Collection[str]) -> str:
    """What to take instead of a well-known thing that archc doesn't have; "" for any other name.

    `candidates` says whether layers are meant.
    """
    lower = plain(word)
    if "relu" not in candidates:
        return TRAINING.get(lower, "")
    if lower.endswith(("1d", "3d", "1dtranspose", "3dtranspose")) and lower.startswith(OF_IMAGES):
        return IMAGES
    # `Dropout2d` leaves out whole channels, and `dropout` is ours
    return "" if lower == "dropout" else LAYERS.get(lower.removesuffix("2d"), "")


def plain(word: str) -> str:
    """In lower case and without `_`."""
    return word.lower().replace("_", "")
