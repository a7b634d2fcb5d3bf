"""Figures of studies: what is drawn is what the tables of trials say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from nnest import plots


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Leave no figure open, whatever a test drew."""
    yield
    plt.close("all")


def trials() -> pd.DataFrame:
    """Return six trials: four complete, one pruned, one failed; the second layer is conditional."""
    nan = float("nan")
    return pd.DataFrame(
        {
            "trial": range(6),
            "state": ["complete", "complete", "pruned", "complete", "failed", "complete"],
            "value": [0.80, 0.90, 0.99, 0.85, nan, 0.95],
            "param_l2": [1e-6, 1e-5, 1e-4, 1e-3, 1e-3, 1e-2],
            "param_activation": ["relu", "tanh", "tanh", "tanh", "relu", "relu"],
            "param_units_2": [nan, 32, 32, nan, nan, 64],
            "param_batch_size": [128] * 6,
        }
    )


def test_history_climbs_over_complete_trials_only() -> None:
    """A pruned trial's last value is no best value, however high it is."""
    ax = plots.study_history(trials())
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0, 1, 3, 5])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.80, 0.90, 0.90, 0.95])


def test_history_descends_where_less_is_better() -> None:
    """Losses."""
    ax = plots.study_history(trials(), higher_is_better=False)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.80] * 4)


def test_history_shows_every_trial_once_by_its_state() -> None:
    """Each state has its own sign; the failed one, without a value, is there as well."""
    ax = plots.study_history(trials())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["best so far", "complete (4)", "pruned (1)", "failed (1)"]
    assert [len(points.get_offsets()) for points in ax.collections] == [4, 1, 1]


def test_history_of_a_study_without_complete_trials() -> None:
    """There is no best value to draw, and no error."""
    ax = plots.study_history(trials().query("state != 'complete'"))
    assert len(ax.lines) == 0


def test_importances_stand_from_most_to_least() -> None:
    """The longest bar is the upper one, and each has its number."""
    table = pd.DataFrame({"parameter": ["a", "b", "c"], "importance": [0.1, 0.7, 0.2]})
    ax = plots.importances(table)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b", "c", "a"]
    assert [bar.get_width() for bar in ax.patches] == [0.7, 0.2, 0.1]
    assert [text.get_text() for text in ax.texts] == ["0.70", "0.20", "0.10"]
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_isolation_joins_the_best_of_each_part() -> None:
    """With at most as many values as parts, each value is its own part."""
    ax = plots.isolation(trials(), "l2")
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [1e-6, 1e-5, 1e-3, 1e-2])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.80, 0.90, 0.85, 0.95])
    assert ax.get_xscale() == "log"


def test_isolation_cuts_a_range_into_parts_of_one_width() -> None:
    """Of the trials of each part, the best is marked; an empty part is passed over."""
    table = pd.DataFrame(
        {
            "param_dropout": [0.0, 0.1, 0.2, 0.5, 0.9, 1.0],
            "value": [3.0, 5.0, 4.0, 1.0, 2.0, 0.5],
            "state": "complete",
        }
    )
    line = plots.isolation(table, "param_dropout", bins=4).lines[0]
    np.testing.assert_allclose(line.get_xdata(), [0.1, 0.5, 0.9])
    np.testing.assert_allclose(line.get_ydata(), [5.0, 1.0, 2.0])
    line = plots.isolation(table, "dropout", bins=4, higher_is_better=False).lines[0]
    np.testing.assert_allclose(line.get_ydata(), [3.0, 1.0, 0.5])


def test_isolation_cuts_a_logarithmic_range_by_its_ratios() -> None:
    """Two parts of 1..10000 meet at 100, unless a linear scale is asked for."""
    table = pd.DataFrame(
        {"param_l2": [1.0, 50.0, 200.0, 1e4], "value": [1.0, 2.0, 4.0, 3.0], "state": "complete"}
    )
    log = plots.isolation(table, "l2", bins=2).lines[0]
    np.testing.assert_allclose(log.get_xdata(), [50.0, 200.0])
    linear = plots.isolation(table, "l2", bins=2, log=False)
    np.testing.assert_allclose(linear.lines[0].get_xdata(), [200.0, 1e4])
    assert linear.get_xscale() == "linear"


