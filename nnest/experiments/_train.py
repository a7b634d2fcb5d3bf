"""One training: its images, its fit, its scores, its record."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from nnest._identity import installed_versions
from nnest._machine import device
from nnest.estimators import NeuralNet, network_outputs
from nnest.experiments._confusion import confusion_counts
from nnest.experiments._digest import describe
from nnest.experiments._holdouts import held_out_rows
from nnest.experiments._images import Images, data_digest, load_images
from nnest.experiments._jobs import Job, make_estimator, parameters_of
from nnest.experiments._modes import proba_in_mode
from nnest.experiments._report import Report
from nnest.population import first_gradient_norms, fit_many
from nnest.results import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TrainingSession", "images_key"]

#: Probabilities stay this far from 0 and 1, so that a loss is finite.
_CLIP = 1e-7
#: Names of metrics in the history, and in records.
_WATCHED = {"accuracy": "fit_accuracy", "loss": "fit_loss"}


@dataclass
class TrainingSession:
    """Train jobs, keeping the images that they have in common."""

    report: Report
    code: dict[str, Any]
    data_home: str | Path | None
    loaded: dict[str, Images] = field(default_factory=dict)
    treated: dict[str, Images] = field(default_factory=dict)

    def records(self, jobs: list[Job], checkpoint: Path | None = None) -> list[Run]:
        """Train jobs on the same images together, and return their records.

        Parameters
        ----------
        jobs : list of Job
            Jobs of one key of :func:`images_key`.
        checkpoint : Path or None, default=None
            Folder in which the running state is kept.

        Returns
        -------
        list of Run
            In the order of the jobs; the seconds, those of processes that were stopped included,
            are shared in equal parts.
        """
        images = self._images(jobs[0], jobs[0].arm.images)
        parted = [
            held_out_rows(
                images.train_labels, images.groups, job.experiment.protocol.holdouts, job.seed
            )
            for job in jobs
        ]
        estimators = [
            make_estimator(job.arm, job.experiment.protocol.size(job.scale), job.seed)
            for job in jobs
        ]
        begun = time.perf_counter()
        _fit(estimators, images, [rows for rows, _ in parted], checkpoint)
        seconds = (time.perf_counter() - begun + _seconds_before(estimators)) / len(jobs)
        return [
            self._record(job, estimator, images, rows, parts, seconds)
            for job, estimator, (rows, parts) in zip(jobs, estimators, parted, strict=True)
        ]

    def _record(
        self,
        job: Job,
        estimator: Any,
        images: Images,
        rows: NDArray[Any],
        parts: dict[str, NDArray[Any]],
        seconds: float,
    ) -> Run:
        """Score a training; `rows` and `parts` say which training images it had and had not."""
        protocol = job.experiment.protocol
        history = _history(estimator)
        # Without parts it had all of them, and a copy of all would be for nothing.
        final, counts = _scores(estimator, images.take(rows) if parts else images)
        for name, treatment in protocol.test_images.items():
            if describe(treatment) == describe(job.arm.images):
                scores = {kind: final[f"test_{kind}"] for kind in ("accuracy", "loss")}
            else:
                other = self._images(job, treatment, test_only=True)
                scores, _ = _evaluate(estimator, other.test, other.test_labels)
            final |= {f"test_{kind}@{name}": value for kind, value in scores.items()}
        for name, held in parts.items():
            scores, _ = _evaluate(estimator, images.train[held], images.train_labels[held])
            final |= {f"val_{kind}@{name}": value for kind, value in scores.items()}
        for name, mode in protocol.modes.items():
            proba = proba_in_mode(estimator, images.test, mode)
            scores, _ = _accuracy_and_loss(estimator, proba, images.test_labels)
            final |= {f"test_{kind}@{name}": value for kind, value in scores.items()}
        if protocol.gradient_steps:
            final |= _gradient_norms(estimator, images, rows, protocol.gradient_steps)
        if protocol.kernel_norms:
            final |= _kernel_norms(estimator, protocol.kernel_norms)
        final |= {name: values[-1] for name, values in history.items() if name.startswith("fit_")}
        return self._run(job, history, final, counts, seconds, getattr(estimator, "group_", None))

    def _run(
        self,
        job: Job,
        history: dict[str, list[float]],
        final: dict[str, float],
        counts: NDArray[Any],
        seconds: float,
        group: dict[str, Any] | None,
    ) -> Run:
        """Put a training's outcome and its circumstances together."""
        losses = [final["test_loss"], *history.get("fit_loss", [])]
        return Run(
            report=self.report.key,
            experiment=job.experiment.key,
            arm=job.arm.name,
            seed=job.seed,
            scale=job.scale,
            digest=job.digest,
            parameters=parameters_of(job.experiment, job.arm, job.scale),
            history=history,
            final=final,
            confusion=counts.tolist(),
            seconds=seconds,
            device=device(),
            versions=installed_versions("scikeras"),
            code=self.code,
            data_digest=data_digest(job.experiment, job.scale),
            diverged=not np.isfinite(losses).all(),
            group=group,
        )

    def _images(self, job: Job, treatment: Any, *, test_only: bool = False) -> Images:
        """Return images after a treatment that was fitted on the training images."""
        raw = self._raw(job)
        if treatment is None:
            return raw
        key = json.dumps([_data_key(job), describe(treatment), test_only])
        if key not in self.treated:
            self._forget_training_images(test_only)
            self.treated[key] = _treat(raw, treatment, test_only)
        return self.treated[key]

    def _forget_training_images(self, test_only: bool) -> None:
        """Keep one set of treated training images at most: they are large."""
        if not test_only:
            self.treated = {key: one for key, one in self.treated.items() if not len(one.train)}

    def _raw(self, job: Job) -> Images:
        """Return the images as they are."""
        key = _data_key(job)
        if key not in self.loaded:
            self.loaded[key] = load_images(job.experiment, job.scale, self.data_home)
        return self.loaded[key]


