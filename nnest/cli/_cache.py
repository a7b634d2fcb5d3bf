"""``nnest cache``."""

from __future__ import annotations

import argparse

__all__ = ["add_cache"]


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest cache``."""
    parser.description = (
        "See or remove the compiled programs on this machine. With them, the next process does"
        " not compile again. NNEST_PROGRAM_CACHE names their folder; 0 means none."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("info", _info, "say where the compiled programs are, how many, and how large"),
        ("clear", _clear, "remove all compiled programs"),
    ):
        one = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        one.set_defaults(command=command)


def _info(parsed: argparse.Namespace) -> int:
    """Run ``nnest cache info``."""
    del parsed
    from nnest.programs import program_cache

    cache = program_cache()
    if cache is None:
        print("Compiled programs are not kept.")
    else:
        print(
            f"{cache.folder}: {len(cache)} programs, {cache.size / 2**20:.1f} of"
            f" {cache.largest / 2**20:.0f} MiB"
        )
    return 0


def _clear(parsed: argparse.Namespace) -> int:
    """Run ``nnest cache clear``."""
    del parsed
    from nnest.programs import program_cache

    cache = program_cache()
    n = 0 if cache is None else cache.clear()
    print(f"{n} programs removed.")
    return 0
