"""Figures in both color schemes: cells draw SVG, and each file gets a twin for the dark.

The twin keeps each color's hue and turns its lightness around. What is dark on white is light on
the dark page, and what is faint stays faint. Pictures of data inside a figure are pixels
and stay as they are. A page holds both files, of which the theme shows one.
"""

from __future__ import annotations

import colorsys
import functools
import math
import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

#: What the kernels of the pages read. The same figure gives the same file. Each kernel would warn
#: that it is heard over TCP, which no other machine hears; errors are still printed.
_KERNEL = """
c.IPKernelApp.log_level = 40
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}
c.InlineBackend.rc = {"svg.hashsalt": "nnest", "svg.fonttype": "path"}
"""
#: How bright the theme's dark page is, between 0 and 1.
_PAGE = 0x12 / 0xFF
#: Contrasts are a little stronger in the dark than on white: their logarithms, as shares of the
#: highest one, are raised to this power.
_STRONGER = 0.7
#: From which difference of its parts a color is vivid, and from which share it is seen on white.
#: A vivid orange that is made darker is called brown.
_VIVID, _SEEN = 0.8, 0.25
_COLOR = re.compile(r"(?<=: )#([0-9a-f]{6})\b")
# The first child of a figure or of axes is what lies behind everything.
_BEHIND = re.compile(
    r'(<g id="(?:figure|axes)_\d+">\s*<g id="patch_\d+">\s*<path [^>]*style="fill: )#ffffff'
)
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_FIGURE = re.compile(r'<img (?P<rest>[^>]*)src="(?P<source>[^"]*_images/[0-9a-f]+)\.svg"[^>]*>')


def luminance(red: float, green: float, blue: float) -> float:
    """Return how light a color is, as the accessibility guidelines count it.

    Parameters
    ----------
    red, green, blue : float
        Its parts, between 0 and 1.

    Returns
    -------
    float
        Between 0 for black and 1 for white.
    """
    r, g, b = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in (red, green, blue)
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@functools.cache
def mirrored(color: str) -> str:
    """Return a color for the dark page in place of one for a white page.

    Parameters
    ----------
    color : str
        Six hexadecimal digits.

    Returns
    -------
    str
        The same hue. White becomes the color of the page and black becomes white; between them, the
        darker a color was, the lighter it is. A vivid color that is seen on white is not made
        darker.
    """
    parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    own = luminance(*parts)
    share = math.log(1.05 / (own + 0.05)) / math.log(1.05 / 0.05)
    page = luminance(_PAGE, _PAGE, _PAGE) + 0.05
    wanted = page * (1.05 / page) ** share**_STRONGER - 0.05
    if max(parts) - min(parts) > _VIVID and share > _SEEN and own > wanted:
        return color
    hue, _, saturation = colorsys.rgb_to_hls(*parts)
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if luminance(*colorsys.hls_to_rgb(hue, middle, saturation)) < wanted:
            low = middle
        else:
            high = middle
    return "".join(f"{round(255 * one):02x}" for one in colorsys.hls_to_rgb(hue, high, saturation))


def on_any_page(svg: str) -> str:
    """Return a figure without the white behind it.

    Parameters
    ----------
    svg : str
        As Matplotlib writes it.

    Returns
    -------
    str
        The same with a transparent ground.
    """
    return _BEHIND.sub(r"\1none", svg)


def for_the_dark(svg: str) -> str:
    """Return a figure in the colors of the dark page.

    Parameters
    ----------
    svg : str
        As Matplotlib writes it; what has no color there is black.

    Returns
    -------
    str
        The same with the lightness of all colors turned around, but for pictures in it.
    """
    turned = _COLOR.sub(lambda found: f"#{mirrored(found[1])}", on_any_page(svg))
    return turned.replace("<svg ", '<svg fill="#ffffff" ', 1)


def show_both(folder: Path) -> None:
    """Write the twins of all figures, and put them into the pages.

    Parameters
    ----------
    folder : pathlib.Path
        The built book; a second call changes nothing.
    """
    sizes: dict[str, str] = {}
    for path in (folder / "_images").glob("*.svg"):
        if path.name.endswith(".dark.svg"):
            continue
        svg = on_any_page(path.read_text(encoding="utf-8"))
        path.write_text(svg, encoding="utf-8")
        path.with_suffix(".dark.svg").write_text(for_the_dark(svg), encoding="utf-8")
        if found := _SIZE.search(svg):  # points, of which four are three pixels of a page
            width, height = (round(float(one) * 4 / 3) for one in found.groups())
            sizes[path.stem] = f'width="{width}" height="{height}"'

    def twins(found: re.Match[str]) -> str:
        source, rest = found["source"], found["rest"]
        size = sizes.get(source.rpartition("/")[2], "")
        light, dark = (
            f'<img class="only-{scheme}" {rest}{size} src="{source}{end}.svg">'
            for scheme, end in (("light", ""), ("dark", ".dark"))
        )
        return f'<a class="nn-figure" href="{source}.svg">{light}{dark}</a>'

    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if "nn-figure" not in page and (whole := _FIGURE.sub(twins, page)) != page:
            path.write_text(whole, encoding="utf-8")


def _draw_vectors(app: Sphinx, config: Config) -> None:
    """Let the kernels that run the pages draw SVG."""
    folder = Path(app.outdir).parent / ".ipython"
    settings = folder / "profile_default" / "ipython_kernel_config.py"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"c = get_config()\n{_KERNEL}", encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(folder)


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Show both when the book is built."""
    if error is None and app.builder.name == "html":
        show_both(Path(app.outdir))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    dict
        What Sphinx asks of an extension.
    """
    app.connect("config-inited", _draw_vectors)
    app.connect("build-finished", _finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
