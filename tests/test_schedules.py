"""Schedules of the rate, decays of weights and bounds of gradients are numbers of the state."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest

from nnest import MLPClassifier, VectorizedGridSearchCV, fit_many, load, save
from nnest.optimizers import SGD, numbers, plain, with_numbers
from nnest.persistence import to_keras
from nnest.programs import signature

STOCK = keras.optimizers
RATES = STOCK.schedules
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)).astype(np.float32), np.arange(60) % 3
STEPS = 20
GRADIENTS = RNG.normal(size=(STEPS, 5)).astype(np.float32) * 3
SETTINGS: dict[str, Any] = {
    "hidden_units": (8,), "epochs": 3, "learning_rate": 0.05, "random_state": 0, "batch_size": 20,
}  # fmt: skip


def path(optimizer: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the rate of each step, and where the steps lead."""
    variable = keras.Variable(np.linspace(-1, 1, 5, dtype=np.float32))
    optimizer.build([variable])
    rates, values = [], []
    for gradient in GRADIENTS:
        rates.append(float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        values.append(keras.ops.convert_to_numpy(variable))
    return np.array(rates), np.stack(values)


def scheduled(kind: type, **settings: Any) -> Any:
    """Return an optimizer whose schedule lasts for all steps."""
    return with_numbers(kind)(schedule_steps=STEPS, **settings)


@pytest.mark.parametrize(
    ("ours", "stock"),
    [
        (
            scheduled(STOCK.Adam, learning_rate=0.1, learning_rate_schedule="cosine"),
            STOCK.Adam(RATES.CosineDecay(0.1, STEPS)),
        ),
        (
            scheduled(
                STOCK.Adam, learning_rate=0.1, learning_rate_schedule="cosine",
                warmup_fraction=0.25, final_fraction=0.1,
            ),
            STOCK.Adam(RATES.CosineDecay(0.0, 15, 0.1, warmup_target=0.1, warmup_steps=5)),
        ),
        (
            scheduled(STOCK.SGD, learning_rate=0.1, learning_rate_schedule="exponential"),
            STOCK.SGD(RATES.ExponentialDecay(0.1, STEPS, 0.01)),
        ),
        (
            scheduled(STOCK.SGD, learning_rate=0.1, learning_rate_schedule="step"),
            STOCK.SGD(RATES.PiecewiseConstantDecay([10, 15], [0.1, 0.01, 0.001])),
        ),
        (
            with_numbers(STOCK.RMSprop)(weight_decay=0.1, clip_norm=1.0),
            STOCK.RMSprop(weight_decay=0.1, global_clipnorm=1.0),
        ),
        (with_numbers(STOCK.Adam)(weight_decay=0.1), STOCK.AdamW(weight_decay=0.1)),
        (with_numbers(STOCK.AdamW)(clip_norm=0.5), STOCK.AdamW(global_clipnorm=0.5)),
        (
            with_numbers(SGD)(momentum=0.5, weight_decay=0.1, learning_rate=0.1),
            STOCK.SGD(momentum=0.5, weight_decay=0.1, learning_rate=0.1),
        ),
    ],
)  # fmt: skip
def test_steps_are_those_of_keras(ours: Any, stock: Any) -> None:
    """The rate before each step, and each step."""
    for one, other in zip(path(ours), path(stock), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)


def test_one_cycle_rises_and_falls() -> None:
    """From a 25th to the whole rate in 0.3 of the steps, and then to nothing, by half a cosine."""
    rates, _ = path(scheduled(STOCK.SGD, learning_rate=2.0, learning_rate_schedule="one_cycle"))
    rise = 1 / 25 + (1 - 1 / 25) * (1 - np.cos(np.pi * np.arange(6) / 6)) / 2
    fall = (1 + np.cos(np.pi * np.arange(14) / 14)) / 2
    np.testing.assert_allclose(rates, 2 * np.concatenate([rise, fall]), rtol=1e-5)


@pytest.mark.parametrize("kind", [STOCK.Adam, SGD])
def test_the_configuration_makes_the_same_optimizer(kind: type) -> None:
    """A copy has the same numbers, also when it is built."""
    one = with_numbers(kind)(
        learning_rate_schedule="step", warmup_fraction=0.1, weight_decay=0.2, clip_norm=3.0
    )
    one.build([keras.Variable([1.0])])
    other = type(one).from_config(one.get_config())
    assert other.get_config() == one.get_config()
    assert {k: float(v) for k, v in numbers(other).items()} == {
        k: float(v) for k, v in numbers(one).items()
    }


def test_keras_own_optimizer_starts_alike() -> None:
    """Nothing of this package is left in it, so that Keras alone loads a model."""
    own = plain(with_numbers(SGD)(momentum=0.5, clip_norm=3.0, weight_decay=0.2))
    assert type(own) is STOCK.SGD
    assert (own.momentum, own.global_clipnorm, own.weight_decay) == (0.5, 3.0, 0.2)
    net = MLPClassifier(**SETTINGS, optimizer="sgd", momentum=0.5).fit(X, Y)
    assert type(to_keras(net).optimizer) is STOCK.SGD


def settings_of_many() -> list[dict[str, Any]]:
    """Return settings that differ in numbers alone."""
    kinds = ("cosine", "exponential", "one_cycle", "step")
    return [
        {"learning_rate_schedule": kind, "weight_decay": 0.01 * i, "clip_norm": 1.0 + i,
         "warmup_fraction": 0.1 * i, "final_fraction": 0.02 * (i + 1)}
        for i, kind in enumerate(kinds)
    ]  # fmt: skip


def test_a_group_trains_them_as_each_alone() -> None:
    """All schedules, decays and bounds are one program."""
    nets = [MLPClassifier(**SETTINGS, **each) for each in settings_of_many()]
    fit_many(nets, X, Y)
    assert [net.group_["members"] for net in nets] == [4] * 4
    assert len({signature(net.model_) for net in nets}) == 1
    losses = [net.history_["loss"][-1] for net in nets]
    assert len(set(losses)) == 4
    alone = [MLPClassifier(**SETTINGS, **each).fit(X, Y) for each in settings_of_many()]
    np.testing.assert_allclose(losses, [net.history_["loss"][-1] for net in alone], rtol=1e-5)


def test_what_is_not_given_is_another_program() -> None:
    """A decay and a bound are work that a program without them does not do."""
    given: list[dict[str, Any]] = [
        {}, {"weight_decay": 0.1}, {"clip_norm": 1.0}, {"learning_rate_schedule": "step"},
    ]  # fmt: skip
    nets = [MLPClassifier(**{**SETTINGS, "epochs": 1}, **each) for each in given]
    fit_many(nets, X, Y)
    assert [net.group_["members"] for net in nets] == [1] * 4
    assert len({signature(net.model_) for net in nets}) == 4


def numbers_of(net: Any) -> dict[str, float]:
    """Return the numbers of the state of a network's optimizer."""
    state = net.model_.optimizer.variables
    return {each.name: float(keras.ops.convert_to_numpy(each)) for each in state if not each.shape}


def test_a_schedule_lasts_for_the_epochs_that_were_asked_for() -> None:
    """With a validation part there are fewer steps; a warm start begins anew."""
    net = MLPClassifier(
        **SETTINGS, learning_rate_schedule="cosine", final_fraction=0.1, warm_start=True,
        early_stopping=True, n_iter_no_change=50, validation_fraction=0.5,
    ).fit(X, Y)  # fmt: skip
    assert numbers_of(net)["iteration"] == 3 * 2
    assert numbers_of(net)["schedule_steps"] == 3 * 2
    net.set_params(early_stopping=False).fit(X, Y)
    assert numbers_of(net)["schedule_start"] == 3 * 2
    assert numbers_of(net)["schedule_steps"] == 3 * 3
    assert float(net.model_.optimizer.learning_rate) == pytest.approx(0.005)


def test_another_decay_takes_effect_in_a_warm_start() -> None:
    """As other rates do."""
    net = MLPClassifier(**SETTINGS, weight_decay=0.0, warm_start=True).fit(X, Y)
    kernel = np.abs(net.model_.get_weights()[0]).sum()
    net.set_params(weight_decay=5.0).fit(X, Y)
    assert np.abs(net.model_.get_weights()[0]).sum() < kernel / 2
    with pytest.raises(ValueError, match=r"^set_params changed clip_norm from None to 1.0"):
        net.set_params(clip_norm=1.0).fit(X, Y)


def test_a_saved_network_goes_on(tmp_path: Any) -> None:
    """With all numbers of its optimizer."""
    net = MLPClassifier(**SETTINGS, **settings_of_many()[2], warm_start=True).fit(X, Y)
    save(net, tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")
    assert again.fit(X, Y).history_ == net.fit(X, Y).history_


def test_a_search_over_schedules_is_one_group() -> None:
    """Rates, schedules and decays are tuned at no compilation more."""
    network = MLPClassifier(**SETTINGS, learning_rate_schedule="cosine", weight_decay=0.0)
    grid = {"learning_rate_schedule": ["cosine", "step"], "weight_decay": [0.0, 0.1]}
    search = VectorizedGridSearchCV(network, grid, cv=2).fit(X, Y)
    assert len(search.cv_results_["params"]) == 4


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"learning_rate_schedule": "cosin"},
            "learning_rate_schedule='cosin' is not accepted: give one of None, 'cosine', "
            "'exponential', 'one_cycle', 'step'.",
        ),
        (
            {"warmup_fraction": 0.1},
            "warmup_fraction=0.1 has no meaning without a learning_rate_schedule: give one of "
            "'cosine', 'exponential', 'one_cycle', 'step', or leave it at None.",
        ),
        (
            {"learning_rate_schedule": "step", "final_fraction": 0},
            "final_fraction=0 has no meaning for learning_rate_schedule='step', which multiplies "
            "the rate until it is there: give a number above 0, as 0.01.",
        ),
        (
            {"learning_rate_schedule": "step", "warmup_fraction": 1.0},
            "warmup_fraction=1.0 is not accepted: give a number of at least 0 and below 1.",
        ),
        (
            {"weight_decay": -1},
            "weight_decay=-1 is not accepted: give a number of at least 0.",
        ),
        ({"clip_norm": 0}, "clip_norm=0 is not accepted: give a number above 0."),
    ],
)
def test_settings_that_no_training_takes(settings: dict[str, Any], sentence: str) -> None:
    """The sentence says what is accepted."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        MLPClassifier(**settings).fit(X, Y)


def test_partial_fit_knows_no_end() -> None:
    """A schedule needs the number of steps."""
    net = MLPClassifier(**SETTINGS, learning_rate_schedule="step")
    with pytest.raises(ValueError, match=r"which partial_fit does not: use fit, or None\.$"):
        net.partial_fit(X, Y, classes=[0, 1, 2])
