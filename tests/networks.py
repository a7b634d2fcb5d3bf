"""Small networks and small data for the tests of estimators.

All use the same few shapes, so that a test process compiles few programs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from nnest import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor

TINY: dict[str, Any] = {
    "hidden_units": (8,),
    "learning_rate": 0.02,
    "batch_size": 32,
    "epochs": 2,
    "random_state": 0,
}
# Full batches: a step then sees all samples, so that a weight of two is the sample twice.
CONTRACT: dict[str, Any] = {
    "hidden_units": (16,),
    "learning_rate": 0.05,
    "batch_size": 512,
    "epochs": 40,
}
CONTRACT_OF_PICTURES: dict[str, Any] = {**CONTRACT, "filters": (4,), "pooling": None}
ESTIMATORS = [MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor]


def network(cls: Any, **settings: Any) -> Any:
    """Return a small unfitted network."""
    pictures = {"filters": (2,)} if cls in (CNNClassifier, CNNRegressor) else {}
    return cls(**{**TINY, **pictures, **settings})


def mlp(**settings: Any) -> MLPClassifier:
    """Return a small unfitted multilayer perceptron."""
    return network(MLPClassifier, **settings)


def cnn(**settings: Any) -> CNNClassifier:
    """Return a small unfitted convolutional network."""
    return network(CNNClassifier, **settings)


def pictures(n: int = 64, n_classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of 6x6 pixels whose bright rows tell the class, and the classes."""
    y = np.arange(n) % n_classes
    X = np.random.default_rng(seed).random((n, 6, 6), dtype=np.float32)
    X[np.arange(n), y % 6] += 1
    X[np.arange(n), :, y // 6] += 1
    return X, y


def expected_failures(estimator: Any) -> dict[str, str]:
    """Return the one check that cannot hold; test_estimators_data.py has it as it can."""
    del estimator  # all four train in float32
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "asks for 1e-7, but float32 sums of repeated samples differ from weighted ones by "
            "that much in the first step already, and training multiplies the difference"
        )
    }


def refuses(sentence: str) -> Any:
    """Expect a ValueError with exactly this sentence."""
    return pytest.raises(ValueError, match="^" + re.escape(sentence) + "$")


def weights(net: Any) -> list[np.ndarray]:
    """Return copies of all weights."""
    return [np.array(w) for w in net.model_.get_weights()]


def same_weights(one: Any, other: Any) -> bool:
    """Tell whether two fitted networks are equal bit for bit."""
    pairs = zip(weights(one), weights(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def fingerprints(seed: int = 0) -> dict[str, str]:
    """Return digests of the weights of networks that use everything that is random."""
    X, y = pictures()
    random = {"dropout": 0.3, "early_stopping": True, "random_state": seed}
    nets = {
        "mlp": mlp(batch_norm_at="every", **random),
        "cnn": cnn(conv_dropout=0.2, conv_batch_norm=True, **random),
    }
    return {
        name: hashlib.sha256(b"".join(w.tobytes() for w in weights(net.fit(X, y)))).hexdigest()
        for name, net in nets.items()
    }


@contextmanager
def compilations() -> Iterator[list[str]]:
    """Collect one entry for each program that is compiled meanwhile."""
    import jax

    compiled: list[str] = []

    def listen(event: str, duration: float, **about: Any) -> None:
        if event.endswith("backend_compile_duration"):
            compiled.append(str(about.get("fun_name", event)))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


if __name__ == "__main__":
    print(json.dumps(fingerprints()))
