"""What the networks of a search are worth together: ``python -m benchmarks.ensembles``.

For each seed, a search over three architectures and three dropout rates keeps its networks.
The refitted winner, its folds and a greedy choice, also calibrated, answer the same test rows.
A second part measures what keeping costs a grid of 75 fits, and a third how long ten networks take
to answer together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks._runs import Row, arguments, measure_all
from benchmarks.grid import DROPOUTS, PENALTIES
from benchmarks.memory import resident

WINNER = "refitted winner"
CALM = "winner, calibrated"
TOGETHER = ("folds", "greedy")
GRID = {"hidden_units": [(32,), (64,), (64, 64)], "dropout": [0.0, 0.2, 0.4]}
#: How many rows are trained on, and tested on.
SIZES = {"digits": (898, 899), "mnist": (5000, 10000), "fashion_mnist": (5000, 10000)}
#: Points of accuracy that may be lost against the refitted winner: the mean, and its upper bound.
BARS = (0.1, 0.3)
#: What answers together: of 28x28 pixels, flat for the perceptron.
NETWORKS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden_units": (64, 64)},
    "cnn": {"filters": (32, 64), "hidden_units": (128,)},
}


def rows(data: str, seeds: Sequence[int], epochs: int, folds: int) -> list[Row]:
    """Return one row for each seed, and those of the cost."""
    compared = [
        Row(f"{data}, {folds} folds, seed {seed}", "ensembles:compare",
            {"data": data, "seed": seed, "epochs": epochs, "folds": folds})
        for seed in seeds
    ]  # fmt: skip
    cost = [Row(f"keep={keep!r}", "ensembles:cost", {"keep": keep}) for keep in (None, "all")]
    together = [
        Row(f"answers: {each}", "ensembles:answers", {"network": each}) for each in NETWORKS
    ]
    return [*compared, *cost, *together]


def samples(data: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training and test rows of one seed, from 0 to 1, and their labels."""
    from sklearn.model_selection import train_test_split

    from nnest import datasets

    known = datasets.load_digits() if data == "digits" else getattr(datasets, f"fetch_{data}")()
    n_train, n_test = SIZES[data]
    X, y, X_test, y_test = known.data, known.target, known.data_test, known.target_test
    if data == "digits":  # few: each seed divides all of them anew
        X, y = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    drawn = train_test_split(
        X, y, train_size=n_train, test_size=n_test, stratify=y, random_state=seed
    )
    X, y = drawn[0], drawn[2]
    if data == "digits":
        X_test, y_test = drawn[1], drawn[3]
    largest = float(X.max())
    X, X_test = (np.reshape(part, (len(part), -1)).astype(np.float32) for part in (X, X_test))
    return X / largest, X_test / largest, y, y_test


def compare(data: str, seed: int, epochs: int, folds: int) -> list[dict[str, Any]]:
    """Return loss and accuracy of each way to use one search."""
    from sklearn.metrics import accuracy_score, log_loss
    from sklearn.model_selection import StratifiedKFold

    from nnest import MLPClassifier, VectorizedGridSearchCV
    from nnest.ensembles import Ensemble

    X, X_test, y, y_test = samples(data, seed)
    search = VectorizedGridSearchCV(
        MLPClassifier(epochs=epochs, random_state=seed),
        GRID,
        scoring="neg_log_loss",
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        keep="all",
    ).fit(X, y)
    ways: dict[str, Any] = {WINNER: search.best_estimator_}
    calm = Ensemble.from_fitted([search.best_estimator_])
    # The winner's own temperature, from the rows that its folds have not seen.
    calm.temperature_ = search.ensemble("folds", calibrate="temperature").temperature_
    ways[CALM] = calm
    for kind in TOGETHER:
        ways[kind] = search.ensemble(kind, calibrate=None)
        ways[f"{kind}, calibrated"] = search.ensemble(kind, calibrate="temperature")
    found = []
    for way, estimator in ways.items():
        answers = np.asarray(estimator.predict_proba(X_test), np.float64)
        answers /= answers.sum(axis=1, keepdims=True)
        right = accuracy_score(y_test, estimator.classes_[answers.argmax(axis=1)])
        found.append({"way": way, "loss": float(log_loss(y_test, answers)), "score": float(right)})
    return found


def cost(keep: str | None) -> list[dict[str, Any]]:
    """Return memory of a grid of 75 fits that keeps so much, and its time by a plain one's."""
    from nnest import MLPClassifier, VectorizedGridSearchCV

    X, _, y, _ = samples("digits", 0)
    grid = {"dropout": list(DROPOUTS), "l2": list(PENALTIES)}
    net = MLPClassifier(hidden_units=(64,), epochs=30, random_state=0)

    def seconds(kept: str | None) -> float:
        start = time.perf_counter()
        VectorizedGridSearchCV(net, grid, cv=5, keep=kept).fit(X, y)
        return time.perf_counter() - start

    seconds(keep)  # compiles
    mebibytes = resident()
    # In turns, because other work on the machine slows both.
    ratios = [seconds(keep) / seconds(None) for _ in range(3)]
    return [{"seconds_ratio": float(np.median(ratios)), "mebibytes": mebibytes}]


