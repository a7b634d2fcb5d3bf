"""Which code made a number: the digest of its source, the state of the checkout."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path


def source_digest(package_dir: str | Path) -> str:
    """Return the fingerprint of a package's source.

    Parameters
    ----------
    package_dir : str or pathlib.Path
        The folder of the package.

    Returns
    -------
    str
        The SHA-256, as 64 hexadecimal digits, over the relative paths and contents of all
        files ``*.py`` in it.

    Raises
    ------
    ValueError
        If the folder holds no such file.

    Examples
    --------
    >>> from pathlib import Path
    >>> len(source_digest(Path(__file__).parent))
    64
    """
    folder = Path(package_dir)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    if not files:
        raise ValueError(f"There is no Python file in {str(folder)!r}: name a package's folder.")
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        digest.update(f"{len(name)} {name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def git_state(
    folder: str | Path, *, exclude: Iterable[str | Path] = ()
) -> tuple[str | None, bool | None]:
    """Return the commit of the checkout that a folder belongs to, and whether it was changed.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder in the checkout.
    exclude : iterable of str or pathlib.Path, default=()
        Paths whose changes do not count, such as the folder that the runs are recorded in;
        relative ones start at the root of the checkout.

    Returns
    -------
    commit : str or None
        The commit's hash; None outside of a checkout, in a folder that it ignores (an
        installed package in ``.venv``), before the first commit, and where there is no git.
    dirty : bool or None
        Whether files differ from that commit or are not known to it; None outside of a
        checkout.

    Examples
    --------
    >>> git_state("/")
    (None, None)
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None or _git(folder, "check-ignore", "-q", ".") is not None:
        return None, None
    root = Path(top).resolve()
    inside = (_below(root, Path(path)) for path in exclude)
    paths = [f":(top,exclude,literal){path}" for path in inside if path]
    changes = _git(root, "status", "--porcelain", "--", ":(top)", *paths)
    return _git(
        root, "rev-parse", "--verify", "-q", "HEAD"
    ), None if changes is None else changes != ""


def _git(folder: str | Path, *arguments: str) -> str | None:
    """Return what git prints, or None where it fails or is not installed."""
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        # Git writes UTF-8 everywhere; Python would take Windows's old code page.
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _below(root: Path, path: Path) -> str | None:
    """Return a path as seen from the root, or None if it does not lie below it."""
    full = (root / path).resolve()
    return full.relative_to(root).as_posix() if root in full.parents else None
