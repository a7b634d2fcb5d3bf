"""Spaces as TOML files: what they let a trial choose, and what is refused, with file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest

from nnest.cli._space import Space, as_space, default_space, read_space
from nnest.exceptions import TuneError

DEFAULTS = {
    "activation": "relu",
    "batch_norm_at": None,
    "batch_norm_order": "before_activation",
    "batch_size": 32,
    "dropout": 0.0,
    "epochs": 10,
    "filters": (32, 64),
    "hidden_units": (128,),
    "kernel_size": 3,
    "l2": 0.0,
    "learning_rate": None,
    "momentum": 0.0,
    "optimizer": "adam",
    "random_state": None,
    "tol": 1e-4,
    "validation_fraction": 0.1,
}


def space_of(tmp_path: Path, text: str) -> Space:
    """Return the space of a file with this text."""
    path = tmp_path / "space.toml"
    path.write_text(text)
    return read_space(str(path), DEFAULTS)


def settings_of(space: Space, n: int = 30) -> list[dict[str, Any]]:
    """Return what so many random trials choose."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [space(study.ask()) for _ in range(n)]


def refusal(tmp_path: Path, text: str) -> str:
    """Return what is said about a file, behind its name."""
    with pytest.raises(TuneError) as caught:
        space_of(tmp_path, text)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(str(tmp_path / "space.toml"))
    return said.removeprefix(str(tmp_path / "space.toml"))


def test_ranges_hold_numbers_of_their_kind(tmp_path: Path) -> None:
    """Whole numbers where both limits are; steps and logarithms are kept to."""
    space = space_of(
        tmp_path,
        "[batch_size]\nlow = 32\nhigh = 256\nstep = 32\n"
        "[dropout]\nlow = 0\nhigh = 0.5\nstep = 0.25\n"
        "[learning_rate]\nlow = 1e-4\nhigh = 1e-2\nlog = true\n",
    )
    found = settings_of(space)
    assert {type(each["batch_size"]) for each in found} == {int}
    assert all(each["batch_size"] % 32 == 0 for each in found)
    assert {each["dropout"] for each in found} == {0.0, 0.25, 0.5}
    assert all(1e-4 <= each["learning_rate"] <= 1e-2 for each in found)
    assert any(each["learning_rate"] < 1e-3 for each in found)
    assert space.ranges == ["batch_size", "dropout", "learning_rate"]


def test_layers_have_a_width_each(tmp_path: Path) -> None:
    """A number of layers is chosen first; later layers exist only where there are as many."""
    space = space_of(tmp_path, "[hidden_units]\nlayers = [0, 2]\nchoices = [16, 32]\n")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    lengths = set()
    for _ in range(40):
        trial = study.ask()
        units = space(trial)["hidden_units"]
        lengths.add(len(units))
        assert isinstance(units, tuple)
        assert set(units) <= {16, 32}
        layers = [f"hidden_units_{i}" for i in range(1, len(units) + 1)]
        assert sorted(trial.params) == sorted(["hidden_units_layers", *layers])
    assert lengths == {0, 1, 2}


def test_one_number_of_layers_is_no_choice(tmp_path: Path) -> None:
    """Then the study is not asked for it."""
    space = space_of(tmp_path, "[filters]\nlayers = [2, 2]\nlow = 4\nhigh = 8\n")
    trial = optuna.create_study().ask()
    assert len(space(trial)["filters"]) == 2
    assert sorted(trial.params) == ["filters_1", "filters_2"]


@pytest.mark.parametrize(
    ("head", "lengths"),
    [
        ("[hidden_units]\nlayers = [1, 3]\nchoices = [8]\n", {1, 2, 3}),
        ("hidden_units = [8, 8]\n", {2}),
        ("", {1}),
    ],
)
def test_a_value_for_each_layer_follows_the_layers(
    tmp_path: Path, head: str, lengths: set[int]
) -> None:
    """Searched, fixed, or the network's own."""
    space = space_of(tmp_path, head + "[dropout]\nlow = 0.0\nhigh = 0.5\neach_layer = true\n")
    found = settings_of(space)
    assert {len(each["dropout"]) for each in found} == lengths
    assert all(len(each["dropout"]) == len(each["hidden_units"]) for each in found if len(each) > 1)


