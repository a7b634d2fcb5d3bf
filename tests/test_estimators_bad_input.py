"""Everything that cannot be fitted or predicted is refused with one sentence that helps."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from nnest import MLPRegressor
from tests.networks import ESTIMATORS, cnn, mlp, network, pictures

X, Y = pictures(24)
FLAT = X.reshape(len(X), -1)


def refuses(sentence: str) -> Any:
    """Expect a ValueError with exactly this sentence."""
    return pytest.raises(ValueError, match="^" + re.escape(sentence) + "$")


ANY_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"dropout": 1.0}, "dropout=1.0 is not a dropout rate: give numbers of at least 0 and below "
     "1."),
    ({"dropout": (0.1, 0.2)}, "dropout=(0.1, 0.2) has 2 entries for 1 layers: give one value for "
     "all, or one for each layer."),
    ({"dropout_at": "middle"}, "dropout_at='middle' is not accepted: give one of None, 'first', "
     "'last', 'every'."),
    ({"batch_norm_order": "before"}, "batch_norm_order='before' is not accepted: give one of "
     "'before_activation', 'after_activation'."),
    ({"hidden_units": 5}, "hidden_units=5 is not a sequence: give one number for each layer, as "
     "(5,)."),
    ({"hidden_units": (8, 0)}, "hidden_units=(8, 0) holds 0: give whole numbers of at least 1."),
    ({"hidden_units": (2.5,)}, "hidden_units=(2.5,) holds 2.5: give whole numbers of at least 1."),
    ({"batch_size": 0}, "batch_size=0 is not accepted: give a whole number of at least 1."),
    ({"epochs": -1}, "epochs=-1 is not accepted: give a whole number of at least 1."),
    ({"epochs": True}, "epochs=True is not accepted: give a whole number of at least 1."),
    ({"learning_rate": 0}, "learning_rate=0 is not accepted: give a number above 0."),
    ({"learning_rate": "fast"}, "learning_rate='fast' is not accepted: give a number above 0."),
    ({"l2": -1e-3}, "l2=-0.001 is not accepted: give a number of at least 0."),
    ({"l1": float("nan")}, "l1=nan is not accepted: give a number of at least 0."),
    ({"label_smoothing": 1.0}, "label_smoothing=1.0 is not accepted: give a number of at least 0 "
     "and below 1."),
    ({"validation_fraction": 0.0}, "validation_fraction=0.0 is not accepted: give a number above 0 "
     "and below 1."),
    ({"early_stopping": "no"}, "early_stopping='no' is not accepted: give True or False."),
    ({"warm_start": 1}, "warm_start=1 is not accepted: give True or False."),
    ({"shortcut": "no"}, "shortcut='no' is not accepted: give True or False."),
    ({"momentum": 0.5}, "momentum=0.5 has no meaning for optimizer='adam': leave it at 0.0, or "
     "give one of 'sgd', 'rmsprop'."),
    ({"optimizer": "adm"}, "optimizer='adm' is not accepted: give one of 'adam', 'adamw', "
     "'adamax', 'nadam', 'sgd', 'rmsprop', 'adagrad', 'adadelta', 'ftrl', 'lion'."),
]  # fmt: skip
PICTURE_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"filters": (32, 0)}, "filters=(32, 0) holds 0: give whole numbers of at least 1."),
    ({"filters": 32}, "filters=32 is not a sequence: give one number for each layer, as (32,)."),
    ({"image_shape": 8}, "image_shape=8 is not a sequence: give one number for each axis, as "
     "(8, 8)."),
    ({"padding": "full"}, "padding='full' is not accepted: give one of 'same', 'valid'."),
    ({"pooling": "min"}, "pooling='min' is not accepted: give one of 'max', 'average', None."),
    ({"kernel_size": (3, 3)}, "kernel_size=(3, 3) has 2 entries for 1 layers: give one value for "
     "all, or one for each layer."),
    ({"conv_dropout_at": "input"}, "conv_dropout_at='input' is not accepted: give one of "
     "'activation', 'pooling', 'flatten', 'head'."),
    ({"kernel_size": 7, "padding": "valid"}, "kernel_size=7 of convolution 1 is larger than its "
     "input of 6x6 pixels: give a smaller kernel, padding='same', fewer convolutions or larger "
     "images."),
    ({"filters": (2, 2, 2)}, "pool_size=2 after convolution 3 leaves nothing of 1x1 pixels: give "
     "fewer convolutions or poolings (pooling=None), a smaller pool_size, padding='same' or "
     "larger images."),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "sentence"), ANY_PARAMETERS, ids=lambda v: str(v)[:40])
def test_parameters_of_all_networks(settings: dict[str, Any], sentence: str) -> None:
    """They are refused when fitting, as scikit-learn asks."""
    with refuses(sentence):
        mlp(**settings).fit(X, Y)


@pytest.mark.parametrize(("settings", "sentence"), PICTURE_PARAMETERS, ids=lambda v: str(v)[:40])
def test_parameters_of_convolutional_networks(settings: dict[str, Any], sentence: str) -> None:
    """Those that can never be, and those that do not fit the pictures."""
    with refuses(sentence):
        cnn(**settings).fit(X, Y)


def test_a_misspelt_activation() -> None:
    """The nearest name is shown, or where all stand."""
    with refuses("activation='rellu' is not an activation of Keras: did you mean 'relu'?"):
        mlp(activation="rellu").fit(X, Y)
    with refuses(
        "activation='x' is not an activation of Keras: name one of keras.activations, as 'relu' or "
        "'tanh'."
    ):
        mlp(activation="x").fit(X, Y)


def test_no_such_initializer() -> None:
    """What a name and what a configuration look like is shown."""
    with refuses(
        "kernel_initializer='he_norml' is no initializer: give the name of one of "
        "keras.initializers, as "
        "'he_normal', or its configuration, as "
        "{'class_name': 'RandomNormal', 'config': {'mean': 1.0, 'stddev': 0.05}}."
    ):
        mlp(kernel_initializer="he_norml").fit(X, Y)


@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity")])
@pytest.mark.parametrize("cls", ESTIMATORS)
def test_pixels_that_are_no_numbers(cls: Any, value: float, name: str) -> None:
    """They are refused before they spoil all weights, and in predictions too."""
    spoiled = X.copy()
    spoiled[3, 2, 1] = value
    with pytest.raises(ValueError, match=f"^Input X contains {name}"):
        network(cls).fit(spoiled, Y)
    net = network(cls, epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match=f"^Input X contains {name}"):
        net.predict(spoiled)


def test_no_samples() -> None:
    """scikit-learn's own sentence."""
    with refuses("Found array with 0 sample(s) (shape=(0, 6, 6)) while a minimum of 1 is required "
                 "by MLPClassifier."):  # fmt: skip
        mlp().fit(X[:0], Y[:0])


