"""What a member of a group costs: ``python -m benchmarks.members [--write-table]``.

Two questions for each of three networks. How are so many members run best: stacked, with how many
lanes and threads, or alone? And what does a member cost as there are more of them? The answer to
the first is the table that ``nnest.population`` looks up; ``--write-table`` writes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks._runs import ROOT, Row, arguments, measure_all
from benchmarks._studies import digits
from benchmarks._tables import show, summarize
from benchmarks.networks import Network, estimator, images

TABLE = ROOT / "nnest" / "population" / "lowerings.json"
#: Samples of an epoch, epochs, and members when lowerings are compared.
SIZES = {"mlp": (1440, 3, 64), "wide mlp": (3328, 3, 16), "cnn": (256, 3, 4)}
#: Of which row of the table a network decides: whether it has convolutions, and from how many
#: weights on.
KINDS = {"mlp": (False, 0), "wide mlp": (False, 40_000), "cnn": (True, 0)}
COUNTS = (1, 4, 16, 64, 256)
LANES = (1, 2, 4, 8, 16, 32)
CNN = Network((28, 28, 1), (16, 32), 3, (64,), False, 0.25)

#: How members are run: its name, lanes and threads.
Way = tuple[str, int, int]


def ways(members: int, threads: Sequence[int], has_convolutions: bool) -> list[Way]:
    """Return the ways to run so many members; stacked convolutions can be products too."""
    kinds = ("stacked", "products") if has_convolutions else ("stacked",)
    lanes = [each for each in LANES if each <= members]
    stacked = [(kind, each, n) for kind in kinds for each in lanes for n in threads]
    return [*stacked, *(("alone", 1, n) for n in threads)]


def name_of(way: Way) -> str:
    """Return what the table calls a way."""
    lowering, lanes, threads = way
    shown = f"{lowering}, {lanes} {'lane' if lanes == 1 else 'lanes'}"
    shown = lowering if lowering == "alone" else shown
    return f"{shown}, {threads} {'thread' if threads == 1 else 'threads'}"


def data(network: str, n: int) -> tuple[Any, Any]:
    """Return samples for a network."""
    if network == "mlp":
        return digits(n)
    X, y = images(CNN, n)
    return (X.reshape(len(X), -1), y) if network == "wide mlp" else (X, y)


def unfitted(network: str, seed: int, epochs: int) -> Any:
    """Return a member: an estimator with a dropout rate and a seed of its own."""
    from nnest import MLPClassifier

    settings = {"epochs": epochs, "random_state": seed, "dropout": 0.1 + 0.4 * (seed % 8) / 8}
    if network == "cnn":
        return estimator(CNN, **settings)
    size = 32 if network == "mlp" else 64
    return MLPClassifier(hidden_units=(128, 64), batch_size=size, learning_rate=1e-3, **settings)


def train(network: str, members: int, n: int, epochs: int, way: Way | None) -> dict[str, Any]:
    """Train members together; return the seconds of all, and of one member's usual epoch.

    Parameters
    ----------
    network : {"mlp", "wide mlp", "cnn"}
        The architecture.
    members, n, epochs : int
        How many members, samples and epochs.
    way : (str, int, int) or None
        How they are run; None is as the package's table says.

    Returns
    -------
    dict
        ``seconds``, ``member_epoch`` and the lowering that was used.
    """
    from nnest.population import ExecutionPlan, fit_many, forced_plan

    X, y = data(network, n)
    nets = [unfitted(network, seed, epochs) for seed in range(members)]
    ends: list[float] = []
    begun = time.perf_counter()
    with forced_plan(None if way is None else ExecutionPlan(*way)):
        fit_many(nets, X, y, callback=lambda *_: ends.append(time.perf_counter()))
    seconds = time.perf_counter() - begun
    # The first epoch holds the building of all members and, once, the compilation.
    usual = median(after - before for before, after in zip(ends, ends[1:], strict=False))  # noqa: RUF007
    used = nets[0].group_
    return {"seconds": seconds, "member_epoch": usual / members, "members": members, "used": used}


def compare(
    network: str, members: int, n: int, epochs: int, rounds: int, threads: Sequence[int]
) -> list[dict[str, Any]]:
    """Train a group in every way, all ways in turn, that many rounds and one to compile."""
    measured = []
    for _ in range(rounds + 1):
        for way in ways(members, threads, KINDS[network][0]):
            found = train(network, members, n, epochs, way)
            lowering, lanes, n_threads = way
            told = {"lowering": lowering, "lanes": lanes, "threads": n_threads}
            measured.append({"way": name_of(way), **told, **found})
    return measured[len(measured) // (rounds + 1) :]


def scale(network: str, counts: Sequence[int], n: int, epochs: int) -> list[dict[str, Any]]:
    """Train ever larger groups as the package's table says, each after one that compiles."""
    measured = []
    for members in counts:
        train(network, members, n, 1 + (epochs > 1), None)
        measured.append(train(network, members, n, epochs, None))
    return measured


