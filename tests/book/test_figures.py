"""Figures of the book are drawn once and seen in both color schemes."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.book.sources import figures


def drawn(draw: Any) -> str:
    """Return a figure as the pages' kernels write it."""
    import seaborn as sns
    from matplotlib import pyplot as plt

    with sns.axes_style("ticks"):
        figure, ax = plt.subplots(figsize=(3, 2))
        draw(ax)
        file = io.StringIO()
        figure.savefig(file, format="svg")
    plt.close(figure)
    return file.getvalue()


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors."""
    lights = [
        figures.luminance(*(int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)))
        for color in (one, other)
    ]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize(
    ("color", "expected"), [("ffffff", "121212"), ("000000", "ffffff"), ("262626", "e6e6e6")]
)
def test_what_is_dark_on_white_is_light_in_the_dark(color: str, expected: str) -> None:
    """White is the page itself."""
    assert figures.mirrored(color) == expected


@pytest.mark.parametrize("palette", ["colorblind", "tab10", "rocket_r"])
def test_colors_of_lines_are_seen_in_the_dark(palette: str) -> None:
    """Each as well as on white, and in the same order."""
    import seaborn as sns

    for color in sns.color_palette(palette, 6).as_hex():
        seen = contrast(color[1:], "ffffff")
        assert contrast(figures.mirrored(color[1:]), "121212") > seen * 0.97


@pytest.mark.parametrize("color", ["de8f05", "ff7f0e"])
def test_orange_does_not_turn_brown(color: str) -> None:
    """A brown is nothing but a darker orange; both palettes have one that lines are drawn in."""
    assert figures.mirrored(color) == color


def test_what_is_faint_on_white_is_faint_in_the_dark() -> None:
    """Palettes of order keep it: the lighter a color was, the less it is seen."""
    import seaborn as sns

    for palette in ("rocket_r", "viridis_r"):
        colors = [color[1:] for color in sns.color_palette(palette, 12).as_hex()]
        seen = [contrast(figures.mirrored(color), "121212") for color in colors]
        assert seen == sorted(seen)


def test_a_figure_has_no_ground_and_light_words_in_the_dark() -> None:
    """What Matplotlib writes without a color is black, and turns too."""
    svg = drawn(lambda ax: ax.set_xlabel("epoch", color="black"))
    assert svg.count("fill: #ffffff") == 2
    assert "fill: #ffffff" not in figures.on_any_page(svg)
    dark = figures.for_the_dark(svg)
    assert '<svg fill="#ffffff" ' in dark
    words = set(re.findall(r'<g style="fill: #([0-9a-f]{6})" transform', dark))
    assert words == {"e6e6e6"}


def test_pictures_in_a_figure_keep_their_pixels() -> None:
    """A digit is data."""
    svg = drawn(lambda ax: ax.imshow(np.eye(3), cmap="gray"))
    (picture,) = re.findall(r"data:image/png;base64,[^\"]*", svg)
    assert picture in figures.for_the_dark(svg)


def test_a_page_holds_both_and_a_link(tmp_path: Path) -> None:
    """A book that is built again on top of itself is the same; the caption stays seen."""
    pictures = tmp_path / "_images"
    pictures.mkdir()
    (pictures / "0a.svg").write_text(drawn(lambda ax: ax.plot([0, 1])), encoding="utf-8")
    page = tmp_path / "a.html"
    page.write_text('<figure>\n<img alt="A line." src="_images/0a.svg" />\n<figcaption>')
    figures.show_both(tmp_path)
    first = {one: one.read_text() for one in [page, *pictures.iterdir()]}
    figures.show_both(tmp_path)
    assert {one: one.read_text() for one in [page, *pictures.iterdir()]} == first
    assert {one.name for one in pictures.iterdir()} == {"0a.svg", "0a.dark.svg"}
    words = 'alt="A line." width="288" height="192"'
    assert page.read_text() == (
        '<figure>\n<a class="nn-figure" href="_images/0a.svg">'
        f'<img class="only-light" {words} src="_images/0a.svg">'
        f'<img class="only-dark" {words} src="_images/0a.dark.svg"></a>\n<figcaption>'
    )
