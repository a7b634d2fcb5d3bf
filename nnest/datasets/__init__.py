"""The data sets of the reports, scikit-learn's bundled digits and folders of pictures, in one form.

Each is a `sklearn.utils.Bunch`. A downloaded set is kept as one ``<name>.npz``. Its folder is
``data_home``, else that of the environment variable ``NNEST_DATA``, else the platform's cache
folder. Every array is checked by SHA-256 whenever it is loaded.
"""

from nnest.datasets._bundle import fetch_bundle as fetch_bundle
from nnest.datasets._image_folder import load_image_folder
from nnest.datasets._loaders import describe, fetch, list_datasets, path_of, verify
from nnest.datasets._named import (
    fetch_cifar10,
    fetch_fashion_mnist,
    fetch_gtsrb,
    fetch_mnist,
    fetch_notmnist,
    load_digits,
)
from nnest.datasets._registry import DatasetInfo

__all__ = [
    "DatasetInfo",
    "describe",
    "fetch",
    "fetch_cifar10",
    "fetch_fashion_mnist",
    "fetch_gtsrb",
    "fetch_mnist",
    "fetch_notmnist",
    "list_datasets",
    "load_digits",
    "load_image_folder",
    "path_of",
    "verify",
]
