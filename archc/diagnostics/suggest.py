"""Which name was meant: for "did you mean …?"."""

import re
from collections.abc import Iterable

OTHER_TOOLS: dict[str, tuple[str, ...]] = {
    "linear": ("dense",),
    "fc": ("dense",),
    "fullyconnected": ("dense",),
    "innerproduct": ("dense",),
    "affine": ("dense",),
    "convolution": ("conv",),
    "convolutional": ("conv",),
    "cnn": ("conv",),
    "deconv": ("conv_transpose",),
    "convtransposed": ("conv_transpose",),
    "transposedconv": ("conv_transpose",),
    "drop": ("dropout",),
    "bn": ("batch_norm",),
    "batchnormalization": ("batch_norm",),
    "batchnormalisation": ("batch_norm",),
    "layernormalization": ("layer_norm",),
    "layernormalisation": ("layer_norm",),
    "localresponsenorm": ("lrn",),
    "localresponsenormalization": ("lrn",),
    "maxpooling": ("max_pool",),
    "pool": ("max_pool", "avg_pool"),
    "pooling": ("max_pool", "avg_pool"),
    "meanpool": ("avg_pool",),
    "averagepool": ("avg_pool",),
    "averagepooling": ("avg_pool",),
    "avgpooling": ("avg_pool",),
    "globalaveragepooling": ("global_avg_pool",),
    "globalaveragepool": ("global_avg_pool",),
    "globalavgpooling": ("global_avg_pool",),
    "adaptiveavgpool": ("global_avg_pool",),
    "globalmaxpooling": ("global_max_pool",),
    "adaptivemaxpool": ("global_max_pool",),
    "zeropadding": ("pad",),
    "upsampling": ("upsample",),
    "identity": ("linear",),
    "merge": ("add", "concat"),
    "mul": ("multiply",),
    "sub": ("subtract",),
    "sum": ("add",),
    "cat": ("concat",),
    "concatenate": ("concat",),
    "swish": ("silu",),
    "rectify": ("relu",),
    "logistic": ("sigmoid",),
    "lrelu": ("leaky_relu",),
    "crossentropy": ("cross_entropy",),
    "crossentropyloss": ("cross_entropy",),
    "categoricalcrossentropy": ("cross_entropy",),
    "sparsecategoricalcrossentropy": ("cross_entropy",),
    "softmaxcrossentropy": ("cross_entropy",),
    "nll": ("cross_entropy",),
    "nllloss": ("cross_entropy",),
    "bce": ("binary_cross_entropy",),
    "bceloss": ("binary_cross_entropy",),
    "bcewithlogits": ("binary_cross_entropy",),
    "bcewithlogitsloss": ("binary_cross_entropy",),
    "meansquarederror": ("mse",),
    "mseloss": ("mse",),
    "l2loss": ("mse", "half_mse"),
    "squarederror": ("half_mse", "mse"),
    "meanabsoluteerror": ("mae",),
    "l1loss": ("mae",),
    "acc": ("accuracy",),
    "topk": ("top_k",),
    "valacc": ("val_accuracy",),
    "lr": ("rate", "optimizer"),
    "learningrate": ("rate", "optimizer"),
    "eta": ("rate",),
    "optimiser": ("optimizer",),
    "optim": ("optimizer",),
    "opt": ("optimizer",),
    "solver": ("optimizer",),
    "momentumsgd": ("sgd",),
    "criterion": ("loss",),
    "objective": ("loss",),
    "metric": ("metrics",),
    "kernelsize": ("window",),
    "kernel": ("window",),
    "ksize": ("window",),
    "k": ("window",),
    "poolsize": ("window",),
    "filtersize": ("window",),
    "strides": ("stride",),
    "pad": ("padding",),
    "dilationrate": ("dilation",),
    "featuregroupcount": ("groups",),
    "ceilmode": ("ceil",),
    "localsize": ("window",),
    "scalefactor": ("factor",),
    "usebias": ("bias",),
    "units": ("filters",),
    "filters": ("units",),
    "outchannels": ("filters", "units"),
    "outfeatures": ("units", "filters"),
    "numoutput": ("filters", "units"),
    "channels": ("filters",),
    "p": ("rate",),
    "eps": ("epsilon",),
    "alpha": ("slope",),
    "negativeslope": ("slope",),
    "wd": ("weight_decay",),
    "dtype": ("precision",),
    "float16": ("bf16",),
    "bfloat16": ("bf16",),
    "fp16": ("bf16",),
    "f16": ("bf16",),
    "half": ("bf16",),
    "mixed": ("bf16",),
    "fp32": ("float32",),
    "f32": ("float32",),
    "single": ("float32",),
    "decay": ("weight_decay",),
    "l2": ("weight_decay",),
    "l1reg": ("l1",),
    "l1penalty": ("l1",),
    "lasso": ("l1",),
    "lrmult": ("rates",),
    "lrscale": ("rates",),
    "lrmultipliers": ("rates",),
    "frozen": ("freeze",),
    "fixed": ("freeze",),
    "pretrained": ("start",),
    "exclude": ("except",),
    "excluding": ("except",),
    "without": ("except",),
    "ignore": ("skip",),
    "finetune": ("start",),
    "initfrom": ("start",),
    "startfrom": ("start",),
    "checkpoint": ("start",),
    "batchsize": ("batch",),
    "bs": ("batch",),
    "minibatch": ("batch",),
    "nepochs": ("epochs",),
    "numepochs": ("epochs",),
    "maxepochs": ("epochs",),
    "epoch": ("epochs",),
    "iterations": ("epochs", "steps"),
    "dataset": ("data",),
    "trainset": ("data",),
    "validation": ("validate",),
    "validationsplit": ("validate",),
    "valsplit": ("validate",),
    "initializer": ("init",),
    "initialiser": ("init",),
    "kernelinitializer": ("init",),
    "weightinit": ("init",),
    "randomseed": ("seed",),
    "earlystopping": ("early_stopping", "stop"),
    "xavier": ("glorot_uniform",),
    "xavieruniform": ("glorot_uniform",),
    "xaviernormal": ("glorot_normal",),
    "glorot": ("glorot_uniform",),
    "kaiming": ("he_normal",),
    "kaiminguniform": ("he_uniform",),
    "kaimingnormal": ("he_normal",),
    "he": ("he_normal",),
    "msra": ("he_normal",),
    "cosineannealing": ("cosine",),
    "cosinedecay": ("cosine",),
    "cosineannealinglr": ("cosine",),
    "multisteplr": ("steps",),
    "steplr": ("steps",),
    "reducelronplateau": ("on_plateau",),
    "centercrop": ("center_crop", "crop"),
    "randomcrop": ("random_crop", "crop"),
    "horizontalflip": ("flip",),
    "randomhorizontalflip": ("flip",),
    "fliplr": ("flip",),
    "colorjitter": ("colour",),
    "color": ("colour",),
    "readcsv": ("csv",),
    "csvfile": ("csv",),
    "readtable": ("csv",),
    "tabular": ("csv",),
    "cifar": ("cifar10",),
    "fashion": ("fashion_mnist",),
    "yes": ("true",),
    "no": ("false",),
    "null": ("none",),
    "nil": ("none",),
}
"""What other tools call it, as `_plain` makes it, and our names for it, the likeliest first."""

