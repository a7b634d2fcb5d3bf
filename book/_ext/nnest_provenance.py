"""A line at the end of each page: when it was built, and with what."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from nnest.results import git_state, versions

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("nnest-estimators", "keras", "jax", "numpy", "scikit-learn", "optuna")


@cache
def provenance() -> str:
    """Return when and with what the book is built, as a footer in HTML.

    Returns
    -------
    str
        Date, version and commit of the package, and versions of libraries. ``SOURCE_DATE_EPOCH``
        in the environment takes the place of the clock.
    """
    clock = os.environ.get("SOURCE_DATE_EPOCH")
    built = datetime.fromtimestamp(int(clock), UTC) if clock else datetime.now(UTC)
    commit, changed = git_state(ROOT)
    own, *others = versions(_PACKAGES).items()
    libraries = ", ".join(f"{name} {version}" for name, version in others)
    return (
        f'<p class="nn-built">Built on <time datetime="{built.isoformat(timespec="seconds")}">'
        f"{built:%Y-%m-%d %H:%M} UTC</time> with nnest {own[1]}, commit "
        f"<code>{str(commit or 'unknown')[:10]}</code>{' with changes' if changed else ''}; "
        f"Python {platform.python_version()}, {libraries}.</p>"
    )


def _add(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Put the line below the text of a page."""
    if tree is not None:
        context["body"] += provenance()


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
    app.connect("html-page-context", _add)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
