"""When a search of a study ends, and what callbacks of scikit-learn hear of it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from sklearn.callback import ProgressBar
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnest import VectorizedGridSearchCV
from nnest.exceptions import StudyError
from tests.helpers import label
from tests.networks import mlp
from tests.studies import DROPOUT, PruneOdd, X, Y, fitted, search
from tests.test_grid import Recorder

RATES = {"dropout": FloatDistribution(0.0, 0.5)}
NEVER = 1.5


def states(done: Any) -> list[str]:
    """Return the states of all trials in order."""
    return [trial.state.name for trial in done.study_.trials]


class Tasks(Recorder):
    """A callback that also knows which fits began and ended, and how many there were to be."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()
        self.announced: list[int] = []

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Count a fit, or write down what a search announces."""
        super().on_fit_task_begin(estimator, context)
        if context.task_name == "search":
            self.announced.append(context.max_subtasks)
        self.begun[context.task_id] += context.task_name == "candidate-split-evaluation"

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Count a fit."""
        self.ended[context.task_id] += context.task_name == "candidate-split-evaluation"
        return super().on_fit_task_end(estimator, context)


def test_callbacks_hear_of_a_grid_what_scikit_learn_tells() -> None:
    """The same tasks, each begun and ended once."""
    theirs, ours = Recorder(), Recorder()
    GridSearchCV(mlp(), DROPOUT, cv=2).set_callbacks(theirs).fit(X, Y)
    search(sampler="grid", n_trials=2, refit=True).set_callbacks(ours).fit(X, Y)

    assert sorted(ours.seen) == sorted(theirs.seen)


def test_all_fits_that_begin_end(tmp_path: Path) -> None:
    """Those of pruned and failed trials, and of a study that goes on, which announces the rest."""
    where = {"storage": tmp_path / "study.journal", "study_name": "one"}
    settings = {"pruner": PruneOdd(), "group_size": 3, "estimator": mlp(epochs=3), **where}
    seen = []
    for n_trials in (3, 5, 5):
        tasks = Tasks()
        search(RATES, n_trials=n_trials, **settings).set_callbacks(tasks).fit(X, Y)
        assert +tasks.begun == +tasks.ended
        assert set(tasks.begun.values()) <= {0, 1}
        seen.append((tasks.announced, tasks.begun.total()))

    assert seen == [([6], 6), ([4], 4), ([0], 0)]
    diverging = mlp(optimizer="sgd", learning_rate=1e30)
    tasks = Tasks()
    given_up = search(RATES, diverging, n_trials=1).set_callbacks(tasks)
    with pytest.warns(UserWarning, match="Its trial fails"), pytest.raises(StudyError):
        given_up.fit(X, Y)
    assert +tasks.begun == +tasks.ended
    assert tasks.begun.total() == 2


def test_a_setting_that_is_too_large_has_no_fits() -> None:
    """It is not trained."""
    tasks = Tasks()
    space = {"hidden_units": [(8,), (64,)]}
    limited = search(space, sampler="grid", n_trials=2, constraints={"parameters": 1000})
    limited.set_callbacks(tasks).fit(X, Y)

    assert tasks.announced == [4]
    assert tasks.begun.total() == tasks.ended.total() == 2


