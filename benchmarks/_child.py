"""One measurement: ``python -m benchmarks._child MODULE:FUNCTION '{"argument": ...}'``."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from benchmarks._runs import MARK


def main() -> None:
    """Call the function that the command line names, and print what it found."""
    place, settings = sys.argv[1:]
    module, _, name = place.partition(":")
    measured = getattr(import_module(f"benchmarks.{module}"), name)(**json.loads(settings))
    print(MARK + json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
