"""Members an hour on an accelerator: ``python -m benchmarks.gpu``.

Many members in one call, by each lowering and for ever more members, beside networks of plain Keras
trained one after the other. A member is one training of so many images and epochs, from building
the network to the last step; its rate is told with all compilation, and from the second epoch on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks._runs import Row, arguments, measure_all
from benchmarks._tables import show, summarize
from benchmarks.networks import NETWORKS, estimator, images, plain_keras

COUNTS = (1, 8, 32, 128)
LOWERINGS = ("stacked", "products", "alone")
#: Members that are trained one by one: enough to know their rate.
FEW = 3
UNITS = (512, 512)


def rows(n: int, epochs: int, counts: Sequence[int] = COUNTS) -> list[Row]:
    """Return Keras one by one, then every lowering of every number of members.

    Parameters
    ----------
    n, epochs : int
        Images and epochs of a training.
    counts : sequence of int
        Numbers of members.

    Returns
    -------
    list of Row
        Rows of a multilayer perceptron and of a convolutional network.
    """
    found = []
    for network in ("mlp", "cnn"):
        size = {"network": network, "n": n, "epochs": epochs}
        found.append(Row(f"{network}: Keras, one by one", "gpu:one_by_one", size))
        for lowering in LOWERINGS:
            if network == "mlp" and lowering == "products":
                continue  # there is nothing to lower: stacked it is products already
            found += [
                Row(
                    f"{network}: {lowering}, {k} members",
                    "gpu:together",
                    {"members": k, "lowering": lowering, **size},
                )
                for k in counts
                if lowering != "alone" or k <= COUNTS[1]
            ]
    return found


def one_by_one(network: str, n: int, epochs: int) -> list[dict[str, Any]]:
    """Train some networks of plain Keras, each from building it on."""
    X, y = _data(network, n)
    ends: list[float] = []
    begun = time.perf_counter()
    for seed in range(FEW):
        model = plain_keras(NETWORKS["3x3"], seed=seed) if network == "cnn" else _plain_mlp(seed)
        told = model.fit(X, y, batch_size=128, epochs=epochs, verbose=0, callbacks=[_ticking(ends)])
    seconds = (time.perf_counter() - begun) / FEW
    score = told.history["accuracy"][-1]
    return [{**_rates(1, seconds, _usual(ends, epochs), epochs, n), "score": score}]


def together(
    network: str, n: int, epochs: int, members: int, lowering: str
) -> list[dict[str, Any]]:
    """Train members in one call, run by this lowering."""
    from nnest.population import ExecutionPlan, fit_many, forced_plan

    X, y = _data(network, n)
    nets = [_member(network, seed, epochs) for seed in range(members)]
    lanes = 1 if lowering == "alone" else members
    ends: list[float] = []
    begun = time.perf_counter()
    with forced_plan(ExecutionPlan(lowering, lanes, 1)):
        fit_many(nets, X, y, callback=lambda *_: ends.append(time.perf_counter()))
    seconds = time.perf_counter() - begun
    score = sum(net.history_["accuracy"][-1] for net in nets) / members
    found = _rates(members, seconds, _usual(ends, epochs), epochs, n)
    return [{**found, "score": score, "used": nets[0].group_}]


def _data(network: str, n: int) -> tuple[Any, Any]:
    """Return images as a network takes them."""
    X, y = images(NETWORKS["3x3"], n)
    return (X, y) if network == "cnn" else (X.reshape(len(X), -1), y)


def _member(network: str, seed: int, epochs: int) -> Any:
    """Return an estimator with a rate and a seed of its own."""
    from nnest import MLPClassifier

    settings = {"dropout": 0.2 + 0.4 * (seed % 8) / 8, "random_state": seed, "epochs": epochs}
    if network == "cnn":
        return estimator(NETWORKS["3x3"], **settings)
    return MLPClassifier(hidden_units=UNITS, batch_size=128, learning_rate=1e-3, **settings)


def _plain_mlp(seed: int) -> Any:
    """Return the multilayer perceptron as Keras's users write it, compiled."""
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((784,))])
    for units in UNITS:
        model.add(keras.layers.Dense(units, activation="relu"))
        model.add(keras.layers.Dropout(0.4))
    model.add(keras.layers.Dense(10, activation="softmax"))
    adam = keras.optimizers.Adam(1e-3)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _ticking(ends: list[float]) -> Any:
    """Return a callback that notes when epochs end."""
    import keras

    return keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))


def _usual(ends: list[float], epochs: int) -> float:
    """Return the seconds of an epoch from the second on, the last training's."""
    last = ends[-epochs:]
    return (last[-1] - last[0]) / max(1, epochs - 1)


def _rates(k: int, seconds: float, usual: float, epochs: int, n: int) -> dict[str, Any]:
    """Return members an hour, with everything and from the second epoch on."""
    import jax

    return {
        "accelerator": jax.devices()[0].device_kind,
        "members": k,
        "seconds": seconds,
        "epoch": usual,
        "members_per_hour": 3600 * k / seconds,
        "members_per_hour_warm": 3600 * k / (usual * epochs),
        "images_per_second": k * n / usual,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, record and print, where JAX has an accelerator.

    Returns
    -------
    int
        Zero if there is one.
    """
    parser = arguments("Members an hour on an accelerator.", images=60000, epochs=5)
    parser.add_argument("--members", type=int, nargs="+", default=list(COUNTS))
    parser.add_argument("--anywhere", action="store_true", help="run on a CPU too, to try it out")
    options = parser.parse_args(argv)
    if not options.anywhere and not _has_accelerator():
        print("JAX sees no accelerator here; --anywhere runs on its CPU.", file=sys.stderr)
        return 1
    ways = rows(options.images, options.epochs, options.members)
    records = measure_all("gpu", ways, options, on_cpu=False)
    for network in ("mlp", "cnn"):
        found = [each for each in records if each["row"].startswith(f"{network}: ")]
        for value in ("members_per_hour", "members_per_hour_warm"):
            lines = summarize(found, value, base=f"{network}: Keras, one by one")
            print(show(f"\n{network}: {value.replace('_', ' ')}", lines, "members/h"))
    return 0


def _has_accelerator() -> bool:
    """Ask another process, so that this one takes none of the device's memory."""
    import subprocess

    ask = "import jax, sys; sys.exit(jax.default_backend() == 'cpu')"
    return subprocess.run([sys.executable, "-c", ask], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
