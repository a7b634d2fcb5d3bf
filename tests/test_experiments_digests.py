"""Records are found by digests, which no later change of the package may move."""

from __future__ import annotations

from tests.digests import committed, declared


def test_no_declared_arm_has_moved() -> None:
    """Each arm has the digests of the committed list, at all scales, and none is missing in it.

    Where arms were added, `python -m tests.digests` adds them to the list.
    """
    assert declared() == committed()