def images_key(job: Job) -> str:
    """Name what a job is trained on, equal for equal images.

    Parameters
    ----------
    job : Job
        The job.

    Returns
    -------
    str
        JSON.
    """
    return json.dumps([_data_key(job), describe(job.arm.images)])


def _data_key(job: Job) -> str:
    """Name the images of a job, equal for equal images."""
    protocol = job.experiment.protocol
    size = protocol.size(job.scale)
    name = size.dataset or job.experiment.dataset
    kept, like = describe(protocol.keep), [size.shape, size.channels, size.classes]
    return json.dumps([name, size.n_train, like, kept, protocol.subset_seed])


def _treat(images: Images, treatment: Any, test_only: bool) -> Images:
    """Transform images by a copy of the transformer, fitted on the training images."""
    fitted = clone(treatment).fit(images.train)
    train = images.train[:0] if test_only else fitted.transform(images.train)
    labels = images.train_labels[: len(train)]
    groups = None if images.groups is None else images.groups[: len(train)]
    return Images(train, labels, fitted.transform(images.test), images.test_labels, groups)


def _fit(
    estimators: list[Any], images: Images, rows: list[NDArray[Any]], checkpoint: Path | None
) -> None:
    """Fit estimators together, each on its rows of the training images."""
    n = len(images.train)
    pixels = np.concatenate([images.train, images.test])
    labels = np.concatenate([images.train_labels, images.test_labels])
    # The test images are only looked at after each epoch: nothing is decided by them.
    test = np.arange(n, n + len(images.test))
    splits = [
        (own, None if _stops_early(estimator) else test)
        for own, estimator in zip(rows, estimators, strict=True)
    ]
    if all(isinstance(estimator, NeuralNet) for estimator in estimators):
        fit_many(estimators, pixels, labels, splits=splits, checkpoint=checkpoint)
        return
    for estimator, (own, watched) in zip(estimators, splits, strict=True):
        watch = {} if watched is None else {"X_val": pixels[watched], "y_val": labels[watched]}
        estimator.fit(pixels[own], labels[own], **watch)


