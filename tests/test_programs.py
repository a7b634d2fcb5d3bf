"""Models share a program if and only if it computes the same for both."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import jax
import keras
import numpy as np
import pytest
from keras.layers import Activation, BatchNormalization
from keras.optimizers import SGD, Adam, AdamW

from nnest.builders import build_cnn, build_mlp
from nnest.layers import Dense, Dropout
from nnest.programs import Batches, Model, _sharing, clear_programs, signature

CROSS_ENTROPY = "categorical_crossentropy"
ACCURACY = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)).astype(np.float32), np.arange(50, dtype=np.int32) % 3
PICTURES = RNG.normal(size=(50, 6, 6, 1)).astype(np.float32)


@pytest.fixture(autouse=True)
def _no_programs_before() -> None:
    """Start each test without programs."""
    clear_programs()


def mlp(*, seed: int = 0, compiled: dict[str, Any] | None = None, **settings: Any) -> Model:
    """Return a compiled perceptron."""
    settings = {"input_shape": (4,), "n_outputs": 3, "hidden_units": (5,), **settings}
    model = build_mlp(**settings, seed=seed)
    model.compile(**{"optimizer": "adam", "loss": CROSS_ENTROPY, **(compiled or {})})
    return model


def cnn(**settings: Any) -> Model:
    """Return a compiled convolutional network."""
    small = {"input_shape": (6, 6, 1), "n_outputs": 3, "filters": (2,), "hidden_units": (5,)}
    model = build_cnn(**{**small, **settings})
    model.compile("adam", CROSS_ENTROPY)
    return model


def chain(*layers: Any, optimizer: Any = "adam") -> Model:
    """Return a compiled model of some layers between an input and an output."""
    x = inputs = keras.Input((4,), name="input")
    for i, layer in enumerate([*layers, Activation("softmax")]):
        layer.name = f"layer_{i}"
        x = layer(x)
    model = Model(inputs, x, name="chain")
    model.compile(optimizer, CROSS_ENTROPY)
    return model


def compiled(**settings: Any) -> Model:
    """Return the perceptron, compiled in another way."""
    return mlp(compiled=settings)


def optimized(optimizer: Any) -> Model:
    """Return the perceptron with another optimizer."""
    return mlp(compiled={"optimizer": optimizer})


def frozen() -> Model:
    """Return the perceptron with a layer that is not trained."""
    model = mlp()
    model.get_layer("hidden_1").trainable = False
    model.compile("adam", CROSS_ENTROPY)
    return model


def sparing() -> Model:
    """Return a perceptron whose biases do not decay."""
    model, optimizer = mlp(), AdamW(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, CROSS_ENTROPY)
    return model


def schedule(steps: int) -> Any:
    """Return a learning rate that falls."""
    return keras.optimizers.schedules.ExponentialDecay(0.1, steps, 0.9)


def scaled(factor: float) -> Callable[..., Any]:
    """Return a loss; all of them have one name."""

    def loss(y: Any, p: Any) -> Any:
        return factor * keras.ops.mean(keras.ops.square(p), axis=-1)

    return loss


def own_optimizer() -> Any:
    """Return an optimizer of a new class; all of them have one name."""

    class Own(SGD):
        pass

    return Own(0.1)


# What differs within a list may not be shared.
DIFFERENT: dict[str, list[Callable[[], Model]]] = {
    "architecture": [
        mlp,
        lambda: mlp(hidden_units=(6,)),
        lambda: mlp(hidden_units=(5, 5)),
        lambda: mlp(activation="elu"),
        lambda: mlp(dropout_at=None),
        lambda: mlp(batch_norm_at="every"),
        lambda: mlp(batch_norm_at="every", batch_norm_order="after_activation"),
        lambda: mlp(shortcut=True),
        lambda: mlp(input_shape=(7,)),
        lambda: mlp(input_shape=(2, 2)),
        lambda: mlp(n_outputs=4),
        lambda: mlp(output_activation="sigmoid"),
    ],
    "convolution": [
        cnn,
        lambda: cnn(filters=(3,)),
        lambda: cnn(kernel_size=2),
        lambda: cnn(strides=2),
        lambda: cnn(padding="valid"),
        lambda: cnn(pooling="average"),
        lambda: cnn(pooling=None),
        lambda: cnn(pool_size=3),
        lambda: cnn(conv_batch_norm=True),
        lambda: cnn(conv_batch_norm="last_pooling"),
        lambda: cnn(conv_dropout=0.1),
        lambda: cnn(conv_dropout=0.1, conv_dropout_at="activation"),
        lambda: cnn(conv_dropout=0.1, conv_dropout_at="head"),
        lambda: cnn(input_shape=(6, 6, 3)),
    ],
    "layers": [
        lambda: chain(Dense(3)),
        lambda: chain(keras.layers.Dense(3)),
        lambda: chain(Dense(3, use_bias=False)),
        lambda: chain(Dense(3, dtype="bfloat16")),
        lambda: chain(Dense(3, dtype="mixed_bfloat16")),
        lambda: chain(Dense(3, kernel_constraint="non_neg")),
        lambda: chain(Dense(3), BatchNormalization()),
        lambda: chain(Dense(3), BatchNormalization(momentum=0.5)),
        lambda: chain(Dense(3), BatchNormalization(epsilon=0.1)),
        lambda: chain(Dense(3), BatchNormalization(center=False)),
        lambda: chain(Dense(3), Activation("relu")),
        lambda: chain(Dense(3), Activation(scaled(1.0))),
        lambda: chain(Dense(3), Activation(scaled(2.0))),
        lambda: chain(Dense(3), Dropout(0.5, seed=0)),
        lambda: chain(Dense(3), keras.layers.Dropout(0.5, seed=0)),
        lambda: chain(Dense(3), keras.layers.Dropout(0.4, seed=0)),
    ],
    "optimizer": [
        lambda: optimized(Adam()),
        lambda: optimized(Adam(beta_1=0.8)),
        lambda: optimized(Adam(beta_2=0.9)),
        lambda: optimized(Adam(epsilon=1e-3)),
        lambda: optimized(Adam(amsgrad=True)),
        lambda: optimized(Adam(clipnorm=1.0)),
        lambda: optimized(Adam(clipnorm=2.0)),
        lambda: optimized(Adam(clipvalue=1.0)),
        lambda: optimized(Adam(global_clipnorm=1.0)),
        lambda: optimized(Adam(use_ema=True)),
        lambda: optimized(Adam(gradient_accumulation_steps=2)),
        lambda: optimized(AdamW(weight_decay=0.1)),
        lambda: optimized(AdamW(weight_decay=0.2)),
        sparing,
        lambda: optimized(SGD()),
        lambda: optimized(SGD(momentum=0.5)),
        lambda: optimized(SGD(momentum=0.6)),
        lambda: optimized(SGD(momentum=0.5, nesterov=True)),
        lambda: optimized(SGD(schedule(10))),
        lambda: optimized(SGD(schedule(20))),
        lambda: optimized(keras.optimizers.LossScaleOptimizer(SGD())),
        lambda: optimized(keras.optimizers.LossScaleOptimizer(SGD(momentum=0.5))),
        lambda: optimized(own_optimizer()),
        lambda: optimized(own_optimizer()),
    ],
    "compilation": [
        mlp,
        lambda: compiled(loss="sparse_categorical_crossentropy"),
        lambda: compiled(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        lambda: compiled(loss=scaled(1.0)),
        lambda: compiled(loss=scaled(2.0)),
        lambda: compiled(metrics=ACCURACY),
        lambda: compiled(metrics=["mean_squared_error"]),
        lambda: compiled(weighted_metrics=ACCURACY),
        lambda: compiled(metrics=[scaled(1.0)]),
        lambda: compiled(metrics=[scaled(2.0)]),
        lambda: compiled(steps_per_execution=2),
        frozen,
    ],
}


def make_all(model: Model) -> int:
    """Let a model take its three programs, and return how many there are then."""
    for kind in ("train", "test", "predict"):
        getattr(model, f"make_{kind}_function")()
    return len(_sharing._programs)


@pytest.mark.parametrize("ingredient", DIFFERENT)
def test_models_that_differ_share_nothing(ingredient: str) -> None:
    """Each model of the list makes three programs of its own, and a second of its kind none."""
    makers = DIFFERENT[ingredient]
    models = [make() for make in makers]

    assert [make_all(model) for model in models] == [3 * (i + 1) for i in range(len(makers))]
    assert len({signature(model) for model in models}) == len(makers)


SHARED = {
    "dropout": lambda: mlp(dropout=0.5),
    "l1": lambda: mlp(l1=0.1),
    "l2": lambda: mlp(l2=0.1),
    "learning rate": lambda: optimized(Adam(0.5)),
    "seed": lambda: mlp(seed=7),
    "kernel initializer": lambda: mlp(kernel_initializer="he_normal"),
    "bias initializer": lambda: mlp(bias_initializer="ones"),
    "no name of its own": lambda: optimized(Adam(name="other")),
}


@pytest.mark.parametrize("ingredient", SHARED)
def test_models_that_differ_in_a_weight_share_everything(ingredient: str) -> None:
    """What is a number of the state is no matter of the program."""
    other = SHARED[ingredient]()

    assert make_all(mlp()) == make_all(other) == 3
    assert signature(other) == signature(mlp())


def test_label_smoothing_and_present_values_are_shared() -> None:
    """Values that were assigned after building are state too."""
    model = mlp()
    model.hyperparameters.label_smoothing.assign(0.3)
    model.get_layer("hidden_1").hyperparameters.l2.assign(0.3)
    model.optimizer.learning_rate.assign(0.3)

    assert signature(model) == signature(mlp())


def test_one_function_is_one_ingredient() -> None:
    """Models with the same loss function, not only one of the same name, share."""
    loss = scaled(2.0)

    assert signature(compiled(loss=loss)) == signature(compiled(loss=loss))


@pytest.fixture
def restored() -> Iterator[None]:
    """Put Keras's own settings back."""
    policy, epsilon = keras.config.dtype_policy(), keras.config.epsilon()
    yield
    keras.config.set_dtype_policy(policy)
    keras.config.set_epsilon(epsilon)


