"""Settings that hold for every test; they are made before anything heavy is imported."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "Agg")
# JAX as strict as Keras lets it be: Keras itself broadcasts ranks, so only types are held to it.
os.environ.setdefault("JAX_NUMPY_DTYPE_PROMOTION", "strict")
if "PYTEST_XDIST_WORKER" in os.environ:
    # One thread for each worker: two workers with two threads each are slower than one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import pytest
from hypothesis import settings

from tests.helpers import data_folder

settings.register_profile("nnest", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("nnest")


def pytest_configure(config: pytest.Config) -> None:
    """Let arrays be made of TensorFlow's variables, which lack the *copy* of NumPy 2."""
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        config.addinivalue_line(
            "filterwarnings",
            "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
        )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that is marked ``data`` run only where its data sets are."""
    for marker in item.iter_markers("data"):
        data_folder(*marker.args)