def rows(
    networks: Sequence[str], counts: Sequence[int], largest_cnn: int, rounds: int
) -> list[Row]:
    """Return both tables' rows: a process for each network and question."""
    found = []
    for network in networks:
        n, epochs, members = SIZES[network]
        size = {"network": network, "n": n, "epochs": epochs}
        compared = {"members": members, "rounds": rounds, "threads": (1, 2), **size}
        found.append(Row(f"lowerings: {network}", "members:compare", compared))
        some = [k for k in counts if network != "cnn" or k <= largest_cnn]
        found.append(Row(f"members: {network}", "members:scale", {"counts": some, **size}))
    return found


def best_ways(records: Sequence[dict[str, Any]]) -> dict[str, Way]:
    """Return the way with the smallest cost, for each network of these records.

    Parameters
    ----------
    records : sequence of dict
        Records of :func:`compare`.

    Returns
    -------
    dict of str to (str, int, int)
        By the names of the networks.
    """
    costs: dict[str, dict[Way, list[float]]] = {}
    for each in (each for each in records if "way" in each):
        way = (each["lowering"], each["lanes"], each["threads"])
        found = costs.setdefault(each["settings"]["network"], {})
        found.setdefault(way, []).append(each["member_epoch"])
    return {
        network: min(sorted(found), key=lambda way, found=found: median(found[way]))
        for network, found in costs.items()
    }


def write_table(chosen: dict[str, Way], platform: str = "cpu") -> None:
    """Put the best ways on this platform into the package's table; other rows stay."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    ways_of = {KINDS[network]: way for network, way in chosen.items()}
    for row in table:
        way = ways_of.get((row["convolutions"], row["weights"]))
        if row["platform"] == platform and way is not None:
            row.update(zip(("lowering", "lanes", "threads"), way, strict=True))
    lines = ",\n".join(f"  {json.dumps(row)}" for row in table)
    TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def print_tables(records: Sequence[dict[str, Any]]) -> None:
    """Print, for each network, the cost of a member's epoch by way and by number of members."""
    for network in KINDS:
        mine = [each for each in records if each["settings"]["network"] == network]
        by_way = [{**each, "row": each["way"]} for each in mine if "way" in each]
        lines = summarize(by_way, "member_epoch")
        print(show(f"\n{network}: an epoch of a member, by way", lines, "seconds"))
        by_count = [{**each, "row": f"{each['members']:4}"} for each in mine if "way" not in each]
        lines = summarize(by_count, "member_epoch", base="   1")
        print(show(f"\n{network}: an epoch of a member, by members", lines, "seconds"))


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, record and print; write the table if that is asked for."""
    sizes = {"rounds": 3, "largest-cnn": 64}
    parser = arguments("What a member of a group costs.", **sizes)
    parser.add_argument("--write-table", action="store_true", help="write lowerings.json")
    parser.set_defaults(repeats=1)
    options = parser.parse_args(argv)
    ways_of_all = rows(tuple(KINDS), COUNTS, options.largest_cnn, options.rounds)
    records = measure_all("members", ways_of_all, options)
    print_tables(records)
    chosen = best_ways(records)
    for network, way in chosen.items():
        print(f"best for {network}: {name_of(way)}")
    if options.write_table:
        write_table(chosen)


if __name__ == "__main__":
    main()
