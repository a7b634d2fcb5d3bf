"""A study as plain tables: its trials, and what mattered in it.

Figures and command lines read these tables, so that neither needs Optuna.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import optuna
from optuna.trial import TrialState

from nnest.studies._history import TrialHistory, result_of

if TYPE_CHECKING:
    import pandas as pd
    from optuna.importance import BaseImportanceEvaluator
    from optuna.study import Study
    from optuna.trial import FrozenTrial


_FOREST_SEED = 0
#: Trials that PED-ANOVA wants among the good ones.
_GOOD_TRIALS = 5


def trial_table(study: Study) -> pd.DataFrame:
    """Return the trials of a study, one row for each.

    Trials that were lost with their worker are left out: they stand further on, where they were
    trained again.

    Parameters
    ----------
    study : optuna.Study
        Any study of Optuna.

    Returns
    -------
    pandas.DataFrame
        The columns ``trial`` (its number), ``state`` ("complete", "pruned", "failed", "running",
        "waiting"), ``value`` (or ``value_0``, ``value_1``, ... for several objectives; that of a
        pruned trial is the last that it reported), ``reports`` (how many values it reported on its
        way), ``seconds`` (of training, a mean over folds, where the search wrote them down; else
        from when it was asked until it was told), ``reason`` (of a failed trial, where one is
        known), and for each parameter ``param_<name>``: numbers as they are, anything else as
        text, and nothing where a trial did not have that parameter.

    Examples
    --------
    >>> import optuna
    >>> from nnest.studies import trial_table
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> study.optimize(lambda trial: trial.suggest_float("l2", 0.0, 1.0), n_trials=3)
    >>> trial_table(study)[["trial", "state", "reports"]].values.tolist()
    [[0, 'complete', 0], [1, 'complete', 0], [2, 'complete', 0]]
    """
    import pandas as pd

    several = len(study.directions) > 1
    names = [f"value_{place}" for place in range(len(study.directions))] if several else ["value"]
    trials = _counted(study)
    parameters = list(dict.fromkeys(name for trial in trials for name in trial.params))
    rows = [
        {
            "trial": trial.number,
            "state": "failed" if trial.state == TrialState.FAIL else trial.state.name.lower(),
            **dict(zip(names, _values(trial, len(names)), strict=True)),
            "reports": len(trial.intermediate_values),
            "seconds": _seconds(trial),
            "reason": _reason(trial),
            **{f"param_{name}": _plain(trial.params, name) for name in parameters},
        }
        for trial in trials
    ]
    columns = ["trial", "state", *names, "reports", "seconds", "reason"]
    return pd.DataFrame(rows, columns=[*columns, *(f"param_{name}" for name in parameters)])


def _counted(study: Study) -> list[FrozenTrial]:
    """Return the trials of a study without those that lost their worker, or were dropped."""
    history = TrialHistory(study)
    failed = {trial.number for trial in history.failed}
    return [
        trial
        for trial in history.trials
        if trial.state != TrialState.FAIL or trial.number in failed
    ]


def _values(trial: FrozenTrial, n: int) -> list[float]:
    """Return a trial's values, not-a-number where it has none."""
    values = trial.values or []
    return [*values, *[math.nan] * (n - len(values))]


def _seconds(trial: FrozenTrial) -> float:
    """Return how long a trial took."""
    trained = trial.user_attrs.get("seconds")
    if isinstance(trained, int | float):
        return float(trained)
    return math.nan if trial.duration is None else trial.duration.total_seconds()


def _reason(trial: FrozenTrial) -> str:
    """Return why a trial failed, where that is known."""
    return str(trial.user_attrs.get("reason", result_of(trial).get("reason", "")))