@pytest.mark.usefixtures("restored")
def test_settings_of_keras_are_ingredients() -> None:
    """Programs hold the policy of types and the small number that losses are clipped with."""
    signatures = {signature(mlp())}
    keras.config.set_epsilon(1e-3)
    signatures.add(signature(mlp()))
    keras.config.set_dtype_policy("mixed_bfloat16")
    signatures.add(signature(mlp()))
    keras.config.set_dtype_policy("mixed_float16")
    signatures.add(signature(mlp()))

    assert len(signatures) == 4


@pytest.mark.parametrize("how", [{"jit_compile": False}, {"run_eagerly": True}], ids=str)
def test_what_is_not_compiled_is_not_shared(how: dict[str, Any]) -> None:
    """Without a program there is nothing to share, and the numbers are the same."""
    model = mlp(compiled={"optimizer": SGD(0.1), **how})
    losses = trained(model)[0]

    assert len(_sharing._programs) == 0
    np.testing.assert_allclose(losses, trained(optimized(SGD(0.1)))[0], rtol=1e-5)


def trained(model: Model, x: Any = X, batch_size: int = 16, **fit: Any) -> tuple[Any, ...]:
    """Return what a model learns, says and weighs after two epochs."""
    fit = {"epochs": 2, "shuffle": 5, "verbose": 0, **fit}
    history = model.fit(x, Y, batch_size=batch_size, validation_data=(x[:9], Y[:9]), **fit).history
    values = [v for name in sorted(history) for v in history[name]]
    return values, model.predict(x, verbose=0), model.get_weights()


