"""Tables of a study: every trial once, importances that sum to one, and the best of k trials."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nnest.stats import expected_best
from nnest.studies import importances, log_parameters, trial_table

UNIT = optuna.distributions.FloatDistribution(0.0, 1.0)


def study_of(values: list[float], **options: object) -> optuna.Study:
    """Return a study in which the value of a trial is its only parameter."""
    study = optuna.create_study(**options)
    for value in values:
        study.add_trial(create_trial(params={"x": value}, distributions={"x": UNIT}, value=value))
    return study


def two_parameters(n: int, seed: int = 0) -> optuna.Study:
    """Return a study in which one parameter matters much, and one does not."""
    study = optuna.create_study(direction="maximize")
    for much, little in np.random.default_rng(seed).random((n, 2)).tolist():
        study.add_trial(
            create_trial(
                params={"much": much, "little": little},
                distributions={"much": UNIT, "little": UNIT},
                value=much + 0.01 * little,
            )
        )
    return study


def test_table_has_every_trial_with_its_state_and_settings() -> None:
    """Tuples are their texts, None and truths too; what a trial does not have is empty."""
    study = optuna.create_study()
    kinds = optuna.distributions.CategoricalDistribution(["64-32", None, True])
    trials = [
        create_trial(params={"x": 0.5}, distributions={"x": UNIT}, value=1.0),
        create_trial(
            params={"kind": "64-32"},
            distributions={"kind": kinds},
            state=TrialState.PRUNED,
            value=0.3,
            intermediate_values={1: 0.2, 2: 0.3},
        ),
        create_trial(
            params={"kind": None, "x": 0.25},
            distributions={"kind": kinds, "x": UNIT},
            state=TrialState.FAIL,
        ),
        create_trial(params={"kind": True}, distributions={"kind": kinds}, value=2.0),
    ]
    study.add_trials(trials)

    table = trial_table(study)

    assert table["trial"].tolist() == [0, 1, 2, 3]
    assert table["state"].tolist() == ["complete", "pruned", "failed", "complete"]
    np.testing.assert_array_equal(table["value"], [1.0, 0.3, np.nan, 2.0])
    assert table["reports"].tolist() == [0, 2, 0, 0]
    np.testing.assert_array_equal(table["param_x"], [0.5, np.nan, 0.25, np.nan])
    assert table["param_kind"].dropna().tolist() == ["64-32", "None", "True"]
    assert (table["seconds"].dropna() >= 0).all()


def test_table_of_several_objectives_has_a_column_for_each() -> None:
    """Values are numbered as the study numbers them."""
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.add_trial(create_trial(values=[0.9, 12.0]))
    study.add_trial(create_trial(state=TrialState.FAIL))
    table = trial_table(study)
    np.testing.assert_array_equal(table[["value_0", "value_1"]], [[0.9, 12.0], [np.nan] * 2])


def test_table_of_an_empty_study_has_its_columns() -> None:
    """A program that reads it needs no special case."""
    table = trial_table(optuna.create_study())
    assert len(table) == 0
    assert {"trial", "state", "value", "seconds"} <= set(table.columns)


def test_parameters_on_a_logarithmic_scale_are_told() -> None:
    """Whole numbers too; choices have no scale."""
    study = optuna.create_study()
    trial = study.ask()
    trial.suggest_float("rate", 0.0, 1.0)
    trial.suggest_categorical("activation", ["relu", "tanh"])
    trial = study.ask()
    trial.suggest_int("units", 1, 1024, log=True)
    trial.suggest_float("l2", 1e-6, 1e-2, log=True)
    assert log_parameters(study) == ["l2", "units"]


@pytest.mark.parametrize("evaluator", ["ped_anova", "fanova"])
@pytest.mark.parametrize("n", [4, 40])
def test_importances_find_what_matters(evaluator: str, n: int) -> None:
    """They sum to one; with enough trials the parameter that decides comes first."""
    table = importances(two_parameters(n), evaluator=evaluator)
    assert table["importance"].sum() == pytest.approx(1.0)
    assert table["importance"].is_monotonic_decreasing
    if n == 40:
        assert table["parameter"].tolist() == ["much", "little"]
        assert table["importance"][0] > 0.6


def test_importances_take_one_of_several_objectives_in_its_direction() -> None:
    """Accuracy is decided by one parameter, seconds by the other."""
    study = optuna.create_study(directions=["maximize", "minimize"])
    for a, b in np.random.default_rng(0).random((60, 2)).tolist():
        distributions = {"a": UNIT, "b": UNIT}
        study.add_trial(
            create_trial(params={"a": a, "b": b}, distributions=distributions, values=[a, b])
        )
    assert importances(study, objective=0)["parameter"][0] == "a"
    assert importances(study, objective=1)["parameter"][0] == "b"


def test_importances_refuse_what_they_cannot_tell() -> None:
    """Too few trials, an unknown evaluator, objectives that are not there or not chosen."""
    study = study_of([0.5], study_name="small")
    message = "The study 'small' has 1 complete trials: importances need at least 2."
    with pytest.raises(ValueError, match=re.escape(message)):
        importances(study)
    study = study_of([0.1, 0.5], study_name="two")
    message = "evaluator='anova' is not known: give 'ped_anova' or 'fanova'."
    with pytest.raises(ValueError, match=re.escape(message)):
        importances(study, evaluator="anova")
    message = "objective=1 is not one of the 1 of the study 'two': give a whole number from 0 to 0."
    with pytest.raises(ValueError, match=re.escape(message)):
        importances(study, objective=1)


def test_expected_best_is_the_mean_over_all_choices() -> None:
    """Every choice of k trials is counted by hand."""
    values = [0.3, 0.9, 0.1, 0.9, 0.5]
    table = expected_best(values, n_resamples=50)
    for k, found in zip(table["k"], table["expected"], strict=True):
        by_hand = np.mean([max(each) for each in itertools.combinations(values, k)])
        assert found == pytest.approx(by_hand)


def test_expected_best_of_losses_is_their_mirror_image() -> None:
    """Least instead of most: all signs turn, and the band's limits change places."""
    values = np.random.default_rng(0).random(9)
    most = expected_best(values, n_resamples=200)
    least = expected_best(-values, higher_is_better=False, n_resamples=200)
    np.testing.assert_allclose(least["expected"], -most["expected"])
    np.testing.assert_allclose(least["low"], -most["high"])
    np.testing.assert_allclose(least["high"], -most["low"])


def test_expected_best_lies_in_its_band_and_grows() -> None:
    """More trials never make the best worse; a wider share makes a wider band."""
    values = np.random.default_rng(1).normal(size=30)
    table, wide = expected_best(values), expected_best(values, confidence=0.99)
    assert (table["low"] <= table["high"]).all()
    assert (wide["low"] <= table["low"]).all()
    assert (table["high"] <= wide["high"]).all()
    assert table["expected"].is_monotonic_increasing
    assert table["expected"].iloc[0] == pytest.approx(values.mean())
    assert table["expected"].iloc[-1] == pytest.approx(values.max())


def test_trials_that_failed_were_paid_for() -> None:
    """A value that is not finite counts as the worst one."""
    with_failures = expected_best([0.5, np.nan, 0.9, np.inf], n_resamples=10)["expected"]
    np.testing.assert_allclose(
        with_failures, expected_best([0.5, 0.5, 0.9, 0.5], n_resamples=10)["expected"]
    )


@pytest.mark.parametrize("n", [1, 2, 500])
def test_expected_best_of_any_number_of_trials(n: int) -> None:
    """Binomials of hundreds do not overflow."""
    table = expected_best(np.linspace(0, 1, n), n_resamples=20)
    assert len(table) == n
    assert np.isfinite(table.to_numpy(float)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"values": [np.nan]},
            "Got values of shape (1,) of which 0 are finite: give one row of numbers, a trial "
            "each, at least one of them finite.",
        ),
        (
            {"values": [1.0], "confidence": 95},
            "Got confidence=95, but it must lie between 0 and 1.",
        ),
        (
            {"values": [1.0], "n_resamples": 0},
            "Got n_resamples=0, but it must be an integer of 1 or more.",
        ),
        (
            {"values": [1.0], "n_resamples": 2.5},
            "Got n_resamples=2.5, but it must be an integer of 1 or more.",
        ),
    ],
)
def test_expected_best_refuses_what_is_no_row_of_values(
    arguments: dict[str, object], message: str
) -> None:
    """One sentence each."""
    with pytest.raises(ValueError, match=re.escape(message)):
        expected_best(**arguments)


def test_tables_need_no_network_library() -> None:
    """A page that only reads a study loads neither Keras nor JAX."""
    code = (
        "import sys\nfrom nnest.stats import expected_best\nfrom nnest.studies import importances\n"
        "print(sorted({'keras', 'jax'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