def _plain(params: dict[str, Any], name: str) -> Any:
    """Return a setting as a number or as text."""
    if name not in params:
        return math.nan
    value = params[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else str(value)


def log_parameters(study: Study) -> list[str]:
    """Return the parameters that a study searches on a logarithmic scale.

    Parameters
    ----------
    study : optuna.Study
        Any study of Optuna.

    Returns
    -------
    list of str
        Their names, sorted.

    Examples
    --------
    >>> import optuna
    >>> from nnest.studies import log_parameters
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study()
    >>> trial = study.ask()
    >>> rate, l2 = trial.suggest_float("rate", 0, 1), trial.suggest_float("l2", 1e-6, 1, log=True)
    >>> log_parameters(study)
    ['l2']
    """
    trials = study.get_trials(deepcopy=False)
    known = {name: each for trial in trials for name, each in trial.distributions.items()}
    return sorted(name for name, each in known.items() if getattr(each, "log", False))


def importances(
    study: Study, *, evaluator: str = "ped_anova", objective: int | None = None
) -> pd.DataFrame:
    r"""Return how much each parameter mattered in a study.

    Parameters
    ----------
    study : optuna.Study
        Any study of Optuna with at least two complete trials.
    evaluator : {"ped_anova", "fanova"}, default="ped_anova"
        "ped_anova" tells how much a parameter decides whether a trial is among the best, and takes
        parameters that only some trials have; "fanova" tells which share of the variance of all
        values a parameter explains by itself, and leaves such parameters out.
    objective : int, default=None
        Which of several objectives; None is the only one.

    Returns
    -------
    pandas.DataFrame
        The columns ``parameter`` and ``importance``, largest first; importances sum to 1 unless
        no parameter differs.

    Raises
    ------
    ValueError
        If there are fewer than two complete trials, no such evaluator or no such objective.

    Notes
    -----
    PED-ANOVA compares how the settings :math:`x_j` of the best trials are distributed with those
    of all, by the Pearson divergence :math:`\int p_\text{all} (p_\text{best} / p_\text{all} -
    1)^2`. The best here are a tenth of the trials, or five if that is more, and never more than
    half. With few trials all importances are rough.

    References
    ----------
    .. [1] S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter
       Importance in Arbitrary Subspaces", IJCAI 2023.
    .. [2] F. Hutter, H. Hoos, K. Leyton-Brown, "An Efficient Approach for Assessing
       Hyperparameter Importance", ICML 2014.

    Examples
    --------
    >>> import optuna
    >>> from nnest.studies import importances
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> def objective(trial):
    ...     return trial.suggest_float("much", 0, 1) + 0.01 * trial.suggest_float("little", 0, 1)
    >>> study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    >>> study.optimize(objective, n_trials=40)
    >>> importances(study)["parameter"].tolist()
    ['much', 'little']
    """
    import pandas as pd

    chosen = _objective(study, objective)
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    finite = [trial for trial in complete if all(map(math.isfinite, trial.values))]
    if len(finite) < 2:
        raise ValueError(
            f"The study {study.study_name!r} has {len(finite)} complete trials: importances need "
            "at least 2."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about few trials, which the docstring says
        found = optuna.importance.get_param_importances(
            study, evaluator=_evaluator(evaluator, len(finite)), target=chosen
        )
    rows = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return pd.DataFrame(rows, columns=["parameter", "importance"])


def _objective(study: Study, objective: int | None) -> Any:
    """Return what takes one objective from a trial, lower being better; None for the only one."""
    n = len(study.directions)
    if (objective is None and n > 1) or (objective is not None and objective not in range(n)):
        raise ValueError(
            f"objective={objective!r} is not one of the {n} of the study {study.study_name!r}: "
            f"give a whole number from 0 to {n - 1}."
        )
    if n == 1:
        return None
    sign = 1.0 if study.directions[objective or 0] == optuna.study.StudyDirection.MINIMIZE else -1.0
    return lambda trial: sign * trial.values[objective]


def _evaluator(name: str, n_trials: int) -> BaseImportanceEvaluator:
    """Return the evaluator of a name."""
    if name == "fanova":
        return optuna.importance.FanovaImportanceEvaluator(seed=_FOREST_SEED)
    if name == "ped_anova":
        best = min(0.5, max(0.1, _GOOD_TRIALS / n_trials))
        return optuna.importance.PedAnovaImportanceEvaluator(target_quantile=best)
    raise ValueError(f"evaluator={name!r} is not known: give 'ped_anova' or 'fanova'.")
