"""What is known about each data set: addresses, digests, licence, names, and its parser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnest._validation import suggest
from nnest.datasets._arrays import ARRAYS, ArraySpec, combined_digest
from nnest.datasets._formats import parse_cifar10, parse_gtsrb, parse_idx, parse_notmnist

__all__ = ["DatasetInfo", "OfficialFile", "Recipe", "recipe_of", "recipes"]

Parse = Callable[[Mapping[str, Path], Mapping[str, str]], dict[str, NDArray[Any]]]


@dataclass(frozen=True)
class DatasetInfo:
    """What a list of data sets shows.

    Parameters
    ----------
    name : str
        Name for `fetch` and the command line.
    title : str
        Name in full.
    shape : tuple of int
        Shape of one image.
    n_train : int
        Images of the training part.
    n_test : int
        Images of the official test part.
    n_classes : int
        Number of classes.
    licence : str
        Terms of use; "none stated" where there are none.
    url : str
        Page or folder of its authors.
    max_value : int
        The value of a white pixel.
    digest : str
        One SHA-256 over all arrays, known without loading them.

    Examples
    --------
    >>> from nnest.datasets import describe
    >>> info = describe("gtsrb")
    >>> info.shape, info.n_train, info.n_test, info.n_classes
    ((32, 32, 3), 39209, 12630, 43)
    """

    name: str
    title: str
    shape: tuple[int, ...]
    n_train: int
    n_test: int
    n_classes: int
    licence: str
    url: str
    max_value: int
    digest: str


@dataclass(frozen=True)
class OfficialFile:
    """One file as its authors publish it; without a digest, its arrays decide."""

    name: str
    urls: tuple[str, ...]
    sha256: str | None = None


@dataclass(frozen=True)
class Recipe:
    """All that is needed to get a data set and to describe it."""

    name: str
    title: str
    licence: str
    url: str
    note: str
    citation: str
    target_names: tuple[str, ...]
    arrays: Mapping[str, ArraySpec]
    files: tuple[OfficialFile, ...] = ()
    parse: Parse | None = None  # None: bundled, nothing to download
    content_md5: Mapping[str, str] = field(default_factory=dict)
    groups: str | None = None  # prefix of the arrays that say what belongs together
    max_value: int = 255

    @property
    def info(self) -> DatasetInfo:
        """What a list shows."""
        train, test = self.arrays["x_train"].shape, self.arrays["x_test"].shape
        return DatasetInfo(
            self.name, self.title, train[1:], train[0], test[0], len(self.target_names),
            self.licence, self.url, self.max_value, combined_digest(self.arrays),
        )  # fmt: skip


def recipes() -> dict[str, Recipe]:
    """Return all recipes by name, the bundled one first."""
    return _RECIPES


def recipe_of(name: str) -> Recipe:
    """Return a recipe, or name the nearest one."""
    known = recipes()
    if name in known:
        return known[name]
    raise ValueError(f"No data set is called {name!r}: {suggest(name, known)}")


def _idx_files(*folders: str) -> tuple[OfficialFile, ...]:
    """Return MNIST's four files with the folders in which they lie."""
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    return tuple(
        OfficialFile(name, tuple(f"{folder}/{name}" for folder in folders)) for name in names
    )


_ERDA = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370"

_DIGITS = Recipe(
    name="digits",
    title="Optical recognition of handwritten digits, as bundled with scikit-learn",
    licence="CC BY 4.0 (E. Alpaydin, C. Kaynak)",
    url="https://archive.ics.uci.edu/dataset/80",
    note=(
        "Pixels count the dark ones of 4 by 4 cells: 0..16. There is no official split: of each "
        "class, every fourth image is the test part."
    ),
    citation="E. Alpaydin, C. Kaynak, Cascading classifiers, Kybernetika 34(4), 1998.",
    target_names=tuple("0123456789"),
    arrays=ARRAYS["digits"],
    max_value=16,
)

