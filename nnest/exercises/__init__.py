"""The exercises of the book, and what checks an answer.

Nothing but NumPy is needed, so that `check` also works in a notebook that somebody downloaded.
"""

from nnest.exercises._check import Checked, check
from nnest.exercises._exercise import EXERCISES, Exercise

__all__ = ["EXERCISES", "Checked", "Exercise", "check"]
