"""Lines at the end of each page: when and with what it was built, and when it was changed."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from myst_nb.sphinx_ import NbMetadataCollector
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


def run_time(seconds: float | None) -> str:
    """Return how long the code of a page ran, as a sentence.

    Parameters
    ----------
    seconds : float or None
        The time; None for a page without code.

    Returns
    -------
    str
        Nothing for a page without code.
    """
    return f" Its code ran for {seconds:.1f} seconds." if seconds else ""


def last_change(page: str, repository: str) -> str:
    """Return when a page was changed, with a link to all its changes, in HTML.

    Parameters
    ----------
    page : str
        Such as ``"layers/pooling"``.
    repository : str
        The address at which the branch of the book shows what changed a file.

    Returns
    -------
    str
        Nothing outside of a checkout, and for a page that no commit has.
    """
    source = f"book/{page}.md"
    command = ["git", "log", "-1", "--format=%cs", "--", source]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:  # there is no git
        return ""
    day = done.stdout.strip()
    changed = f'This page was last changed on <time datetime="{day}">{day}</time>'
    return f' {changed} (<a href="{repository}/{source}">all changes</a>).' if day else ""


def _add(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Put the lines below the text of a page."""
    if tree is None:
        return
    ran = NbMetadataCollector.get_exec_data(app.env, page)
    theme = app.config.html_theme_options
    repository = f"{theme['repository_url']}/commits/{theme['repository_branch']}"
    more = run_time(ran and ran["runtime"]) + last_change(page, repository)
    context["body"] += provenance().replace("</p>", f"{more}</p>")


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