def answers(
    network: str, members: int = 10, n: int = 1000, rounds: int = 20
) -> list[dict[str, Any]]:
    """Return how long networks take for the probabilities of rows, together and one by one.

    Parameters
    ----------
    network : {"mlp", "cnn"}
        The architecture.
    members, n, rounds : int
        How many networks, rows, and measurements of each way, all ways in turn.

    Returns
    -------
    list of dict
        One dict: ``milliseconds`` of the ensemble (median), and its ratios to one network and to
        all of them one after the other.
    """
    from nnest import CNNClassifier, Ensemble, MLPClassifier

    kind, shape = (CNNClassifier, (28, 28, 1)) if network == "cnn" else (MLPClassifier, (784,))
    X = np.random.default_rng(0).random((n, *shape), np.float32)
    net = kind(**NETWORKS[network], epochs=1, random_state=0)
    ensemble = Ensemble.from_seeds(net, X, np.arange(n) % 10, n=members)
    nets = ensemble.estimators_
    ways: dict[str, Any] = {
        "together": lambda: ensemble.predict_proba(X),
        "one": lambda: nets[0].predict_proba(X),
        "one by one": lambda: [each.predict_proba(X) for each in nets],
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds + 1):  # the first compiles
        for way, ask in ways.items():
            start = time.perf_counter()
            ask()
            found[way].append(1000 * (time.perf_counter() - start))
    together, one, each = (float(np.median(taken[1:])) for taken in found.values())
    return [{"milliseconds": together, "by_one": together / one, "by_all": together / each}]


def judge(records: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each way: its loss and accuracy against those of the refitted winner."""
    from nnest.stats import paired_difference_test

    table: dict[str, dict[int, dict[str, Any]]] = {}
    for each in records:
        if "way" in each:
            table.setdefault(each["way"], {})[each["settings"]["seed"]] = each
    seeds = sorted(table.get(WINNER, {}))
    if len(seeds) < 2:
        return ["Fewer than two seeds: nothing is judged."]

    def of(way: str, value: str) -> list[float]:
        return [table[way][seed][value] for seed in seeds]

    lines = [f"{len(seeds)} seeds; p of a lower loss, one-sided, by the paired t-test"]
    for way in table:
        against = [other for other in (WINNER, CALM) if other != way and other in table]
        tests = {
            each: paired_difference_test(of(each, "loss"), of(way, "loss")) for each in against
        }
        text = "".join(f"; p {t.p_greater:.2g} against {name}" for name, t in tests.items())
        shown = f"{way:22} loss {np.mean(of(way, 'loss')):.4f}"
        lines.append(f"{shown}, {accuracy(of(WINNER, 'score'), of(way, 'score'))}{text}")
    return lines


def accuracy(winner: Sequence[float], way: Sequence[float]) -> str:
    """Return how much accuracy a way gains, how much it loses at most, and whether that is much."""
    from nnest.stats import paired_interval

    points = round(100 * float(np.mean(way) - np.mean(winner)), 9)
    # The upper limit of an interval of 90 % is the one-sided bound of 95 %.
    most = 100 * paired_interval(winner, way, confidence=0.9).high
    missed = ", MISSES THE BAR" if -points > BARS[0] or most > BARS[1] else ""
    return f"accuracy {points:+.2f} points, loss at most {most:+.2f} (one-sided 95 %){missed}"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    parser = arguments("Networks of a search together.", seeds=10, epochs=30, folds=5)
    parser.add_argument("--data", choices=SIZES, default="digits")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of the seeds")
    parser.set_defaults(repeats=1)
    options = parser.parse_args(argv)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    found = measure_all(
        "ensembles", rows(options.data, seeds, options.epochs, options.folds), options
    )
    compared = [each for each in found if each["settings"].get("data") == options.data]
    mine = [
        each
        for each in compared
        if each["settings"]["seed"] in seeds and each["settings"].get("folds", 5) == options.folds
    ]
    print(f"\n{options.data}\n" + "\n".join(judge(mine)))
    for each in found:
        if "milliseconds" in each:
            print(
                f"{each['row']}: ten take {each['milliseconds']:.1f} ms, {each['by_one']:.2f} of "
                f"one network's time and {each['by_all']:.2f} of ten calls'"
            )
    kept = {each["row"]: each for each in found if "mebibytes" in each}
    if len(kept) == 2:
        plain, whole = kept["keep=None"], kept["keep='all'"]
        print(
            f"keep='all' takes {whole['seconds_ratio']:.2f} of the time and "
            f"{whole['mebibytes'] / plain['mebibytes']:.2f} of the memory"
        )


if __name__ == "__main__":
    main()
