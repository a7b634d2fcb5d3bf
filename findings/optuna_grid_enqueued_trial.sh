#!/bin/sh
# Optuna: a study over a grid ends in a KeyError after an enqueued trial.
#
# One would guess: `enqueue_trial` works with every sampler, and a grid takes an enqueued setting
# for one of its points, or trains it beside them.
#
# What happens: GridSampler looks for the grid point of each trial in its attributes. An enqueued
# trial has none. Where one point is left when such a trial ends, `optimize` raises
# KeyError('grid_id'), after the trial has been trained; elsewhere the setting is tried twice.
#
# Why it matters: enqueueing what one knows to be good is a common first step, and the error comes
# after the work, at the end of a study.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq optuna==5.0.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
print("optuna", optuna.__version__)


def objective(trial):
    """Return the value of a point."""
    return trial.suggest_categorical("x", [0, 1])


def new_study():
    """Return a study over a grid of two points."""
    return optuna.create_study(sampler=optuna.samplers.GridSampler({"x": [0, 1]}, seed=0))


first = new_study()
first.enqueue_trial({"x": 0})
first.optimize(objective, n_trials=2)
tried = [trial.params["x"] for trial in first.trials]
print("enqueued first:", tried)

last = new_study()
last.optimize(objective, n_trials=1)
last.enqueue_trial({"x": 0})
try:
    last.optimize(objective, n_trials=1)
    said = "no error"
except KeyError as error:
    said = f"KeyError({error})"
print("enqueued where one point is left:", said)
assert tried == [0, 0]
assert said == "KeyError('grid_id')"
print("as described")
PYTHON