def test_isolation_of_names_has_a_place_for_each() -> None:
    """The best of each name; pruned trials do not count."""
    ax = plots.isolation(trials(), "activation")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["relu", "tanh"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.95, 0.90])


def test_isolation_leaves_out_trials_without_the_parameter() -> None:
    """A width of the second layer is of networks with two layers."""
    ax = plots.isolation(trials(), "units_2")
    assert len(ax.collections[0].get_offsets()) == 2


def test_isolation_refuses_what_it_cannot_draw() -> None:
    """An unknown parameter, and one that no complete trial has."""
    with pytest.raises(ValueError, match=re.escape("The table of trials has no column 'param_x'")):
        plots.isolation(trials(), "x")
    message = "No complete trial has 'l2' and a value: there is nothing to draw."
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.isolation(trials().query("state == 'failed'"), "l2")


def test_parallel_coordinates_draw_complete_trials_over_what_differs() -> None:
    """A parameter that is the same everywhere has no axis; the best trial is bold and red."""
    ax = plots.parallel_coordinates(trials())
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert labels == ["l2", "activation", "units_2", "value"]
    lines = [line for line in ax.lines if len(line.get_ydata()) == 4]
    assert len(lines) == 4
    bold = [line for line in lines if line.get_linewidth() > 1]
    assert len(bold) == 1
    assert to_rgba(bold[0].get_color()) == to_rgba("tab:red")
    np.testing.assert_allclose(bold[0].get_ydata(), [1.0, 0.0, 1.0, 1.0])


def test_parallel_coordinates_pass_below_an_axis_that_a_trial_does_not_have() -> None:
    """And the picture says what that means."""
    ax = plots.parallel_coordinates(trials(), parameters=["units_2"])
    below = [line for line in ax.lines if len(line.get_ydata()) == 2 and line.get_ydata()[0] < 0]
    assert len(below) == 2
    assert [text.get_text() for text in ax.get_yticklabels()] == ["not set"]


def test_parallel_coordinates_refuse_a_table_without_complete_trials() -> None:
    """There is nothing to draw."""
    message = "The table has no complete trial: there is nothing to draw."
    with pytest.raises(ValueError, match=re.escape(message)):
        plots.parallel_coordinates(trials().query("state == 'pruned'"))


def test_scales_are_as_they_are_said_to_be_or_guessed() -> None:
    """Rates drawn evenly stay on a linear axis, however small the smallest is."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "param_dropout": np.append(rng.uniform(0, 0.5, 40), 1e-4),
            "param_l2": np.append(10 ** rng.uniform(-6, -2, 40), 1e-2),
            "value": rng.random(41),
            "state": "complete",
        }
    )
    assert plots.isolation(table, "dropout").get_xscale() == "linear"
    assert plots.isolation(table, "l2").get_xscale() == "log"
    assert plots.isolation(table, "dropout", log=True).get_xscale() == "log"
    assert plots.isolation(table, "l2", log=False).get_xscale() == "linear"
    middle = table.index[20]
    for log, linear in ((["dropout"], "l2"), (["l2"], "dropout")):
        ax = plots.parallel_coordinates(table, parameters=["dropout", "l2"], log=log)
        lines = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 3]
        column = table[f"param_{linear}"]
        share = (column[middle] - column.min()) / (column.max() - column.min())
        place = ["dropout", "l2"].index(linear)
        assert lines[20][place] == pytest.approx(share)


def test_best_of_k_tells_studies_apart_by_dashes() -> None:
    """Who does not see the colors reads the lines."""
    one = pd.DataFrame({"k": [1, 2], "expected": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]})
    table = pd.concat([one.assign(space="good"), one.assign(space="bad", expected=[0.3, 0.4])])
    ax = plots.best_of_k(table, hue="space")
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["good", "bad"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [0.3, 0.4])


def test_figure_is_written_and_closed(tmp_path: Path) -> None:
    """A command that draws fifty figures does not keep them."""
    ax = plots.study_history(trials())
    plots.save_figure(ax, tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == []
