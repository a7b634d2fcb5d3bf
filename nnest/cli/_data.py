"""``nnest data``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnest.datasets import DatasetInfo

__all__ = ["add_data"]


def add_data(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest data``."""
    parser.description = "List, download and check the data sets. NNEST_DATA names their folder."
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command, text in (
        ("list", _list_data, "list the data sets, and say which are on this machine"),
        ("fetch", _fetch_data, "download what is missing, and check it"),
        ("verify", _verify_data, "check every array by its digest, without downloading"),
    ):
        one = commands.add_parser(name, help=text, description=f"{text.capitalize()}.")
        one.add_argument("names", nargs="*", metavar="NAME", help="default: all")
        one.set_defaults(command=command)


def _chosen_data(parsed: argparse.Namespace) -> list[DatasetInfo]:
    """Return the data sets that were named, or all."""
    from nnest.datasets import describe, list_datasets
    from nnest.exceptions import DatasetError

    try:
        return [describe(name) for name in parsed.names] or list_datasets()
    except ValueError as error:
        raise DatasetError(str(error)) from error


def _list_data(parsed: argparse.Namespace) -> int:
    """Run ``nnest data list``."""
    from nnest.datasets import path_of

    for info in _chosen_data(parsed):
        shape = "x".join(map(str, info.shape))
        path = path_of(info.name)
        print(
            f"{info.name:<14} {info.n_train:>6} + {info.n_test:>5} images of {shape:<8}"
            f" {path if path.exists() else 'not on this machine'}  ({info.licence})"
        )
    return 0


def _fetch_data(parsed: argparse.Namespace) -> int:
    """Run ``nnest data fetch``."""
    from nnest.datasets import fetch, path_of

    for info in _chosen_data(parsed):
        fetch(info.name)
        print(f"{info.name}: whole, in {path_of(info.name)}")
    return 0


def _verify_data(parsed: argparse.Namespace) -> int:
    """Run ``nnest data verify``; without names, of what is on this machine."""
    from nnest.datasets import path_of, verify

    for info in _chosen_data(parsed):
        if not parsed.names and not path_of(info.name).exists():
            print(f"{info.name}: not on this machine")
        else:
            verify(info.name)
            print(f"{info.name}: whole, in {path_of(info.name)}")
    return 0
