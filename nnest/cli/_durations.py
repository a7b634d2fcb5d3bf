"""Durations as people write them."""

from __future__ import annotations

import argparse
import re

__all__ = ["duration"]

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """Read a duration in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no duration; write a number and s, min or h, as in 25min"
        )
    return float(match[1]) * _UNITS[match[2]]
