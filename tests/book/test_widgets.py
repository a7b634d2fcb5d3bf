"""The interactive parts compute what the package and the textbooks compute."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from nnest.augmentation import change_brightness, change_contrast, crop_and_flip
from nnest.estimators import EarlyStoppingRule
from nnest.preprocessing import gaussian_blur, gaussian_kernel
from nnest.search._rungs import epochs_of_rungs
from tests.book.sources import BOOK, build, chapter, extension, quiz, split

WIDGETS = BOOK / "assets" / "widgets.js"
_CALL = """
const widgets = require(process.argv[1]);
const [path, args] = JSON.parse(process.argv[2]);
const target = path.reduce((node, key) => node[key], widgets);
console.log(JSON.stringify(Array.isArray(args[0]) && path.length > 1
  ? args[0].map((value) => target(value)) : target(...args)));
"""


def in_node(path: list[str], *args: Any) -> Any:
    """Call a function of the script under node; a function of one number is mapped over a list."""
    command = [extension.node(), "-e", _CALL, str(WIDGETS), json.dumps([path, args])]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(shown.stdout)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(("size", "sigma"), [(3, 1.0), (5, 0.3), (7, 2.9)])
def test_kernel_is_the_package_s(size: int, sigma: float, normalize: bool) -> None:
    """The kernel that a reader moves is the one that networks are fed with."""
    expected = gaussian_kernel(size, sigma, normalize=normalize)
    np.testing.assert_allclose(
        in_node(["gaussianKernel"], size, sigma, normalize), expected, rtol=1e-12
    )


@pytest.mark.parametrize(("size", "shape"), [(3, (9, 7)), (7, (5, 6))])
def test_blur_is_the_package_s(size: int, shape: tuple[int, int]) -> None:
    """Also at the border, and where the kernel is wider than the picture."""
    image = np.random.default_rng(0).random(shape)
    kernel = gaussian_kernel(size, 1.5, normalize=False)
    expected = gaussian_blur(image[None], size, 1.5, normalize=False)[0]
    np.testing.assert_allclose(
        in_node(["convolve"], image.tolist(), kernel.tolist()), expected, rtol=1e-12
    )


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "elu", "selu", "softplus", "gelu"])
def test_activations_are_keras_s(name: str) -> None:
    """The curve that a reader sees is the function that a network uses."""
    import keras

    z = np.linspace(-6, 6, 121)
    expected = np.asarray(keras.activations.get(name)(z.astype("float32")))
    np.testing.assert_allclose(in_node(["activations", name, "f"], z.tolist()), expected, atol=2e-6)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "elu", "selu", "softplus", "gelu"])
def test_derivatives_belong_to_their_functions(name: str) -> None:
    """Compared with central differences, away from the kink at zero."""
    z = np.linspace(-5.95, 5.95, 120)
    step = 1e-3
    upper = np.array(in_node(["activations", name, "f"], (z + step).tolist()))
    lower = np.array(in_node(["activations", name, "f"], (z - step).tolist()))
    np.testing.assert_allclose(
        in_node(["activations", name, "df"], z.tolist()), (upper - lower) / (2 * step), atol=5e-4
    )


def test_standardize_is_batch_normalization() -> None:
    """The variance divides by the number of examples, and the small number is added to it."""
    values = np.array([1.0, 2.0, 5.0])
    expected = (values - values.mean()) / np.sqrt(values.var() + 0.1)
    np.testing.assert_allclose(in_node(["standardize"], values.tolist(), 0.1), expected)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_running_means_are_keras_s(momentum: float) -> None:
    """In training by the batch, in inference by what was collected up to then."""
    import keras

    batches = np.random.default_rng(0).normal(2, 3, size=(6, 4))
    layer = keras.layers.BatchNormalization(momentum=momentum, epsilon=0.01)
    expected = []
    for batch in batches.astype("float32")[:, :, None]:
        training = float(layer(batch, training=True)[0, 0])
        inference = float(layer(batch, training=False)[0, 0])
        expected.append([1.5 * training - 1, 1.5 * inference - 1])
    found = in_node(["runningNormalization"], batches.tolist(), momentum, 0.01, 1.5, -1)
    shown = [[one["training"], one["inference"]] for one in found]
    np.testing.assert_allclose(shown, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("tpe=20,0.25", {"tpe": ["20", "0.25"]}),
        ("best1=2,1&best2=vertical%20edges", {"best1": ["2", "1"], "best2": ["vertical edges"]}),
    ],
)
def test_states_in_an_address_are_read_as_written(text: str, states: dict[str, list[str]]) -> None:
    """Each part of a page has its own."""
    assert in_node(["writeState"], states) == text
    assert in_node(["readState"], text) == states


@pytest.mark.parametrize("text", ["", "a-heading", "a=b=c"])
def test_other_ends_of_addresses_hold_no_state(text: str) -> None:
    """The name of a heading, for instance."""
    assert in_node(["readState"], text) == {}


def test_a_broken_state_is_no_error() -> None:
    """An address may come from anywhere."""
    assert in_node(["readState"], "tpe=%E0%A4%A,2") == {"tpe": ["", "2"]}


@pytest.mark.parametrize("n", [1, 2, 20, 200])
def test_expected_maximum_is_the_integral(n: int) -> None:
    """The optimism of a search, against an adaptive integration."""

    def integrand(x: float) -> float:
        return float(x * n * stats.norm.pdf(x) * stats.norm.cdf(x) ** (n - 1))

    expected = integrate.quad(integrand, -9, 9)[0]
    assert in_node(["expectedMaximum"], n) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("n", [1, 75])
def test_seconds_of_a_search_are_the_page_s(n: int) -> None:
    """The three equations of the page on many models."""
    expected = {"own": n * (1.5 + 0.3), "shared": 1.5 + n * 0.3, "together": 1.5 + n * 0.3 / 5}
    assert in_node(["searchSeconds"], n, 1.5, 0.3, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n", "most", "factor"), [(81, 27, 3), (243, 10, 3), (16, 81, 2), (5, 2, 5)]
)
def test_rungs_are_the_search_s(n: int, most: int, factor: int) -> None:
    """Settings and epochs of each comparison, and what is trained in all."""
    epochs = epochs_of_rungs(n, most, factor, "exhaust", False)
    left = [n]
    while len(left) < len(epochs):
        left.append(-(-left[-1] // factor))
    pairs = [list(pair) for pair in zip(left, epochs, strict=True)]
    assert in_node(["rungs"], n, most, factor) == pairs
    more = np.diff([0, *epochs])
    assert in_node(["epochsOfHalving"], n, most, factor) == int(np.dot(left, more))


def test_densities_are_sums_of_bumps() -> None:
    """As the page on Optuna has them."""
    centers, width = [0.1, 0.4, 0.7], 0.08
    expected = np.mean([stats.norm.pdf(0.5, center, width) for center in centers])
    assert in_node(["parzen"], 0.5, centers, width) == pytest.approx(expected)


@pytest.mark.parametrize(("workers", "rounds"), [(1, 8), (3, 3), (8, 1), (9, 1)])
def test_seconds_of_a_study_are_the_page_s(workers: int, rounds: int) -> None:
    """The last round may be smaller, but it takes as long."""
    seconds = in_node(["studySeconds"], 64, workers, 8, 5.0, 10.0, 0.02)
    assert seconds == pytest.approx(5.0 + rounds * (10.0 + 8 * workers * 0.02))


@pytest.mark.parametrize("values", [[0.3, -1.0, 2.0], [1000.0, 0.0, -1000.0]])
def test_softmax_does_not_overflow(values: list[float]) -> None:
    """The probabilities that a reader moves, also of numbers whose powers are too large."""
    np.testing.assert_allclose(in_node(["softmax"], values), special.softmax(values), atol=1e-12)


@pytest.mark.parametrize(("a", "l1", "l2"), [(0.4, 0.5, 0.0), (-1.5, 0.3, 0.7), (1.0, 0.0, 0.5)])
def test_shrunk_weight_is_the_best_one(a: float, l1: float, l2: float) -> None:
    """Against a search for the least of the penalized square."""
    found = optimize.minimize_scalar(
        lambda w: (w - a) ** 2 / 2 + l1 * abs(w) + l2 * w**2,
        bounds=(-2, 2),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert in_node(["shrunk"], a, l1, l2) == pytest.approx(found.x, abs=1e-5)


@pytest.mark.parametrize(("n", "rate"), [(16, 0.5), (4, 0.2)])
def test_dropout_keeps_the_mean(n: int, rate: float) -> None:
    """Over many steps the mean is one, and the spread is that of the formula."""
    script = (
        "const w = require(process.argv[1]); const [n, rate] = JSON.parse(process.argv[2]);"
        "const u = w.randomUniforms(1);"
        "console.log(JSON.stringify(Array.from({length: 5000}, () => w.droppedMean(n, rate, u))))"
    )
    command = [extension.node(), "-e", script, str(WIDGETS), json.dumps([n, rate])]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    means = json.loads(shown.stdout)
    spread = in_node(["droppedSpread"], n, rate)
    assert np.mean(means) == pytest.approx(1, abs=5 * spread / 70)
    assert np.std(means) == pytest.approx(spread, rel=0.05)


def test_cross_entropy_is_scipy_s() -> None:
    """The sum over the classes, also where a true probability is zero."""
    p, q = [0.5, 0.5, 0.0], [0.2, 0.7, 0.1]
    expected = stats.entropy(p) + stats.entropy(p, q)
    assert in_node(["crossEntropy"], p, q) == pytest.approx(expected)


def test_linear_scores_are_a_product() -> None:
    """Weights times pixels plus bias, class by class."""
    rng = np.random.default_rng(0)
    kernel, bias, pixels = rng.normal(size=(6, 3)), rng.normal(size=3), rng.random(6)
    found = in_node(["linearScores"], kernel.tolist(), bias.tolist(), pixels.tolist())
    np.testing.assert_allclose(found, pixels @ kernel + bias)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"])
def test_optimizers_are_keras_s(name: str) -> None:
    """The way down the valley is the one that Keras goes."""
    import keras

    settings = {"learning_rate": 0.04} | ({"momentum": 0.9} if name == "momentum" else {})
    optimizer = keras.optimizers.get(
        {"class_name": "sgd" if name == "momentum" else name, "config": settings}
    )
    weights = keras.Variable([-4.0, 1.0])
    optimizer.build([weights])
    for _ in range(20):
        slope = np.array([1, 20]) * np.asarray(weights.value)
        optimizer.apply([keras.ops.convert_to_tensor(slope.astype("float32"))])
    found = in_node(["descend"], name, 0.04, 20)[-1]
    np.testing.assert_allclose(found, np.asarray(weights.value), rtol=2e-3, atol=1e-4)


def test_the_noise_of_a_batch_keeps_the_loss_where_the_formula_says() -> None:
    """The mean of many late losses."""
    script = (
        "const w = require(process.argv[1]); const draw = w.randomNormals(1);"
        "console.log(JSON.stringify([w.noisyLosses(0.3, 4, 40000, draw), w.noiseFloor(0.3, 4)]))"
    )
    command = [extension.node(), "-e", script, str(WIDGETS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    losses, floor = json.loads(shown.stdout)
    assert np.mean(losses[100:]) == pytest.approx(floor, rel=0.05)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_cross_correlation_is_keras_s(stride: int, padding: int) -> None:
    """The map that a reader sees is the one that a layer computes."""
    import keras

    rng = np.random.default_rng(0)
    image, kernel = rng.random((9, 7)), rng.normal(size=(3, 3))
    padded = np.pad(image, padding)[None, :, :, None].astype("float32")
    weights = kernel[:, :, None, None].astype("float32")
    expected = np.asarray(keras.ops.conv(padded, weights, strides=stride))[0, :, :, 0]
    found = in_node(["crossCorrelate"], image.tolist(), kernel.tolist(), stride, padding)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["max", "mean"])
@pytest.mark.parametrize("size", [2, 3])
def test_pooling_is_numpy_s(kind: str, size: int) -> None:
    """Windows do not overlap, and what is left over at the border is left out."""
    image = np.random.default_rng(0).random((7, 8))
    cut = image[: 7 // size * size, : 8 // size * size]
    blocks = cut.reshape(7 // size, size, 8 // size, size)
    expected = getattr(blocks, kind)(axis=(1, 3))
    np.testing.assert_allclose(in_node(["pool"], image.tolist(), size, kind), expected)


def test_critical_values_are_student_s() -> None:
    """As far as the slider goes."""
    script = "console.log(JSON.stringify(require(process.argv[1]).CRITICAL))"
    command = [extension.node(), "-e", script, str(WIDGETS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    np.testing.assert_allclose(
        json.loads(shown.stdout), stats.t.ppf(0.975, range(1, 30)), atol=1e-4
    )


def test_studies_err_as_often_as_they_say() -> None:
    """Without a true difference one interval in twenty leaves out zero."""
    script = (
        "const w = require(process.argv[1]); const draw = w.randomNormals(1);"
        "const all = w.studies(5, 0, 0.8, 20000, draw);"
        "console.log(all.filter((one) => Math.abs(one.mean) > one.half).length / all.length)"
    )
    command = [extension.node(), "-e", script, str(WIDGETS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert float(shown.stdout) == pytest.approx(0.05, abs=0.006)


def test_random_numbers_are_normal() -> None:
    """The batches that a reader sees come from the distribution that the page names."""
    script = (
        "const draw = require(process.argv[1]).randomNormals(1);"
        "console.log(JSON.stringify(Array.from({length: 5000}, draw)))"
    )
    command = [extension.node(), "-e", script, str(WIDGETS)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert stats.kstest(json.loads(shown.stdout), "norm").pvalue > 0.01


def test_every_widget_of_a_page_is_in_the_script() -> None:
    """A misspelt name would leave an empty box."""
    known = re.search(r"const widgets = \{([\w,\s]+)\}", WIDGETS.read_text(encoding="utf-8"))
    assert known is not None
    used = {
        name for page in build.pages() for name in re.findall(r'data-nn="(\w+)"', chapter(page))
    }
    used |= {"quiz" for page in build.pages() if "```{quiz}" in chapter(page)}
    assert used == {name for part in known[1].split(",") if (name := part.strip())}


@pytest.mark.parametrize("flip", [True, False])
def test_augmentation_is_the_package_s(flip: bool) -> None:
    """The window, the flip, the brightness, the contrast and the cut, in this order."""
    image = np.random.default_rng(0).random((9, 9))
    settings = {"size": 6, "top": 2, "left": 1, "flip": flip, "brightness": 0.3, "contrast": 1.8}
    batch = image[None, :, :, None].astype("float32")
    window = crop_and_flip(batch, np.array([2]), np.array([1]), np.array([flip]), (6, 6))
    brighter = change_brightness(window, np.array([0.3], "float32"))
    moved = np.asarray(change_contrast(brighter, np.array([1.8], "float32")))[0, :, :, 0]
    expected = np.clip(moved, 0, 1)
    assert 0 < np.mean(moved != expected) < 1
    found = in_node(["augmented"], image.tolist(), settings)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("patience", "change"), [(1, 0.0), (3, 0.0), (3, 0.1), (30, 0.02)])
def test_stopping_is_the_estimators_rule(patience: int, change: float) -> None:
    """The epoch that is kept and the last one."""
    noise = np.random.default_rng(0).normal(0, 0.05, 40)
    losses = (np.linspace(-1, 1, 40) ** 2 + noise).tolist()
    rule = EarlyStoppingRule(tol=change, epochs=patience)
    last = len(losses) - 1
    for epoch, loss in enumerate(losses):
        rule.improves(epoch, loss)
        if rule.is_over(epoch):
            last = epoch
            break
    assert in_node(["stopEarly"], losses, patience, change) == [rule.best_epoch, last]


@pytest.mark.parametrize(("weight", "times", "distance"), [(1, 9, 1.5), (9, 9, 1.5), (30, 2, 3)])
def test_border_of_two_bells_is_where_weighed_densities_meet(
    weight: float, times: float, distance: float
) -> None:
    """And the recalls are the areas beside it."""
    found = in_node(["weighed"], weight, times, distance)
    border = found["border"]
    here, there = stats.norm.pdf(border), stats.norm.pdf(border - distance)
    assert times * here == pytest.approx(weight * there)
    rare, common = stats.norm.sf(border - distance), stats.norm.cdf(border)
    wrong = times * (1 - common)
    expected = {
        "rare": rare,
        "common": common,
        "said": (rare + wrong) / (1 + times),
        "precision": rare / (rare + wrong),
        "accuracy": (rare + times * common) / (1 + times),
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-5)


QUESTIONS = [
    (page, block)
    for page in build.pages()
    for block in split(chapter(page))[1]
    if block.name == "quiz"
]


def test_four_chapters_ask_two_questions_each() -> None:
    """Where words are asked, a reader chooses among them."""
    pages = [page for page, _ in QUESTIONS]
    assert len([page for page in set(pages) if pages.count(page) >= 2]) >= 4


@pytest.mark.parametrize(("page", "block"), QUESTIONS, ids=lambda value: str(value)[:40])
def test_a_question_of_a_page_has_one_right_answer_and_reasons(page: str, block: Any) -> None:
    """The directive would refuse it; all that it says are whole sentences."""
    answers = quiz.parse(block.lines)
    assert block.argument.endswith("?")
    assert all(text.endswith(".") for one in answers for text in (one.text, one.reason))


@pytest.mark.parametrize(
    "lines",
    [
        ["+ A.", "  Because.", "+ B.", "  Because."],
        ["- A.", "  Because.", "- B.", "  Because."],
        ["+ A.", "  Because."],
        ["+ A.", "- B.", "  Because."],
        ["Think.", "+ A.", "  Because.", "- B.", "  Because."],
    ],
)
def test_a_question_that_nobody_can_answer_is_refused(lines: list[str]) -> None:
    """Two right answers, none, no choice, no reason, or words that nobody would see."""
    with pytest.raises(ValueError, match=r"one right answer|has its reason|begins with an answer"):
        quiz.parse(lines)


def test_a_question_is_a_form_that_a_keyboard_can_fill_in() -> None:
    """Labels, one group of buttons, a legend; without JavaScript the answer can be unfolded."""
    answers = quiz.parse(["+ `a` < b.", "  It is", "  so.", "- c.", '  It is "not".'])
    page = quiz.quiz_html("nn-quiz-0", "Is `a` < b?", answers)
    assert page.count('type="radio" name="nn-quiz-0"') == 2
    assert '<label for="nn-quiz-0-0"><code>a</code> &lt; b.</label>' in page
    assert "<legend>Is <code>a</code> &lt; b?</legend>" in page
    assert 'data-right="yes" data-reason="It is so."' in page
    assert 'id="nn-quiz-0-1" data-reason="It is &quot;not&quot;."' in page
    assert "<summary>The answer</summary><p><code>a</code> &lt; b. It is so.</p>" in page
    assert page.count("<noscript>") == 1


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (None, "Choose an answer first."),
        ({"right": "yes", "reason": "It is so."}, "Right. It is so."),
        ({"reason": "It is not."}, "Not right. It is not."),
    ],
)
def test_a_choice_is_answered_with_its_reason(chosen: dict[str, str] | None, said: str) -> None:
    """Also where nothing was chosen."""
    assert in_node(["answered"], chosen) == said


def test_every_widget_has_words_for_readers_without_script() -> None:
    """Each mount point holds a noscript element."""
    for page in build.pages():
        source = chapter(page)
        assert source.count("data-nn=") == source.count("<noscript>")


@pytest.mark.parametrize(("alone", "alike", "n"), [(0.1, 0.4, 5), (0.3, 0.0, 20), (0.2, 1.0, 9)])
def test_error_of_several_networks_is_that_of_the_mean_margin(
    alone: float, alike: float, n: int
) -> None:
    """The mean of n margins has the variance rho + (1 - rho) / n."""
    margin = -stats.norm.ppf(alone)
    expected = stats.norm.cdf(-margin / np.sqrt(alike + (1 - alike) / n))

    assert in_node(["errorTogether"], alone, alike, n) == pytest.approx(expected, abs=1e-5)
