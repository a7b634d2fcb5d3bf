"""``python -m nnest`` is the command ``nnest``."""

from __future__ import annotations

from nnest.cli import run

__all__: list[str] = []

if __name__ == "__main__":
    run()
