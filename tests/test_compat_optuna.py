"""Private names of Optuna: where one is hidden, one sentence says so, and nothing goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import optuna
import pytest
from optuna.samplers import GridSampler, QMCSampler, RandomSampler
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.study import Study
from optuna.trial import Trial

from nnest._compat import optuna as compat
from nnest.exceptions import CompatibilityError, NnestError
from nnest.studies import BatchLoop, trial_table

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
PROBES = [each for each in vars(compat).values() if hasattr(each, "cache_clear")]


@pytest.fixture(autouse=True)
def _fresh_probes() -> Iterator[None]:
    """Let every probe look again, here and in the tests that follow."""
    for probe in PROBES:
        probe.cache_clear()
    yield
    for probe in PROBES:
        probe.cache_clear()


@pytest.fixture
def study() -> Study:
    """Return an empty study."""
    storage = optuna.storages.InMemoryStorage()
    storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "study")
    return optuna.load_study(study_name="study", storage=storage, sampler=RandomSampler(seed=0))


def sentence(name: str, use: str) -> str:
    """Return what is said when a name is not there."""
    return (
        f"optuna {optuna.__version__} has no {name}, which nnest needs to {use}: install "
        "'optuna>=5,<5.1', or a newer nnest."
    )


def said(action: Callable[[], Any]) -> str:
    """Return the sentence that an action ends with."""
    with pytest.raises(CompatibilityError) as caught:
        action()
    assert isinstance(caught.value, NnestError)
    assert len(str(caught.value)) < 300
    return str(caught.value)


ATTRIBUTES: list[tuple[Callable[[Study, Trial], Any], str, str, str]] = [
    (lambda study, trial: compat.storage_of(study), "study", "_storage", "write to a study"),
    (lambda study, trial: compat.trial_id(trial), "trial", "_trial_id", "write to a trial"),
    (
        lambda study, trial: compat.allow_stop(study),
        "study",
        "_thread_local",
        "let study.stop() end a search",
    ),
    (
        lambda study, trial: compat.take_stop(study),
        "study",
        "_stop_flag",
        "let study.stop() end a search",
    ),
    (
        lambda study, trial: compat.enqueued_values(trial),
        "trial",
        "_fixed_params",
        "read what was enqueued",
    ),
]


@pytest.mark.parametrize(
    ("action", "of", "name", "use"), ATTRIBUTES, ids=[a[2] for a in ATTRIBUTES]
)
def test_a_hidden_attribute_is_named(
    action: Any, of: str, name: str, use: str, study: Study
) -> None:
    """While it is there, it is used."""
    trial = study.ask()
    action(study, trial)
    delattr({"study": study, "trial": trial}[of], name)
    assert said(lambda: action(study, trial)) == sentence(f"{of.title()}.{name}", use)


def test_a_hidden_flag_of_the_loop_is_named(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set on nothing, it would let `study.stop()` fail as if it was called outside."""
    local = type(study._thread_local)
    monkeypatch.delattr(local, "in_optimize_loop")
    found = said(lambda: compat.allow_stop(study))
    assert found == sentence(f"{local.__name__}.in_optimize_loop", "let study.stop() end a search")


@pytest.mark.parametrize("name", ["_search_space", "_param_names", "_all_grids"])
def test_a_hidden_attribute_of_a_grid_is_named(name: str) -> None:
    """A grid is asked for all of its points."""
    sampler = GridSampler({"x": [0, 1]}, seed=0)
    assert sorted(compat.grid_of(sampler).points) == [(0,), (1,)]
    delattr(sampler, name)
    use = "share a grid among workers"
    assert said(lambda: compat.grid_of(sampler)) == sentence(f"GridSampler.{name}", use)


def test_a_function_that_has_gone_is_named(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Optuna says that this one will."""
    trial = study.ask()
    compat.report_fold_scores(trial, [0.5, 0.7])
    assert study.trials[0].system_attrs["terminator:cv_scores"] == [0.5, 0.7]
    from optuna import terminator

    monkeypatch.delattr(terminator, "report_cross_validation_scores")
    found = said(lambda: compat.report_fold_scores(trial, [0.5, 0.7]))
    assert found == sentence("report_cross_validation_scores", "report the scores of folds")


def renamed(key: str) -> Any:
    """Return a method that writes another key in the place of one."""
    write = optuna.storages.InMemoryStorage.set_trial_system_attr

    def method(self: Any, trial_id: int, name: str, value: Any) -> None:
        write(self, trial_id, f"new_{name}" if name == key else name, value)

    return method


@pytest.mark.parametrize("key", [compat.GRID, compat.POINT])
def test_a_renamed_attribute_of_a_grid_is_named(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that nobody counts would be tried again and again."""
    monkeypatch.setattr(optuna.storages.InMemoryStorage, "set_trial_system_attr", renamed(key))
    found = said(lambda: compat.grid_of(GridSampler({"x": [0, 1]}, seed=0)))
    assert found == sentence(f"attribute {key!r} of trials", "share a grid among workers")


def test_a_renamed_attribute_of_enqueued_trials_is_named(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a study is read, by its loop or for a table."""
    trial_table(study)
    compat._check_enqueued_key.cache_clear()
    add = Study.add_trial

    def add_renamed(self: Study, trial: Any) -> None:
        trial.system_attrs = {f"new_{key}": value for key, value in trial.system_attrs.items()}
        add(self, trial)

    monkeypatch.setattr(Study, "add_trial", add_renamed)
    expected = sentence("attribute 'fixed_params' of trials", "find enqueued trials")
    assert said(lambda: trial_table(study)) == expected
    loop = BatchLoop(
        study,
        lambda trial: {},
        lambda batch: [],
        n_trials=1,
        group_size=1,
        make_sampler=lambda place: RandomSampler(seed=place),
    )
    assert said(loop.run) == expected
    assert study.trials == []


@pytest.mark.parametrize(
    ("reader", "key"),
    [("retried_trial_number", "failed_trial"), ("retry_history", "retry_history")],
)
def test_a_renamed_attribute_of_repeated_trials_is_named(
    reader: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optuna's own functions read what nnest writes."""
    compat.check_trial_keys()
    compat._check_repetition_keys.cache_clear()
    hidden = staticmethod(lambda trial: trial.system_attrs.get(f"new_{key}"))
    monkeypatch.setattr(RetryHeartbeatStaleTrialCallback, reader, hidden)
    use = "find trials that were lost with their worker"
    assert said(compat.check_trial_keys) == sentence(f"attribute {key!r} of trials", use)


def test_a_renamed_counter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted batch could not go back to where it began."""
    sampler = QMCSampler(seed=0)
    compat.check_sampler(sampler)
    compat._check_counters.cache_clear()
    write = optuna.storages.InMemoryStorage.set_study_system_attr
    monkeypatch.setattr(
        optuna.storages.InMemoryStorage,
        "set_study_system_attr",
        lambda self, study_id, name, value: write(self, study_id, f"new_{name}", value),
    )
    expected = sentence("attributes 'qmc:' of studies", "go on with quasi-random points")
    assert said(lambda: compat.check_sampler(sampler)) == expected
    compat.check_sampler(RandomSampler())  # counts none


def test_probes_say_nothing_where_all_is_there(capfd: pytest.CaptureFixture[str]) -> None:
    """A page of the book, or a log, holds no message of a study that nobody has made."""
    optuna.logging.enable_default_handler()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    compat.check_trial_keys()
    compat.check_sampler(QMCSampler(seed=0))

    assert capfd.readouterr() == ("", "")