_DECORATION = re.compile(r"(?:^load_|^fetch_|layer|[123]d|_)")


def closest(word: str, candidates: Iterable[str], n: int = 1) -> list[str]:
    """The candidates that may have been meant by `word`, the likeliest first, `n` at most."""
    names = sorted(set(candidates) - {word})
    plain = _plain(word)
    # `Linear` is another tool's dense layer, and not our `linear` with a capital
    theirs = -1 if len(word) > 1 and word[0].isupper() else 1
    ranks: dict[str, tuple[int, int, str]] = {}
    for place, ours in enumerate(OTHER_TOOLS.get(plain, ())):
        ranks[ours] = (theirs, place, ours)
    lower = word.lower()
    # one slip in three letters, three in nine and more
    most = min(3, max(1, len(lower) // 3)) if len(lower) > 2 else 0
    for name in names:
        if name.lower() == lower:
            rank = (0, 0, name)
        elif plain and _plain(name) == plain:
            rank = (0, 1, name)
        else:
            slips = distance(lower, name.lower(), most)
            if slips > most or slips >= len(name):
                continue
            rank = (2, slips, name)
        ranks[name] = min(rank, ranks.get(name, rank))
    return sorted((name for name in names if name in ranks), key=lambda name: ranks[name])[:n]


def distance(a: str, b: str, most: int) -> int:
    """Letters to insert, delete, replace or swap with their neighbour to turn `a` into `b`; `most + 1` if more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def _plain(word: str) -> str:
    """Without what differs from tool to tool: `MaxPool2d`, `max_pool` -> maxpool."""
    return _DECORATION.sub("", word.lower())
