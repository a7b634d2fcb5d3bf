"""What each array of the cached files must be: type, shape and SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ARRAYS", "ArraySpec", "combined_digest"]


@dataclass(frozen=True)
class ArraySpec:
    """Type, shape and digest of one array, C-ordered and little-endian."""

    dtype: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)


def combined_digest(specs: Mapping[str, ArraySpec]) -> str:
    """Return one SHA-256 for all arrays of a set, whatever the order in which they are named."""
    lines = [
        f"{name} {spec.dtype} {spec.shape} {spec.sha256}\n" for name, spec in sorted(specs.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


ARRAYS: dict[str, dict[str, ArraySpec]] = {
    "digits": {
        "x_train": ArraySpec(
            "uint8",
            (1352, 8, 8),
            "f23da3c9cc22387055bb1fa7b43453b0b58f8937c02d0590dc3760b30b9ae9f4",
        ),
        "y_train": ArraySpec(
            "uint8", (1352,), "60ba283dd4311b92918e1e860561a83246790d6bc1ddfd319d97bf56a7918af6"
        ),
        "x_test": ArraySpec(
            "uint8", (445, 8, 8), "a76a9312d0bc039dfb936fd507936320316a5e8955316d3953872c115f24ab28"
        ),
        "y_test": ArraySpec(
            "uint8", (445,), "312924a2845c9ed4dc2ac4796180cf57c2b581b6cee404511d7d864fe6574bb5"
        ),
    },
    "mnist": {
        "x_train": ArraySpec(
            "uint8",
            (60000, 28, 28),
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        ),
        "y_train": ArraySpec(
            "uint8", (60000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"
        ),
        "x_test": ArraySpec(
            "uint8",
            (10000, 28, 28),
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        ),
        "y_test": ArraySpec(
            "uint8", (10000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"
        ),
    },
    "fashion_mnist": {
        "x_train": ArraySpec(
            "uint8",
            (60000, 28, 28),
            "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        ),
        "y_train": ArraySpec(
            "uint8", (60000,), "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7"
        ),
        "x_test": ArraySpec(
            "uint8",
            (10000, 28, 28),
            "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        ),
        "y_test": ArraySpec(
            "uint8", (10000,), "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"
        ),
    },
    "notmnist": {
        "x_train": ArraySpec(
            "uint8",
            (13724, 28, 28),
            "53cdadd2295c36ab944a301b82f12e56b05e2d6317b4fd63ea16204d9aad1b16",
        ),
        "y_train": ArraySpec(
            "uint8", (13724,), "cef0e804f3b5967287b23180cf326d50da14c973a27051b0c029f9d7cc7c128c"
        ),
        "x_test": ArraySpec(
            "uint8",
            (5000, 28, 28),
            "687705b799983849d4cd82393e5add04c22a87247c289d7225b1422a382e4015",
        ),
        "y_test": ArraySpec(
            "uint8", (5000,), "b644b8bda73da53e063503da9298a4604f16261eca21daffa188c1512d4212b1"
        ),
        "font_train": ArraySpec(
            "int32", (13724,), "b96f81f622e535d065c282a450f73cf70c282ef02100c99edc2580ffb97bc653"
        ),
        "font_test": ArraySpec(
            "int32", (5000,), "79fc10f2b6a242c67fdfbab784baed9bbf9f445710c21755feb0f08f99b1aa12"
        ),
        "dup_test": ArraySpec(
            "bool", (5000,), "ecce1448fc11e779b96925889d179c639c1addeeb8ef461c66948fbe26b5784f"
        ),
    },
    "cifar10": {
        "x_train": ArraySpec(
            "uint8",
            (50000, 32, 32, 3),
            "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a",
        ),
        "y_train": ArraySpec(
            "uint8", (50000,), "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253"
        ),
        "x_test": ArraySpec(
            "uint8",
            (10000, 32, 32, 3),
            "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",
        ),
        "y_test": ArraySpec(
            "uint8", (10000,), "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5"
        ),
    },
    "gtsrb": {
        "x_train": ArraySpec(
            "uint8",
            (39209, 32, 32, 3),
            "629905f1f1e60b6f0bdb6b137218f61af9186b0e43d0fcfcd79e1d45c5f9bb21",
        ),
        "y_train": ArraySpec(
            "uint8", (39209,), "e22865b71d083b7aab0fcdbe0ddb5b18f911ac38b6eceaed367d14a869ad5d42"
        ),
        "x_test": ArraySpec(
            "uint8",
            (12630, 32, 32, 3),
            "089c15e28132ebb6ffbf3a933de852fffe8c466f6b195452d43bce99d2075322",
        ),
        "y_test": ArraySpec(
            "uint8", (12630,), "90dbce9392b7eec7db1b1f1f13ea73598b72822efaaf9f608c935064fad29db2"
        ),
        "track_train": ArraySpec(
            "int32", (39209,), "7047b6fe070ca7a4838ca16e760be09fbd89c9602943a533c3e502d3d73a03a3"
        ),
        "class_track_frame_train": ArraySpec(
            "int16", (39209, 3), "214b23da02b92a08bfcb5ed5b13665fc669eb130bae2540a8fea83922bb5b18a"
        ),
        "roi_train": ArraySpec(
            "int16", (39209, 4), "5bbc9afd7e2ac25d87d14d2eece24a5e199a44f14ccf6214cbac5c83aee206b4"
        ),
        "size_train": ArraySpec(
            "int16", (39209, 2), "3c53556202828883e5be1f6240d69706c07e535997afb287ab94703a87f112ab"
        ),
        "size_test": ArraySpec(
            "int16", (12630, 2), "9314143a09ede09ab69a7119941b386fdecd44a7d78daf79ee2fc23638c006cf"
        ),
    },
}
