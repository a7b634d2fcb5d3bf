"""An answer to an exercise is right, nearly right, or wrong, and each says something useful."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nnest.exercises import EXERCISES, check
from nnest.exercises._foundations import DIGITS

MISTAKES = [(name, what) for name, one in EXERCISES.items() for what in one.mistakes]


def nonsense(*_: Any) -> float:
    """Stand in for an answer that has nothing to do with the question."""
    return -123.4


def test_there_are_enough_exercises() -> None:
    """Each has a usual mistake and a hint of one or two sentences."""
    assert len(EXERCISES) >= 30
    assert all(one.mistakes and one.hint.endswith((".", "?")) for one in EXERCISES.values())


@pytest.mark.parametrize("name", EXERCISES)
def test_the_answer_is_right(name: str) -> None:
    """What the exercise itself computes."""
    found = check(name, EXERCISES[name].answer)
    assert (found.verdict, bool(found), repr(found)) == ("right", True, "Right.")


@pytest.mark.parametrize(("name", "what"), MISTAKES)
def test_a_usual_mistake_is_named(name: str, what: str) -> None:
    """Each is told apart from the answer and from the other mistakes."""
    found = check(name, EXERCISES[name].mistakes[what])
    assert not found
    assert repr(found) == f"Nearly right. {what}"


@pytest.mark.parametrize("name", EXERCISES)
def test_nonsense_gets_a_hint(name: str) -> None:
    """A number or a function that no mistake explains."""
    answer = nonsense if EXERCISES[name].inputs else nonsense()
    assert repr(check(name, answer)) == f"Not yet. {EXERCISES[name].hint}"


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("answer", [None, "twelve", [[1], [1, 2]], float("nan"), lambda: 1])
def test_no_answer_ends_in_a_stack_trace(name: str, answer: Any) -> None:
    """Whatever a reader gives, the answer is a sentence."""
    found = check(name, answer)
    assert found.verdict == "wrong"
    assert len(repr(found)) < 300


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("losses/entropy", "The answer is one number."),
        ("from_scratch/gradient", "The answer is a list of 3 numbers."),
        ("pooling/by_hand", "The answer is a list of 2 rows of 2 numbers."),
        ("losses/one_hot", "The answer is a function."),
    ],
)
def test_an_answer_that_is_no_number_is_told_the_form(name: str, form: str) -> None:
    """Also that of a table."""
    assert repr(check(name, "twelve")).startswith(f"Not yet. {form} Yours gave ")


def test_a_rounded_answer_is_right_and_a_count_must_be_exact() -> None:
    """Three digits are enough of a number, and one parameter too many is too many."""
    assert check("losses/entropy", 2.30)
    assert not check("losses/entropy", 2.2)
    assert check("pixels/parameters", 7850.0)
    assert not check("pixels/parameters", 7851)


def test_answers_may_be_arrays_tuples_and_sets() -> None:
    """Whatever a notebook has at hand."""
    assert check("augmentation/flips", {8, 0})
    assert check("augmentation/flips", (0, 8))
    assert check("activations/leaky", np.array([-0.02, 0, 3], dtype="float32"))


def test_a_function_may_change_its_arguments() -> None:
    """A wrong answer stays wrong, and the exercise stays as it was."""

    def sorted_rows(labels: list[int], n: int) -> Any:
        labels.sort()
        return np.eye(n, dtype=int)[labels]

    def dimmed(image: Any, kernel: Any) -> Any:
        image[image > 3] = 0
        return EXERCISES["convolution/by_hand"].answer(image, kernel)

    before = repr(EXERCISES)
    assert not check("losses/one_hot", sorted_rows)
    assert not check("convolution/by_hand", dimmed)
    assert check("losses/one_hot", lambda labels, n: np.eye(n, dtype=int)[[*labels]])
    assert repr(EXERCISES) == before


def test_what_is_no_number_is_answered_with_the_form() -> None:
    """Of rows and columns, how many of each."""
    assert repr(check("losses/entropy", "abc")).startswith("Not yet. The answer is one number.")


def test_an_unknown_name_is_answered_with_a_near_one() -> None:
    """A misspelled exercise is no wrong answer."""
    with pytest.raises(ValueError, match=r"^Got 'losses/entropie', .* mean 'losses/entropy'\?$"):
        check("losses/entropie", 1.0)
    with pytest.raises(ValueError, match=r"^Got 7, but there is no exercise of this name; the pa"):
        check(7, 1.0)  # type: ignore[arg-type]


def test_the_counts_of_digits_are_those_of_the_bundled_ones() -> None:
    """They stand in the module, which needs nothing but NumPy."""
    assert tuple(np.bincount(load_digits().target)) == DIGITS


def test_checking_loads_no_network() -> None:
    """An answer is checked in a moment, and without keras, jax or scikit-learn."""
    script = (
        "import sys; from nnest.exercises import check; print(check('losses/entropy', 1.0)); "
        "sys.exit(any(name in sys.modules for name in ('keras', 'jax', 'sklearn', 'pandas')))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, capture_output=True)
