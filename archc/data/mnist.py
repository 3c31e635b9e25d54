"""MNIST, and Fashion-MNIST, which is published in files of the same form and names."""

from pathlib import Path

import numpy as np

from archc.data import pixels
from archc.data.dataset import Where
from archc.data.download import Progress, Published
from archc.data.idx import read_idx
from archc.data.published import PublishedSet
from archc.data.table import Table, check_labels
from archc.ir import DataSpec
from archc.parameters import Unfit

MNIST = PublishedSet(
    "MNIST",
    ("mnist",),
    (
        Published(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        Published(
            "train-labels-idx1-ubyte.gz",
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        Published(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        Published(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
)

FASHION_MNIST = PublishedSet(
    "Fashion-MNIST",
    ("fashion-mnist", "fashion_mnist"),
    (
        Published(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        Published(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        Published(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        Published(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
)


def load(published: PublishedSet, spec: DataSpec, where: Where, progress: Progress | None = None) -> Table:
    """The columns of `catalog_images.Mnist` or its like. Raises Unfit (E0601 to E0610)."""
    paths = published.paths(where, progress)
    train_images, train_labels, test_images, test_labels = (paths[file] for file in published.files)
    return pixels.table(spec, read_part(train_images, train_labels), read_part(test_images, test_labels))


def read_part(images_path: Path, labels_path: Path) -> pixels.Part:
    """Images [n, height, width, 1] and their labels, 0 to 9.

    Raises Unfit: what `read_idx` does, E0605 where the counts differ, E0607 for another label.
    """
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise Unfit(
            f"{images_path} holds {len(images):,} images, and {labels_path} {len(labels):,} labels",
            "the files of the training and the test part may be mixed up",
            code="E0605",
        )
    check_labels(labels, 10, str(labels_path))
    return pixels.Part(images[..., np.newaxis], labels)
