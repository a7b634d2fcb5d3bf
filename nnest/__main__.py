"""``python -m nnest`` is the command ``nnest``."""

from __future__ import annotations

import sys

from nnest.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
