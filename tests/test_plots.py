"""Figures: what is drawn is what came in, on the axes that came in."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.text import Annotation
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from nnest import plots
from nnest.builders import build_cnn, build_mlp


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Leave no figure open, whatever a test drew."""
    yield
    plt.close("all")


def history() -> pd.DataFrame:
    """Return two arms of two seeds over three epochs, in two metrics."""
    rows = [
        {"epoch": epoch, "value": epoch + seed + shift, "metric": metric, "arm": arm, "seed": seed}
        for shift, arm in ((0.0, "plain"), (10.0, "blurred"))
        for metric in ("test_accuracy", "fit_loss")
        for seed in (0, 1)
        for epoch in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


def agreement_table() -> pd.DataFrame:
    """Return one number that agrees and one that does not."""
    return pd.DataFrame(
        {
            "label": ["a", "b"],
            "reported": [0.5, 0.9],
            "low": [0.4, 0.6],
            "high": [0.6, 0.8],
            "mean": [0.52, 0.7],
            "verdict": ["agrees", "ours lower"],
        }
    )


def trials() -> pd.DataFrame:
    """Return three trials, of which the second was pruned."""
    return pd.DataFrame(
        {
            "trial": [0, 1, 2],
            "state": ["complete", "pruned", "complete"],
            "value": [0.9, 0.5, 0.8],
            "param_l2": [0.1, 0.2, 0.3],
            "param_activation": ["relu", "tanh", "tanh"],
        }
    )


def drawings() -> dict[str, tuple[object, ...]]:
    """Return every public figure with arguments that it accepts."""
    return {
        "agreement": (agreement_table(),),
        "best_of_k": (pd.DataFrame({"k": [1], "expected": [0.5], "low": [0.4], "high": [0.6]}),),
        "confusion_matrix": ([[3, 1], [0, 4]],),
        "functions": ([0.0, 1.0], {"f": [0.0, 1.0]}),
        "images": (np.zeros((2, 4, 4)),),
        "importances": (pd.DataFrame({"parameter": ["l2"], "importance": [1.0]}),),
        "isolation": (trials(), "l2"),
        "kernel": (np.eye(3),),
        "network": (build_mlp((4,), 2, hidden_units=(3,)),),
        "learning_curves": (history().assign(metric="val_accuracy"),),
        "parallel_coordinates": (trials(),),
        "search_results": (pd.DataFrame({"param_l2": [0.0], "mean_test_score": [1.0]}), "l2"),
        "study_history": (trials(),),
    }


DRAWING = sorted(set(plots.__all__) - {"save_figure"})


@pytest.mark.parametrize("name", DRAWING)
def test_draws_on_the_given_axes_and_opens_no_figure(name: str) -> None:
    """With an axes given, that axes comes back and no other figure is made."""
    ax = plt.figure().add_subplot()
    figures = plt.get_fignums()
    assert getattr(plots, name)(*drawings()[name], ax=ax) is ax
    assert plt.get_fignums() == figures


@pytest.mark.parametrize("name", DRAWING)
def test_makes_a_figure_of_its_own_without_axes(name: str) -> None:
    """Without an axes, two calls draw on two figures."""
    first, second = (getattr(plots, name)(*drawings()[name]) for _ in range(2))
    assert first.figure is not second.figure


def test_learning_curve_is_the_mean_of_the_seeds() -> None:
    """The line of an arm passes through the mean at every epoch, of the asked metric only."""
    ax = plots.learning_curves(history(), metric="test_accuracy")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1.5, 2.5, 3.5])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [11.5, 12.5, 13.5])


def test_learning_curve_band_reaches_from_lowest_to_highest_seed() -> None:
    """The band spans all seeds."""
    ax = plots.learning_curves(history(), metric="test_accuracy")
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1.0
    assert band[:, 1].max() == 4.0


def test_learning_curves_refuse_an_absent_metric() -> None:
    """The sentence names the metrics that are there."""
    message = "There is no row of metric 'val_loss': the table holds ['fit_loss', 'test_accuracy']."
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.learning_curves(history(), metric="val_loss")