@pytest.mark.parametrize("estimator", [mlp(), make_pipeline(StandardScaler(), mlp())], ids=label)
def test_a_progress_bar_fills(estimator: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where the refit is of a network, which has no callbacks of scikit-learn itself."""
    name = "mlpclassifier__dropout" if hasattr(estimator, "steps") else "dropout"
    done = search({name: [0.0, 0.4]}, estimator, sampler="grid", n_trials=2, refit=True)
    done.set_callbacks(ProgressBar()).fit(X, Y)
    shown = capsys.readouterr().out
    assert re.search(r"OptunaSearchCV - search #0 .*100%", shown)

    grid = VectorizedGridSearchCV(estimator, {name: [0.0]}, cv=2)
    grid.set_callbacks(ProgressBar()).fit(X, Y)
    assert re.search(r"VectorizedGridSearchCV - search #0 .*100%", capsys.readouterr().out)


def test_a_target_ends_the_search_after_its_batch(capsys: pytest.CaptureFixture[str]) -> None:
    """The batch in which a trial reaches it is told as a whole."""
    done = fitted(RATES, n_trials=6, group_size=2, target_score=0.0, verbose=1, refit=True)

    assert states(done) == ["COMPLETE"] * 2
    assert done.best_score_ == max(done.cv_results_["mean_test_score"])
    assert "Trial 0 has reached the target: the search ends.\n" in capsys.readouterr().out


def test_the_best_score_itself_reaches_a_target() -> None:
    """A search without one says when it is reached; above it, all trials are trained."""
    whole = fitted(RATES, n_trials=4, group_size=1)
    scores = [trial.value for trial in whole.study_.trials]
    for target in (max(scores), NEVER):
        done = fitted(RATES, n_trials=4, group_size=1, target_score=target)
        expected = scores.index(target) + 1 if target in scores else 4
        assert [trial.value for trial in done.study_.trials] == scores[:expected]


def test_trials_that_were_pruned_reach_nothing() -> None:
    """They have no score."""
    done = fitted(
        RATES, mlp(epochs=3), n_trials=3, group_size=1, pruner=PruneOdd(), target_score=NEVER
    )
    assert states(done) == ["COMPLETE", "PRUNED", "COMPLETE"]


def test_a_study_goes_on_with_a_higher_target(tmp_path: Path) -> None:
    """A target is not kept in it; one that was reached before trains nothing."""
    where: dict[str, Any] = {
        "storage": tmp_path / "study.journal",
        "study_name": "one",
        "group_size": 2,
        "n_trials": 5,
    }
    first = fitted(RATES, target_score=0.0, **where)
    again = fitted(RATES, target_score=0.0, refit=True, **where)
    assert states(again) == states(first) == ["COMPLETE"] * 2
    assert again.best_score_ == first.best_score_
    assert len(states(fitted(RATES, target_score=NEVER, **where))) == 5


def test_a_worker_ends_when_another_has_reached_its_target(tmp_path: Path) -> None:
    """After its own batch; a worker without a target goes on to the last trial."""
    where: dict[str, Any] = {
        "storage": tmp_path / "study.journal",
        "study_name": "one",
        "group_size": 1,
        "n_trials": 4,
    }
    known: list[list[str]] = []

    def let_another_work(study: Any, trial: Any) -> None:
        """Search on the same study while this worker's first batch is being told."""
        if trial.number == 0:
            known.append(states(fitted(RATES, target_score=0.0, **where)))

    search(RATES, target_score=0.0, callbacks=[let_another_work], **where).fit(X, Y)
    done = search(RATES, **where).fit(X, Y)

    assert known == [["COMPLETE"]]
    assert states(done) == ["COMPLETE"] * 4


@pytest.mark.parametrize(
    ("objectives", "target", "n"),
    [
        (["score", "parameters"], {"score": 0.0}, 2),
        (["score", "parameters"], {"score": 0.0, "parameters": 10**6}, 2),
        (["score", "parameters"], {"score": 0.0, "parameters": 10}, 4),
        (["score", "parameters"], {"score": NEVER, "parameters": 10**6}, 4),
        ("parameters", 10**6, 2),
        ("parameters", 10, 4),
        ("score", {"score": 0.0}, 2),
    ],
    ids=str,
)
def test_several_objectives_are_reached_by_one_trial(objectives: Any, target: Any, n: int) -> None:
    """All that are named; of what is measured, less is better."""
    done = fitted(RATES, n_trials=4, group_size=2, objectives=objectives, target_score=target)
    assert len(states(done)) == n


@pytest.mark.parametrize("target", [float("nan"), float("inf"), True, "high", [0.9]], ids=str)
def test_a_target_is_a_number(target: Any) -> None:
    """One that is finite."""
    sentence = f"target_score={target!r} is not accepted: give numbers that are finite, or None."
    with pytest.raises(StudyError, match=f"^{re.escape(sentence)}$"):
        fitted(target_score=target)


@pytest.mark.parametrize(
    ("objectives", "target"),
    [(("score", "bytes"), 0.9), (("score",), {"accuracy": 0.9}), (("score",), {})],
    ids=str,
)
def test_a_target_names_objectives(objectives: Any, target: Any) -> None:
    """Of several objectives each has its own."""
    sentence = (
        f"target_score={target!r} is not accepted with the objectives {list(objectives)}: give a "
        "number for one objective, a dict of numbers by their names, or None."
    )
    with pytest.raises(StudyError, match=f"^{re.escape(sentence)}$"):
        fitted(target_score=target, objectives=objectives)


def test_waiting_trials_are_left_for_a_longer_search(tmp_path: Path) -> None:
    """What a user has enqueued behind the target is still there."""
    where: dict[str, Any] = {
        "storage": tmp_path / "study.journal",
        "study_name": "one",
        "group_size": 1,
    }
    first = fitted(RATES, n_trials=1, **where)
    first.study_.enqueue_trial({"dropout": 0.25})
    done = fitted(RATES, n_trials=3, target_score=0.0, **where)
    assert states(done) == ["COMPLETE", TrialState.WAITING.name]
    longer = fitted(RATES, n_trials=3, target_score=NEVER, **where)
    assert longer.study_.trials[1].params == {"dropout": 0.25}
    assert states(longer) == ["COMPLETE"] * 3