def assert_identical(one: Any, other: Any) -> None:
    """Hold two results to one another, to the last bit."""
    jax.tree.map(np.testing.assert_array_equal, one, other)


FAMILIES = {
    "mlp": (X, lambda i: mlp(dropout=0.1 * i, l2=0.01 * i, batch_norm_at="every", seed=i)),
    "cnn": (PICTURES, lambda i: cnn(conv_dropout=0.1 * (i + 1), l1=0.01 * i, seed=i)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_sharing_changes_no_number(family: str) -> None:
    """Trained with a program of another model, or with its own: the same to the last bit."""
    x, make = FAMILIES[family]
    shared = [trained(make(i), x) for i in range(3)]
    alone = []
    for i in range(3):
        clear_programs()
        alone.append(trained(make(i), x))

    assert_identical(shared, alone)
    assert shared[0][0] != shared[1][0]


class Compilations:
    """Counts the programs that are compiled in a block."""

    def __enter__(self) -> Compilations:
        self.count = 0
        jax.monitoring.register_event_duration_secs_listener(self._hear)
        return self

    def _hear(self, event: str, *_: Any, **__: Any) -> None:
        self.count += event == "/jax/core/compile/backend_compile_duration"

    def __exit__(self, *_: object) -> None:
        jax.monitoring.unregister_event_duration_listener(self._hear)


def test_a_second_fit_compiles_nothing() -> None:
    """Other rates, penalties, smoothing, learning rate and seed: no compilation at all."""
    with Compilations() as first:
        trained(mlp(dropout=0.1))
    model = mlp(dropout=0.4, l1=0.1, l2=0.2, seed=3, compiled={"optimizer": Adam(0.5)})
    model.hyperparameters.label_smoothing.assign(0.1)
    with Compilations() as second:
        trained(model)

    assert first.count > 0
    assert second.count == 0


def test_a_network_that_is_built_in_training_shares_programs() -> None:
    """Keras notes that a layer was called in training, which says nothing of later runs."""
    made = []

    class Outer(keras.layers.Layer):
        def call(self, inputs: Any, training: bool | None = None) -> Any:
            made.append(mlp())
            return inputs

    Outer()(np.ones((1, 4), np.float32), training=True)
    noted = str(made[-1].get_config())
    assert "'training': True" in noted
    assert signature(made[-1]) == signature(mlp())


def test_an_argument_that_keras_does_not_set_stays_in_the_text() -> None:
    """A layer that takes any arguments runs with those of its call, in each run."""

    class Free(keras.layers.Layer):
        def call(self, inputs: Any, **given: bool) -> Any:
            return inputs * (2.0 if given.get("training") else 1.0)

    texts = set()
    for training in (False, True):
        inputs = keras.Input((4,), name="input")
        layer = Free(name="free")
        model = Model(inputs, layer(inputs, training=training))
        model.compile("sgd", "mean_squared_error")
        texts.add(signature(model))
    assert len(texts) == 2


def test_the_state_of_a_step_is_not_copied() -> None:
    """Keras copies all lists that a model is given, to look for layers in them."""
    model = mlp()
    state = {"trainable_variables": [1.0]}
    model._jax_state = state
    assert model._jax_state is state
    model.others = state
    assert model.others is not state


def test_a_model_that_lent_its_program_may_be_compiled_anew() -> None:
    """What is traced later, for other shapes, is traced as the borrower was compiled."""
    expected = trained(optimized(SGD(0.1)), batch_size=10)
    clear_programs()
    lender, borrower = optimized(SGD(0.1)), optimized(SGD(0.1))
    trained(lender)
    lender.compile(SGD(0.1), scaled(5.0))
    trained(lender)

    assert_identical(trained(borrower, batch_size=10), expected)


def test_a_layer_that_is_frozen_before_the_next_compile_is_another_ingredient() -> None:
    """What a signature was read from may be changed; compiled anew, it has another one."""
    model = mlp()
    before = signature(model)
    model.get_layer("hidden_1").trainable = False
    assert signature(model) == before, "what is compiled runs on as it is"
    model.compile("adam", CROSS_ENTROPY)
    assert signature(model) == signature(frozen()) != before


@pytest.mark.parametrize("size", [7, 50, 64])
@pytest.mark.parametrize("make", [mlp, cnn], ids=["mlp", "cnn"])
def test_the_short_way_to_predict_is_the_long_way(make: Callable[[], Model], size: int) -> None:
    """Without Keras's loop the outputs are its own, and the model is as it was."""
    model, x = make(), X if make is mlp else PICTURES
    weights = [np.asarray(variable.value) for variable in model.variables]
    expected = keras.Model.predict(model, x, batch_size=size, verbose=0)
    np.testing.assert_array_equal(model.predict(x, batch_size=size, verbose=0), expected)
    np.testing.assert_array_equal(
        model.predict(x.astype(float), batch_size=size, verbose=0), expected
    )
    for variable, before in zip(model.variables, weights, strict=True):
        np.testing.assert_array_equal(variable.value, before)


def test_the_least_used_architecture_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs take memory, so there is a limit; what was forgotten is compiled again."""
    monkeypatch.setattr(_sharing, "CAPACITY", 6)
    first, second, third = (mlp(hidden_units=(n,)) for n in (2, 3, 4))
    make_all(first)
    make_all(second)
    make_all(mlp(hidden_units=(2,)))
    make_all(third)

    kept = {key for _, key in _sharing._programs}
    assert kept == {signature(first), signature(third)}
    assert_identical(trained(mlp(hidden_units=(3,))), trained(second))


def test_threads_train_as_if_they_were_alone() -> None:
    """Two architectures, two models of each, all at once."""
    settings = [{"dropout": 0.3}, {"dropout": 0.1}, {"activation": "elu"}, {"activation": "elu"}]
    expected = [trained(mlp(**each, seed=i)) for i, each in enumerate(settings)]
    clear_programs()
    results: dict[int, Any] = {}
    models = [mlp(**each, seed=i) for i, each in enumerate(settings)]
    start = threading.Barrier(len(models))

    def work(i: int) -> None:
        start.wait()
        results[i] = trained(models[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(models))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert_identical([results[i] for i in range(len(models))], expected)


def test_models_that_were_trained_are_let_go() -> None:
    """A program keeps no model."""
    seen = []
    for i in range(12):
        model = mlp(seed=i)
        model.fit(X, Y, verbose=0, shuffle=i)
        seen.append(weakref.ref(model))
        del model
    gc.collect()

    assert sum(reference() is not None for reference in seen) == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothing_is_that_of_keras_in_training_and_none_in_evaluation(smoothing: float) -> None:
    """Targets are spread over all classes while the network learns, and plain when it is judged."""
    model = mlp()
    model.hyperparameters.label_smoothing.assign(smoothing)
    p = model.predict(X, verbose=0)
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)(np.eye(3)[Y], p)
    plain = keras.losses.SparseCategoricalCrossentropy()(Y, p)
    losses = [model.compute_loss(X, Y, p, training=training) for training in (True, False)]

    np.testing.assert_allclose(losses, [smooth, plain], rtol=1e-5)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(float(plain), rel=1e-5)


def orders(seed: int, epochs: int, n: int = 20, epoch: int = 0) -> list[list[int]]:
    """Return the order of samples in some epochs."""
    batches = Batches((np.arange(n), np.arange(n)), 6, seed, epoch)
    drawn = []
    for _ in range(epochs):
        drawn.append([int(i) for b in range(len(batches)) for i in batches[b][0]])
        batches.on_epoch_end()
    return drawn


def test_the_order_of_samples_depends_on_seed_and_epoch_alone() -> None:
    """Whenever and however often an epoch is drawn, it is the same; others are others."""
    np.random.seed(0)
    first = orders(3, 4)
    np.random.seed(1)
    keras.utils.set_random_seed(5)

    assert orders(3, 4) == first
    assert orders(3, 2, epoch=2) == first[2:]
    assert len({tuple(order) for order in first + orders(4, 4)}) == 8


@pytest.mark.parametrize("n", [1, 5, 6, 7, 20])
def test_an_epoch_holds_each_sample_once(n: int) -> None:
    """Batches are full, but for the last."""
    batches = Batches((np.arange(n),), 6, seed=0)

    sizes = [len(batches[b][0]) for b in range(len(batches))]
    assert all(sorted(order) == list(range(n)) for order in orders(1, 3, n))
    assert sizes == [6] * (n // 6) + [n % 6] * (n % 6 > 0)


def test_inputs_targets_and_weights_stay_together() -> None:
    """A row is a row in all arrays."""
    batches = Batches((np.arange(9) * 10, np.arange(9), np.arange(9) / 2), 4, seed=0)

    for b in range(len(batches)):
        x, y, weight = batches[b]
        np.testing.assert_array_equal(x, y * 10)
        np.testing.assert_array_equal(weight, y / 2)


def test_training_in_two_parts_is_training_in_one() -> None:
    """The order of samples, dropout and the optimizer go on where they were."""
    whole, parts = mlp(dropout=0.3), mlp(dropout=0.3)
    expected = trained(whole, epochs=3)
    trained(parts, epochs=1)
    result = trained(parts, epochs=3, initial_epoch=1)

    assert_identical(result[1:], expected[1:])


def test_weights_of_samples_go_with_a_seed() -> None:
    """A weight of zero is as good as no sample, for the loss of a whole batch."""
    weight = np.where(np.arange(50) < 25, 2.0, 0.0).astype(np.float32)
    settings = {"epochs": 1, "verbose": 0, "shuffle": 1, "batch_size": 50}
    weighted, half = optimized(SGD(0.1)), optimized(SGD(0.1))
    weighted.fit(X, Y, sample_weight=weight, **settings)
    half.fit(X[:25], Y[:25], **settings)

    for a, b in zip(weighted.get_weights(), half.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_without_a_seed_keras_shuffles() -> None:
    """True and False mean what they mean to Keras."""
    one, other = optimized(SGD(0.1)), optimized(SGD(0.1))

    assert_identical(trained(one, shuffle=False), trained(other, shuffle=False))
    assert trained(optimized(SGD(0.1)), shuffle=True)[0][0] > 0