def test_learning_curves_refuse_a_table_without_a_column() -> None:
    """The sentence names the column that is missing and those that are there."""
    message = (
        "The table of learning curves has no column 'arm': it has "
        "['epoch', 'metric', 'seed', 'value']; "
        "give a table with the columns ['epoch', 'value', 'metric', 'arm']."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.learning_curves(history().drop(columns="arm"))


def test_confusion_matrix_writes_all_counts_and_colors_only_errors() -> None:
    """The large numbers of the diagonal do not take part in the color scale."""
    ax = plots.confusion_matrix([[980, 2], [7, 1000]], labels=["0", "1"])
    assert [text.get_text() for text in ax.texts] == ["980", "2", "7", "1000"]
    np.testing.assert_array_equal(np.ravel(ax.collections[0].get_array()), [0, 2, 7, 0])


def test_confusion_matrix_shows_means_of_counts_with_a_decimal() -> None:
    """A mean over seeds is not rounded to a whole number."""
    ax = plots.confusion_matrix([[9.5, 0.25], [1.0, 8.0]])
    assert [text.get_text() for text in ax.texts] == ["9.5", "0.2", "1.0", "8.0"]


def test_confusion_matrix_refuses_wrong_forms() -> None:
    """A matrix that is not square, and labels of another number."""
    with pytest.raises(
        ValueError,
        match=re.escape("The confusion matrix has the shape (1, 2): give a square matrix."),
    ):
        plots.confusion_matrix([[1, 2]])
    with pytest.raises(
        ValueError, match=re.escape("There are 1 labels for 2 classes: give one label per class.")
    ):
        plots.confusion_matrix(np.eye(2), labels=["a"])


@pytest.mark.parametrize("param", ["dropout", "param_dropout"])
def test_search_results_are_sorted_along_a_numeric_parameter(param: str) -> None:
    """Settings are drawn in the order of their values, not of the table."""
    results = {"param_dropout": [0.4, 0.0, 0.2], "mean_test_score": [0.7, 0.9, 0.8]}
    line = plots.search_results(results, param).lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0.0, 0.2, 0.4])
    np.testing.assert_allclose(line.get_ydata(), [0.9, 0.8, 0.7])


def test_search_results_take_the_cv_results_of_scikit_learn() -> None:
    """Masked arrays with tuples and numbers in them, as GridSearchCV leaves them."""
    units = np.ma.MaskedArray([None] * 4, mask=False, dtype=object)
    units[:] = [(8,), (8,), (16,), (16,)]
    results = {
        "param_hidden_units": units,
        "param_l2": np.ma.MaskedArray([0.0, 0.1, 0.0, 0.1], mask=False),
        "mean_test_score": np.array([0.1, 0.2, 0.3, 0.4]),
        "std_test_score": np.array([0.01, 0.02, 0.03, 0.04]),
    }
    ax = plots.search_results(results, "hidden_units", hue="l2")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["(8,)", "(16,)"]
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "l2"
    assert [text.get_text() for text in legend.get_texts()] == ["0.0", "0.1"]


TUPLES = np.array([None, (8,), None], dtype=object)


@pytest.mark.parametrize(
    ("candidates", "names"),
    [
        ([None, 0.1, 0.5], ["None", "0.1", "0.5"]),
        ([0.1, None, None], ["0.1", "None"]),
        ([None, (8,), (8, 16)], ["None", "(8,)", "(8, 16)"]),
        ([(np.int64(8),), (np.int64(16),), None], ["(8,)", "(16,)", "None"]),
        (np.array([(8,), (16,), (32,)]), ["(8,)", "(16,)", "(32,)"]),
        ([True, False, None], ["True", "False", "None"]),
        (np.ma.MaskedArray([1.0, 2.0, 2.0], [False, True, False]), ["1.0", "not set", "2.0"]),
        (np.ma.MaskedArray(TUPLES, [False, False, True]), ["None", "(8,)", "not set"]),
    ],
)
@pytest.mark.parametrize("hue", [None, "alpha"])
def test_search_results_keep_every_candidate(candidates: Any, names: list[str], hue: Any) -> None:
    """None is a candidate like others; a setting without the parameter is another thing."""
    scores = {"mean_test_score": [0.1, 0.2, 0.3], "std_test_score": [0.01, 0.02, 0.03]}
    results = {"param_units": candidates, "param_alpha": [None, 1.0, 1.0], **scores}
    ax = plots.search_results(results, "units", hue=hue)
    assert [label.get_text() for label in ax.get_xticklabels()] == names
    if hue is None:
        drawn = np.concatenate([line.get_xdata() for line in ax.lines])
        assert sorted(set(drawn.tolist())) == list(range(len(names)))
    else:
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert texts == ["None", "1.0"]
        # The one point of the setting None has the color of that line.
        assert ax.lines[0].get_ydata().tolist() == [0.1]


@pytest.mark.parametrize("table", [dict, pd.DataFrame])
def test_search_results_of_a_search_over_none(table: Any) -> None:
    """As scikit-learn hands them over, or as the table that one makes of them."""
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [None, 1, 3]}, cv=2).fit(X, y)
    ax = plots.search_results(table(search.cv_results_), "max_depth")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["None", "1", "3"]


def test_search_results_show_the_deviation_over_folds() -> None:
    """The bars are one standard deviation long, each way."""
    results = {
        "param_l2": [0.0, 1.0],
        "mean_test_score": [0.5, 0.6],
        "std_test_score": [0.1, 0.2],
    }
    bars = plots.search_results(results, "l2").collections[-1].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[0.4, 0.6], [0.4, 0.8]])


