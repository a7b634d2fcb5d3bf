"""A study of ``nnest tune``: begun, gone on with, or joined."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from nnest._storage import check_writable, reason_of
from nnest.cli._settings import Settings, given_settings, network_of, settled
from nnest.cli._study_bar import StudyBar
from nnest.cli._tune_data import Samples, folds_of, is_path, load_samples, subset
from nnest.cli._tune_report import write_report
from nnest.exceptions import TuneError
from nnest.search.optuna import PRUNERS, SAMPLERS, OptunaSearchCV, check_name, wait_for_study
from nnest.studies import find_study, open_study

__all__ = ["KEPT", "run_leader", "run_worker"]

#: Under this name a study keeps the settings of the command that made it.
KEPT = "nnest tune"
#: The file of a study without --storage.
_JOURNAL = "study.journal"
#: Seconds between two looks at a study that is being prepared.
_PAUSE = 0.5


def run_leader(parsed: argparse.Namespace) -> int:
    """Begin a study or go on with it, and report on it."""
    given = given_settings(parsed)
    name = parsed.study_name or _name_of(given)
    folder = Path(parsed.out or Path("tune-results") / name)
    storage = parsed.storage or str(folder / _JOURNAL)
    begun = find_study(storage, name)
    # Before its first trial, a study is nothing that one would have to go on with.
    kept = begun.user_attrs.get(KEPT) if begun and begun.get_trials(deepcopy=False) else None
    settings = settled(given, None if kept is None else Settings.from_text(kept), name)
    samples, search = _prepared(settings, storage, name)
    search.set_params(timeout=parsed.timeout, checkpoint=_writable(folder) / ".running")
    study = open_study(storage, name)
    if settings.text != kept:
        study.set_user_attr(KEPT, settings.text)
    _train(search, samples)
    print(write_report(folder, study, settings, search.best_params_, samples.done))
    return 0


def run_worker(parsed: argparse.Namespace) -> int:
    """Join a study that another process has made, and train until it is done."""
    given = given_settings(parsed)
    if parsed.storage is None or parsed.study_name is None:
        raise TuneError(
            "--worker joins a study of another process: say which one by --storage and "
            "--study-name."
        )
    study = wait_for_study(parsed.storage, parsed.study_name, say=_say)
    kept = _kept(study)
    settings = settled({**given, "trials": kept.trials}, kept, study.study_name)
    samples, search = _prepared(settings, parsed.storage, study.study_name)
    _train(search.set_params(timeout=parsed.timeout), samples)
    _say(f"nnest: {study.study_name} has ended, and so does this worker.")
    return 0


def _kept(study: Any) -> Settings:
    """Return the settings that a study keeps; wait while it is only a name."""
    said = False
    while KEPT not in (attrs := study.user_attrs):
        if attrs or study.get_trials(deepcopy=False):
            raise TuneError(
                f"The study {study.study_name!r} was not made by nnest tune: join it as it was "
                "made, by OptunaSearchCV with the same storage and study_name."
            )
        if not said:
            _say(f"The study {study.study_name!r} is being prepared: waiting for it.")
        said = True
        time.sleep(_PAUSE)
    return Settings.from_text(attrs[KEPT])


def _say(text: str) -> None:
    """Print at once, also into a file that somebody watches."""
    print(text, flush=True)


def _name_of(given: dict[str, Any]) -> str:
    """Return the name of a study that was given none."""
    if "data" not in given or "model" not in given:
        raise TuneError(
            "Neither --study-name nor both DATA and --model are given: say what to search, as in "
            "nnest tune digits --model mlp --trials 20."
        )
    data = given["data"]
    return f"{Path(data).stem if is_path(data) else data}-{given['model']}"


def _writable(folder: Path) -> Path:
    """Return a folder that can be written, or say that it cannot before anything is trained."""
    try:
        check_writable(folder)
    except OSError as error:
        raise TuneError(
            f"Cannot write to {str(folder)!r}: {reason_of(error)}. "
            "Choose another folder with --out."
        ) from error
    return folder


def _prepared(settings: Settings, storage: str, name: str) -> tuple[Samples, Any]:
    """Return the data and the search, or say what is wrong before anything is written down."""
    check_name("sampler", settings.sampler, SAMPLERS)
    check_name("pruner", settings.pruner, ("none", *PRUNERS))
    space = settings.read_space()
    if settings.sampler == "grid" and space.ranges:
        raise TuneError(
            f"--sampler grid tries all choices, and {space.ranges[0]!r} is more than choices: name "
            "a space of choices by --space, or another sampler."
        )
    given = load_samples(
        settings.data,
        settings.scale,
        settings.model == "cnn",
        settings.image_size,
        settings.color,
    )
    _say(f"nnest: X of {settings.data}: {given.done}.")
    samples = subset(given, settings.samples, settings.seed)
    search = OptunaSearchCV(
        network_of(settings.model)(epochs=settings.epochs, **space.fixed),
        space.grid if settings.sampler == "grid" else space,
        n_trials=settings.trials,
        cv=folds_of(samples, settings.folds, settings.seed),
        sampler=settings.sampler,
        pruner=None if settings.pruner == "none" else settings.pruner,
        storage=storage,
        study_name=name,
        refit=False,
        random_state=settings.seed,
        verbose=1,
    )
    return samples, search


def _train(search: Any, samples: Samples) -> None:
    """Train what is missing of a study, under a bar that shows all of it."""
    watched = open_study(search.storage, search.study_name, say=None)
    with StudyBar(watched, search.n_trials):
        search.fit(samples.X, samples.y)
