"""Convolutional networks on images of MNIST's size: ``python -m benchmarks.cnn``.

Three tables: images a second of one network through ordinary training; a study of dropout rates and
seeds; and the images a second of many networks in one call beside those of one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks._runs import KEEP_PAGES, Row, arguments, measure_all
from benchmarks._tables import show, summarize
from benchmarks.networks import NETWORKS, estimator, images, plain_keras

RATES = (0.0, 0.15, 0.3, 0.45, 0.6)
SEEDS = 3
ON_TENSORFLOW = {"KERAS_BACKEND": "tensorflow"}
MALLOC = {"GLIBC_TUNABLES": KEEP_PAGES}


def training_rows(n: int, epochs: int) -> list[Row]:
    """Return the ways to train one network, for each of the networks."""
    found = []
    for network in NETWORKS:
        settings = {"network": network, "n": n, "epochs": epochs}
        for kept, allocator in (("", {}), (", pages kept", MALLOC)):
            found += [
                Row(f"{network}: Keras on TensorFlow{kept}", "cnn:train_keras", settings,
                    {**ON_TENSORFLOW, **allocator}, ("tensorflow",)),
                Row(f"{network}: Keras on JAX{kept}", "cnn:train_keras", settings, allocator),
                Row(f"{network}: nnest{kept}", "cnn:train_nnest", settings, allocator),
            ]  # fmt: skip
    return found


def study_rows(n: int, epochs: int) -> list[Row]:
    """Return the ways to train five rates with three seeds each."""
    settings = {"n": n, "epochs": epochs}
    return [
        Row("study: Keras on TensorFlow, one by one", "cnn:study", {"way": "keras", **settings},
            ON_TENSORFLOW, ("tensorflow",)),
        Row("study: Keras on JAX, one by one", "cnn:study", {"way": "keras", **settings}),
        Row("study: nnest, one by one", "cnn:study", {"way": "nnest", **settings}),
        Row("study: nnest, fit_many", "cnn:study", {"way": "fit_many", **settings}),
    ]  # fmt: skip


def together_rows(n: int, epochs: int, members: int) -> list[Row]:
    """Return one member of `fit_many` and many of them, on as many images each."""
    return [
        Row(f"together: {k}", "cnn:together", {"members": k, "n": n, "epochs": epochs})
        for k in (1, members)
    ]


class _Clock:
    """Takes the time of each epoch, by a callback of Keras or of `fit_many`."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.ends: list[float] = []

    def tick(self, *_: Any) -> None:
        """An epoch is over."""
        self.ends.append(time.perf_counter())

    def seconds(self) -> list[float]:
        """Return the seconds of each epoch; the first holds what came before it."""
        starts = [self.begun, *self.ends]
        return [end - start for start, end in zip(starts, self.ends, strict=False)]


def _measured(clock: _Clock, n: int, score: float) -> list[dict[str, Any]]:
    """Return the first epoch, what is compiled for it included, and the usual one."""
    first, *others = clock.seconds()
    found = {"cold": first, "warm": median(others)}
    return [
        {"start": start, "seconds": seconds, "images_per_second": n / seconds, "score": score}
        for start, seconds in found.items()
    ]


def train_keras(network: str, n: int, epochs: int) -> list[dict[str, Any]]:
    """Train a network of plain Keras on the back end of this process."""
    import keras

    X, y = images(NETWORKS[network], n)
    size = NETWORKS[network].batch_size
    model = plain_keras(NETWORKS[network])
    clock = _Clock()
    ticking = keras.callbacks.LambdaCallback(on_epoch_end=clock.tick)
    told = model.fit(X, y, batch_size=size, epochs=epochs, verbose=0, callbacks=[ticking])
    return _measured(clock, n, told.history["accuracy"][-1])