def test_agreement_draws_interval_and_reported_value() -> None:
    """The bar is the interval, the diamond the reported value in the color of its verdict."""
    ax = plots.agreement(agreement_table())
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(bars, [(0.4, 0.6), (0.6, 0.8)])
    _, agrees, lower = ax.collections
    np.testing.assert_allclose(agrees.get_offsets(), [[0.5, 0]])
    np.testing.assert_allclose(lower.get_offsets(), [[0.9, 1]])
    assert tuple(agrees.get_facecolor()[0]) == to_rgba("tab:green")
    assert tuple(lower.get_facecolor()[0]) == to_rgba("tab:red")


def test_kernel_puts_zero_in_the_middle_of_its_colors() -> None:
    """A kernel with negative entries does not show them as black, nor zero as anything but none."""
    mesh = plots.kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]]).collections[0]
    assert mesh.get_clim() == (-4, 4)


def test_functions_refuse_values_of_another_length() -> None:
    """The sentence names the function."""
    message = (
        "The function 'relu' has values of shape (2,) for points of shape (3,): "
        "give one value per point."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.functions([0, 1, 2], {"relu": [0, 1]})


def test_images_share_one_scale_of_brightness() -> None:
    """A dimmed picture looks dimmed beside the bright one."""
    bright = np.full((3, 3), 10.0)
    strip = plots.images([bright, 0.5 * bright, 0 * bright]).images[0]
    assert strip.get_clim() == (0.0, 10.0)
    np.testing.assert_array_equal(strip.get_array()[0, [0, 4, 8]], [10.0, 5.0, 0.0])


def test_images_are_drawn_in_color() -> None:
    """The largest value is white, and the gap between two pictures is transparent."""
    pictures = np.zeros((2, 3, 3, 3))
    pictures[0, :, :, 0] = 255
    strip = plots.images(pictures).images[0].get_array()
    assert strip.shape == (3, 7, 4)
    np.testing.assert_array_equal(strip[0, [0, 3, 4]], [[1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]])
    gray = plots.images(np.ones((2, 3, 3, 1))).images[0].get_array()
    assert gray.shape == (3, 7)


def test_images_refuse_a_single_picture() -> None:
    """One picture without a first axis is told what form is wanted."""
    message = (
        "The pictures have the shape (8, 8): give (n_pictures, height, width), or (n_pictures,"
        " height, width, 3) in color."
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.images(np.zeros((8, 8)))


def test_import_loads_neither_matplotlib_nor_keras() -> None:
    """The module is free to import; drawing is what loads."""
    code = (
        "import sys, nnest.plots\n"
        "print(sorted({'matplotlib', 'seaborn', 'keras', 'jax', 'pandas'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def written(ax: Any) -> list[tuple[str, ...]]:
    """Return the rows of a drawn network, head and sum left out."""
    texts = [one.get_text() for one in ax.texts if not isinstance(one, Annotation)]
    rows = list(zip(texts[::3], texts[1::3], texts[2::3], strict=True))
    assert rows[0] == ("layer", "shape", "parameters")
    return rows[1:]


def arrows(ax: Any) -> list[tuple[int, int]]:
    """Return from which row to which each arrow leads."""
    return [(int(one.xyann[1]), int(one.xy[1])) for one in ax.texts if isinstance(one, Annotation)]


def test_network_shows_shapes_and_counts() -> None:
    """What changes no shape stands with the layer before it; a rate of zero is not shown."""
    model = build_cnn((8, 8, 1), 2, filters=(3,), hidden_units=(4,), dropout=0.5)
    ax = plots.network(model)
    assert written(ax) == [
        ("input", "8 x 8 x 1", ""),
        ("Conv2D 3x3, relu", "8 x 8 x 3", "30"),
        ("MaxPooling2D 2x2", "4 x 4 x 3", ""),
        ("Flatten", "48", ""),
        ("Dense, relu, dropout 0.5", "4", "196"),
        ("Dense, softmax", "2", "10"),
        ("parameters together", "", "236"),
    ]
    assert model.count_params() == 236
    assert arrows(ax) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_network_shows_a_shortcut() -> None:
    """An arrow leads from the input to the layer that joins both."""
    model = build_mlp((1,), 1, hidden_units=(6, 5), shortcut=True, output_activation="linear")
    assert arrows(plots.network(model)) == [(0, 1), (1, 2), (0, 3), (2, 3), (3, 4)]


def test_network_of_a_sequential_model_and_of_an_estimator() -> None:
    """Both are drawn; a sequential model's input is not among its layers."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dropout(0.25)])
    wanted = [
        ("input", "3", ""),
        ("Dense, dropout 0.25", "2", "8"),
        ("parameters together", "", "8"),
    ]
    assert written(plots.network(model)) == wanted
    assert written(plots.network(SimpleNamespace(model_=model))) == wanted


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, "network draws a Keras model with layers or a fitted estimator, not 3."),
        (
            keras.Sequential([keras.layers.Dense(2)]),
            "The model knows no shapes yet: give it an input, or call it once.",
        ),
    ],
    ids=["a number", "no input"],
)
def test_network_refuses_what_it_cannot_draw(model: object, message: str) -> None:
    """The sentence says what is needed."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plots.network(model)