def test_a_parameter_is_asked_for_only_where_it_matters(tmp_path: Path) -> None:
    """Momentum belongs to two of three optimizers."""
    space = space_of(
        tmp_path,
        '[optimizer]\nchoices = ["adam", "sgd", "rmsprop"]\n'
        '[momentum]\nlow = 0.0\nhigh = 0.9\nwhen = { optimizer = ["sgd", "rmsprop"] }\n',
    )
    found = settings_of(space)
    assert {each["optimizer"] for each in found} == {"adam", "sgd", "rmsprop"}
    assert all(("momentum" in each) == (each["optimizer"] != "adam") for each in found)


def test_none_stands_for_pythons_none_and_lists_for_tuples(tmp_path: Path) -> None:
    """TOML has neither."""
    space = space_of(
        tmp_path,
        'hidden_units = [64, 32]\n[batch_norm_at]\nchoices = ["none", "every"]\n'
        "[filters]\nchoices = [[8], [8, 16]]\n",
    )
    assert space.fixed == {"hidden_units": (64, 32)}
    assert space.grid == {"batch_norm_at": [None, "every"], "filters": [(8,), (8, 16)]}
    assert space.ranges == []


def test_a_finished_trial_tells_its_setting_again(tmp_path: Path) -> None:
    """What was chosen can be read from the study alone."""
    space = space_of(tmp_path, "[hidden_units]\nlayers = [1, 3]\nchoices = [16, 32]\n")
    study = optuna.create_study()
    trial = study.ask()
    chosen = space(trial)
    study.tell(trial, 0.5)
    assert space(study.trials[0]) == chosen


