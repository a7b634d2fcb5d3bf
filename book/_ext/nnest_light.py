"""Leave out of the built pages what a reader loads for nothing.

The theme's script of icons has 1.45 MB for about ten of them. Its style sheet draws the same ones
from fonts, which are cut down to the icons that pages use. Source maps are for those who work on
the theme. A script says in the console how many buttons it has made. Cards and tabs have a style
sheet and a script, which only pages that have some need.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

# It tells of each table of a font as it goes.
logging.getLogger("fontTools").setLevel(logging.WARNING)

_ICONS = re.compile(r'\s*<script src="[^"]*/scripts/fontawesome\.js[^"]*"></script>')
_CARDS = re.compile(
    r"\s*(<link [^>]*/sphinx-design[^>]*>|<script [^>]*/design-tabs\.js[^>]*>\s*</script>)"
)
_MAP = re.compile(r"\n?(//|/\*)# sourceMappingURL=\S+( ?\*/)?\s*$")
_ICON = re.compile(r"(?:\.fa-[\w-]+:before,?)+\{content:[^}]*\}")
_GLYPH = re.compile(r'"\\([0-9a-f]{2,5}) ?"')
_WOFF2 = re.compile(r'url\([^)]*/fa-[^)]*\.woff2\) format\("woff2"\),')
_MESSAGE = re.compile(r"console\.log\(\s*`\[togglebutton\]: Adding[^`]*`,?\s*\);?")


def lighten(folder: Path) -> None:
    """Leave out scripts, styles and icons that no page uses, source maps and a message.

    Parameters
    ----------
    folder : pathlib.Path
        The built book; a second call changes nothing.
    """
    static = folder / "_static"
    used: set[str] = set()
    for path in folder.rglob("*.html"):
        page = _edit(path, _ICONS)
        if 'class="sd-' not in page:
            page = _edit(path, _CARDS)
        used.update(re.findall(r"fa-[\w-]+", page))
    for path in static.glob("styles/pydata-sphinx-theme.css"):
        _keep_icons(path, used)
    for path in {*static.rglob("*.map"), *static.glob("scripts/fontawesome.*")}:
        path.unlink()
    for path in [*static.glob("scripts/*.js"), *static.glob("styles/*.css")]:
        _edit(path, _MAP)
    for path in static.glob("togglebutton*.js"):
        _edit(path, _MESSAGE)


def _edit(path: Path, unwanted: re.Pattern[str]) -> str:
    """Take what is unwanted out of a file, and return the rest."""
    text = path.read_text(encoding="utf-8")
    shorter = unwanted.sub("", text)
    if shorter != text:
        path.write_text(shorter, encoding="utf-8")
    return shorter


def _keep_icons(style: Path, used: set[str]) -> None:
    """Cut rules and fonts down to the icons that pages use or the style sheet itself draws."""

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if used.intersection(re.findall(r"fa-[\w-]+", rule[0])) else ""

    text = _WOFF2.sub("", _ICON.sub(kept, style.read_text(encoding="utf-8")))
    style.write_text(text, encoding="utf-8")
    glyphs = [int(code, 16) for code in _GLYPH.findall(text)]
    webfonts = style.parents[1] / "vendor" / "fontawesome" / "webfonts"
    for path in webfonts.glob("*.woff2"):
        path.unlink()
    for path in webfonts.glob("*.ttf"):
        font = TTFont(path)
        subsetter = Subsetter()
        subsetter.populate(unicodes=glyphs)
        subsetter.subset(font)
        font.save(path)


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Do so when the book is built."""
    if error is None and app.builder.name == "html":
        lighten(Path(app.outdir))


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
    app.connect("build-finished", _finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
