"""Read one picture file that may come from anywhere."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnest._storage import open_regular

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["PictureError", "read_picture"]

#: Formats that Pillow decodes by itself; it starts another program for some others.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
#: Pixels above which a picture is not decoded.
_MOST_PIXELS = 100_000_000


class PictureError(ValueError):
    """A file is no whole picture; the message names the file."""


def read_picture(path: Path, size: tuple[int, ...], color: str) -> NDArray[np.uint8]:
    """Return a picture as bytes of shape (height, width) or (height, width, 3).

    The first frame counts where there are several.
    """
    from PIL import Image, ImageOps

    height, width = size
    try:
        file = open_regular(path)
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        with file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit of pixels is checked; metadata may lie
            with Image.open(file, formats=_FORMATS) as image:
                _check_pixels(image, path)
                flat = _flattened(ImageOps.exif_transpose(image), path)
        picture = flat.convert("L" if color == "gray" else "RGB")
        return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
    except PictureError:
        raise
    except Exception as error:  # decoders raise many kinds for damaged files
        raise PictureError(f"{path} is no whole picture ({type(error).__name__}).") from error


def _check_pixels(image: Image.Image, path: Path) -> None:
    """Raise if a file says that it has too many pixels, before they are decoded."""
    if image.width * image.height > _MOST_PIXELS:
        raise PictureError(
            f"{path} has {image.width} x {image.height} pixels, more than {_MOST_PIXELS}."
        )


def _flattened(image: Image.Image, path: Path) -> Image.Image:
    """Return the picture with 8 bits a channel and nothing transparent."""
    from PIL import Image

    if image.mode.startswith("I"):
        return _narrowed(image, path)
    if image.mode == "F":
        raise PictureError(f"{path} has pixels of floating point: give one of 8 or 16 bits.")
    if image.has_transparency_data:
        transparent = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), transparent)
    return image


def _narrowed(image: Image.Image, path: Path) -> Image.Image:
    """Return a picture of 16 bits with 8 bits; Pillow's own conversion clips at 255."""
    from PIL import Image

    pixels = np.asarray(image)
    if pixels.min() < 0 or pixels.max() > 65535:
        raise PictureError(f"{path} has pixels of more than 16 bits: give one of 8 or 16 bits.")
    return Image.fromarray((pixels.astype(np.uint32) // 257).astype(np.uint8))