_MNIST = Recipe(
    name="mnist",
    title="MNIST handwritten digits",
    licence="CC BY-SA 3.0 (Y. LeCun, C. Cortes)",
    url="http://yann.lecun.com/exdb/mnist",
    note="Original order.",
    citation=(
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document "
        "recognition, Proceedings of the IEEE 86(11), 1998."
    ),
    target_names=tuple("0123456789"),
    arrays=ARRAYS["mnist"],
    files=_idx_files(
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        "https://ossci-datasets.s3.amazonaws.com/mnist",
    ),
    parse=parse_idx,
    content_md5={
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
)

_FASHION_MNIST = Recipe(
    name="fashion_mnist",
    title="Fashion-MNIST articles of clothing",
    licence="MIT (Zalando SE, 2017)",
    url="https://github.com/zalandoresearch/fashion-mnist",
    note="Original order.",
    citation=(
        "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms, arXiv:1708.07747, 2017."
    ),
    target_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    arrays=ARRAYS["fashion_mnist"],
    files=_idx_files(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    ),
    parse=parse_idx,
    content_md5={
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    },
)  # fmt: skip

_NOTMNIST = Recipe(
    name="notmnist",
    title="notMNIST letters A to J in many fonts (the small, clean part)",
    licence="none stated (Y. Bulatov, 2011)",
    url="http://yaroslavvb.blogspot.com/2011/09/notmnist-dataset.html",
    note=(
        "There is no official split: 500 of the fonts that have all ten letters, chosen by the "
        "SHA-256 of their names, are the test part. groups and groups_test are fonts, none of "
        "which is in both; dup_test marks test images that equal a training image in every pixel."
    ),
    citation="Y. Bulatov, notMNIST dataset, 2011.",
    target_names=tuple("ABCDEFGHIJ"),
    arrays=ARRAYS["notmnist"],
    files=(
        OfficialFile(
            "notMNIST_small.tar.gz",
            ("http://yaroslavvb.com/upload/notMNIST/notMNIST_small.tar.gz",),
            "76b2ef7ccc56452964780569db37b279c9cbe1bf442c3b38be784752683b3cec",
        ),
    ),
    parse=parse_notmnist,
    groups="font",
)

_CIFAR10 = Recipe(
    name="cifar10",
    title="CIFAR-10 photographs of ten kinds of objects",
    licence="none stated (its authors ask to be cited)",
    url="https://www.cs.toronto.edu/~kriz/cifar.html",
    note="Original order: the five training batches one after the other.",
    citation=(
        "A. Krizhevsky, Learning multiple layers of features from tiny images, technical report, "
        "University of Toronto, 2009."
    ),
    target_names=(
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    ),
    arrays=ARRAYS["cifar10"],
    files=(
        OfficialFile(
            "cifar-10-binary.tar.gz",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
        ),
    ),
    parse=parse_cifar10,
    content_md5={
        "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
        "test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
    },
)  # fmt: skip

_GTSRB = Recipe(
    name="gtsrb",
    title="German Traffic Sign Recognition Benchmark",
    licence="none stated (its authors ask to be cited; the test part is for final testing only)",
    url="https://benchmark.ini.rub.de/gtsrb_dataset.html",
    note=(
        "The whole picture, not cut to the sign, at 32 by 32 pixels (bilinear). Training images "
        "are sorted by class, track and frame: shuffle them. groups are tracks (class * 1000 + "
        "track), whose frames are near-duplicates: keep them together in any validation split. "
        "roi are the boxes around the signs (x1, y1, x2, y2) and size, size_test the original "
        "widths and heights. Eight test images equal frames of one training track."
    ),
    citation=(
        "J. Stallkamp, M. Schlipsing, J. Salmen, C. Igel, Man vs. computer: Benchmarking machine "
        "learning algorithms for traffic sign recognition, Neural Networks 32, 2012."
    ),
    target_names=(
        "limit 20 km/h", "limit 30 km/h", "limit 50 km/h", "limit 60 km/h", "limit 70 km/h",
        "limit 80 km/h", "end of limit 80 km/h", "limit 100 km/h", "limit 120 km/h", "no passing",
        "no passing over 3.5 t", "right of way at next crossing", "priority road", "yield", "stop",
        "no vehicles", "no vehicles over 3.5 t", "no entry", "danger", "curve left",
        "curve right", "double curve", "bumpy road", "slippery road", "road narrows on the right",
        "road work", "traffic signals", "pedestrians", "children", "bicycles",
        "ice or snow", "wild animals", "end of all limits", "turn right", "turn left",
        "straight on", "straight or right", "straight or left", "keep right", "keep left",
        "roundabout", "end of no passing", "end of no passing over 3.5 t",
    ),
    arrays=ARRAYS["gtsrb"],
    files=tuple(
        OfficialFile(name, (f"{_ERDA}/{name}",))
        for name in (
            "GTSRB_Final_Training_Images.zip",
            "GTSRB_Final_Test_Images.zip",
            "GTSRB_Final_Test_GT.zip",
        )
    ),
    parse=parse_gtsrb,
    groups="track",
)  # fmt: skip

_RECIPES = {
    recipe.name: recipe for recipe in (_DIGITS, _MNIST, _FASHION_MNIST, _NOTMNIST, _CIFAR10, _GTSRB)
}