def _seconds_before(estimators: list[Any]) -> float:
    """Return how long estimators were trained before they went on from a checkpoint."""
    groups = [getattr(estimator, "group_", None) or {} for estimator in estimators]
    parts = [group.get("resumed_after", 0.0) / group["members"] for group in groups if group]
    return float(sum(parts))


def _stops_early(estimator: Any) -> bool:
    """Tell whether an estimator sets a validation part of its own aside."""
    return bool(estimator.get_params().get("early_stopping", False))


def _history(estimator: Any) -> dict[str, list[float]]:
    """Return the metrics of a training by our names, one value for each epoch."""
    renamed = dict(_WATCHED)
    if not _stops_early(estimator):
        renamed |= {"val_accuracy": "test_accuracy", "val_loss": "test_loss"}
    return {
        renamed.get(name, name): [float(value) for value in values]
        for name, values in estimator.history_.items()
        if name in renamed or name.startswith("val_")
    }


def _scores(estimator: Any, images: Images) -> tuple[dict[str, float], NDArray[Any]]:
    """Score a fitted estimator on its training and test images, and count its mistakes."""
    train, _ = _evaluate(estimator, images.train, images.train_labels)
    test, predicted = _evaluate(estimator, images.test, images.test_labels)
    counts = confusion_counts(images.test_labels, predicted, list(estimator.classes_))
    recall = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    final = {f"train_{name}": value for name, value in train.items()}
    final |= {f"test_{name}": value for name, value in test.items()}
    final["test_balanced_accuracy"] = float(recall[counts.sum(axis=1) > 0].mean())
    return final, counts


def _evaluate(
    estimator: Any, images: NDArray[Any], labels: NDArray[Any]
) -> tuple[dict[str, float], NDArray[Any]]:
    """Return accuracy and cross-entropy in float64, and the predicted labels.

    A network that diverged answers NaN, which counts as the first class: records keep it so.
    """
    if isinstance(estimator, NeuralNet):
        return _accuracy_and_loss(estimator, network_outputs(estimator, images), labels)
    return _accuracy_and_loss(estimator, estimator.predict_proba(images), labels)


def _accuracy_and_loss(
    estimator: Any, probabilities: NDArray[Any], labels: NDArray[Any]
) -> tuple[dict[str, float], NDArray[Any]]:
    """Return accuracy and cross-entropy of probabilities, and the labels that they predict."""
    proba = np.asarray(probabilities, dtype=np.float64)
    # What predict would return, without a second pass over the images.
    predicted = estimator.classes_[proba.argmax(axis=1)]
    columns = np.searchsorted(estimator.classes_, labels)
    own = np.clip(proba[np.arange(len(labels)), columns], _CLIP, 1 - _CLIP)
    scores = {
        "accuracy": float(np.mean(predicted == labels)),
        "loss": float(-np.mean(np.log(own))),
    }
    return scores, predicted


def _gradient_norms(
    estimator: Any, images: Images, rows: NDArray[Any], n_steps: int
) -> dict[str, float]:
    """Return norms of the gradient over the first steps, which are taken once more for that."""
    pixels, labels = images.train[rows], images.train_labels[rows]
    norms = first_gradient_norms(estimator, pixels, labels, n_steps=n_steps)
    return {"gradient_norm_first": norms[0], "gradient_norm_largest": max(norms)}


def _kernel_norms(estimator: Any, layers: tuple[str, ...]) -> dict[str, float]:
    """Return the norms of the kernels of some layers, and of all of these together."""
    kernels = {name: np.asarray(estimator.model_.get_layer(name).kernel) for name in layers}
    norms = {name: float(np.linalg.norm(kernel)) for name, kernel in kernels.items()}
    of_layers = {f"kernel_norm@{name}": norm for name, norm in norms.items()}
    return {**of_layers, "kernel_norm": float(np.linalg.norm(list(norms.values())))}
