"""The data sets of the reports, scikit-learn's bundled digits and folders of pictures, in one form.

Each is a `sklearn.utils.Bunch`. A downloaded set is kept as one ``<name>.npz`` in the folder
that ``data_home`` or the environment variable ``NNEST_DATA`` names, else in the platform's cache
folder, and every array of it is checked by SHA-256 whenever it is loaded.
"""

from ._errors import DatasetError, DatasetUnavailableError
from ._image_folder import load_image_folder
from ._loaders import describe, fetch, list_datasets, path_of, verify
from ._named import (
    fetch_cifar10,
    fetch_fashion_mnist,
    fetch_gtsrb,
    fetch_mnist,
    fetch_notmnist,
    load_digits,
)
from ._registry import DatasetInfo

__all__ = [
    "DatasetError",
    "DatasetInfo",
    "DatasetUnavailableError",
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
