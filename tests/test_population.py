"""What many members learn together is what each learns alone."""

from __future__ import annotations

import re
from typing import Any

import jax
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits

from nnest.augmentation import Augmentation
from nnest.estimators import CNNClassifier, MLPClassifier, MLPRegressor
from nnest.population import (
    ExecutionPlan,
    _ahead,
    _execution,
    _fit_many,
    _group,
    _members,
    first_gradient_norms,
    fit_many,
    forced_plan,
    members_at_once,
)
from tests.test_programs import Compilations

DIGITS = load_digits()
ALL = (DIGITS.images / 16).astype(np.float32)
X = ALL[:700]
Y = DIGITS.target[:700]
FLAT = X.reshape(len(X), -1)
RNG = np.random.default_rng(0)


def mlp(**settings: Any) -> MLPClassifier:
    """Return a small perceptron."""
    small = {"hidden_units": (16, 8), "epochs": 3, "learning_rate": 0.005, "random_state": 0}
    return MLPClassifier(**{**small, **settings})


def cnn(**settings: Any) -> CNNClassifier:
    """Return a small convolutional network."""
    small = {"filters": (4, 6), "hidden_units": (8,), "epochs": 2, "random_state": 0}
    return CNNClassifier(**{**small, "learning_rate": 0.005, **settings})


def brighter(i: int) -> Augmentation:
    """Return an augmentation whose strengths are the member's own."""
    return Augmentation(crop=7, brightness=0.05 * (i + 1), contrast=(0.8, 1.0 + 0.1 * i))


def outcome(estimator: Any, samples: np.ndarray = FLAT) -> dict[str, Any]:
    """Return all that a training leaves behind."""
    return {
        "history": estimator.history_,
        "best_epoch": estimator.best_epoch_,
        "n_iter": estimator.n_iter_,
        "diverged": estimator.diverged_,
        "outputs": np.asarray(estimator.model_.predict(samples, verbose=0)),
        "weights": [np.asarray(v) for v in estimator.model_.variables],
        "optimizer": [np.asarray(v) for v in estimator.model_.optimizer.variables],
    }


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Everything is equal to the last bit."""
    jax.tree.map(np.testing.assert_array_equal, one, other)


#: How far rounding may take losses and probabilities apart in these few epochs. A sum in another
#: order differs by 6e-8 of its terms. Where a gradient is nothing but that, as of a bias before
#: batch normalization, Adam still steps by it (1e-8 over its epsilon of 1e-7 is a tenth),
#: and inference sees what those add up to: with SSE4.2, AVX2 and AVX-512 up to 3e-7 and 3e-4.
LOSS, PROBABILITY = 1e-3, 5e-3


def assert_alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Losses and probabilities within rounding, and predictions with it; the rest exactly."""
    assert one["history"].keys() == other["history"].keys()
    for name in (name for name in one["history"] if name.endswith("loss")):
        np.testing.assert_allclose(one["history"][name], other["history"][name], atol=LOSS)
    mine, theirs = one["outputs"], other["outputs"]
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=PROBABILITY)
    second, first = np.sort(theirs, axis=1)[:, -2:].T
    clear = first - second > 2 * PROBABILITY  # two networks this close agree on these
    np.testing.assert_array_equal(mine.argmax(axis=1)[clear], theirs.argmax(axis=1)[clear])
    for name in ("best_epoch", "n_iter", "diverged"):
        assert one[name] == other[name], name
    for mine, theirs in zip(one["weights"], other["weights"], strict=True):
        if mine.dtype == np.uint32:  # random streams
            np.testing.assert_array_equal(mine, theirs)


