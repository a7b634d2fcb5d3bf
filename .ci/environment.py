"""Write environment.yml: the lock's pins of all that pyproject.toml asks for by name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Written by `make lock`; tests hold it to requirements.lock.
name: nnest
channels: [conda-forge]
variables:
  KERAS_BACKEND: jax
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def direct_dependencies(project: dict) -> list[str]:
    """Return the names that the project, its tools and its book ask for, sorted."""
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["dev"], *groups["book"]]
    return sorted({re.match(r"[A-Za-z0-9._-]+", each)[0].lower() for each in wanted})


def main() -> None:
    """Write the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
    lines = [f"      - {name}=={pins[name]}\n" for name in direct_dependencies(project)]
    text = HEAD + "".join(lines) + '      - "-e ."\n'
    (ROOT / "environment.yml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
