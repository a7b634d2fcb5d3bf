"""Rows of the tables that pages show: a number, a sentence, an arm."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nnest.experiments import (
    Experiment,
    Report,
    Size,
    gives_one_class,
    metric_values,
    timed_as_group,
)
from nnest.reporting._curves import NOT_RUN_YET
from nnest.reporting._links import source_links
from nnest.reporting._markup import Cell, Folded
from nnest.stats import Interval, mean_interval, paired_interval
from nnest.verdicts import (
    ClaimVerdict,
    Evidence,
    NumberVerdict,
    Verdict,
    bounds,
    rests_on,
    source_of,
    within,
)

__all__ = [
    "NUMBER",
    "SENTENCE",
    "arm_row",
    "arms_of",
    "constant_row",
    "difference",
    "number_row",
    "reason_of",
    "said",
    "sentence_row",
    "size_text",
]

NUMBER = (
    "number",
    "where",
    "reported",
    "ours [interval]",
    "runs",
    "scale",
    "verdict",
    "unsaid settings",
    "records",
)
SENTENCE = (
    "sentence",
    "verdict",
    "difference [interval]",
    "of the last five epochs",
    "seeds",
    "scale",
    "as a comparison",
    "unsaid settings",
    "records",
)
NOTHING = "–"
_FEWEST = 2
_SHOWN_PARTS = 2


def said(verdict: str, note: str = "") -> str:
    """Return a verdict as pages say it, with its note."""
    if verdict == Verdict.NO_RECORDS:
        return NOT_RUN_YET
    return f"{verdict} ({note})" if note else str(verdict)


def number_row(one: NumberVerdict) -> tuple[Cell, ...]:
    """Return the row of a number."""
    digits = one.decimals + (one.kind == "random")
    runs = f"{one.n} of {one.needed}" if one.needed else NOTHING
    return (
        one.label,
        one.where,
        one.stated,
        _ours(one, digits),
        runs,
        one.size or NOTHING,
        said(one.verdict, one.note),
        rests_on(one) or NOTHING,
        source_links([one.source]),
    )


def _ours(one: NumberVerdict, digits: int) -> str:
    """Return our number with its interval."""
    if not math.isfinite(one.mean):
        return NOTHING
    limits = math.isfinite(one.low) and one.kind != "exact"
    interval = f" [{one.low:.{digits}f}, {one.high:.{digits}f}]" if limits else ""
    return f"{one.mean:.{digits}f}{interval}"


def sentence_row(one: ClaimVerdict) -> tuple[Cell, ...]:
    """Return the row of a claim."""
    return (
        f"{one.text} ({one.where})",
        said(one.verdict, one.note),
        difference(one),
        _of_last_epochs(one),
        f"{one.n} of {one.needed}",
        one.size or NOTHING,
        _compared(one),
        rests_on(one) or NOTHING,
        source_links(one.sources),
    )


def _compared(one: ClaimVerdict) -> Cell:
    """Return what is compared, folded where it has many parts."""
    parts = one.expects.count(", and ") + 1
    return one.expects if parts <= _SHOWN_PARTS else Folded(f"{parts} comparisons", one.expects)


def difference(one: ClaimVerdict) -> str:
    """Return the difference that decides a claim, with its interval."""
    part = one.deciding
    if part is None or not math.isfinite(part.difference):
        return NOTHING
    text = f"{part.difference:.3g}"
    if math.isfinite(part.low):
        text += f" [{part.low:.3g}, {part.high:.3g}]"
    return f"{text}; {part.least}" if one.verdict == Verdict.UNDECIDED else text


def _of_last_epochs(one: ClaimVerdict) -> str:
    """Return the same difference of the means of the last five epochs, with its interval."""
    part = one.deciding
    if part is None or part.last is None:
        return NOTHING
    mean, low, high = part.last
    return f"{mean:.3g} [{low:.3g}, {high:.3g}]"


def arm_row(name: str, evidence: Evidence, first: Evidence, metric: str) -> tuple[Cell, ...]:
    """Return the row of an arm: mean, difference from the first arm, runs that diverged."""
    if not evidence.runs:
        return name, 0, NOTHING, NOT_RUN_YET, NOTHING, NOTHING
    values = metric_values(evidence.runs, metric)
    bad = sum(run.diverged for run in evidence.runs.values())
    noted = f"; {bad} of {len(values)} diverged" if bad else ""
    return (
        name,
        len(values),
        evidence.scale,
        _mean(values, metric, one_time=metric == "seconds" and timed_as_group(evidence.runs))
        + noted,
        NOTHING if evidence is first else _from_first(evidence, first, metric),
        source_links([source_of(evidence)]),
    )


def constant_row(experiment: str, name: str, evidence: Evidence) -> tuple[Cell, ...]:
    """Return the row of an arm with the number of networks that give all images one class."""
    n = sum(gives_one_class(run) for run in evidence.runs.values())
    links = source_links([source_of(evidence)])
    return experiment, name, evidence.scale, len(evidence.runs), n, links


def _mean(values: np.ndarray, metric: str, *, one_time: bool) -> str:
    """Return a mean with its interval, where there are seeds or times for one."""
    if not np.isfinite(values).all():
        return "no number"
    if len(values) < _FEWEST:
        return f"{values.mean():.4f} (one seed, no interval)"
    if one_time:
        return f"{values.mean():.4f} (trained as a group, no interval)"
    low, high = within(mean_interval(values), bounds(metric))
    return f"{values.mean():.4f} [{low:.4f}, {high:.4f}]"


def _from_first(evidence: Evidence, first: Evidence, metric: str) -> str:
    """Return the mean difference from the first arm, seed by seed, with its interval."""
    seeds = sorted(evidence.runs.keys() & first.runs.keys())
    both = [{seed: one.runs[seed] for seed in seeds} for one in (evidence, first)]
    a, b = (metric_values(runs, metric) for runs in both)
    one_time = metric == "seconds" and any(map(timed_as_group, both))
    if len(seeds) < _FEWEST or one_time or not np.isfinite(a - b).all():
        return NOTHING
    limits = bounds(metric)
    widest = Interval(limits.low - limits.high, limits.high - limits.low)
    low, high = within(paired_interval(a, b), widest)
    return f"{np.mean(a - b):+.4f} [{low:+.4f}, {high:+.4f}]"


def arms_of(one: Experiment) -> str:
    """Return the arms of an experiment in words."""
    return ", ".join(arm.name for arm in one.arms) or "none: parameters are counted"


def size_text(one: Experiment, report: Report, scale: str) -> str:
    """Return how long and how often the arms of an experiment are trained."""
    size: Size = one.protocol.size(scale)
    seeds = sorted({report.n_seeds(one.key, arm.name, scale) for arm in one.arms})
    images = "all images" if size.n_train is None else f"{size.n_train} images"
    times = " or ".join(map(str, seeds))
    return f"{size.epochs} epochs, {images}, {times} seeds"


def reason_of(reasons: Mapping[str, str], one: NumberVerdict | ClaimVerdict, name: str) -> str:
    """Return why something was not reproduced, as far as anybody can say."""
    known = reasons.get(f"{one.experiment}/{name}") or reasons.get(one.experiment)
    numbers = ", ".join(map(str, one.deviations))
    return known or (f"not known; see deviations {numbers}" if numbers else "not known")