def test_a_space_is_known_again_in_another_process(tmp_path: Path) -> None:
    """Its text is its content in order, and it can be made from that."""
    text = "[dropout]\nlow = 0.0\nhigh = 0.5\n[l2]\nlow = 0.0\nhigh = 0.1\n"
    one, again = space_of(tmp_path, text), space_of(tmp_path, "# the same\n" + text)
    assert repr(one) == repr(again) == one.text
    assert repr(one) != repr(space_of(tmp_path, text.replace("0.5", "0.6")))


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_default_spaces_are_of_their_networks(model: str) -> None:
    """Every setting is one that the network takes; depth, widths and all penalties are searched."""
    from nnest import CNNClassifier, MLPClassifier

    network = {"mlp": MLPClassifier, "cnn": CNNClassifier}[model]()
    space = default_space(model, network.get_params())
    for setting in settings_of(space, 5):
        network.set_params(**space.fixed, **setting)
    searched = {entry.name for entry in space.entries}
    wanted = {"dropout", "l1", "l2", "hidden_units", "learning_rate", "activation"}
    assert wanted <= searched
    assert searched & {"batch_norm_at", "conv_batch_norm"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[dropuot]\nlow = 0.0\nhigh = 0.5\n",
            ": 'dropuot' is no parameter of this network; did you mean 'dropout'?",
        ),
        (
            "epochs = 3\n[dropout]\nlow = 0.0\nhigh = 0.5\n",
            ": 'epochs' is not for a space: --epochs says how long all trials train.",
        ),
        (
            "[random_state]\nlow = 0\nhigh = 5\n",
            ": 'random_state' is not for a space: --seed decides all seeds.",
        ),
        (
            "batch_size = 64\n",
            " holds nothing to search: give at least one table, such as [dropout] with low and "
            "high.",
        ),
        (
            "[dropout]\nlow = 0.0\nhihg = 0.5\n",
            ": [dropout]: 'hihg' is no key; did you mean 'high'?",
        ),
        ("[dropout]\nlow = 0.0\n", ": [dropout] has no 'high': give low and high, or choices."),
        (
            '[dropout]\nlow = 0.0\nhigh = "much"\n',
            ": [dropout] has high = 'much': give a finite number.",
        ),
        ("[dropout]\nlow = 0.0\nhigh = nan\n", ": [dropout] has high = nan: give a finite number."),
        (
            "[dropout]\nlow = 0.5\nhigh = 0.5\n",
            ": [dropout] has low = 0.5 and high = 0.5: low must be below high.",
        ),
        (
            "[dropout]\nlow = 0.0\nhigh = 1.5\n",
            ": [dropout] holds 1.5: give numbers of at least 0 and below 1.",
        ),
        (
            "[l2]\nlow = 0.0\nhigh = 1e-2\nlog = true\n",
            ": [l2] has log = true, which takes no step and a low above 0: its low is 0.0, its "
            "step None.",
        ),
        (
            "[l2]\nlow = 1e-4\nhigh = 1e-2\nlog = 1\n",
            ": [l2] has log = 1: give true or false.",
        ),
        (
            "[dropout]\nlow = 0.0\nhigh = 0.5\nstep = 0.2\n",
            ": [dropout] has step = 0.2, which does not lead from 0.0 to 0.5: give a step of which "
            "the range is a multiple, a whole number in a range of whole numbers.",
        ),
        (
            "[batch_size]\nlow = 32\nhigh = 64\nstep = 0.5\n",
            ": [batch_size] has step = 0.5, which does not lead from 32 to 64: give a step of "
            "which the range is a multiple, a whole number in a range of whole numbers.",
        ),
        (
            "[batch_size]\nlow = 32.0\nhigh = 64\n",
            ": [batch_size] holds 32.0: give whole numbers of at least 1.",
        ),
        (
            "batch_size = 0\n[dropout]\nlow = 0.0\nhigh = 0.5\n",
            ": batch_size holds 0: give whole numbers of at least 1.",
        ),
        (
            "[tol]\nlow = -1.0\nhigh = 0.5\n",
            ": [tol] holds -1.0: give numbers of at least 0.",
        ),
        (
            "validation_fraction = 1.5\n[dropout]\nlow = 0.0\nhigh = 0.5\n",
            ": validation_fraction holds 1.5: give numbers above 0 and below 1.",
        ),
        (
            "hidden_units = 64\n[dropout]\nlow = 0.0\nhigh = 0.5\n",
            ": hidden_units is 64: give a list with an entry for each layer.",
        ),
        (
            "[activation]\nchoices = []\n",
            ": [activation] has choices = []: give a list of at least one value.",
        ),
        (
            '[activation]\nchoices = ["relu", "relu"]\n',
            ": [activation] has 'relu' twice among its choices: give each once.",
        ),
        (
            '[activation]\nchoices = ["relu"]\nlow = 1\n',
            ": [activation] has both 'choices' and 'low': give choices or a range.",
        ),
        (
            "[activation]\nchoices = [2026-01-01]\n",
            ": [activation] choices holds datetime.date(2026, 1, 1): give finite numbers, names, "
            "true, false, or lists of them.",
        ),
        (
            "[hidden_units]\nchoices = [64, 32]\n",
            ": [hidden_units] is a list with an entry for each layer: give layers, as layers = "
            "[1, 3], or choices that are lists, as [[64], [64, 32]].",
        ),
        (
            "[hidden_units]\nlayers = [1, 2]\nchoices = [[64], [32]]\n",
            ": [hidden_units] has 'layers' and lists among its choices: give the widths of one "
            "layer, as [32, 64]; there is one for each layer.",
        ),
        (
            "[hidden_units]\nchoices = [[64], [64, 0]]\n",
            ": [hidden_units] holds (64, 0): give whole numbers of at least 1.",
        ),
        (
            "[hidden_units]\nlayers = [3, 1]\nchoices = [64]\n",
            ": [hidden_units] has layers = [3, 1]: give two whole numbers from 0 to 100, the least "
            "and the most, as [1, 3].",
        ),
        (
            "[dropout]\nlayers = [1, 3]\nlow = 0.0\nhigh = 0.5\n",
            ": [dropout] has 'layers', which only hidden_units and filters have: write "
            "'each_layer = true' for a value for each layer of theirs.",
        ),
        (
            "[l2]\neach_layer = true\nlow = 0.0\nhigh = 0.5\n",
            ": [l2] has 'each_layer', but it takes one value for all layers: leave it out; "
            "dropout, kernel_size, strides, pooling, pool_size, conv_dropout have it.",
        ),
        (
            '[dropout]\neach_layer = "yes"\nlow = 0.0\nhigh = 0.5\n',
            ": [dropout] has each_layer = 'yes': give true or false.",
        ),
        (
            '[momentum]\nlow = 0.0\nhigh = 0.9\nwhen = { optimizer = "sgd" }\n',
            ": [momentum] depends on 'optimizer', which does not stand above it: put its table "
            "there.",
        ),
        (
            '[momentum]\nlow = 0.0\nhigh = 0.9\nwhen = "sgd"\n',
            ": [momentum] has when = 'sgd': give another parameter with its values, as "
            '{ optimizer = "sgd" }.',
        ),
    ],
)
def test_a_file_is_refused_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    """One sentence, which names the file, the table and the key."""
    assert refusal(tmp_path, text) == said


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    """The sentence has the line; a file that is not there, and one that is no text."""
    said = refusal(tmp_path, "[dropout\n")
    assert said.startswith(" is no TOML: ")
    assert "line 1" in said
    (tmp_path / "space.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(TuneError, match=r"is no text in UTF-8: name a TOML file\."):
        read_space(str(tmp_path / "space.toml"), DEFAULTS)
    with pytest.raises(TuneError, match=r"cannot be read \(No such file or directory\)"):
        read_space(str(tmp_path / "none.toml"), DEFAULTS)


def test_layers_of_a_partner_that_is_searched_below_are_refused(tmp_path: Path) -> None:
    """A value for each layer cannot be chosen before the layers are."""
    text = (
        "[dropout]\nlow = 0.0\nhigh = 0.5\neach_layer = true\n"
        "[hidden_units]\nlayers = [1, 2]\nchoices = [8]\n"
    )
    assert refusal(tmp_path, text) == (
        ": [dropout] has a value for each layer of 'hidden_units', whose table stands below: put "
        "it above."
    )


def test_content_may_come_from_a_study() -> None:
    """What a study keeps is checked like a file."""
    with pytest.raises(TuneError, match=r"^The study's space: \[l2\] has no 'low'"):
        as_space({"l2": {"high": 1.0}}, "The study's space", DEFAULTS)


CHOSEN = '[batch_norm_at]\nchoices = ["none", "every"]\n'
ASKED = "[learning_rate]\nlow = 1e-3\nhigh = 1e-1\n"


@pytest.mark.parametrize(
    ("above", "name", "value"),
    [
        (CHOSEN, "batch_norm_at", "'sometimes'"),
        (CHOSEN, "batch_norm_at", "['first', 'last']"),
        ('optimizer = "adam"\n', "optimizer", "'sgd'"),
        ("[l2]\nlow = 0.0\nhigh = 0.1\n", "l2", "0.2"),
        ("[l2]\nlow = 0.0\nhigh = 0.1\n", "l2", "'much'"),
        ("[hidden_units]\nlayers = [1, 2]\nchoices = [8, 16]\n", "hidden_units", "[[8, 8, 8]]"),
        ("[hidden_units]\nlayers = [1, 2]\nchoices = [8, 16]\n", "hidden_units", "[8]"),
        (CHOSEN, "batch_norm_at", "[]"),
    ],
)
def test_conditions_that_never_hold_are_refused(
    above: str, name: str, value: str, tmp_path: Path
) -> None:
    """Their parameter would be left out of all trials, and nobody would hear of it."""
    said = refusal(tmp_path, f"{above}{ASKED}when = {{ {name} = {value} }}\n")

    assert said.startswith(f": [learning_rate] is asked for when {name!r} is ")
    assert said.endswith(", which it never is: give a value that it can have, or leave 'when' out.")


@pytest.mark.parametrize(
    ("above", "name", "value"),
    [
        (CHOSEN, "batch_norm_at", "'none'"),
        (CHOSEN, "batch_norm_at", "['sometimes', 'every']"),
        ("[l2]\nlow = 0.0\nhigh = 0.1\n", "l2", "0.1"),
        ("[hidden_units]\nlayers = [1, 2]\nchoices = [8, 16]\n", "hidden_units", "[[8, 16]]"),
        (f"{CHOSEN}[l2]\nlow = 0.1\nhigh = 0.2\nwhen.batch_norm_at = 'every'\n", "l2", "0.0"),
    ],
)  # fmt: skip
def test_conditions_that_may_hold_are_taken(
    above: str, name: str, value: str, tmp_path: Path
) -> None:
    """The last one by the default of a parameter that is not always asked for."""
    path = tmp_path / "space.toml"
    path.write_text(f"{above}{ASKED}when = {{ {name} = {value} }}\n", encoding="utf-8")

    assert read_space(str(path), DEFAULTS).entries[-1].name == "learning_rate"


@pytest.mark.parametrize("depth", [100, 200, 400, 5000])
def test_lists_in_lists_end_in_one_sentence(depth: int, tmp_path: Path) -> None:
    """Deeper than Python's stack, or less: no setting has them."""
    said = refusal(tmp_path, f"[dropout]\nchoices = {'[' * depth}{']' * depth}\n")

    assert "\n" not in said
    assert len(said) < 300


def test_a_space_of_a_million_bytes_is_none(tmp_path: Path) -> None:
    """It is not even looked at."""
    assert refusal(tmp_path, "#" * (2**20 + 1)) == (
        " cannot be read (it holds more than 1048576 bytes): name a TOML file."
    )
