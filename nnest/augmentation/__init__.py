"""Random changes of the training images that leave their labels as they are."""

from nnest.augmentation._augmentation import Augmentation
from nnest.augmentation._functions import (
    change_brightness,
    change_contrast,
    change_saturation,
    crop_and_flip,
)
from nnest.augmentation._layer import Augment

__all__ = [
    "Augment",
    "Augmentation",
    "change_brightness",
    "change_contrast",
    "change_saturation",
    "crop_and_flip",
]
