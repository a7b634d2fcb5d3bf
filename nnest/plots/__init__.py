"""Figures: seaborn, and nothing but drawing.

Every function takes data that is ready, draws it on an axes and returns that axes. Nothing is
averaged, fitted or judged here, with one exception that seaborn does itself: the mean and the band
of :func:`learning_curves`. Figures of a study point out its best trials, which is no more than
sorting. Matplotlib and seaborn are imported when a figure is drawn, so that
importing this module costs nothing.
"""

from nnest.plots._axes import save_figure
from nnest.plots._ideas import functions, images, kernel
from nnest.plots._networks import network
from nnest.plots._parameters import isolation, parallel_coordinates
from nnest.plots._records import agreement, confusion_matrix, learning_curves
from nnest.plots._searches import search_results
from nnest.plots._studies import best_of_k, importances, study_history

__all__ = [
    "agreement",
    "best_of_k",
    "confusion_matrix",
    "functions",
    "images",
    "importances",
    "isolation",
    "kernel",
    "learning_curves",
    "network",
    "parallel_coordinates",
    "save_figure",
    "search_results",
    "study_history",
]
