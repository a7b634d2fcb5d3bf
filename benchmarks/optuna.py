"""Studies: trials a minute, what pruning saves, several workers: ``python -m benchmarks.optuna``.

Three questions. How many trials a minute does a study try, beside an objective function of Optuna's
own users with scikeras? What do pruned trials save, and what does the best value lose by that? And
how much faster are two and four processes that share a study, each held to one core?
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from benchmarks._runs import Row, arguments, measure_all
from benchmarks._studies import GROUP, digits, numbers, setting, splits_of
from benchmarks._tables import show, summarize
from benchmarks._workers import worker_rows
from benchmarks.peers import PEERS

#: What other packages call the parameters.
NAMES = {
    "nnest": {},
    "scikeras": {
        "dropout": "model__dropout",
        "l2": "model__l2",
        "hidden_units": "model__units",
        "learning_rate": "optimizer__learning_rate",
    },
}
BASE = "OptunaSearchCV, TPE"
UNPRUNED = "no pruner"


# ------------------------------------------------------------------------------ trials a minute


def study_rows(trials: int, epochs: int, folds: int, samples: int) -> list[Row]:
    """Return the ways to run one study."""
    size = {"trials": trials, "epochs": epochs, "folds": folds, "samples": samples}
    plain = "optuna:plain_study"
    return [
        Row("Optuna, scikeras on JAX", plain, {"peer": "scikeras", **size}, needs=("scikeras",)),
        Row("Optuna, nnest", plain, {"peer": "nnest", **size}),
        Row(BASE, "optuna:search_study", {"sampler": "tpe", **size}),
        Row("OptunaSearchCV, random", "optuna:search_study", {"sampler": "random", **size}),
    ]


def plain_study(
    peer: str, trials: int, epochs: int, folds: int, samples: int
) -> list[dict[str, Any]]:
    """Run a study as Optuna's users write it: one trial after the other, one fold after the other.

    Parameters
    ----------
    peer : {"scikeras", "nnest"}
        Whose estimator is trained.
    trials, epochs, folds, samples : int
        The size of the work.

    Returns
    -------
    list of dict
        One finding: seconds, trials a minute, and the best value as the score.
    """
    import optuna
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = digits(samples)
    splits = splits_of(X, y, folds)
    network, _ = PEERS[peer](epochs, (), ())

    def objective(trial: Any) -> float:
        names = NAMES[peer]
        chosen = {names.get(name, name): value for name, value in setting(trial).items()}
        net = clone(network).set_params(**chosen)
        return float(cross_val_score(net, X, y, cv=splits, scoring="accuracy").mean())

    begun = time.perf_counter()
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=trials)
    return [_rate(time.perf_counter() - begun, study)]


def search_study(
    sampler: str, trials: int, epochs: int, folds: int, samples: int
) -> list[dict[str, Any]]:
    """Run the study by this package's search."""
    from nnest import OptunaSearchCV

    X, y = digits(samples)
    network, _ = PEERS["nnest"](epochs, (), ())
    search = OptunaSearchCV(
        network, setting, n_trials=trials, cv=splits_of(X, y, folds), scoring="accuracy",
        sampler=sampler, random_state=0, refit=False,
    )  # fmt: skip
    begun = time.perf_counter()
    search.fit(X, y)
    return [_rate(time.perf_counter() - begun, search.study_)]


def _rate(seconds: float, study: Any) -> dict[str, Any]:
    """Return what a study came to."""
    n = len(study.trials)
    rate = 60 * n / seconds
    return {"seconds": seconds, "trials": n, "trials_per_minute": rate, "score": study.best_value}


# ------------------------------------------------------------------------------ pruning


def pruning_rows(trials: int, epochs: int, folds: int, samples: int) -> list[Row]:
    """Return studies with and without a pruner.

    Those of a random sampler try the same settings with every pruner, so that a best value that is
    lower was lost by pruning; those of TPE are what people run.
    """
    size = {"trials": trials, "folds": folds, "samples": samples}
    kinds = {
        "mlp": {"epochs": epochs, "seeds": (0, 1, 2)},
        "cnn": {"epochs": epochs, "seeds": (0,)},
    }
    found = []
    for network, sampler in (("mlp", "random"), ("mlp", "tpe"), ("cnn", "random")):
        for pruner in (UNPRUNED, "median", "halving"):
            settings = {"network": network, "sampler": sampler, "pruner": pruner}
            name = f"{network}, {sampler}: {pruner}"
            found.append(Row(name, "optuna:pruned", {**settings, **kinds[network], **size}))
    return found