# Members of one program: settings, seeds, samples, weights of classes, all different.
MIXED = [
    {"dropout": 0.0, "random_state": 0},
    {"dropout": 0.3, "random_state": 1, "l2": 1e-3},
    {"dropout": 0.1, "random_state": 2, "class_weight": "balanced", "l1": 1e-4},
    {"dropout": 0.5, "random_state": 3, "label_smoothing": 0.1, "learning_rate": 0.002},
    {"dropout": 0.5, "random_state": 3, "kernel_initializer": "he_normal", "epochs": 2},
]
SPLITS = [
    (RNG.permutation(700)[:n], np.arange(m)) for n, m in zip(
        (500, 470, 513, 480, 512), (100, 90, 80, 70, 60), strict=True
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "samples"),
    [
        (lambda **k: mlp(batch_norm_at="every", **k), FLAT),
        (lambda **k: mlp(optimizer="sgd", momentum=0.9, **k), FLAT),
        (lambda **k: cnn(conv_batch_norm=True, conv_dropout=0.2, **k), X),
        (lambda **k: cnn(augmentation=brighter(k["random_state"]), **k), X),
    ],
    ids=["mlp", "momentum", "cnn", "augmented"],
)
def test_together_is_as_alone(make: Any, samples: np.ndarray) -> None:
    """Each member is left as its own fit would have left it."""
    weight = RNG.uniform(0.5, 1.5, len(Y))
    together = fit_many(
        [make(**each) for each in MIXED], samples, Y, splits=SPLITS, sample_weight=weight
    )
    for settings, (train, watched), member in zip(MIXED, SPLITS, together, strict=True):
        alone = make(**settings).fit(
            samples[train], Y[train], weight[train], X_val=samples[watched], y_val=Y[watched]
        )
        assert_alike(outcome(member, samples), outcome(alone, samples))