def train_nnest(network: str, n: int, epochs: int) -> list[dict[str, Any]]:
    """Train the same network through an estimator of this package."""
    import keras

    X, y = images(NETWORKS[network], n)
    clock = _Clock()
    ticking = keras.callbacks.LambdaCallback(on_epoch_end=clock.tick)
    net = estimator(NETWORKS[network], epochs=epochs, callbacks=[ticking])
    clock.begun = time.perf_counter()
    net.fit(X, y)
    return _measured(clock, n, net.history_["accuracy"][-1])


def study(way: str, n: int, epochs: int) -> list[dict[str, Any]]:
    """Train the 3x3 network with every rate and seed, and evaluate each on other images."""
    network = NETWORKS["3x3"]
    X, y = images(network, 2 * n)
    train, test = (X[:n], y[:n]), (X[n:], y[n:])
    pairs = [(rate, seed) for rate in RATES for seed in range(SEEDS)]
    run = _study_of_keras if way == "keras" else _study_of_nnest
    begun = time.perf_counter()
    scores = run(pairs, train, test, epochs, way == "fit_many")
    seconds = time.perf_counter() - begun
    score = sum(scores) / len(scores)
    return [{"start": "cold", "seconds": seconds, "score": score, "members": len(pairs)}]


def _study_of_keras(pairs: Any, train: Any, test: Any, epochs: int, _: bool) -> list[float]:
    """Return the accuracies of networks of plain Keras, trained one by one."""
    network, scores = NETWORKS["3x3"], []
    for rate, seed in pairs:
        model = plain_keras(network, rate, seed)
        model.fit(*train, batch_size=network.batch_size, epochs=epochs, verbose=0)
        scores.append(float(model.evaluate(*test, batch_size=512, verbose=0)[1]))
    return scores


def _study_of_nnest(pairs: Any, train: Any, test: Any, epochs: int, at_once: bool) -> list[float]:
    """Return the accuracies of estimators, trained one by one or in one call."""
    from nnest import fit_many

    nets = [
        estimator(NETWORKS["3x3"], dropout=rate, random_state=seed, epochs=epochs)
        for rate, seed in pairs
    ]
    if at_once:
        fit_many(nets, *train)
    else:
        for net in nets:
            net.fit(*train)
    return [float(net.score(*test)) for net in nets]


def together(members: int, n: int, epochs: int) -> list[dict[str, Any]]:
    """Train that many 3x3 networks in one call, and count the images of all."""
    from nnest import fit_many

    network = NETWORKS["3x3"]
    X, y = images(network, n)
    nets = [estimator(network, epochs=epochs, random_state=seed) for seed in range(members)]
    clock = _Clock()
    fit_many(nets, X, y, callback=clock.tick)
    score = sum(net.history_["accuracy"][-1] for net in nets) / members
    return _measured(clock, members * n, score)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print."""
    sizes = {"images": 6400, "epochs": 4, "study": 2560, "members": 32}
    options = arguments("Convolutional networks of MNIST's size.", **sizes).parse_args(argv)
    ways = [
        *training_rows(options.images, options.epochs),
        *study_rows(options.study, max(2, options.epochs // 2)),
        *together_rows(options.study, options.epochs, options.members),
    ]
    records = measure_all("cnn", ways, options)
    print_tables(records)


def print_tables(records: Sequence[dict[str, Any]]) -> None:
    """Print a table for each network, one for the study, and one of many members."""
    warm = [each for each in records if each["start"] == "warm"]
    for network in NETWORKS:
        found = [each for each in warm if each["row"].startswith(f"{network}: ")]
        lines = summarize(found, "images_per_second", base=f"{network}: Keras on TensorFlow")
        print(show(f"\n{network}, from the second epoch on", lines, "images/s"))
    found = [each for each in records if each["row"].startswith("study: ")]
    lines = summarize(found, "seconds", base="study: nnest, fit_many")
    print(show(f"\n{len(RATES)} rates x {SEEDS} seeds, cold", lines, "seconds"))
    found = [each for each in warm if each["row"].startswith("together: ")]
    lines = summarize(found, "images_per_second", base="together: 1")
    print(show("\nMembers of one call, from the second epoch on", lines, "images/s"))


if __name__ == "__main__":
    main()
