"""Many members in one program."""

from nnest.population._fit_many import fit_many

__all__ = ["fit_many"]