@pytest.mark.parametrize("name", ["stacked", "products"])
def test_convolutions_of_a_group_are_the_same_by_any_lowering(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one grouped convolution, or as one batched product."""
    monkeypatch.setenv("NNEST_FUSION", "0")
    settings = [{"random_state": i, "conv_dropout": 0.1 * i + 0.1} for i in range(3)]
    nets = [cnn(conv_batch_norm=True, strides=(1, 2), **s) for s in settings]
    with forced_plan(ExecutionPlan(name, lanes=4, threads=1)):
        together = fit_many(nets, X, Y)
    assert together[0].group_ == {"lowering": name, "lanes": 4, "members": 3}
    for member, each in zip(together, settings, strict=True):
        alone = cnn(conv_batch_norm=True, strides=(1, 2), **each).fit(X, Y)
        assert_alike(outcome(member, ALL), outcome(alone, ALL))


def test_regressors_are_fitted_together_too() -> None:
    """Targets may be numbers, and several of them."""
    targets = np.stack([FLAT.mean(axis=1), FLAT.std(axis=1)], axis=1)
    make = {"hidden_units": (8,), "epochs": 3}
    together = fit_many([MLPRegressor(**make, random_state=i) for i in (0, 1)], FLAT, targets)
    for i, member in enumerate(together):
        alone = MLPRegressor(**make, random_state=i).fit(FLAT, targets)
        np.testing.assert_allclose(member.predict(FLAT), alone.predict(FLAT), atol=1e-3)


@pytest.mark.parametrize(("make", "samples"), [(mlp, FLAT), (cnn, X)], ids=["mlp", "cnn"])
def test_neither_order_nor_neighbors_matter(make: Any, samples: np.ndarray) -> None:
    """The same numbers in another order, and beside others, in a program of the same lanes."""
    settings = [{"dropout": rate, "random_state": i} for i, rate in enumerate((0.0, 0.2, 0.4))]
    others = [{"dropout": 0.1, "random_state": 9, "l2": 0.1}]
    first = fit_many([make(**each) for each in [*settings, *others]], samples, Y)
    second = fit_many([make(**each) for each in [*others, *settings[::-1]]], samples, Y)

    for one, other in zip(first[:3], second[:0:-1], strict=True):
        assert_same(outcome(one, samples), outcome(other, samples))


def test_other_seeds_give_other_numbers() -> None:
    """Members are not copies of one another."""
    one, other = fit_many([mlp(random_state=seed) for seed in (0, 1)], FLAT, Y)
    assert one.history_["loss"] != other.history_["loss"]


def test_a_second_call_compiles_nothing() -> None:
    """Neither with other numbers, nor with other samples of as many batches."""
    settings = [{"dropout": 0.1 * i, "random_state": i} for i in range(4)]
    fit_many([mlp(**each) for each in settings], FLAT, Y)
    with Compilations() as compilations:
        fit_many([mlp(**each, l2=0.1, label_smoothing=0.2) for each in settings], FLAT[::-1], Y)
    assert compilations.count == 0


def test_early_stopping_is_by_member() -> None:
    """Each stops by its own validation part and keeps its own best weights."""
    settings = [
        {"learning_rate": rate, "random_state": i, "early_stopping": True}
        for i, rate in enumerate((0.001, 0.03, 0.1, 0.2, 0.3))
    ]
    settings = [{**each, "n_iter_no_change": 2, "epochs": 12} for each in settings]
    together = fit_many([mlp(**each) for each in settings], FLAT, Y)
    alone = [mlp(**each).fit(FLAT, Y) for each in settings]

    assert len({member.n_iter_ for member in alone}) > 1
    assert any(member.best_epoch_ < member.n_iter_ for member in alone)
    assert [m.n_iter_ for m in together[:2]] == [m.n_iter_ for m in alone[:2]]
    for one, other in zip(together[:2], alone[:2], strict=True):
        assert_alike(outcome(one), outcome(other))


def test_sizes_of_layers_may_be_arrays() -> None:
    """As parameters that come from a file or a sampler are; an empty one is no layer."""
    few = {"epochs": 1, "hidden_units": np.array([8])}
    nets = [cnn(filters=np.array([4, 6]), **few), cnn(filters=np.array([], int), pooling=(), **few)]
    fit_many(nets, X[:64], Y[:64], fill_units=True)
    assert [members_at_once(net) for net in nets] == [
        members_at_once(cnn(filters=(4, 6))),
        members_at_once(mlp()),
    ]


def test_wide_networks_are_fewer_at_once() -> None:
    """As the table says, which knows them by their weights; other sizes are refused elsewhere."""
    narrow, wide = _execution._row(False), _execution._row(False, 10**5)
    threads = _execution._threads(wide)
    for units in ((512, 512), [300, 8, 400, 300], np.array([512, 512])):
        assert members_at_once(mlp(hidden_units=units)) == wide["lanes"] * threads
    for units in ((512,), (64, 64), (), 512, ("512", "512"), None):
        assert members_at_once(mlp(hidden_units=units)) == narrow["lanes"] * threads
    assert narrow["lanes"] > wide["lanes"]


def test_members_that_stop_early_are_brought_together_with_others() -> None:
    """Most members of two blocks end at once, and only those of the second have a rule."""
    settings = [{"random_state": i, "epochs": 1 + 2 * (i in (0, 8, 9))} for i in range(16)]
    settings = [{**each, "early_stopping": i >= 8} for i, each in enumerate(settings)]
    splits = [(np.arange(64), np.arange(64, 96))] * 16
    with forced_plan(ExecutionPlan("stacked", lanes=8, threads=2)):
        fit_many(together := [mlp(**each) for each in settings], FLAT, Y, splits=splits)

    assert [member.n_iter_ for member in together] == [each["epochs"] for each in settings]
    for i in (0, 8):
        alone = mlp(**settings[i]).fit(FLAT[:64], Y[:64], X_val=FLAT[64:96], y_val=Y[64:96])
        assert_alike(outcome(together[i]), outcome(alone))


def test_a_member_that_diverges_harms_no_other() -> None:
    """It ends after that epoch, is marked, and the others learn what they would have learnt."""
    settings = [{"random_state": i} for i in range(3)]
    wild = {"optimizer": "sgd", "momentum": 0.9, "activation": "linear"}
    rates = [0.01, 1e30, 0.01]
    make = [
        mlp(**each, **wild, learning_rate=rate) for each, rate in zip(settings, rates, strict=True)
    ]
    tame = [mlp(**each, **wild, learning_rate=0.01) for each in settings]
    with_one, without = fit_many(make, FLAT, Y), fit_many(tame, FLAT, Y)

    assert [member.diverged_ for member in with_one] == [False, True, False]
    assert with_one[1].n_iter_ == 1
    for i in (0, 2):
        assert_same(outcome(with_one[i]), outcome(without[i]))


def test_a_callback_sees_all_members_and_may_stop_some() -> None:
    """Metrics by epoch; who is stopped keeps what it has learnt so far."""
    seen: list[tuple[int, dict[str, np.ndarray]]] = []

    def stop_the_second(epoch: int, metrics: dict[str, np.ndarray]) -> np.ndarray:
        seen.append((epoch, metrics))
        return np.array([False, epoch == 1, False])

    members = [mlp(random_state=i, epochs=4) for i in range(3)]
    splits = [(np.arange(500), np.arange(500, 700))] * 3
    fit_many(members, FLAT, Y, splits=splits, callback=stop_the_second)
    shorter = fit_many([mlp(random_state=i, epochs=2) for i in range(3)], FLAT, Y, splits=splits)

    assert [epoch for epoch, _ in seen] == [0, 1, 2, 3]
    assert seen[0][1].keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert [member.n_iter_ for member in members] == [4, 2, 4]
    assert np.isnan(seen[2][1]["loss"]).tolist() == [False, True, False]
    assert seen[1][1]["val_loss"][0] == members[0].history_["val_loss"][1]
    assert_same(outcome(members[1]), outcome(shorter[1]))


def test_what_is_left_of_a_group_is_brought_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer than half alive, fewer lanes run, and the rest learn on as before."""
    packed: list[list[int]] = []
    pack = _group.Group.pack

    def watched(self: Any, members: Any) -> Any:
        packed.append([member.place for member in members])
        return pack(self, members)

    monkeypatch.setattr(_group.Group, "pack", watched)
    members = [mlp(random_state=i, epochs=4 if i in (1, 6) else 1) for i in range(8)]
    fit_many(members, FLAT, Y)

    assert packed == [list(range(8)), [1, 6]]
    for i in (1, 6):
        assert_alike(outcome(members[i]), outcome(mlp(random_state=i, epochs=4).fit(FLAT, Y)))


def test_a_group_that_does_not_fit_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of memory is no reason to lose anything."""
    tried: list[int] = []
    pack = _group.Group.pack

    def too_large(self: Any, members: Any) -> Any:
        tried.append(self.plan.lanes)
        if self.plan.lanes > 1:
            raise MemoryError("RESOURCE_EXHAUSTED")
        return pack(self, members)

    monkeypatch.setattr(_group.Group, "pack", too_large)
    members = fit_many([mlp(random_state=i) for i in range(8)], FLAT, Y)

    assert tried == [4, 2, 1]
    assert_alike(outcome(members[5]), outcome(mlp(random_state=5).fit(FLAT, Y)))


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """They reach the caller."""

    def broken(self: Any, members: Any) -> Any:
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")

    monkeypatch.setattr(_group.Group, "pack", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        fit_many([mlp(), mlp()], FLAT, Y)


def test_no_more_than_max_group_train_at_once() -> None:
    """And they learn the same."""
    free = fit_many([mlp(random_state=i) for i in range(5)], FLAT, Y)
    bound = fit_many([mlp(random_state=i) for i in range(5)], FLAT, Y, max_group=2)

    assert [member.group_["members"] for member in bound] == [2, 2, 2, 2, 1]
    for one, other in zip(free, bound, strict=True):
        assert_alike(outcome(one), outcome(other))


def test_more_than_memory_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before hours are spent; and what only needs smaller groups is trained in those."""
    (one,) = fit_many([mlp()], FLAT, Y)
    variables = [*one.model_.variables, *one.model_.optimizer.variables]
    size = sum(4 * v.value.size for v in variables)
    for module in (_ahead, _fit_many):
        monkeypatch.setattr(module, "device_memory", lambda: 10.0 * size)
    message = "11 estimators of 0.0 MiB each do not fit into the 0.1 MiB of memory that are free"
    with pytest.raises(ValueError, match=message):
        fit_many([mlp(random_state=i) for i in range(11)], FLAT, Y)
    members = fit_many([mlp(random_state=i) for i in range(4)], FLAT, Y)
    assert [member.group_["members"] for member in members] == [2, 2, 2, 2]


def test_each_architecture_counts_with_its_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """One large network before many small ones is one large network."""
    size = 3 * 4 * 400 * (FLAT.shape[1] + 11)  # with Adam's moments, in float32
    large = mlp(hidden_units=(400,), epochs=1, random_state=0)
    small = [mlp(epochs=1, random_state=i) for i in range(9)]
    monkeypatch.setattr(_fit_many, "device_memory", lambda: 2.5 * size)
    assert all(net.n_iter_ for net in fit_many([large, *small], FLAT[:32], Y[:32]))
    many = [*map(clone, small), *(clone(large) for _ in range(3))]
    with pytest.raises(ValueError, match=r"^3 estimators of 0\.\d MiB on average do not fit into "):
        fit_many(many, FLAT[:32], Y[:32])


@pytest.mark.parametrize("fails_at", [1, 3, 5])
def test_memory_that_runs_out_while_models_are_built(
    monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """Half of those that are built is trained, then the rest; seeds are drawn as ever."""
    built: list[int] = []

    def runs_out_once(self: Any, place: int, *arguments: Any) -> Any:
        built.append(place)
        member = prepare(self, place, *arguments)  # draws its seed
        if len(built) == fails_at + 1:
            raise ValueError("RESOURCE_EXHAUSTED: Out of memory allocating 4194304 bytes.")
        return member

    prepare = _members.Preparation.member
    shared, again = np.random.RandomState(0), np.random.RandomState(0)
    expected = fit_many([mlp(random_state=again, epochs=1) for _ in range(6)], FLAT, Y)
    monkeypatch.setattr(_members.Preparation, "member", runs_out_once)
    members = fit_many([mlp(random_state=shared, epochs=1) for _ in range(6)], FLAT, Y)

    kept = max(1, fails_at // 2)
    assert built == [*range(fails_at + 1), *range(kept, 6)]
    assert [m.group_["members"] for m in members] == [kept] * kept + [6 - kept] * (6 - kept)
    for one, other in zip(members, expected, strict=True):
        assert_alike(outcome(one), outcome(other))


def test_one_network_that_memory_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to halve: it is said, and the estimator is not fitted."""

    def runs_out(*arguments: Any) -> Any:
        raise ValueError("RESOURCE_EXHAUSTED: Out of memory allocating 4194304 bytes.")

    monkeypatch.setattr(_members.Preparation, "member", runs_out)
    with pytest.raises(MemoryError, match=r"^Memory ran out while the network of estimator 0 was "):
        fit_many([mlp(), mlp()], FLAT, Y)


def test_a_bar_shows_the_progress_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    """One bar, if any of the estimators is to show one."""
    fit_many([mlp(random_state=i, verbose=i) for i in range(2)], FLAT, Y)
    assert "epochs of all members: 100%" in capsys.readouterr().err
    fit_many([mlp(random_state=i) for i in range(2)], FLAT, Y)
    assert capsys.readouterr().err == ""


def test_architectures_are_groups() -> None:
    """What is static may differ too; all come back in their places."""
    members = [mlp(hidden_units=(n,), random_state=i) for i, n in enumerate((8, 4, 8, 4, 8))]
    fitted = fit_many(members, FLAT, Y)

    assert [a is b for a, b in zip(fitted, members, strict=True)] == [True] * 5
    assert [member.group_["members"] for member in fitted] == [3, 2, 3, 2, 3]


def test_architectures_share_one_copy_of_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that are compiled ahead do not hold the samples once for each architecture."""
    groups: list[_group.Group] = []

    class Seen(_group.Group):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            groups.append(self)

    for module in (_ahead, _fit_many):
        monkeypatch.setattr(module, "Group", Seen)
    monkeypatch.setattr(_ahead, "cores", lambda: 2)
    fit_many([mlp(hidden_units=(n,), epochs=1, random_state=0) for n in (4, 5, 6)], FLAT, Y)
    assert len(groups) == 6  # compiled ahead, then trained
    assert len({id(group.samples) for group in groups}) == 1


def test_a_bar_ends_where_a_callback_stops_members(capsys: pytest.CaptureFixture[str]) -> None:
    """Epochs that are left out count as done, once for each member."""
    nets = [mlp(random_state=i, epochs=4, verbose=1) for i in range(2)]
    fit_many(nets, FLAT[:64], Y[:64], callback=lambda *_: np.array([False, True]))
    assert [net.n_iter_ for net in nets] == [4, 1]
    assert "epochs of all members: 100%" in capsys.readouterr().err


def test_what_cannot_be_grouped_is_fitted_alone_and_says_why() -> None:
    """Callbacks are their estimator's own business."""
    expected = mlp(random_state=1).fit(FLAT, Y)
    members = [mlp(), mlp(random_state=1, callbacks=[keras.callbacks.TerminateOnNaN()])]
    with pytest.warns(
        UserWarning,
        match=re.escape(
            "1 of 2 estimators were fitted one by one: they have callbacks of their own."
        ),
    ):
        fit_many(members, FLAT, Y)
    assert_same(outcome(members[1]), outcome(expected))


def test_a_shared_random_state_is_drawn_from_in_order() -> None:
    """As if the estimators had been fitted one after the other."""
    shared, again = np.random.RandomState(0), np.random.RandomState(0)
    together = fit_many([mlp(random_state=shared) for _ in range(3)], FLAT, Y)
    for member in together:
        assert_alike(outcome(member), outcome(mlp(random_state=again).fit(FLAT, Y)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimators": ["x"]}, "'x' is no estimator of nnest: give MLPClassifier, CNNClassifier, "
         "MLPRegressor or CNNRegressor."),
        ({"splits": []}, "splits hold 0 pairs for 2 estimators: give one for each."),
        ({"splits": [([0, 1], [2]), np.arange(2)]}, "splits[1] is no pair: give (train, "
         "validation), row numbers of both, or None as validation."),
        ({"splits": [([0, 1], None), (None, [0])]}, "splits[1] is no pair: give (train, "),
        ({"splits": [(np.arange(999), None)] * 2}, "splits[0] names rows that 700 samples lack "
         "(index 700 is out of bounds for axis 0 with size 700): give row numbers from 0 to 699."),
        ({"splits": [([0, 1], [0.5])] * 2}, "splits[0] names rows that 700 samples lack (only "
         "integers, "),
        ({"max_group": 0}, "max_group=0 is not accepted: give 'auto' or at least 1."),
        ({"callback": lambda epoch, metrics: [True]}, "callback returned bool of shape (1,): "
         "return None, or booleans of shape (2,), True for each estimator that stops."),
    ],
)  # fmt: skip
def test_bad_input_is_told_apart(arguments: dict[str, Any], message: str) -> None:
    """One sentence each, from the border."""
    given = {"estimators": [mlp(), mlp(random_state=1)], "X": FLAT, "y": Y, **arguments}
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        fit_many(**given)


def test_an_estimator_is_given_once() -> None:
    """It could not be left as two fits would have left it."""
    one = mlp()
    with pytest.raises(ValueError, match="estimators hold one object 2 times: give clones of it"):
        fit_many([one, clone(one), one], FLAT, Y)
    assert fit_many([], FLAT, Y) == []


class Weights(keras.callbacks.Callback):
    """Keeps the weights before the first step and after each."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[np.ndarray]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep the initial ones."""
        self.seen.append([np.array(v.numpy()) for v in self.model.trainable_variables])

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep those after the step."""
        self.seen.append([np.array(v.numpy()) for v in self.model.trainable_variables])


@pytest.mark.parametrize(
    ("net", "batch_size", "n_steps"),
    [
        (mlp(hidden_units=(8,), dropout=0.3, l2=0.01), 300, 3),
        (cnn(hidden_units=()), 300, 3),
        (mlp(hidden_units=(8,), batch_norm_at="every"), 347, 3),  # six rows share with a batch
        (mlp(hidden_units=(8,)), 10**6, 1),
    ],
    ids=["mlp", "cnn", "shared", "huge"],
)
def test_first_gradients_are_those_of_the_training(net: Any, batch_size: int, n_steps: int) -> None:
    """What plain gradient descent subtracts, divided by its rate, step by step."""
    rate, watch = 0.5, Weights()
    net = clone(net).set_params(optimizer="sgd", learning_rate=rate, epochs=1)
    net.set_params(batch_size=batch_size)
    samples = X if isinstance(net, CNNClassifier) else FLAT
    clone(net).set_params(callbacks=[watch]).fit(samples, Y)
    steps = [
        np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(before, after, strict=True))) / rate
        for before, after in zip(watch.seen[:-1], watch.seen[1:], strict=True)
    ]
    assert len(steps) == n_steps
    found = first_gradient_norms(net, samples, Y, n_steps=5)
    np.testing.assert_allclose(found, steps, rtol=1e-3)
    assert first_gradient_norms(net, samples, Y, n_steps=2) == found[:2]


def test_trainings_go_on_in_a_group() -> None:
    """Twice as long is the same as once and once more; a group of its own each time."""
    rates = (0.1, 0.3)
    whole = [mlp(epochs=4, dropout=rate) for rate in rates]
    parts = [mlp(epochs=1, dropout=rate, warm_start=True) for rate in rates]
    fit_many(whole, FLAT, Y)
    fit_many(parts, FLAT, Y)
    fit_many([net.set_params(epochs=3) for net in parts], FLAT, Y)
    assert [net.group_["members"] for net in parts] == [2, 2]
    for one, other in zip(whole, parts, strict=True):
        assert one.history_ == other.history_
        np.testing.assert_array_equal(one.predict_proba(FLAT), other.predict_proba(FLAT))


def test_trainings_go_on_with_the_same_features_only() -> None:
    """Other columns, or others in number, are another network's."""
    frame = pd.DataFrame(FLAT[:, :2], columns=["a", "b"])
    (net,) = fit_many([mlp(epochs=1, warm_start=True)], frame, Y)
    before = dict(net.history_)
    sentence = r"^X has other features than those that this MLPClassifier was fitted with"
    for other in (frame[["b", "a"]], FLAT[:, :3]):
        with pytest.raises(ValueError, match=sentence):
            fit_many([net], other, Y)
    assert net.history_ == before
    assert fit_many([net], frame, Y)[0].n_iter_ == 2
