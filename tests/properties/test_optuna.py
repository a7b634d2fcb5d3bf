"""Whatever a study is given as choices or folds comes back from the texts that it keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution

from nnest.exceptions import StudyError
from nnest.search._facts import splits_from_text, splits_to_text
from nnest.studies._texts import texts_of

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
TUPLES = st.lists(st.integers(-9, 99) | st.sampled_from(["relu", "a-b", ""]), max_size=3).map(tuple)
CHOICES = st.lists(PLAIN | TUPLES | st.tuples(TUPLES, TUPLES), min_size=1, max_size=6)


@given(CHOICES)
def test_texts_are_plain_and_differ(choices: list[object]) -> None:
    """Optuna takes them without a warning, JSON keeps them, and each stands for one choice."""
    try:
        texts = texts_of(choices)
    except StudyError:
        assert len({repr(each) for each in choices}) < len(choices) or any(
            one == other or str(one) == str(other) or repr(one) == other
            for i, one in enumerate(choices)
            for other in [*choices[:i], *choices[i + 1 :]]
        )
        return
    distribution = CategoricalDistribution(texts)
    kept = json.loads(json.dumps(texts))
    for i, text in enumerate(kept):
        assert distribution.to_internal_repr(text) == i
    for choice, text in zip(choices, texts, strict=True):
        if not isinstance(choice, tuple):
            assert text is choice or text == choice


@given(st.data())
def test_folds_come_back(data: st.DataObject) -> None:
    """Rows in any order, some twice, some in no part."""
    n = data.draw(st.integers(1, 40))
    rows = st.lists(st.integers(0, n - 1), min_size=1, max_size=60).map(np.array)
    folds = data.draw(st.lists(st.tuples(rows, rows), min_size=1, max_size=4))

    found = splits_from_text(splits_to_text(folds, n))

    for (train, test), (train_again, test_again) in zip(folds, found, strict=True):
        np.testing.assert_array_equal(train, train_again)
        np.testing.assert_array_equal(test, test_again)


def test_a_list_of_one() -> None:
    """A single choice is one too."""
    assert texts_of([(1, 2)]) == ["1-2"]
    with pytest.raises(StudyError):
        texts_of([None, None])
