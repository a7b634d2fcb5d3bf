"""A progress bar of a whole study, whoever trains its trials."""

from __future__ import annotations

import math
import sys
from threading import Event, Thread
from typing import Any, Self

from tqdm import tqdm

__all__ = ["StudyBar"]

#: Seconds between two looks at the study.
_SECONDS = 0.5


class StudyBar:
    """Shows how many trials of a study have ended, the best value, and the time that is left.

    It looks at the study by itself, so that the trials of all workers are counted. It is silent
    where nobody watches.
    """

    def __init__(self, study: Any, total: int) -> None:
        self._study, self._total = study, total
        self._ended = Event()
        self._thread = Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bar = tqdm(
            total=self._total,
            initial=self._counts()[0],
            desc=self._study.study_name,
            unit="trial",
            smoothing=0,  # groups of trials end together: only the mean tells the time left
            disable=not sys.stderr.isatty(),
        )
        self._thread.start()
        return self

    def __exit__(self, error: type[BaseException] | None, *unused: object) -> None:
        """Show the end; after an error, do not wait for a storage that may be away."""
        del unused
        self._ended.set()
        self._thread.join(_SECONDS)
        if error is None:
            self._show()
        self._bar.close()

    def _follow(self) -> None:
        """Show what is new until the end."""
        while not self._ended.wait(_SECONDS):
            self._show()

    def _show(self) -> None:
        """Show what there is now."""
        try:
            done, text = self._counts()
        except Exception:  # a storage that is away is the search's to wait for, and to speak of
            return
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(max(0, done - self._bar.n))
        self._bar.refresh()

    def _counts(self) -> tuple[int, str]:
        """Return how many trials have ended, and a few words about them."""
        trials = self._study.get_trials(deepcopy=False)
        states = [trial.state.name for trial in trials]
        pruned, running = states.count("PRUNED"), states.count("RUNNING")
        values = [trial.value for trial in trials if trial.state.name == "COMPLETE"]
        best = max((value for value in values if math.isfinite(value)), default=None)
        words = [
            "" if best is None else f"best {best:.4f}",
            f"{pruned} pruned" if pruned else "",
            f"{running} running" if running else "",
        ]
        return len(values) + pruned, ", ".join(word for word in words if word)