def test_one_class() -> None:
    """There is nothing to tell apart; what was fitted before still predicts."""
    net = mlp(epochs=1).fit(X, Y)
    before = net.predict_proba(X)
    with refuses("y holds one class, ['a']: give samples of at least two classes."):
        net.fit(X, ["a"] * len(X))
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_as_many_targets_as_samples() -> None:
    """scikit-learn's own sentence."""
    with refuses("Found input variables with inconsistent numbers of samples: [24, 23]"):
        mlp().fit(X, Y[:-1])


def test_continuous_targets_of_a_classifier() -> None:
    """scikit-learn's own sentence."""
    with pytest.raises(ValueError, match=r"^Unknown label type: continuous\."):
        mlp().fit(X, Y + 0.5)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_pictures_of_another_size(cls: Any) -> None:
    """Both sizes are named, also where only the width differs."""
    net = network(cls, epochs=1).fit(X, Y)
    with refuses(
        f"X has samples of shape (6, 5), but this {cls.__name__} was fitted with samples of shape "
        "(6, 6): give samples of that shape, or fit again."
    ):
        net.predict(X[:, :, :5])


def test_too_many_axes() -> None:
    """The forms that are accepted are named."""
    with refuses(
        "X has shape (24, 6, 3, 2, 1): give samples as (n, p), (n, h, w) or (n, h, w, c)."
    ):
        mlp().fit(X.reshape(24, 6, 3, 2, 1), Y)


def test_pictures_that_do_not_fit_their_shape() -> None:
    """The product is wrong, or there are too many axes."""
    for shape in ((5, 7), (2, 2, 3, 3)):
        with refuses(
            f"image_shape={shape!r} does not fit samples of 36 numbers: give their height, width "
            "and channels, whose product that is."
        ):
            cnn(image_shape=shape).fit(FLAT, Y)


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_not_fitted(cls: Any) -> None:
    """Also after a `fit` that was refused."""
    net = network(cls)
    sentence = (
        f"This {cls.__name__} instance is not fitted yet. Call 'fit' with appropriate arguments "
        "before using this estimator."
    )
    with pytest.raises(NotFittedError, match=re.escape(sentence)):
        net.predict(X)
    with pytest.raises(ValueError, match="hidden_units=5 is not a sequence"):
        net.set_params(hidden_units=5).fit(X, Y)
    with pytest.raises(NotFittedError, match=re.escape(sentence)):
        net.predict(X)


