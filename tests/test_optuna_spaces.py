"""Tuples and other choices as texts of a study, and back."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from nnest import Augmentation, MLPClassifier
from nnest._identity import data_digest
from nnest.search._facts import derived, describe, splits_from_text, splits_to_text
from nnest.search.optuna._spaces import as_space
from nnest.studies._texts import text_of, texts_of
from tests.networks import cnn, mlp


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ((64, 32), "64-32"),
        ([64, 32], "64-32"),
        ((64,), "64"),
        ((), "()"),
        (("relu", "tanh"), "relu-tanh"),
        ((0.1, 0.25), "0.1-0.25"),
        (((3, 3), (5, 5)), "((3, 3), (5, 5))"),
        ((-1, 2), "(-1, 2)"),
        (("", "a"), "('', 'a')"),
        ({"b": 1, "a": (2,)}, "{'b': 1, 'a': (2,)}"),
        (64, 64),
        (0.5, 0.5),
        ("64-32", "64-32"),
        (None, None),
        (True, True),
        (np.float64(0.5), 0.5),
        (Augmentation(crop=3), "Augmentation(crop=3)"),
    ],
    ids=repr,
)
def test_texts(choice: Any, text: Any) -> None:
    """Short where nothing else could be meant, and what Python writes otherwise."""
    found = text_of(choice)

    assert found == text
    assert type(found) is type(text)


def test_texts_that_would_meet() -> None:
    """Where two choices had one text, tuples are written out."""
    assert texts_of(["64-32", (64, 32)]) == ["64-32", "(64, 32)"]
    assert texts_of([64, (64,), "64"]) == [64, "64", "(64,)"] or texts_of([64, (64,), "64"]) == [
        64,
        "(64,)",
        "64",
    ]


@pytest.mark.parametrize("choices", [[1, True], [(1,), (1,)], [0.5, 0.5], ["a", "a"]], ids=str)
def test_choices_that_cannot_be_told_apart(choices: Any) -> None:
    """Each once."""
    with pytest.raises(ValueError, match=f"^{re.escape(f'The choices {choices!r} hold one')}"):
        texts_of(choices)


def test_choices_without_a_lasting_text() -> None:
    """What another process could not find again is refused."""
    with pytest.raises(ValueError, match=r"^The choice <object object at 0x.* has no text that"):
        text_of(object())


def storages(tmp_path: Path) -> list[Any]:
    """Return a storage of each kind that needs no server."""
    return [
        optuna.storages.InMemoryStorage(),
        JournalStorage(JournalFileBackend(str(tmp_path / "study.journal"))),
        optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'study.db'}"),
    ]


SPACE = {
    "hidden_units": [(64, 32), (64,), ()],
    "activation": CategoricalDistribution(["relu", "tanh"]),
    "kernel_initializer": [{"class_name": "Zeros", "config": {}}, "glorot_uniform"],
    "dropout": FloatDistribution(0.0, 0.5),
    "l2": FloatDistribution(1e-6, 1e-2, log=True),
    "l1": FloatDistribution(0.0, 0.5, step=0.25),
    "epochs": IntDistribution(1, 9, step=2),
    "batch_size": IntDistribution(8, 64, log=True),
}


def ask(trial: Any) -> dict[str, Any]:
    """Ask for the same by a function."""
    depth = trial.suggest_int("depth", 0, 2)
    return {
        "hidden_units": trial.suggest_categorical(f"units_{depth}", [(8,) * depth, (9,) * depth])
        if depth
        else (),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
    }


@pytest.mark.parametrize("given", [SPACE, ask], ids=["dict", "function"])
def test_what_is_asked_is_what_comes_back(given: Any, tmp_path: Path) -> None:
    """A finished trial read from its storage gives the setting that the running one gave."""
    space = as_space(given, mlp())
    for storage in storages(tmp_path):
        study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
        asked = []
        for _ in range(12):
            trial = study.ask()
            asked.append(space.define(trial))
            study.tell(trial, 0.0)
        loaded = optuna.load_study(study_name=study.study_name, storage=storage)

        again = [space.define(trial) for trial in loaded.trials]

        assert again == asked
        assert [list(map(type, one.values())) for one in again] == [
            list(map(type, one.values())) for one in asked
        ]
        for trial in loaded.trials:
            kept = trial.params.values()
            assert all(isinstance(value, bool | int | float | str | None) for value in kept)


def test_a_space_has_a_text() -> None:
    """The same for the same space, another for another one."""
    texts = {
        as_space(given, mlp()).text
        for given in (
            SPACE,
            dict(reversed(SPACE.items())),
            {**SPACE, "dropout": FloatDistribution(0.0, 0.6)},
            {**SPACE, "hidden_units": [(64, 32), (64,)]},
            ask,
            lambda trial: {"dropout": trial.suggest_float("dropout", 0.0, 0.5)},
            lambda trial: {"dropout": trial.suggest_float("dropout", 0.0, 0.4)},
        )
    }

    assert len(texts) == 6
    assert as_space(ask, mlp()).text == as_space(ask, mlp()).text


def test_functions_without_a_source() -> None:
    """They are told apart by what they do."""
    texts = set()
    for high in (0.1, 0.2, 0.2):
        scope: dict[str, Any] = {}
        exec(f"def f(trial): return {{'l2': trial.suggest_float('l2', 0, {high})}}", scope)
        texts.add(as_space(scope["f"], mlp()).text)

    assert len(texts) == 2


def test_functions_that_are_objects() -> None:
    """They are known by their repr; where that says only where they lie, by what they do."""

    class Space:
        def __init__(self, high: float = 0.5) -> None:
            self.high = high

        def __call__(self, trial: Any) -> dict[str, Any]:
            return {"dropout": trial.suggest_float("dropout", 0.0, self.high)}

    class Named(Space):
        def __repr__(self) -> str:
            return "Space('space.toml')"

    def text(given: Any) -> str:
        return as_space(given, mlp()).text

    assert text(Named()).endswith("Space('space.toml')")
    assert text(Space()) == text(Space()) != text(Space(0.4))


def bounded(trial: Any, high: float) -> dict[str, Any]:
    """Ask up to a bound that is given before."""
    return {"dropout": trial.suggest_float("dropout", 0.0, high)}


def test_functions_with_arguments_that_are_given_before() -> None:
    """They are known by the function and by the arguments."""
    texts = [as_space(partial(bounded, high=high), mlp()).text for high in (0.4, 0.5, 0.5)]

    assert texts[0] != texts[1] == texts[2]
    assert as_space(partial(bounded, high=0.4), mlp()).define(
        optuna.trial.FixedTrial({"dropout": 0.3})
    ) == {"dropout": 0.3}


def test_nested_parameters_of_a_choice() -> None:
    """What a chosen object has may be searched with it."""
    space = {"augmentation": [Augmentation()], "augmentation__crop": IntDistribution(4, 6)}

    assert as_space(space, cnn()).distributions is not None


@pytest.mark.parametrize("n", [1, 7, 100])
def test_folds_as_a_text(n: int) -> None:
    """Whatever a splitter gives comes back: rows in their order, rows twice, rows left out."""
    rng = np.random.default_rng(n)
    folds = []
    for _ in range(3):
        test = np.sort(rng.permutation(n)[: max(1, n // 3)])
        rest = np.delete(np.arange(n), test)
        for train in (rest, rng.permutation(rest), rng.choice(n, n), rest[:1]):
            folds.append((train, test))
    found = splits_from_text(splits_to_text(folds, n))

    for (train, test), (train_again, test_again) in zip(folds, found, strict=True):
        np.testing.assert_array_equal(train, train_again)
        np.testing.assert_array_equal(test, test_again)
        assert train_again.dtype == test_again.dtype == np.intp


def test_shuffled_folds_of_many_rows_are_a_short_text() -> None:
    """Five folds of all of MNIST are no burden for a storage."""
    folds = np.array_split(np.random.default_rng(0).permutation(60_000), 5)
    splits = [(np.delete(np.arange(60_000), fold), np.sort(fold)) for fold in folds]

    assert len(splits_to_text(splits, 60_000)) < 100_000


def test_digests_tell_data_apart() -> None:
    """Numbers, types, shapes and order count."""
    x = np.arange(12.0)
    others = [
        x,
        x.astype(np.float32),
        x.reshape(3, 4),
        x.reshape(4, 3),
        x[::-1],
        np.array(["a", "b"]),
        np.array(["a", "b"], dtype=object),
        np.array(["a", "c"], dtype=object),
        None,
        np.zeros(0),
    ]

    assert len({data_digest(each) for each in others}) == len(others)
    assert data_digest(x, None) != data_digest(x)
    assert data_digest(x.tolist()) == data_digest(x)


def test_descriptions_are_those_of_every_process() -> None:
    """No places in memory, all parameters, and nothing of how much is printed."""
    assert describe(mlp(verbose=1)) == describe(mlp())
    assert describe(mlp(dropout=0.1)) != describe(mlp())
    assert describe(MLPClassifier(dropout=0.1)) == "MLPClassifier(dropout=0.1)"
    assert describe({"a": text_of}) == "{'a': text_of}"
    assert " at 0x" not in describe([object(), mlp(random_state=np.random.RandomState(0))])


def test_derived_seeds_differ() -> None:
    """By the seed and by every part of the path."""
    seeds = {derived(s, i, j) for s in range(3) for i in range(4) for j in range(5)}

    assert len(seeds) == 60
    assert all(0 <= seed < 2**31 for seed in seeds)