def pruner_of(name: str) -> Any:
    """Return a pruner that leaves every trial its first two epochs."""
    from optuna.pruners import MedianPruner, SuccessiveHalvingPruner

    if name == "median":
        return MedianPruner(n_startup_trials=5, n_warmup_steps=2)
    if name == "halving":
        return SuccessiveHalvingPruner(min_resource=2, reduction_factor=3)
    return None


def small_network(network: str, epochs: int) -> Any:
    """Return the network whose studies are pruned."""
    from nnest import CNNClassifier

    if network == "mlp":
        return PEERS["nnest"](epochs, (), ())[0]
    return CNNClassifier(filters=(8, 16), hidden_units=(32,), epochs=epochs, random_state=0)


def pruned(
    network: str,
    sampler: str,
    pruner: str,
    trials: int,
    epochs: int,
    folds: int,
    samples: int,
    seeds: Sequence[int],
) -> list[dict[str, Any]]:
    """Run a study for each seed and return what it took and found.

    Parameters
    ----------
    network : {"mlp", "cnn"}
        What is trained.
    sampler : str
        As the search takes it.
    pruner : {"no pruner", "median", "halving"}
        What stops trials.
    trials, epochs, folds, samples : int
        The size of the work.
    seeds : sequence of int
        Of the samplers.

    Returns
    -------
    list of dict
        For each seed: seconds, epochs trained, trials pruned, and the best value as the score.
    """
    from nnest import OptunaSearchCV

    X, y = digits(samples)
    X = X.reshape(-1, 8, 8) if network == "cnn" else X
    measured = []
    for seed in seeds:
        search = OptunaSearchCV(
            small_network(network, epochs), numbers, n_trials=trials, scoring="accuracy",
            cv=splits_of(X, y, folds), sampler=sampler, pruner=pruner_of(pruner),
            group_size=GROUP, random_state=seed, refit=False,
        )  # fmt: skip
        begun = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - begun
        measured.append({"seed": seed, "seconds": seconds, **_spent(search.study_, epochs)})
    return measured


def _spent(study: Any, epochs: int) -> dict[str, Any]:
    """Return the trials that were pruned, the epochs of all, and the best value."""
    stopped = [trial for trial in study.trials if trial.state.name == "PRUNED"]
    trained = sum(len(trial.intermediate_values) for trial in stopped)
    return {
        "pruned": len(stopped),
        "trials": len(study.trials),
        "epochs": trained + epochs * (len(study.trials) - len(stopped)),
        "score": study.best_value,
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    sizes = {"trials": 40, "epochs": 10, "folds": 3, "samples": 1797, "shared-trials": 64}
    options = arguments("Studies over dropout, L2, rate and layers.", **sizes).parse_args(argv)
    size = {"epochs": options.epochs, "folds": options.folds, "samples": options.samples}
    ways = [
        *study_rows(options.trials, **size),
        *pruning_rows(options.trials, **size),
        *worker_rows(options.shared_trials, **size),
    ]
    records = measure_all("optuna", ways, options)

    def table(title: str, rows: Sequence[Row], value: str, base: str) -> None:
        names = {row.name for row in rows}
        lines = summarize([each for each in records if each["row"] in names], value, base=base)
        print(show(f"\n{title}", lines, value.replace("_", " ")[:10]))

    table("Trials a minute", study_rows(1, 1, 1, 1), "trials_per_minute", BASE)
    for kind in ("mlp, random", "mlp, tpe", "cnn, random"):
        rows = [row for row in pruning_rows(1, 1, 1, 1) if row.name.startswith(kind)]
        table(f"Seconds of a study: {kind}", rows, "seconds", f"{kind}: {UNPRUNED}")
    table("Several workers", worker_rows(1, 1, 1, 1), "trials_per_minute", "journal, 1 worker")


if __name__ == "__main__":
    main()
