"""How often verdicts are right, on values drawn at random: ``python -m benchmarks.verdicts``.

No network is trained. Three questions. Does an interval hold the next training as often as it says,
and is the share outside the one that leaving out our own seeds gives? How many families of claims
have a false verdict, where each claim lies just where its verdict turns? And how often is a planted
effect found? All of it in units of the spread between seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._runs import Row, arguments, measure_all
from nnest.experiments import Above, CountLearning, Greater, Reported, Similar, Value
from nnest.stats import detectable_difference, prediction_interval
from nnest.verdicts import Evidence, Verdict
from nnest.verdicts._chance import missed_by_chance
from nnest.verdicts._comparisons import Comparison, compare
from nnest.verdicts._families import LEVEL, decide

#: Seeds of an arm at both scales of verdicts.
SEEDS = {"lite": 5, "full": 10}
CLAIMS = 12
UNIT = 0.002
_A, _B = Value("a", "test_accuracy"), Value("b", "test_accuracy")
_WHY = "planted"

Found = list[dict[str, Any]]
Claim = tuple[Comparison, ...]


def rows(simulations: int) -> list[Row]:
    """Return the three questions."""
    settings = {"simulations": simulations, "seed": 0}
    return [Row(name, f"verdicts:{name}", settings) for name in ("coverage", "families", "planted")]


def coverage(simulations: int, seed: int) -> Found:
    """Return how often a number that our own trainings give is outside, and is said to be."""
    rng = np.random.default_rng(seed)
    return [
        _coverage(rng, simulations, n, runs, decimals)
        for n in SEEDS.values()
        for runs, decimals in ((1, 6), (4, 6), (1, 2))
        if runs < n - 1
    ]


def _coverage(
    rng: np.random.Generator, simulations: int, n: int, runs: int, decimals: int
) -> dict[str, Any]:
    """Return the share outside, and the share that leaving out seeds says."""
    nothing = Evidence("", "a", "full", "", {}, needed=n)
    outside, said = 0, 0.0
    for _ in range(simulations):
        values = 0.97 + UNIT * rng.normal(size=n)
        theirs = 0.97 + UNIT * float(rng.normal(size=runs).mean())
        number = Reported("a", "test_accuracy", f"{theirs:.{decimals}f}", _WHY, runs=runs)
        outside += not number.interval.overlaps(prediction_interval(values, runs=runs))
        said += missed_by_chance(number, values, nothing)
    case = f"{n} seeds, mean of {runs}, {decimals} digits"
    return {"case": case, "share": outside / simulations, "said": said / simulations}


def families(simulations: int, seed: int) -> Found:
    """Return the share of families with a false verdict, at each scale and at both together."""
    rng = np.random.default_rng(seed)
    kinds = ("holds", "fails")
    false = np.zeros((simulations, len(SEEDS), len(kinds)), dtype=bool)
    for report in false:
        for scale, n in zip(report, SEEDS.values(), strict=True):
            words = [one.verdict for one in decide(list(_without_truth(rng, n)))]
            scale[0] = Verdict.HOLDS in words
            scale[1] = any(word not in (Verdict.HOLDS, Verdict.UNDECIDED) for word in words)
    cases = [*SEEDS, "both"]
    each = np.concatenate([false, false.any(axis=1, keepdims=True)], axis=1).mean(axis=0)
    return [
        {"case": f"{kind}, {case}", "share": float(each[i, k])}
        for i, case in enumerate(cases)
        for k, kind in enumerate(kinds)
    ]


def _without_truth(rng: np.random.Generator, n: int) -> Iterator[Claim]:
    """Yield claims that lie where their verdict turns: each but "undecided" is false."""
    level = LEVEL / CLAIMS
    base = _draw(rng, n)
    for _ in range(2):
        yield (compare(Greater(_A, _B), _draw(rng, n), base, level),)
        by = Greater(_A, _B, 3 * UNIT, _WHY)
        yield (compare(by, _draw(rng, n, 3), base, level),)
        alike = Similar(_A, _B, 3 * UNIT, _WHY)
        yield (compare(alike, _draw(rng, n, 3), base, level),)
        constant = np.full(n, 0.5)
        yield (compare(Above(_A, 0.5, _WHY), _draw(rng, n), constant, level),)
        true = compare(Greater(_A, _B), _draw(rng, n, 20), base, level)
        yield (true, compare(Greater(_A, _B), _draw(rng, n), base, level))
    learnt = rng.random((2, n)) < 0.6
    yield (compare(CountLearning("a", "b"), *learnt.astype(float), level),)
    a, b = np.where(learnt, _draw(rng, 2 * n).reshape(2, n), 0.1)
    yield (compare(Greater(_A, _B), a, b, level, uneven="two heaps"),)


def _draw(rng: np.random.Generator, n: int, mean: float = 0.0) -> NDArray[np.float64]:
    """Return a value for each seed, the mean in units of the spread."""
    return 0.5 + UNIT * (mean + rng.normal(size=n))


def planted(simulations: int, seed: int) -> Found:
    """Return how often a planted effect has the right verdict, beside eleven claims of none."""
    rng = np.random.default_rng(seed)
    values = np.array([0.4, 0.6])
    nothing = compare(Greater(_A, _B), values, values, LEVEL)
    found = []
    for case, (right, claim) in _effects().items():
        n_right = 0
        for _ in range(simulations):
            family = [claim(rng, SEEDS["full"]), *[(nothing,)] * (CLAIMS - 1)]
            n_right += decide(family)[0].verdict == right
        found.append({"case": case, "verdict": str(right), "share": n_right / simulations})
    return found


def _effects() -> dict[str, tuple[Verdict, Callable[[np.random.Generator, int], Claim]]]:
    """Return planted effects by name: the right verdict, and a claim about them."""
    level = LEVEL / CLAIMS
    part = Greater(_A, _B)
    by = Greater(_A, _B, 10 * UNIT, _WHY)
    alike = Similar(_A, _B, 4 * UNIT, _WHY)

    def of(*parts: tuple[Any, float]) -> Callable[[np.random.Generator, int], Claim]:
        def claim(rng: np.random.Generator, n: int) -> Claim:
            base = _draw(rng, n)
            return tuple(compare(one, _draw(rng, n, mean), base, level) for one, mean in parts)

        return claim

    def counted(rng: np.random.Generator, n: int) -> Claim:
        learnt = (rng.random((2, n)) < [[1.0], [0.05]]).astype(float)
        return (compare(CountLearning("a", "b"), *learnt, level),)

    # The spread of a difference of two arms, in units of that of one.
    spread, n = 2**0.5, SEEDS["full"]
    least = detectable_difference(spread, n, alpha=level)
    margin = detectable_difference(spread, n, alpha=level, power=0.9)
    narrow = Similar(_A, _B, margin * UNIT, _WHY)
    return {
        f"greater, and is so by the smallest detectable, {least:.1f}": (
            Verdict.HOLDS,
            of((part, least)),
        ),
        f"alike within the smallest detectable, {margin:.1f}, and is the same": (
            Verdict.HOLDS,
            of((narrow, 0)),
        ),
        "greater, and is so by 4": (Verdict.HOLDS, of((part, 4))),
        "greater, and is less by 4": (Verdict.CONTRADICTED, of((part, -4))),
        "greater by 10, and is so by 14": (Verdict.HOLDS, of((by, 14))),
        "greater by 10, and is so by 4": (Verdict.SMALLER, of((by, 4))),
        "greater by 10, and is less by 4": (Verdict.CONTRADICTED, of((by, -4))),
        "alike within 4, and is the same": (Verdict.HOLDS, of((alike, 0))),
        "alike within 4, and differs by 8": (Verdict.CONTRADICTED, of((alike, 8))),
        "two parts, and one is so": (Verdict.IN_PART, of((part, 4), (part, -4))),
        "all learn, and one of twenty does": (Verdict.HOLDS, counted),
        "greater, and is the same": (Verdict.UNDECIDED, of((part, 0))),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate, record and print."""
    parser = arguments("How often verdicts are right.", simulations=10_000)
    parser.set_defaults(repeats=1)
    options = parser.parse_args(argv)
    records = measure_all("verdicts", rows(options.simulations), options)
    for name in dict.fromkeys(each["row"] for each in records):
        print(f"\n{name}")
        for each in records:
            if each["row"] == name:
                more = f", said to be {each['said']:.1%}" if "said" in each else ""
                more = f": {each['verdict']}" if "verdict" in each else more
                print(f"  {each['share']:6.1%}  {each['case']}{more}")


if __name__ == "__main__":
    main()
