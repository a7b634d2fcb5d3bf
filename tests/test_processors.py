"""What is promised about rounding holds whatever instructions the processor has."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers import ROOT

#: Tests whose numbers depend on the order of sums, or on whether a product is rounded before it
#: is added.
SENSITIVE = [
    "tests/test_population.py::test_together_is_as_alone",
    "tests/test_population.py::test_convolutions_of_a_group_are_the_same_by_any_lowering",
    "tests/test_ragged_batches.py::test_folds_of_unequal_length_are_trained_together",
    "tests/test_fusion.py::test_other_types_stay_as_they_are",
]


@pytest.mark.slow
@pytest.mark.parametrize("instructions", ["SSE4_2", "AVX2", "AVX512"])
def test_rounding_of_other_processors(instructions: str) -> None:
    """The same tests pass where XLA may use no more than these; it takes fewer by itself."""
    # Not NNEST_REQUIRE: without AVX, JAX compiles no float16, and its tests have to be skipped.
    kept = {name: value for name, value in os.environ.items() if name != "NNEST_REQUIRE"}
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa={instructions}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SENSITIVE]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout[-4000:]