def test_sparse_samples() -> None:
    """scikit-learn says how to make them dense."""
    with pytest.raises(TypeError, match=r"^Sparse data was passed for X, but dense data is requ"):
        mlp().fit(sparse.csr_array(FLAT), Y)


def test_text_for_pixels() -> None:
    """An object array of numbers is numbers, one with text is refused."""
    mlp(epochs=1).fit(FLAT.astype(object), Y)
    text = FLAT.astype(object)
    text[0, 0] = "dark"
    with refuses("could not convert string to float: 'dark'"):
        mlp().fit(text, Y)


def test_an_unseen_label_in_partial_fit() -> None:
    """The labels are named, and the network is as it was."""
    net = mlp().partial_fit(X, Y)
    before = net.predict_proba(X)
    with refuses(
        "y holds the labels [3], which are not among the classes [0, 1, 2]: leave them out, or "
        "fit again with all labels."
    ):
        net.partial_fit(X, np.where(Y == 0, 3, Y))
    with refuses(
        "classes=[0, 1] are not those of the first call, [0, 1, 2]: give the same, or none."
    ):
        net.partial_fit(X, Y, classes=[0, 1])
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_targets_of_another_form_in_partial_fit() -> None:
    """A network with one output cannot learn two."""
    net = network(MLPRegressor).partial_fit(X, Y)
    with refuses(
        "y has targets of shape (2,), but this MLPRegressor was fitted with targets of shape (): "
        "give those, or fit again."
    ):
        net.partial_fit(X, np.column_stack([Y, Y]))


def test_too_few_samples_for_early_stopping() -> None:
    """What can be done is said, and what scikit-learn found."""
    with refuses(
        "early_stopping=True cannot set 0.1 of 24 samples aside (The test_size = 3 should be "
        "greater or equal to the number of classes = 12): give more samples of each class, "
        "another validation_fraction, or X_val and y_val."
    ):
        mlp(early_stopping=True).fit(X, np.arange(24) % 12)


def test_too_few_groups_for_early_stopping() -> None:
    """One group cannot be on two sides."""
    with refuses(
        "early_stopping=True cannot set 0.1 of 2 groups aside (at least 10 groups are needed): "
        "give more groups, another validation_fraction, or X_val and y_val."
    ):
        mlp(early_stopping=True).fit(X, Y, groups=np.arange(24) // 12)
    with refuses("groups has shape (23,) for 24 samples: give one group for each."):
        mlp(early_stopping=True).fit(X, Y, groups=np.arange(23))


@pytest.mark.parametrize("groups", [["a"] * 20 + [None] * 4, [0.0] * 20 + [np.nan] * 4])
def test_missing_groups(groups: list[Any]) -> None:
    """A sample without a group belongs to no side."""
    with refuses("groups lacks 4 of 24 groups: give one group for each sample."):
        mlp(early_stopping=True).fit(X, Y, groups=groups)


def test_half_of_the_validation_samples() -> None:
    """Pictures without labels tell nothing."""
    with refuses("X_val and y_val go together: give both, or neither."):
        mlp().fit(X, Y, X_val=X)


def test_validation_samples_are_named() -> None:
    """It is not `X` or `y` that has to be mended."""
    said = "Validation samples (X_val, y_val): "
    with refuses(
        f"{said}y holds the labels [7], which are not among the classes [0, 1, 2]: leave them out, "
        "or fit again with all labels."
    ):
        mlp().fit(FLAT, Y, X_val=FLAT, y_val=np.where(Y == 2, 7, Y))
    with refuses(f"{said}X has 3 features, but MLPClassifier is expecting 36 features as input."):
        mlp().fit(FLAT, Y, X_val=FLAT[:, :3], y_val=Y)


def test_weights_that_are_all_zero() -> None:
    """scikit-learn's own sentence: there is nothing left to train on."""
    with refuses("Sample weights must contain at least one non-zero number."):
        mlp().fit(X, Y, sample_weight=np.zeros(len(X)))
