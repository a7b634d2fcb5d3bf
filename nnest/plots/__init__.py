"""Figures: seaborn, and nothing but drawing.

Every function takes data that is ready, draws it on an axes and returns that axes. Nothing is
averaged, fitted or judged here, with one exception that seaborn does itself: the mean and the band
of :func:`learning_curves`. Matplotlib and seaborn are imported when a figure is drawn, so that
importing this module costs nothing.
"""

from ._ideas import functions, images, kernel
from ._records import agreement, confusion_matrix, learning_curves
from ._searches import search_results

__all__ = [
    "agreement",
    "confusion_matrix",
    "functions",
    "images",
    "kernel",
    "learning_curves",
    "search_results",
]
