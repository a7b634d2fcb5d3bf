"""``nnest export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from nnest.exceptions import ExportError

__all__ = ["add_export"]


def add_export(parser: argparse.ArgumentParser) -> None:
    """Declare ``nnest export``."""
    parser.description = (
        "Write an ONNX file of a network, pipeline or ensemble that nnest.save has saved, for any "
        "program that runs such files."
        " ONNX Runtime tests the file first. If it predicts something else, nothing is written."
    )
    parser.add_argument("model", metavar="MODEL", help="a file or folder of nnest.save")
    parser.add_argument("out", metavar="FILE.onnx", help="where to write")
    parser.set_defaults(command=_export)


def _export(parsed: argparse.Namespace) -> int:
    """Run ``nnest export``."""
    from nnest.persistence import load, to_onnx

    out = Path(parsed.out)
    if out.suffix != ".onnx":
        raise ExportError(f"{out} does not end in .onnx: give a name as net.onnx.")
    try:
        to_onnx(load(parsed.model), out)
    except (OSError, ValueError, ImportError) as error:  # each says what to do
        raise ExportError(str(error)) from error
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB; ONNX Runtime predicts the same.")
    return 0
